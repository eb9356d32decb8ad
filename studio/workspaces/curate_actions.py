"""What the actions of the workspace Curate do."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QSpinBox

from core.overlay.layers import COLOUR_BY, Layers
from core.review.recipes import TO_CHECK
from core.trajectories.model import Review
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.editing.batch_words import TEXTS
from studio.editing.carry_edits import CarryEdits
from studio.editing.check_queue import next_to_check
from studio.editing.keyframe_edits import KeyframeEdits
from studio.editing.proposals import Proposals
from studio.editing.track_edits import TrackEdits
from studio.labels.labelling import Labelling
from studio.review.queue import Queue
from studio.tables.track_table import TrackTable
from studio.timeline.mark_tool import marked_in_words
from studio.view_state import TOOLS, ViewState
from studio.window.actions import Actions
from studio.workspaces.curate_refusals import NO_CLIP, refusals

LAYERS = ("masks", "boxes", "trails", "stabilise", "trails_chosen", "names")
ALWAYS = {*LAYERS, "pick_points", *(f"colour_by_{colour}" for colour in COLOUR_BY)}
"""Actions that can be used without a clip."""

_CLOSER = 1.25
"""Larger by one press of a zoom key."""


class CurateActions(QObject):
    """Joins actions to the canvas, the track table and the edits, and says which cannot be used now.

    Signals:
        told(str): what an edit of many tracks comes to; one sentence.
    """

    told = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        commands: Actions,
        canvas: CanvasPane,
        tracks: TrackTable,
        edits: TrackEdits,
        keyframes: KeyframeEdits,
        carries: CarryEdits,
        proposals: Proposals,
        queue: Queue,
        labelling: Labelling,
        weigh: Callable[[], str],
        give_up: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """Joined to what it acts on.

        Args:
            weigh: says what rejecting the selected tracks takes out of training.
            give_up: ends what follows from edits in the background; False if there is nothing.
        """
        super().__init__(parent)
        self._document, self._view, self._commands = document, view, commands
        self._canvas, self._tracks, self._edits, self._give_up = canvas, tracks, edits, give_up
        self._keyframes, self._carries = keyframes, carries
        self._proposals, self._queue = proposals, queue
        self._labelling, self._weigh = labelling, weigh
        self._texts = {row.name: row.text for row, _ in commands if row.name in TEXTS}
        self._refreshing = QTimer(self, interval=0, singleShot=True)
        self._refreshing.timeout.connect(self.refresh)
        shown = canvas.stage.scene_changed
        for changed in (
            view.selection_changed,
            view.frame_changed,
            view.clip_changed,
            document.changed,
            proposals.changed,
            queue.moved,
            shown,
            canvas.stage.camera_changed,
            view.playing_changed,
            view.marked_changed,
            view.shown_changed,
            keyframes.copied,
            carries.changed,
            labelling.labels.changed,
        ):
            changed.connect(self._refreshing.start)
        view.tool_changed.connect(self._refreshing.start)
        view.tool_changed.connect(self._show_tool)
        view.layers_changed.connect(self._show_layers)
        commands["pick_points"].setChecked(view.picks_points)
        view.picks_points_changed.connect(commands["pick_points"].setChecked)
        commands["peek"].setAutoRepeat(False)
        view.marked_changed.connect(lambda marked: None if marked else self._say(""))
        self._show_tool(view.tool)
        self._show_layers(view.layers)
        self.refresh()

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        canvas, edits, view, tracks = self._canvas, self._edits, self._view, self._tracks
        return {
            "select_all": tracks.select_shown,
            "select_none": partial(view.set_selection, ()),
            "invert_selection": tracks.invert_selection,
            "find_track": partial(_type_into, tracks.filter_row.search),
            "next_frame": partial(view.step, 1),
            "previous_frame": partial(view.step, -1),
            "forward_10": partial(view.step, 10),
            "back_10": partial(view.step, -10),
            "forward_100": partial(view.step, 100),
            "back_100": partial(view.step, -100),
            "next_keyframe": partial(self._go_to_keyframe, 1),
            "previous_keyframe": partial(self._go_to_keyframe, -1),
            "first_frame": partial(view.set_frame, 0),
            "last_frame": view.go_last,
            "track_start": partial(self._go_to_end, 0),
            "track_end": partial(self._go_to_end, 1),
            "go_to_frame": partial(_type_into, canvas.transport.frame),
            "play": canvas.player.toggle,
            "shuttle_back": partial(canvas.player.shuttle, -1),
            "shuttle_forward": partial(canvas.player.shuttle, 1),
            "next_track": partial(self._step, 1),
            "previous_track": partial(self._step, -1),
            **{f"tool_{tool}": partial(view.set_tool, tool) for tool in TOOLS},
            "brush_larger": canvas.larger_brush,
            "brush_smaller": canvas.smaller_brush,
            "new_object": canvas.new_object,
            **self._keyframes.slots(),
            **self._carries.slots(),
            "merge": self._merge,
            "bridge": edits.bridge,
            "split": edits.split,
            "swap": edits.swap,
            "trim_start": edits.trim_start,
            "trim_end": edits.trim_end,
            **self._labelling.slots(),
            "mark_start": partial(self._mark, 0),
            "mark_end": partial(self._mark, 1),
            "delete_here": edits.delete_here,
            "delete_part": edits.delete_part,
            "delete_track": edits.delete_tracks,
            "accept": partial(self._decide_on_track, Review.ACCEPTED),
            "reject": partial(self._decide_on_track, Review.REJECTED),
            "reopen": partial(edits.review, Review.OPEN),
            "next_open": partial(self._step_open, 1),
            "previous_open": partial(self._step_open, -1),
            "next_check": partial(self._go_in_queue, 1),
            "previous_check": partial(self._go_in_queue, -1),
            "do_proposed": partial(self._decide, self._proposals.do),
            "dismiss_proposed": partial(self._decide, self._proposals.dismiss),
            "cancel": self._cancel,
            **dict.fromkeys(LAYERS, self._choose_layers),
            "pick_points": lambda: view.set_picks_points(self._commands["pick_points"].isChecked()),
            **{f"colour_by_{colour}": partial(self._colour_by, colour) for colour in COLOUR_BY},
            "hide_others": self._toggle_others,
            "peek": canvas.frame_view.peek.toggle,
            "fit": canvas.frame_view.fit,
            "zoom_selection": canvas.zoom_to_selection,
            "zoom_in": partial(canvas.frame_view.zoom, _CLOSER),
            "zoom_out": partial(canvas.frame_view.zoom, 1 / _CLOSER),
        }

    def refresh(self) -> None:
        """Find again what cannot be done now, and why."""
        refused = self._edits.refusals() | self._keyframes.refusals() | self._carries.refusals()
        refused |= self._labelling.refusals()
        refused |= refusals(self._view, self._canvas, self._tracks)
        proposed = self._proposals.here() is not None
        nothing = "" if proposed else "Nothing is proposed here; go to the next frame to check."
        refused |= {"do_proposed": nothing, "dismiss_proposed": nothing}
        if self._queue.active:  # its decisions are not about what is selected
            refused |= {"accept": "", "reject": ""}
            if len(self._view.selection) < 2 and self._queue.joining() is not None:
                refused["merge"] = ""
        without = "" if self._view.clip is not None else NO_CLIP
        for name in self.slots():
            refused[name] = without if name not in ALWAYS and without else refused.get(name, "")
        self._commands["hide_others"].setChecked(self._tracks.only is not None)
        self._commands.set_refused(refused)
        texts = self._texts | self._edits.counted_texts()
        if self._queue.active:
            texts |= {name: self._texts[name] for name in ("accept", "reject")}
        for name, text in texts.items():
            self._commands.set_text(name, text)
        for name, on in self._keyframes.checked().items():
            self._commands[name].setChecked(on)

    def _go_to_keyframe(self, by: int) -> None:
        frame = self._edits.keyframe_from(by)
        if frame is not None:
            self._view.set_frame(frame)
        else:
            whose = "of the selected tracks" if self._view.selection else "of any object"
            self._say(f"There is no {'later' if by > 0 else 'earlier'} keyframe {whose}.")

    def _step(self, by: int) -> None:
        before = self._view.selection
        if not self._tracks.step(by):
            self._say("The list of tracks is empty.")
        elif self._view.selection == before:
            self._say(f"This is the {'last' if by > 0 else 'first'} track of the list.")

    def _step_open(self, by: int, done: str = "") -> None:
        before = self._view.selection
        if not self._tracks.step(by, Review.OPEN):
            self._say(f"{done}No open track is left in the list.")
        elif self._view.selection == before:
            self._say("This is the only open track of the list.")

    def _go_in_queue(self, by: int) -> None:
        """Go to the next item; where that is frames to check, first through those of the clip, one by one."""
        if self._queue.recipe.name == TO_CHECK:
            if self._go_to_check(by):
                self._queue.adopt()
                return
            if not self._queue.leads_on(by):
                self._say_none_is_left(by)
                return
        self._queue.step(by)

    def _go_to_check(self, by: int) -> bool:
        """Go to the next frame of the clip to check, in the order of the table; False where there is none."""
        clip, view = self._view.clip, self._view
        objects = self._document.objects(clip.id) if clip is not None else {}
        proposed = self._proposals.of_clip(clip.id) if clip is not None else []
        ids = self._tracks.model.shown_ids.tolist()
        found = next_to_check(ids, objects, proposed, view.selection, view.frame, by)
        if found is not None:
            view.set_selection(found.tracks)
            view.set_frame(found.frame)
        return found is not None

    def _say_none_is_left(self, by: int) -> None:
        elsewhere = self._proposals.elsewhere()
        others = f" There are some in {', '.join(elsewhere)}." if elsewhere else ""
        self._say(f"No more frames to check.{others}" if by > 0 else "No earlier frames to check.")

    def _decide(self, decision: Callable[[], None]) -> None:
        """Decide on what is proposed here and go on to the next frame to check."""
        here = self._proposals.here()
        decision()
        if here is not None and self._proposals.here() is None and not self._go_to_check(1):
            self._say_none_is_left(1)

    def _say(self, text: str) -> None:
        """Say in the status bar why nothing else happens."""
        self._commands.say(text)

    def _go_to_end(self, end: int) -> None:
        span = self._edits.span()
        if span is not None:
            self._view.set_frame(span[end])

    def _decide_on_track(self, review: Review) -> None:
        """Decide on the item of the review queue, on nothing while that is awaited, or on the selection."""
        if self._queue.is_awaited:
            self._queue.tell_wait()
        elif not self._queue.active:
            self._review(review)
        elif review is Review.ACCEPTED:
            self._queue.accept()
        else:
            self._queue.reject()

    def _merge(self) -> None:
        """Merge what is selected; in the review queue, its track with what the recipe finds beside it."""
        joining = self._queue.joining() if len(self._view.selection) < 2 else None
        if joining is None:
            self._edits.merge()
        else:
            self._queue.edit_asked.emit(joining)

    def _review(self, review: Review) -> None:
        """Review what is selected and go on to the next open track after it."""
        cost = self._weigh() if review is Review.REJECTED and len(self._view.selection) > 1 else ""
        before = self._document.revision()
        self._edits.review(review)
        if self._document.revision() == before and not self._document.busy:
            return  # a person is asked first
        if cost:
            self.told.emit(cost)
        self._step_open(1, f"{review.name.capitalize()}. ")

    def _mark(self, end: int) -> None:
        """Mark frames from this one on, or up to it."""
        self._say(marked_in_words(self._edits.mark(end), len(self._view.selection)))

    def _cancel(self) -> None:
        if not self._canvas.cancel() and not self._give_up():
            if self._view.marked is not None:
                self._view.set_marked(None)
            elif self._view.tool != "select":
                self._view.set_tool("select")
            elif self._queue.is_awaited:
                self._queue.stop_waiting()
            elif self._queue.active:
                self._queue.skip()
            elif self._view.selection:
                self._view.set_selection(())
            else:
                self._say("There is nothing to cancel, and nothing is selected.")

    def _choose_layers(self) -> None:
        chosen: dict[str, Any] = {name: self._commands[name].isChecked() for name in LAYERS}
        self._view.set_layers(replace(self._view.layers, **chosen))

    def _colour_by(self, colour: str) -> None:
        self._view.set_layers(replace(self._view.layers, colour_by=colour))

    def _toggle_others(self) -> None:
        """Show only what is selected now; again, what the filter shows."""
        self._tracks.show_only(self._view.selection if self._tracks.only is None else None)
        self.refresh()

    def _show_tool(self, tool: str) -> None:
        self._commands[f"tool_{tool}"].setChecked(True)

    def _show_layers(self, layers: Layers) -> None:
        for layer in LAYERS:
            self._commands[layer].setChecked(getattr(layers, layer))
        self._commands[f"colour_by_{layers.colour_by}"].setChecked(True)


def _type_into(field: QLineEdit | QSpinBox) -> None:
    """What is typed next takes the place of what the field holds."""
    field.setFocus()
    field.selectAll()
