"""Marking some frames in the timeline, such as a part of tracks that is to be deleted."""

from collections.abc import Callable

from PySide6.QtCore import QPoint

from studio.canvas.tool import DRAG_BEGINS
from studio.timeline.lane_layout import NAMES, LaneLayout


class MarkTool:
    """With Shift: a drag marks the frames under it; a click unmarks. On a lane, its track is selected."""

    def __init__(self, lanes: LaneLayout, at: QPoint, say: Callable[[str], object]) -> None:
        """`say`: tells in a sentence what can be done with what is marked."""
        self._lanes, self._pressed, self._say = lanes, at, say
        self._dragged = False
        id = lanes.id_at(at)
        if id is not None and id not in lanes.view.selection:
            lanes.view.set_selection([id])
        self._before = lanes.view.marked

    @property
    def active(self) -> bool:
        """Whether something is under way that Esc would cancel."""
        return self._dragged

    def drag(self, at: QPoint) -> None:
        self._dragged = self._dragged or abs(at.x() - self._pressed.x()) >= DRAG_BEGINS
        if self._dragged:
            last = self._lanes.frames - 1
            ends = [min(max(self._lanes.scale.frame(x), 0), last) for x in (self._pressed.x(), at.x())]
            self._lanes.view.set_marked((min(ends), max(ends)))

    def release(self, add: bool) -> None:
        view = self._lanes.view
        if not self._dragged:
            view.set_marked(None)
        elif view.marked is not None:
            self._say(marked_in_words(view.marked, len(view.selection)))

    def cancel(self) -> None:
        """Mark again what was marked before."""
        if self._dragged:
            self._lanes.view.set_marked(self._before)

    def held(self, trajectory_id: int) -> None:
        return None


def marked_in_words(marked: tuple[int, int], selected: int) -> str:
    """What is marked, and what can be done with it."""
    first, last = marked
    frames = f"Frame {first} is" if first == last else f"Frames {first} to {last} are"
    if not selected:
        return f"{frames} marked; select the tracks whose part there is to be deleted. Esc unmarks."
    whose = "the selected track" if selected == 1 else f"{selected:,} selected tracks"
    return f"{frames} marked: Del deletes this part of {whose}; Esc unmarks."


def can_mark(lanes: LaneLayout, at: QPoint) -> bool:
    """Whether a drag from there can mark frames."""
    return lanes.view.clip is not None and at.x() >= NAMES
