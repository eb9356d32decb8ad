"""What the left mouse button does in the timeline, from press to release."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint

from core.trajectories.journal import Edit
from core.trajectories.observation_edits import MoveKeyframe
from core.trajectories.trajectory_edits import Trim
from studio.canvas.tool import DRAG_BEGINS
from studio.timeline.keyframe_drag import KeyframeDrag
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

    def held(self, trajectory_id: int) -> None:
        return None


class LaneTool:
    """On the lanes: a click selects, and goes to a tick; from the end of a bar, a drag inwards trims,
    outwards carries the track on; from a tick of a selected track, it moves the keyframe.

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
        self._grabbed = held_at(lanes, at)
        self._drag: TrimDrag | KeyframeDrag | None = None

    @property
    def active(self) -> bool:
        """Whether something is under way that Esc would cancel."""
        return self._drag is not None

    def drag(self, at: QPoint) -> None:
        if self._pressed is None or self._grabbed is None:
            return
        if self._drag is None and abs(at.x() - self._pressed.x()) < DRAG_BEGINS:
            return
        if isinstance(self._grabbed, KeyframeDrag):
            if self._why_not_moved(self._grabbed):
                self._say(self._why_not_moved(self._grabbed))
                self._pressed = None
                return
            moved = self._grabbed.moved(at.x(), self._lanes.scale)
            if moved != self._drag:
                self._say(moved.sentence)
            self._drag = moved
        else:
            self._drag = self._grabbed.moved(at.x(), self._lanes.scale, self._lanes.frames)

    def release(self, add: bool) -> None:
        """Ask for the edit, or take the click; `add`: to the selection."""
        held = self._drag
        if isinstance(held, KeyframeDrag):
            self._say("")
            if held.changes:
                self._ask(MoveKeyframe(self._clip_id, held.lane.id, held.frame, held.to))
                self._lanes.view.set_frame(held.to)
        elif held is not None:
            if held.reached is not None:
                self._reach(held.lane.id, held.reached)
            elif held.changes:
                self._ask(Trim(self._clip_id, held.lane.id, held.first, held.last))
            else:
                self._say(held.refusal)
        elif self._pressed is not None:
            self._click(self._pressed, add)

    def cancel(self) -> None:
        """Give up what is under way; the release does nothing then."""
        if isinstance(self._drag, KeyframeDrag):
            self._say("")
        self._pressed = self._grabbed = self._drag = None

    def held(self, trajectory_id: int) -> TrimDrag | KeyframeDrag | None:
        """What of a trajectory is being dragged, and where letting go would leave it."""
        drag = self._drag
        return drag if drag is not None and drag.lane.id == trajectory_id else None

    def _why_not_moved(self, held: KeyframeDrag) -> str:
        if held.lane.id not in self._lanes.view.selection:
            return "Click on the track first; then its keyframes can be dragged."
        return held.refusal

    def _click(self, at: QPoint, add: bool) -> None:
        lanes, view = self._lanes, self._lanes.view
        id = lanes.id_at(at)
        if id is None:
            if not add:
                view.set_selection(())
            return
        ticks, tick = lanes.source.lane(id).keyframes, None
        if at.x() >= NAMES and len(ticks):
            distance = np.abs(lanes.scale.xs(ticks + 0.5) - at.x())
            tick = int(ticks[distance.argmin()]) if distance.min() <= REACH else None
        view.set_selection(view.selection ^ {id} if add else [id])  # which may leave the lanes less room
        if tick is not None:
            view.set_frame(tick)


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


def held_at(lanes: LaneLayout, at: QPoint) -> TrimDrag | KeyframeDrag | None:
    """The end of a bar, or a keyframe's tick, within reach of the mouse: the nearer of the two."""
    lane = lanes.lane_at(at)
    if lane is None:
        return None
    end = TrimDrag.at(lane, at.x(), lanes.scale)
    tick = KeyframeDrag.at(lane, at.x(), lanes.scale, lanes.frames)
    if end is not None and (tick is None or abs(end.off) <= abs(tick.off)):
        return end
    return tick


def can_be_held(lanes: LaneLayout, at: QPoint) -> bool:
    """Whether a drag from there would change something."""
    held = held_at(lanes, at)
    if isinstance(held, KeyframeDrag):
        return held.lane.id in lanes.view.selection and not held.refusal
    return held is not None
