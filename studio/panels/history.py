"""Every edit since the project began, newest first: go back to any of them, or take one back alone."""

import datetime
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from core.trajectories.model import Changes
from core.trajectories.steps import HistoryEntry
from studio import theme
from studio.background import Background
from studio.document import Document
from studio.panels.edit_chain import chain, touched
from studio.view_state import ViewState

_ENTRY = Qt.ItemDataRole.UserRole

_STATES = {
    "done": "done",
    "undone": "undone; it can be done again",
    "abandoned": "undone, then replaced by later edits; it can be restored",
}

ALL, CLIP, TRACKS = "All clips", "This clip", "Selected tracks"


class HistoryPanel(QWidget):
    """A list of edits; those undone are grey, those that `Redo` passes over struck through.

    A click shows what an edit changed, a double click goes back to it, its menu takes it back alone.

    Signals:
        steps_asked(int): undo (below 0) or redo (above 0) so many edits.
        turn_asked(list[int]): take back edits that are done, or do them again, by id, in that order.
        show_asked(Changes): go to what an edit changed.
        version_asked(str): go back to the version of that name.
    """

    steps_asked = Signal(int)
    turn_asked = Signal(object)
    show_asked = Signal(object)
    version_asked = Signal(str)

    def __init__(self, document: Document, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._entries: list[HistoryEntry] = []
        self._versions: dict[int, list[str]] = {}  # edit → the names of versions in which it is the last
        self.which = QComboBox()
        self.which.setAccessibleName("Which edits are listed")
        self.which.addItems([ALL, CLIP, TRACKS])
        self.which.currentIndexChanged.connect(self._reload_if_seen)
        self.list = QListWidget()
        self.list.setAccessibleName("History of edits")
        self.list.setAlternatingRowColors(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemClicked.connect(self._show_changed)
        self.list.itemDoubleClicked.connect(self._choose)
        self.empty = QLabel()
        self.empty.setProperty("quiet", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        choice = QHBoxLayout()
        choice.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE // 2)
        choice.addWidget(self.which)
        box.addLayout(choice)
        box.addWidget(self.list)
        box.addWidget(self.empty, 1)
        self._stale = True
        self._reader = Background(self)
        self._reader.done.connect(self._take)
        document.changed.connect(self._reload_if_seen)
        view.clip_changed.connect(self._reload_if_of_view)
        view.selection_changed.connect(self._reload_if_of_view)

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reader.close()

    def catch_up(self) -> None:
        """Read again what was not read while another panel lay before this one."""
        if self._stale:
            self._reload_if_seen()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.catch_up()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            names = self._names()
            for row, entry in enumerate(self._entries):
                self._write(row, entry, names)

    def set_versions(self, versions: dict[int, list[str]]) -> None:
        """Show the names of versions at the edits that were the last ones in them."""
        names = self._names()
        changed = {
            id for id in versions.keys() | self._versions if versions.get(id) != self._versions.get(id)
        }
        self._versions = versions
        for row, entry in enumerate(self._entries):
            if entry.id in changed:
                self._write(row, entry, names)

    def _write(self, row: int, entry: HistoryEntry, names: dict[int, str]) -> None:
        _write(self.list.item(row), entry, names, self._versions.get(entry.id, []))

    def _reload_if_seen(self) -> None:
        self._stale = True
        if not self.visibleRegion().isEmpty():  # behind another panel it is still `isVisible`
            self.reload()

    def _reload_if_of_view(self) -> None:
        if self.which.currentText() != ALL:
            self._reload_if_seen()

    def reload(self) -> None:
        """Read the latest edits again; only the lines that changed are written again."""
        self._stale = False
        which, clip = self.which.currentText(), self._view.clip
        if which == TRACKS:  # every edit there ever was is looked through
            tracks = sorted(self._view.selection)[:_MOST_TRACKS]
            document = self._document
            self._reader.start(lambda report: document.history(tracks=tracks) if tracks else [])
        else:
            self._take(self._document.history(clip.id if which == CLIP and clip is not None else None))

    def _take(self, entries: Sequence[HistoryEntry]) -> None:
        known, self._entries = self._entries, list(entries)
        newest = known[0].id if known else 0
        added = sum(entry.id > newest for entry in self._entries)
        kept = [entry.id for entry in known[: len(self._entries) - added]]
        if kept != [entry.id for entry in self._entries[added:]]:  # others than before are wanted
            known, added = [], len(self._entries)
            self.list.clear()
        for _ in range(added):
            self.list.insertItem(0, QListWidgetItem())
        while self.list.count() > len(self._entries):
            self.list.takeItem(self.list.count() - 1)
        names = self._names()
        for row, entry in enumerate(self._entries):
            if row < added or entry != known[row - added]:
                self._write(row, entry, names)
        self.list.setVisible(bool(self._entries))
        self.empty.setVisible(not self._entries)
        whole = self.which.currentText() == ALL
        words = "Every edit appears here.\nDouble-click one to go back to it."
        self.empty.setText(words if whole else "No edit of what was chosen above.")

    def _names(self) -> dict[int, str]:
        """Clip id → name."""
        return {one.clip.id: one.clip.name for one in self._document.clips()}

    def _entry(self, entry_id: int) -> HistoryEntry | None:
        return next((one for one in self._entries if one.id == entry_id), None)

    def steps_to(self, entry_id: int) -> int:
        """Edits to undo (below 0) or redo (above 0) until this one is the last that is done."""
        entry = self._entry(entry_id)
        if entry is None or entry.state == "abandoned":
            return 0
        every = self._entries if self.which.currentText() == ALL else self._document.history()
        if entry.state == "undone":
            return sum(one.state == "undone" and one.id <= entry_id for one in every)
        return -sum(one.state == "done" and one.id > entry_id for one in every)

    def _show_changed(self, item: QListWidgetItem) -> None:
        changes: Changes = touched(self._document.project, item.data(_ENTRY))
        self.show_asked.emit(changes)

    def _choose(self, item: QListWidgetItem) -> None:
        self._go_to(item.data(_ENTRY))

    def _go_to(self, entry_id: int) -> None:
        steps = self.steps_to(entry_id)
        if steps:
            self.steps_asked.emit(steps)

    def _menu(self, position: QPoint) -> None:
        item = self.list.itemAt(position)
        if item is not None:
            menu = self.menu_for(item.data(_ENTRY))
            menu.popup(self.list.viewport().mapToGlobal(position))

    def menu_for(self, entry_id: int) -> QMenu:
        """What can be done about an edit; the list may change while the menu is open."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        entry, steps = self._entry(entry_id), self.steps_to(entry_id)
        if entry is None:
            return menu
        if steps:
            text = f"Undo {-steps:,} to here" if steps < 0 else f"Redo {steps:,} to here"
            menu.addAction(text).triggered.connect(partial(self._go_to, entry_id))
        for name in self._versions.get(entry_id, []):
            action = menu.addAction(f"Go back to version “{name.replace('&', '&&')}”…")
            action.triggered.connect(partial(self._ask_version, name))
        order, why = chain(self._document.project, entry)
        alone = menu.addAction("Undo only this" if entry.state == "done" else "Restore only this")
        alone.setEnabled(not why)
        alone.setToolTip(why)
        alone.triggered.connect(partial(self._turn, [entry_id]))
        if why:
            count = len(order) - 1
            others = f"the {count:,} edits" if count > 1 else "the edit"
            verb, link = ("Undo", "on it") if entry.state == "done" else ("Restore", "it builds on")
            words = f"{others} that build{'s' if count == 1 else ''} {link}"
            if entry.state != "done":
                words = f"{others} {link}"
            together = menu.addAction(f"{verb} this and {words}")
            together.setToolTip(why)
            together.triggered.connect(partial(self._turn, order))
        return menu

    def _ask_version(self, name: str, checked: bool = False) -> None:
        self.version_asked.emit(name)

    def _turn(self, edits: list[int], checked: bool = False) -> None:
        self.turn_asked.emit(edits)


_MOST_TRACKS = 20
"""Selected tracks whose edits are looked for."""


_NAME, _VERSION = 16, 24
"""Letters of a clip's name, and of a version's, that are shown."""


def _shortened(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"


def _write(
    item: QListWidgetItem, entry: HistoryEntry, names: dict[int, str], versions: Sequence[str]
) -> None:
    when = datetime.datetime.fromisoformat(entry.created).astimezone()
    clip = names.get(entry.clip_id, "") if entry.clip_id is not None else ""
    parts = (_clock(when), "job" if entry.by_job else "", _shortened(clip, _NAME), entry.text)
    marks = [f"◆ {_shortened(name, _VERSION)}" for name in versions]
    item.setText("   ".join(filter(None, (*marks, *parts))))
    item.setData(_ENTRY, entry.id)
    whose = "brought in by a job, " if entry.by_job else ""
    place = f"in {clip}, " if clip else ""
    item.setToolTip(
        f"{entry.text}\n{place}{when:%Y-%m-%d %H:%M:%S}, {whose}{_STATES[entry.state]}"
        + "".join(f"\nVersion “{name}”" for name in versions)
    )
    done = entry.state == "done"
    item.setData(Qt.ItemDataRole.ForegroundRole, None if done else QColor(theme.colours().muted))
    font = item.font()
    font.setItalic(not done)
    font.setBold(bool(versions))
    font.setStrikeOut(entry.state == "abandoned")
    item.setFont(font)


def _clock(when: datetime.datetime) -> str:
    today = when.date() == datetime.datetime.now().astimezone().date()
    return f"{when:%H:%M}" if today else f"{when:%d %b}"
