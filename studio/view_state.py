"""What the user looks at: clip, frame, selection, tool, layers. Shared by all views, kept by none."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from core.datasets.clip import Clip
from core.overlay.layers import Layers

TOOLS = ("select", "box", "segment", "brush", "erase", "polygon", "outline", "point")


PAINTING = ("segment", "brush", "erase", "polygon", "outline")
"""Tools under which points are not drawn, so that the mask can be seen."""


class Filling(NamedTuple):
    """The frames `first` to `last` of an object that are being filled again, so many percent of them done."""

    first: int
    last: int
    percent: int = 0


class ViewState(QObject):
    """The state of looking; setters emit only when something changed.

    Signals:
        clip_changed(Clip | None), frame_changed(int), selection_changed(frozenset of trajectory ids),
        hovered_changed(int | None), tool_changed(str), layers_changed(Layers),
        shown_changed(frozenset | None): ids the table's filter leaves, None for all,
        repairing_changed(frozenset): ids of the points whose paths are being repaired,
        filling_changed(Mapping): id of each object that is being filled again → `Filling`,
        playing_changed(bool),
        marked_changed(tuple[int, int] | None): first and last of the frames that are marked,
        picks_points_changed(bool): whether the mouse takes points, or only what lies beneath them,
        stuck(str): there are no frames to step to; the action of `action_table` that would have stepped.
    """

    clip_changed = Signal(object)
    frame_changed = Signal(int)
    selection_changed = Signal(object)
    hovered_changed = Signal(object)
    tool_changed = Signal(str)
    layers_changed = Signal(object)
    shown_changed = Signal(object)
    repairing_changed = Signal(object)
    filling_changed = Signal(object)
    playing_changed = Signal(bool)
    marked_changed = Signal(object)
    picks_points_changed = Signal(bool)
    stuck = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clip: Clip | None = None
        self.frame = 0
        self.selection: frozenset[int] = frozenset()
        self.hovered: int | None = None
        self.tool = "select"
        self.layers = Layers()
        self.shown: frozenset[int] | None = None
        self.repairing: frozenset[int] = frozenset()
        self.filling: Mapping[int, Filling] = {}
        self._filling_by: dict[str, Mapping[int, Filling]] = {}
        self.playing = False
        self.picks_points = True
        self.marked: tuple[int, int] | None = None
        self._frames: dict[int, int] = {}  # clip → where it was left

    def set_clip(self, clip: Clip | None) -> None:
        """Look at another clip, at the frame where it was left, with nothing selected."""
        if clip != self.clip:
            same = clip is not None and self.clip is not None and clip.id == self.clip.id
            if self.clip is not None:
                self._frames[self.clip.id] = self.frame
            self.clip = clip
            if not same:
                self.set_playing(False)
                self.set_selection(())
                self.set_hovered(None)
                self.set_marked(None)
                self.set_shown(None)
                left = self._frames.get(clip.id, 0) if clip is not None else 0
                self.frame = min(left, clip.frames - 1) if clip is not None else 0
            self.clip_changed.emit(clip)
            self.frame_changed.emit(self.frame)

    def come_back(self, clip_id: int, frame: int) -> None:
        """Let a clip that is still to be looked at be shown at a frame."""
        self._frames[clip_id] = frame

    def set_frame(self, frame: int) -> None:
        """Go to a frame, kept within the clip."""
        if self.clip is not None:
            frame = min(max(frame, 0), self.clip.frames - 1)
            if frame != self.frame:
                self.frame = frame
                self.frame_changed.emit(frame)

    def step(self, frames: int) -> None:
        """Go on by frames, negative for back; playing ends."""
        before = self.frame
        self.set_playing(False)
        self.set_frame(before + frames)
        if self.frame == before:
            self.stuck.emit("next_frame" if frames > 0 else "previous_frame")

    def go_last(self) -> None:
        """Go to the last frame."""
        if self.clip is not None:
            self.set_frame(self.clip.frames - 1)

    def set_selection(self, ids: Iterable[int]) -> None:
        """Select trajectories by id; what was marked of others is marked no more."""
        selection = frozenset(ids)
        if selection != self.selection:
            self.selection = selection
            self.set_marked(None)
            self.selection_changed.emit(selection)

    def set_hovered(self, trajectory_id: int | None) -> None:
        """Mark the trajectory under the mouse."""
        if trajectory_id != self.hovered:
            self.hovered = trajectory_id
            self.hovered_changed.emit(trajectory_id)

    def set_tool(self, tool: str) -> None:
        """Choose one of `TOOLS`."""
        if tool != self.tool:
            self.tool = tool
            self.tool_changed.emit(tool)

    def set_layers(self, layers: Layers) -> None:
        """Choose what is drawn over the frame."""
        if layers != self.layers:
            self.layers = layers
            self.layers_changed.emit(layers)

    @property
    def drawn_layers(self) -> Layers:
        """What is drawn over the frame now: no points while a mask is painted."""
        return replace(self.layers, trails=False) if self.tool in PAINTING else self.layers

    def set_shown(self, ids: frozenset[int] | None) -> None:
        """Show only these trajectories; None for all."""
        if ids is not self.shown and ids != self.shown:
            self.shown = ids
            self.shown_changed.emit(ids)

    def set_repairing(self, ids: frozenset[int]) -> None:
        """Mark the points whose paths are being repaired."""
        if ids != self.repairing:
            self.repairing = ids
            self.repairing_changed.emit(ids)

    def set_filling(self, filling: Mapping[int, Filling], by: str = "edits") -> None:
        """Mark the objects that are being filled, `by` edits that it follows from or by something else."""
        self._filling_by[by] = dict(filling)
        together = {id: one for each in self._filling_by.values() for id, one in each.items()}
        if together != self.filling:
            self.filling = together
            self.filling_changed.emit(self.filling)

    def set_playing(self, playing: bool) -> None:
        """Play or pause."""
        if playing != self.playing:
            self.playing = playing
            self.playing_changed.emit(playing)

    def set_marked(self, frames: tuple[int, int] | None) -> None:
        """Mark frames, first and last, such as a part of the selected tracks; None for none."""
        if frames != self.marked:
            self.marked = frames
            self.marked_changed.emit(frames)

    def set_picks_points(self, picks: bool) -> None:
        """Let the mouse take points, or leave them out so that what lies beneath can be clicked."""
        if picks != self.picks_points:
            self.picks_points = picks
            self.picks_points_changed.emit(picks)
