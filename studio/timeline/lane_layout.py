"""Where ruler, density and lanes lie in the timeline, and what lies under the mouse."""

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtWidgets import QAbstractScrollArea

from studio.timeline.lane_source import LaneSource
from studio.timeline.lanes import Lane
from studio.timeline.time_scale import TimeScale
from studio.view_state import ViewState

NAMES = 150  # view pixels of the column of names
RULER = 20
DENSITY = 20
ROW = 13


class LaneLayout:
    """Places in the viewport of a scroll area: frames by `scale`, a row of `ROW` pixels for each lane.

    Attributes:
        view: what is looked at; source: the lanes; scale: where frames lie in the viewport.
    """

    def __init__(self, area: QAbstractScrollArea, source: LaneSource, view: ViewState) -> None:
        self._area = area
        self.source = source
        self.view = view
        self.scale = TimeScale(NAMES)

    @property
    def frames(self) -> int:
        """Of the clip; 0 without one."""
        return self.view.clip.frames if self.view.clip is not None else 0

    @property
    def top(self) -> int:
        """Where the lanes begin."""
        return RULER + (DENSITY if len(self.source.density) else 0)

    @property
    def width(self) -> int:
        """View pixels beside the names."""
        return self._area.viewport().width() - NAMES

    @property
    def narrowest(self) -> float:
        """The width of a frame at which all of them fit, in view pixels."""
        return max(self.width - 8, 50) / max(self.frames, 1)

    def row_rect(self, row: int) -> QRectF:
        """Where a row lies, beside its name."""
        return QRectF(NAMES, self.top + row * ROW - self._scroll, self.width, ROW)

    def lane_rect(self, trajectory_id: int) -> QRectF:
        """Where the lane of a trajectory lies, beside its name."""
        return self.row_rect(self.source.ids.index(trajectory_id))

    def rows_seen(self) -> range:
        """The rows of which something is seen."""
        below = max(self._area.viewport().height() - self.top, 0)
        last = (self._scroll + below) // ROW
        return range(self._scroll // ROW, min(last + 1, len(self.source.ids)))

    def is_whole(self, row: int) -> bool:
        """Whether a row is seen from top to bottom."""
        rect = self.row_rect(row)
        return self.top <= rect.top() and rect.bottom() <= self._area.viewport().height()

    def id_at(self, at: QPoint) -> int | None:
        """The trajectory whose lane or name lies there."""
        row = (at.y() - self.top + self._scroll) // ROW
        return self.source.ids[row] if at.y() >= self.top and 0 <= row < len(self.source.ids) else None

    def lane_at(self, at: QPoint) -> Lane | None:
        """The lane that lies there, beside its name."""
        id = self.id_at(at)
        return self.source.lane(id) if id is not None and at.x() >= NAMES else None

    def go_to(self, at: QPoint) -> None:
        """Look at the frame that lies there; playing ends."""
        self.view.set_playing(False)
        self.view.set_frame(self.scale.frame(at.x()))

    @property
    def _scroll(self) -> int:
        return self._area.verticalScrollBar().value()
