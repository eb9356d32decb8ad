"""The labels of the open project: the list as it is kept, and how many tracks have each."""

import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import StudioError
from core.events import OnProgress
from core.overlay.label_colours import PALETTE, LabelColours
from core.project.labels import (
    Label,
    LabelList,
    Renaming,
    as_bytes,
    clean_name,
    read_labels,
    write_labels,
)
from core.trajectories import steps
from core.trajectories.journal import Edit
from core.trajectories.label_edits import ReplaceLabel, label_counts
from core.trajectories.model import Changes
from core.trajectories.observation_edits import AddObject
from core.trajectories.trajectory_edits import Relabel
from studio.background import Background
from studio.document import Document
from studio.view_state import ViewState

PAUSE = 100
"""Milliseconds after an edit when tracks are counted again."""

SAVE_AFTER = 500
"""Milliseconds after which the list is kept."""

Counts = dict[int, dict[str, int]]
"""Clip → label → tracks that have it."""


class ProjectLabels(QObject):
    """What a person does to the list is kept by itself; what it does to tracks is one edit, one undo.

    Attributes:
        list: the labels.

    Signals:
        changed(): the list is another one.
        counted(): the counts are others.
        failed(str): it cannot be read or kept; one sentence.
    """

    changed = Signal()
    counted = Signal()
    failed = Signal(str)

    def __init__(self, document: Document, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self.list = LabelList()
        self._counts: Counts = {}
        self._total: Counter[str] = Counter()
        self._to_count: set[int] = set()
        self._being_counted: set[int] = set()
        self._waiting: list[Callable[[], object]] = []
        self._replacing: tuple[ReplaceLabel, tuple[Label, ...], int] | None = None
        self._counting, self._keeper = Background(self), Background(self)
        self._counting.done.connect(self._take_counts)
        self._keeper.failed.connect(self.failed)
        self._pause = QTimer(self, interval=PAUSE, singleShot=True)
        self._pause.timeout.connect(self._count)
        self._saving = QTimer(self, interval=SAVE_AFTER, singleShot=True)
        self._saving.timeout.connect(self._save)
        document.changed.connect(lambda changes: self._count_soon(changes.clips))
        document.performed.connect(self._take_replaced)
        document.turned.connect(lambda changes, word: self._turn())

    def take_up(self) -> None:
        """Read what was kept, and count."""
        try:
            kept = read_labels(self._document.project.path)
        except StudioError as error:
            self.failed.emit(str(error))
            kept = LabelList()
        self._show(kept)
        self._count_soon({one.clip.id for one in self._document.clips()})

    def close(self) -> None:
        """Keep what is not kept yet, and wait for the threads."""
        unsaved = self._saving.isActive()
        for timer in (self._pause, self._saving):
            timer.stop()
        self._counting.close()
        self._keeper.close()
        if unsaved:
            try:
                write_labels(self._document.project.path, as_bytes(self.list))
            except StudioError as error:
                self.failed.emit(str(error))

    # --- counts -------------------------------------------------------------------------------

    def count(self, name: str) -> int:
        """The tracks that have a label, in all clips."""
        return self._total[name]

    def clips_of(self, name: str) -> int:
        """The clips that such tracks are in."""
        return sum(1 for found in self._counts.values() if found.get(name))

    def count_here(self, name: str) -> int:
        """The tracks of the clip looked at that have a label."""
        clip = self._view.clip
        return self._counts.get(clip.id, {}).get(name, 0) if clip is not None else 0

    def when_counted(self, what: Callable[[], object]) -> None:
        """Do something once the counts are those of now, at once where they are."""
        if self._pause.isActive() or self._counting.is_running:
            self._waiting.append(what)
            if self._pause.isActive():
                self._pause.stop()
                self._count()
        else:
            what()

    def _count_soon(self, clips: Collection[int]) -> None:
        self._to_count |= set(clips)
        if self._to_count:
            self._pause.start()

    def _count(self) -> None:
        if self._counting.is_running:
            self._to_count |= self._being_counted  # it is given up
        clips, project = frozenset(self._to_count), self._document.project
        self._being_counted, self._to_count = set(clips), set()

        def count(report: OnProgress) -> Counts:
            found: Counts = {}
            for place, clip_id in enumerate(sorted(clips)):
                report(place, len(clips), "")
                with project.reading() as connection:
                    found |= label_counts(connection, [clip_id])
            return found

        self._counting.start(count)

    def _take_counts(self, found: Counts) -> None:
        self._being_counted = set()
        self._counts |= {clip_id: one for clip_id, one in found.items() if clip_id not in self._to_count}
        self._total = Counter()
        for of_clip in self._counts.values():
            self._total.update(of_clip)
        names = sorted(name for name in self._total if self._total[name])
        listed = self._with(sorted(names, key=lambda name: -self._total[name]))
        if listed != self.list:  # not kept for it alone: looking at a project writes nothing
            self._show(listed)
        self.counted.emit()
        if not self._pause.isActive():
            waiting, self._waiting = self._waiting, []
            for what in waiting:
                what()

    # --- what edits say -----------------------------------------------------------------------

    def taken(self, edit: Edit) -> Edit:
        """An edit that a person asked for, with the label that a new object gets; its label was used."""
        if isinstance(edit, AddObject) and not edit.label and self.list.for_new:
            edit = replace(edit, label=self.list.last_used)
        elif isinstance(edit, Relabel):
            edit = replace(edit, label=clean_name(edit.label))
        if isinstance(edit, AddObject | Relabel) and edit.label:
            self.use(edit.label)
        return edit

    def _with(self, names: list[str]) -> LabelList:
        """The list with these names, of which those that are new get free number keys in their order."""
        new = [name for name in names if self.list.named(name) is None]
        return self.list.with_names(sorted(names), PALETTE).with_free_keys(new)

    def use(self, name: str) -> None:
        """A label is given to a track; a new one joins the list."""
        self._change(self._with([name]).used(name))

    # --- what a person does to the list -------------------------------------------------------

    def add(self, name: str) -> None:
        """A label that no track has yet."""
        self._change(self._with([clean_name(name)]))

    def recolour(self, name: str, colour: str) -> None:
        """Another colour, `#rrggbb`."""
        self._change(self.list.recoloured(name, colour))

    def set_key(self, name: str, key: str) -> None:
        """A number key, taken from the label that had it; empty for none."""
        self._change(self.list.keyed(name, key))

    def move(self, name: str, place: int) -> None:
        """Another place in the list, counted without it."""
        self._change(self.list.moved(name, place))

    def give_new_objects(self, name: str) -> None:
        """The label that new objects get, which counts as used; empty for none."""
        self._change(replace(self.list.used(name) if name else self.list, for_new=bool(name)))

    def remove_unused(self) -> None:
        """Take the labels that no track has out of the list."""
        self._change(self.list.without(*(one.name for one in self.list.labels if not self.count(one.name))))

    def replace(self, name: str, by: str) -> None:
        """Another name for a label, of its tracks too; empty leaves them without one.

        Where the other is in the list already, the two become one.
        """
        self.when_counted(lambda: self._replace(name, by))

    def _replace(self, name: str, by: str) -> None:
        count, label = self.count(name), self.list.named(name)
        if not count:
            self._change(self._replaced(name, by))
        elif label is not None:
            edit = ReplaceLabel(name, by, count)
            self._replacing = edit, (label,), self.list.place(name)
            self._document.perform(edit)

    def _replaced(self, name: str, by: str) -> LabelList:
        return self.list.renamed(name, by) if by else self.list.without(name)

    def _take_replaced(self, changes: Changes) -> None:
        """The tracks have the other label: the list follows, and goes back with them when it is undone."""
        if self._replacing is None:
            return
        edit, before, place = self._replacing
        if _without_count(changes.text) != _without_count(edit.text[:255]):
            return
        self._replacing = None
        known = self.list.named(edit.by) is not None
        after = self._replaced(edit.label, edit.by)
        new = after.named(edit.by)
        renaming = Renaming(changes.edit, before, () if known or new is None else (new,), place)
        self._change(after.remembering(renaming))

    def _turn(self) -> None:
        edits = [one.edit for one in self.list.renamings]
        if edits:
            with self._document.project.reading() as connection:
                done = {entry.id: entry.state == "done" for entry in steps.named(connection, edits)}
            self._change(self.list.turned(done))

    # --- keeping ------------------------------------------------------------------------------

    def _change(self, labels: LabelList) -> None:
        if labels != self.list:
            self._show(labels)
            self._saving.start()

    def _show(self, labels: LabelList) -> None:
        self.list = labels
        self._view.set_layers(replace(self._view.layers, labels=LabelColours.of(labels)))
        self.changed.emit()

    def _save(self) -> None:
        data, project = as_bytes(self.list), self._document.project.path

        def keep(report: OnProgress) -> None:
            write_labels(project, data)

        self._keeper.start(keep)


def _without_count(text: str) -> str:
    """A text of `ReplaceLabel` without how many tracks there were, which may have changed meanwhile."""
    return re.sub(r"[\d,]+ tracks?", "", text, count=1)[:200]
