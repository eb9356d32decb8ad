"""Every edit since the project began, newest first; go back to any of them."""

import datetime
from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from core.trajectories.journal import HistoryEntry
from studio import theme
from studio.document import Document

_ENTRY = Qt.ItemDataRole.UserRole

_STATES = {
    "done": "done",
    "undone": "undone; it can be done again",
    "abandoned": "undone, then replaced by later edits",
}


class HistoryPanel(QWidget):
    """A list of edits; those undone are grey, those that can no longer be redone struck through.

    Signals:
        steps_asked(int): undo (below 0) or redo (above 0) so many edits.
    """

    steps_asked = Signal(int)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._entries: list[HistoryEntry] = []
        self.list = QListWidget()
        self.list.setAccessibleName("History of edits")
        self.list.setAlternatingRowColors(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemDoubleClicked.connect(self._choose)
        self.empty = QLabel("Every edit appears here.\nDouble-click one to go back to it.")
        self.empty.setProperty("quiet", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.list)
        box.addWidget(self.empty, 1)
        self._stale = True
        document.changed.connect(self._reload_if_seen)
        self.reload()

    def showEvent(self, event: QShowEvent) -> None:
        if self._stale:
            self.reload()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for row, entry in enumerate(self._entries):
                _write(self.list.item(row), entry)

    def _reload_if_seen(self) -> None:
        self._stale = True
        if self.isVisible():
            self.reload()

    def reload(self) -> None:
        """Read the latest edits again; only the lines that changed are written again."""
        self._stale = False
        known, self._entries = self._entries, self._document.history()
        newest = known[0].id if known else 0
        added = sum(entry.id > newest for entry in self._entries)
        for _ in range(added):
            self.list.insertItem(0, QListWidgetItem())
        while self.list.count() > len(self._entries):
            self.list.takeItem(self.list.count() - 1)
        for row, entry in enumerate(self._entries):
            if row < added or entry != known[row - added]:
                _write(self.list.item(row), entry)
        self.list.setVisible(bool(self._entries))
        self.empty.setVisible(not self._entries)

    def steps_to(self, entry_id: int) -> int:
        """Edits to undo (below 0) or redo (above 0) until this one is the last that is done."""
        entry = next((one for one in self._entries if one.id == entry_id), None)
        if entry is None:
            return 0
        if entry.state == "undone":
            return sum(one.state == "undone" and one.id <= entry_id for one in self._entries)
        if entry.state == "done":
            return -sum(one.state == "done" and one.id > entry_id for one in self._entries)
        return 0

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
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        steps = self.steps_to(entry_id)
        if steps:
            text = f"Undo {-steps} to here" if steps < 0 else f"Redo {steps} to here"
        elif any(one.id == entry_id and one.state == "abandoned" for one in self._entries):
            text = "Undone, then replaced by later edits"
        else:
            text = "The last edit"
        action = menu.addAction(text)
        action.setEnabled(steps != 0)
        action.triggered.connect(partial(self._go_to, entry_id))
        return menu


def _write(item: QListWidgetItem, entry: HistoryEntry) -> None:
    when = datetime.datetime.fromisoformat(entry.created).astimezone()
    item.setText(f"{_clock(when)}   {entry.text}")
    item.setData(_ENTRY, entry.id)
    item.setToolTip(f"{entry.text}\n{when:%Y-%m-%d %H:%M:%S}, {_STATES[entry.state]}")
    done = entry.state == "done"
    item.setData(Qt.ItemDataRole.ForegroundRole, None if done else QColor(theme.colours().muted))
    font = item.font()
    font.setItalic(not done)
    font.setStrikeOut(entry.state == "abandoned")
    item.setFont(font)


def _clock(when: datetime.datetime) -> str:
    today = when.date() == datetime.datetime.now().astimezone().date()
    return f"{when:%H:%M}" if today else f"{when:%d %b}"
