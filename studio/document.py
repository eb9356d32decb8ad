"""The open project: reads it, performs edits, says what changed. Nothing else in the window writes."""

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from sqlalchemy import Connection

from core.errors import StudioError
from core.file_holder import HeldError
from core.project import counts
from core.project.project import Project
from core.trajectories import journal, revisions, steps, store
from core.trajectories.damage import DamagedError
from core.trajectories.journal import Edit
from core.trajectories.model import Changes, ObjectTrajectory, PointTrajectories
from core.trajectories.steps import HistoryEntry
from core.trajectories.store import ClipSummary
from studio.clip_counts import counted

FEW = 500
"""So many rows are written, and so many trajectories read again, while the user waits; more in a thread."""

MOMENT = 0.1
"""Seconds that the window's thread waits for another program that holds the database."""

_TURNED = {"Undo": "Undone", "Redo": "Done again", "Go back to": "Gone back to"}

Write = Callable[[Connection], Changes | None]

Trajectories = tuple[PointTrajectories, dict[int, ObjectTrajectory]]
"""The points of a clip, and id → object of its chosen annotator; both by id."""

Tell = Callable[[Changes], object]
"""Says what was written."""

Stored = tuple[Changes | None, Tell | None, dict[int, Trajectories]]
"""What a background edit changed, who is told of it, and cached clips as they are now."""


class Document(QObject):
    """A project as the window sees it.

    Small edits are written at once (some 5 ms); an edit of many rows is written in a thread, one after
    the other, and holds small ones off until it is done. None is lost when the project is closed.

    Signals:
        changed(Changes): rows changed; redraw what shows them.
        performed(Changes): an edit was made, with its text, for a toast with Undo.
        turned(Changes, str): edits were taken back or done again; what came of them, and which of the two.
        failed(str): an edit was refused; one sentence for the user.
        damaged(str): the database cannot be read any more.
        busy_changed(str): what a background edit is storing now; empty when it ended.
        prepared(int): the trajectories of a clip are read; `points` and `objects` give them at once.
    """

    changed = Signal(object)
    performed = Signal(object)
    turned = Signal(object, str)
    failed = Signal(str)
    damaged = Signal(str)
    busy_changed = Signal(str)
    prepared = Signal(int)
    _stored = Signal(object)
    _read = Signal(int, object)

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self._summaries: dict[int, ClipSummary] | None = None
        self._points: dict[int, PointTrajectories] = {}
        self._objects: dict[int, dict[int, ObjectTrajectory]] = {}
        self._writer = ThreadPoolExecutor(1, "store")
        self._storing: deque[str] = deque()
        self._waiting: Callable[[], HistoryEntry | None] | None = None  # gives what to turn over after these
        self._next: tuple[HistoryEntry | None, HistoryEntry | None] | None = None
        self._closed = False
        self._stored.connect(self._finish, Qt.ConnectionType.QueuedConnection)
        self._reader = ThreadPoolExecutor(1, "read")
        self._preparing: set[int] = set()
        self._read.connect(self._take_read, Qt.ConnectionType.QueuedConnection)

    # --- reading ------------------------------------------------------------------------------

    def clips(self) -> list[ClipSummary]:
        """Every clip with its counts, by name; cached until they change."""
        if self._summaries is None:
            with self.project.reading() as connection:
                found = counts.summaries(self.project, connection)
                self._summaries = {one.clip.id: one for one in found}
        return sorted(self._summaries.values(), key=lambda one: one.clip.name)

    def points(self, clip_id: int) -> PointTrajectories:
        """The point trajectories of a clip, by id; cached until they change."""
        if clip_id not in self._points:
            with self.project.reading() as connection:
                self._points[clip_id] = store.points(connection, clip_id)
        return self._points[clip_id]

    def objects(self, clip_id: int) -> dict[int, ObjectTrajectory]:
        """Id → object trajectory of the clip's chosen annotator, by id; cached until they change."""
        if clip_id not in self._objects:
            with self.project.reading() as connection:
                found = store.objects(connection, clip_id, self._annotator(clip_id))
                self._objects[clip_id] = {one.id: one for one in found}
        return self._objects[clip_id]

    def prepare(self, clip_id: int) -> None:
        """Read a clip's trajectories, many of them in a thread; ends with `prepared` if it is there."""
        count = next((one.objects + one.points for one in self.clips() if one.clip.id == clip_id), None)
        if count is None:
            return  # its import was undone while it was being read
        if count <= FEW or (clip_id in self._points and clip_id in self._objects):
            self.prepared.emit(clip_id)
            return
        self._preparing.add(clip_id)
        annotator = self._annotator(clip_id)

        def read() -> Trajectories:
            with self.project.reading() as connection:
                return _trajectories(connection, clip_id, annotator)

        self._reader.submit(read).add_done_callback(lambda future: self._read.emit(clip_id, future))

    def history(self, clip_id: int | None = None, tracks: Sequence[int] = ()) -> list[HistoryEntry]:
        """The latest edits, newest first; of one clip, or of some trajectories, where they are given."""
        with self.project.reading() as connection:
            return journal.history(connection, clip_id=clip_id, tracks=tracks)

    def revision(self) -> int:
        """The project's revision, which grows with every edit, undo and redo."""
        with self.project.reading() as connection:
            return journal.revision(connection)

    def last_edit(self) -> HistoryEntry | None:
        """The edit of a person that undo would take back; None if there is none."""
        return self._next_turns()[0]

    def redo_text(self) -> str | None:
        """What redo would do again; None if nothing."""
        entry = self._last_undone()
        return entry.text if entry else None

    def _last_undone(self) -> HistoryEntry | None:
        return self._next_turns()[1]

    def _next_turns(self) -> tuple[HistoryEntry | None, HistoryEntry | None]:
        """What undo and redo would turn over, known until something is written."""
        if self._next is None:
            with self.project.reading() as connection:
                self._next = steps.last_by_person(connection), steps.last_undone(connection)
        return self._next

    # --- writing ------------------------------------------------------------------------------

    @property
    def busy(self) -> str:
        """What is being stored in the background; empty when nothing is."""
        return self._storing[0] if self._storing else ""

    def perform(self, edit: Edit, then: Callable[[], object] | None = None) -> bool:
        """Make an edit, a large one in the background; False, after `failed`, where it is refused.

        `then`: is called once it is stored.
        """
        if self._refused_while_busy():
            return False

        def tell(changes: Changes) -> None:
            self.performed.emit(changes)
            if then is not None:
                then()

        action = partial(journal.perform, edit=edit)
        return self._write_or_later(edit.text, action, edit.rows, tell)

    def perform_later(self, edit: Edit) -> None:
        """Make a large edit in the background, after those that wait; ends with `performed` or `failed`."""
        self._write_later(edit.text, partial(journal.perform, edit=edit), self.performed.emit)

    def complete(self, edit: Edit, step: HistoryEntry) -> None:
        """Make an edit that follows from an earlier one, as `journal.follow` does."""
        self._write_or_later(edit.text, lambda connection: journal.follow(connection, edit, step), edit.rows)

    def relocate(self, old: Path, new: Path) -> bool:
        """Say that the frames that lay in one folder lie in another; no edit, so nothing to undo."""

        def move(connection: Connection) -> Changes:
            store.relocate(connection, old, new)
            return Changes(frozenset(one.id for one in store.clips(connection) if one.root == new))

        return not self._refused_while_busy() and self._write_or_later("Relocate", move, 1)

    def undo(self) -> bool:
        """Take back what a person did last; False if there is nothing. While something is stored it waits."""
        return self._turn_over(self.last_edit)

    def redo(self) -> bool:
        """Do again what was undone last; False if there is nothing. While something is stored it waits."""
        return self._turn_over(self._last_undone)

    def _turn_over(self, find: Callable[[], HistoryEntry | None]) -> bool:
        if self.busy:
            self._waiting = find  # asked for again meanwhile, it is still done once
            return True
        entry = find()
        return entry is not None and self.turn_over([entry.id], journal.turn_with_follow_ups)

    def turn_over(
        self, edits: Sequence[int], turn: Callable[[Connection, Sequence[int]], Changes] = journal.turn_over
    ) -> bool:
        """Take back edits that are done, or do them again, by id, one after the other."""
        if self._refused_while_busy():
            return False
        with self.project.reading() as connection:
            turned = steps.named(connection, edits)
            since = journal.history(connection, len(edits) + 8)
        is_done = any(entry.state == "done" for entry in turned)
        later = sum(entry.rows for entry in since if entry.id > min(edits))  # looked through for its tracks
        rows = max(later, sum(entry.rows for entry in turned))
        word = "Undo" if is_done else "Redo"
        return self._turn(steps.in_words(turned), word, lambda connection: turn(connection, edits), rows)

    def turn(self, count: int) -> bool:
        """Take back (below 0) or do again so many edits at once, of jobs too; False if there is none."""
        if self._refused_while_busy():
            return False
        with self.project.reading() as connection:
            turned = journal.turnable(connection, count)
        rows, word = sum(entry.rows for entry in turned), "Undo" if count < 0 else "Redo"
        return self._turn(steps.in_words(turned), word, partial(journal.turn, steps=count), rows)

    def go_to(self, revision: int, name: str) -> bool:
        """Make the project what it was at a revision, known by a name: one step, which `undo` takes back."""
        if self._refused_while_busy():
            return False
        with self.project.reading() as connection:
            rows = sum(entry.rows for entry in revisions.route(connection, revision))
        go = partial(revisions.go_to, revision=revision, name=name)
        return self._turn(name, "Go back to", go, rows)

    def _turn(self, what: str, word: str, action: Write, rows: int) -> bool:
        tell = partial(self._tell_turned, what, _TURNED[word])
        return self._write_or_later(f"{word} {what}", action, rows, tell)

    def _tell_turned(self, what: str, word: str, changes: Changes) -> None:
        self.turned.emit(replace(changes, text=what), word)

    def close(self) -> None:
        """Wait until all that was asked for is stored, then release the project."""
        self._closed = True
        self._reader.shutdown(wait=True, cancel_futures=True)
        self._writer.shutdown(wait=True)
        if self._summaries is not None and not self._storing:
            with contextlib.suppress(StudioError), self.project.reading() as connection:
                counts.keep(self.project, connection, self._summaries.values())
        self.project.close()

    def _write_or_later(self, text: str, action: Write, rows: int, tell: Tell | None = None) -> bool:
        """Write a few rows at once unless others wait, more in the thread; False if nothing came of it."""
        if self.busy or rows > FEW:
            self._write_later(text, action, tell)
            return True
        try:
            with self.project.writing(patience=MOMENT) as connection:
                changes = action(connection)
        except HeldError:  # said with its holder if that does not end soon
            self._write_later(f"{text}, once another program lets go of the project", action, tell)
            return True
        except StudioError as error:
            self._refuse(error)
            return False
        if changes is None:
            return False
        self._show(changes, tell, {})
        return True

    def _write_later(self, text: str, action: Write, tell: Tell | None = None) -> None:
        """Write in the thread; `tell` is told at the end."""
        self._storing.append(text)
        if len(self._storing) == 1:
            self.busy_changed.emit(text)

        seen = {clip_id: self._annotator(clip_id) for clip_id in self._points.keys() & self._objects.keys()}

        def write() -> Stored:
            with self.project.writing() as connection:
                changes = action(connection)
                again = changes.clips & seen.keys() if changes is not None else ()
                fresh = {clip_id: _trajectories(connection, clip_id, seen[clip_id]) for clip_id in again}
            return changes, tell, fresh

        self._writer.submit(write).add_done_callback(self._stored.emit)

    def _refuse(self, error: StudioError) -> None:
        (self.damaged if isinstance(error, DamagedError) else self.failed).emit(str(error))

    def _refused_while_busy(self) -> bool:
        if self.busy:
            self.failed.emit(f"“{self.busy}” is still being stored; try again in a moment.")
        return bool(self.busy)

    def _finish(self, future: "Future[Stored]") -> None:
        if self._closed:
            return  # it is stored, and the window no longer shows it
        self._storing.popleft()
        try:
            changes, tell, fresh = future.result()
        except StudioError as error:
            self._refuse(error)
        else:
            if changes is not None:
                self._show(changes, tell, fresh)
        finally:
            self.busy_changed.emit(self.busy)
            if not self.busy and self._waiting is not None:
                find, self._waiting = self._waiting, None
                self._turn_over(find)

    def _show(self, changes: Changes, tell: Tell | None, fresh: dict[int, Trajectories]) -> None:
        self._next = None
        self._refresh(changes)
        for clip_id, (points, objects) in fresh.items():
            self._points[clip_id], self._objects[clip_id] = points, objects
        self.changed.emit(changes)
        if tell is not None:
            tell(changes)

    def _take_read(self, clip_id: int, future: "Future[Trajectories]") -> None:
        if self._closed:
            return
        if clip_id not in self._preparing:
            self.prepare(clip_id)  # it was changed since
            return
        self._preparing.remove(clip_id)
        try:
            self._points[clip_id], self._objects[clip_id] = future.result()
        except StudioError as error:
            self._refuse(error)
        else:
            self.prepared.emit(clip_id)

    def _annotator(self, clip_id: int) -> int:
        """Whose objects of a clip are shown."""
        return next((one.clip.annotator for one in self.clips() if one.clip.id == clip_id), 0)

    def _refresh(self, changes: Changes) -> None:
        """Read again what is cached of what changed, and no more of it than needed."""
        touched = changes.trajectories
        self._preparing -= changes.clips
        with self.project.reading() as connection:
            whole = set(changes.clips) - self._refreshed_alone(connection, changes)
            for clip_id in list(whole):
                points, objects = self._points.pop(clip_id, None), self._objects.pop(clip_id, None)
                if len(changes.clips) > 1 or not 0 < len(touched) <= FEW:
                    continue  # read as a whole when it is looked at again
                others = touched
                if points is not None:
                    fresh = store.some_points(connection, touched)
                    points = self._points[clip_id] = points.exchanged(touched, fresh)
                    others = touched - frozenset(fresh.ids.tolist())
                if objects is not None:
                    if others:
                        kept = [one for id, one in objects.items() if id not in others]
                        kept += store.some_objects(connection, others, self._annotator(clip_id))
                        objects = {one.id: one for one in sorted(kept, key=lambda one: one.id)}
                    self._objects[clip_id] = objects
                if points is None or objects is None or not (len(points) or objects):
                    continue  # one without tracks may be gone
                if self._summaries is not None and clip_id in self._summaries:
                    self._summaries[clip_id] = counted(self._summaries[clip_id], points, objects.values())
                    whole.remove(clip_id)
            if self._summaries is not None and whole:
                for clip_id in whole:
                    self._summaries.pop(clip_id, None)
                again = store.summaries(connection, whole)
                self._summaries.update({one.clip.id: one for one in again})

    def _refreshed_alone(self, connection: Connection, changes: Changes) -> set[int]:
        """The clips of which nothing but the clip itself changed, such as its use, refreshed."""
        alone: set[int] = set()
        if self._summaries is not None and not changes.trajectories:
            for clip in store.clips(connection, changes.clips):
                before = self._summaries.get(clip.id)
                if before is not None and before.clip.annotator == clip.annotator:
                    self._summaries[clip.id] = replace(before, clip=clip)
                    alone.add(clip.id)
        return alone


def _trajectories(connection: Connection, clip_id: int, annotator: int) -> Trajectories:
    objects = store.objects(connection, clip_id, annotator)
    return store.points(connection, clip_id), {one.id: one for one in objects}
