"""The whole picture of the timeline, from the parts of `painting.py`."""

from collections.abc import Iterable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from studio import theme
from studio.timeline.keyframe_drag import KeyframeDrag
from studio.timeline.lane_layout import DENSITY, NAMES, ROW, RULER, LaneLayout
from studio.timeline.mark_tool import MarkTool
from studio.timeline.painting import (
    draw_density,
    draw_lane,
    draw_mark,
    draw_name,
    draw_playhead,
    draw_ruler,
    lane_colour,
    say,
)
from studio.timeline.tools import LaneTool, ScrubTool
from studio.timeline.trim import TrimDrag

Tool = ScrubTool | LaneTool | MarkTool | None


class TimelinePicture:
    """Draws the timeline; lanes and ruler are kept, since most pictures move nothing but the playhead."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[object, ...], list[object], QPixmap] | None = None

    def draw(
        self, painter: QPainter, whole: QRectF, lanes: LaneLayout, tool: Tool, colours: theme.Colours
    ) -> None:
        """Lanes, ruler, density and playhead; or what to do where there is none of them."""
        if lanes.view.clip is None:
            painter.fillRect(whole, QColor(colours.base))
            say(painter, whole, "Open a clip to see its tracks over time", colours)
            return
        if tool is None or isinstance(tool, ScrubTool):
            painter.drawPixmap(0, 0, self._still(painter, whole, lanes, colours))
        else:
            _draw_still(painter, whole, lanes, tool, colours)
        counts, frame = lanes.source.density, lanes.view.frame
        if len(counts):
            strip = QRectF(0, RULER, whole.width(), DENSITY)
            draw_density(painter, strip, NAMES, lanes.scale, counts, frame, colours)
        painter.setPen(QColor(colours.border))
        painter.drawLine(NAMES - 1, 0, NAMES - 1, round(whole.bottom()))
        draw_playhead(painter, whole.adjusted(NAMES, 0, 0, 0), RULER, lanes.scale, frame, colours)

    def _still(self, painter: QPainter, whole: QRectF, lanes: LaneLayout, colours: theme.Colours) -> QPixmap:
        """What does not move with the playhead; rows, or all of it, are drawn again where they differ."""
        ratio, view, rows = painter.device().devicePixelRatio(), lanes.view, lanes.rows_seen()
        ids = [lanes.source.ids[row] for row in rows]
        around = (
            (whole.width(), whole.height(), ratio, painter.font().key(), colours),
            (lanes.scale, lanes.frames, lanes.top, lanes.row_rect(0).top(), rows, lanes.source.empty_text),
            (view.layers, view.marked),
        )
        seen: list[object] = [
            (lanes.source.lane(id), id in view.selection, id == view.hovered, view.filling.get(id))
            for id in ids
        ]
        if self._kept is None or self._kept[0] != around:
            pixels = QPixmap(round(whole.width() * ratio), round(whole.height() * ratio))
            pixels.setDevicePixelRatio(ratio)
            pixels.fill(QColor(colours.base))
            with QPainter(pixels) as inner:
                inner.setFont(painter.font())
                _draw_still(inner, whole, lanes, None, colours)
        else:
            pixels, before = self._kept[2], self._kept[1]
            again = [row for row, now, then in zip(rows, seen, before, strict=True) if now != then]
            if again:
                with QPainter(pixels) as inner:
                    inner.setFont(painter.font())
                    _draw_rows(inner, whole, lanes, again, None, colours)
        self._kept = around, seen, pixels
        return pixels


def _draw_still(
    painter: QPainter, whole: QRectF, lanes: LaneLayout, tool: Tool, colours: theme.Colours
) -> None:
    """Lanes and ruler."""
    painter.fillRect(whole, QColor(colours.base))
    _draw_rows(painter, whole, lanes, lanes.rows_seen(), tool, colours)
    if not lanes.source.ids:
        beside = whole.adjusted(NAMES, lanes.top, 0, 0)
        say(painter, beside, lanes.source.empty_text, colours)
    draw_ruler(painter, QRectF(0, 0, whole.width(), RULER), NAMES, lanes.scale, lanes.frames, colours)
    if lanes.view.marked is not None:
        foot = QRectF(NAMES, RULER - 6, whole.width() - NAMES, 5)
        draw_mark(painter, foot, lanes.scale, lanes.view.marked, colours)


def _draw_rows(
    painter: QPainter,
    whole: QRectF,
    lanes: LaneLayout,
    rows: Iterable[int],
    tool: Tool,
    colours: theme.Colours,
) -> None:
    """Some lanes, none of which draws over another one."""
    for row in rows:
        id, rect = lanes.source.ids[row], lanes.row_rect(row)
        painter.setClipRect(rect.adjusted(-NAMES, 0, 0, 0) & whole.adjusted(0, lanes.top, 0, 0))
        _draw_row(painter, lanes, row, tool.held(id) if tool is not None else None, colours)
        if lanes.view.marked is not None and id in lanes.view.selection:
            draw_mark(painter, rect, lanes.scale, lanes.view.marked, colours)
    painter.setClipping(False)


def _draw_row(
    painter: QPainter,
    lanes: LaneLayout,
    row: int,
    held: TrimDrag | KeyframeDrag | None,
    colours: theme.Colours,
) -> None:
    """A lane on its background; `held`: what of it is being dragged."""
    id, rect, view = lanes.source.ids[row], lanes.row_rect(row), lanes.view
    background = QColor(colours.stripe if row % 2 else colours.base)
    if id in view.selection:
        background = QColor(colours.accent)
        background.setAlpha(70)
    elif id == view.hovered:
        background = QColor(colours.button)
    painter.fillRect(rect.adjusted(-NAMES, 0, 0, 0), QColor(colours.base))
    painter.fillRect(rect.adjusted(-NAMES, 0, 0, 0), background)
    lane = lanes.source.lane(id)
    colour = lane_colour(lane, view.layers)
    draw_lane(painter, rect, lanes.scale, lane, colour, colours, held, view.filling.get(id))
    draw_name(painter, QRectF(0, rect.top(), NAMES, ROW), lane, colour, colours)
