"""What the left mouse button does in the timeline, from press to release."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint

from core.trajectories.journal import Edit
from core.trajectories.trajectory_edits import Trim
from studio.canvas.tool import DRAG_BEGINS
from studio.timeline.lane_layout import NAMES, LaneLayout
from studio.timeline.trim import REACH, TrimDrag


class ScrubTool:
    """In the ruler: the frame under the mouse is shown while the button is held."""

    active = False

    def __init__(self, lanes: LaneLayout, at: QPoint) -> None:
        self._lanes = lanes
        lanes.go_to(at)

    def drag(self, at: QPoint) -> None:
        self._lanes.go_to(at)

    def release(self, add: bool) -> None: ...

    def cancel(self) -> None: ...

    def kept(self, trajectory_id: int) -> tuple[int, int] | None:
        return None


class LaneTool:
    """On the lanes: a click selects, and goes to a tick; from the end of a bar, a drag inwards trims,
    outwards carries the track on.

    A drag is a preview; the edit is asked for once, when the button is released.
    """

    def __init__(
        self,
        lanes: LaneLayout,
        at: QPoint,
        clip_id: int,
        ask: Callable[[Edit], object],
        say: Callable[[str], object],
        reach: Callable[[int, int], object],
    ) -> None:
        """Where it begins, and who is asked.

        Args:
            say: tells in a sentence why nothing happened.
            reach: carries a trajectory to a frame beyond its end.
        """
        self._lanes, self._clip_id, self._ask, self._say = lanes, clip_id, ask, say
        self._reach = reach
        self._pressed: QPoint | None = at
        self._grabbed = end_at(lanes, at)
        self._trim: TrimDrag | None = None

    @property
    def active(self) -> bool:
        """Whether something is under way that Esc would cancel."""
        return self._trim is not None

    def drag(self, at: QPoint) -> None:
        if self._pressed is None or self._grabbed is None:
            return
        if self._trim is not None or abs(at.x() - self._pressed.x()) >= DRAG_BEGINS:
            self._trim = self._grabbed.moved(at.x(), self._lanes.scale, self._lanes.frames)

    def release(self, add: bool) -> None:
        """Ask for the edit, or take the click; `add`: to the selection."""
        if self._trim is not None:
            reached = self._trim.reached
            if reached is not None:
                self._reach(self._trim.lane.id, reached)
            elif self._trim.changes:
                self._ask(Trim(self._clip_id, self._trim.lane.id, self._trim.first, self._trim.last))
            else:
                self._say(self._trim.refusal)
        elif self._pressed is not None:
            self._click(self._pressed, add)

    def cancel(self) -> None:
        """Give up what is under way; the release does nothing then."""
        self._pressed = self._grabbed = self._trim = None

    def kept(self, trajectory_id: int) -> tuple[int, int] | None:
        """First and last frame that letting go would leave of a trajectory; None where it is not trimmed."""
        trim = self._trim
        return (trim.first, trim.last) if trim is not None and trim.lane.id == trajectory_id else None

    def _click(self, at: QPoint, add: bool) -> None:
        lanes, view = self._lanes, self._lanes.view
        id = lanes.id_at(at)
        if id is None:
            if not add:
                view.set_selection(())
            return
        view.set_selection(view.selection ^ {id} if add else [id])
        ticks = lanes.source.lane(id).keyframes
        if at.x() >= NAMES and len(ticks):
            distance = np.abs(lanes.scale.xs(ticks + 0.5) - at.x())
            if distance.min() <= REACH:
                view.set_frame(int(ticks[distance.argmin()]))


def tool_at(
    lanes: LaneLayout,
    at: QPoint,
    ask: Callable[[Edit], object],
    say: Callable[[str], object],
    reach: Callable[[int, int], object],
) -> ScrubTool | LaneTool | None:
    """What a press at a place of the viewport begins; None where nothing can be done."""
    if lanes.view.clip is None:
        return None
    if at.y() >= lanes.top:
        return LaneTool(lanes, at, lanes.view.clip.id, ask, say, reach)
    return ScrubTool(lanes, at) if at.x() >= NAMES else None


def end_at(lanes: LaneLayout, at: QPoint) -> TrimDrag | None:
    """The end of a bar within reach of the mouse."""
    lane = lanes.lane_at(at)
    return TrimDrag.at(lane, at.x(), lanes.scale) if lane is not None else None
