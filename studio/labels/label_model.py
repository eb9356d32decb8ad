"""The labels as a table: colour, name, tracks, key."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from core.project.labels import Label, clean_name
from studio.canvas.colours import swatch
from studio.labels.project_labels import ProjectLabels

Index = QModelIndex | QPersistentModelIndex

COLOUR, NAME, TRACKS, KEY = range(4)
_TITLES = ("", "Label", "Tracks", "Key")
_ABOUT = (
    "Its colour; click to choose another",
    "Double-click to rename it, on its tracks too",
    "Tracks that have it, in all clips",
    "The number key that gives it to the selected tracks; click to choose one",
)
_MIME = "application/x-label-row"


class LabelModel(QAbstractTableModel):
    """The labels whose names hold what is searched for, in the order of the list.

    Signals:
        renamed(str, str): a person typed another name for a label.
        moved(str, int): a person dragged a label to another place, counted without it.
    """

    renamed = Signal(str, str)
    moved = Signal(str, int)

    def __init__(self, labels: ProjectLabels) -> None:
        super().__init__(labels)
        self._labels = labels
        self._text = ""
        self.rows: list[Label] = []
        labels.changed.connect(self.renew)
        labels.counted.connect(self._count)
        self.renew()

    def search(self, text: str) -> None:
        """Show only labels whose names hold a text."""
        self._text = text.strip().casefold()
        self.renew()

    def renew(self) -> None:
        """Read the list again."""
        self.beginResetModel()
        self.rows = [one for one in self._labels.list.labels if self._text in one.name.casefold()]
        self.endResetModel()

    def row_of(self, name: str) -> int | None:
        """Where a label stands; None where it is not shown."""
        return next((row for row, label in enumerate(self.rows) if label.name == name), None)

    def _count(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0, TRACKS), self.index(len(self.rows) - 1, TRACKS))

    # --- Qt -----------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal:
            return {Qt.ItemDataRole.DisplayRole: _TITLES, Qt.ItemDataRole.ToolTipRole: _ABOUT}.get(
                Qt.ItemDataRole(role), [None] * len(_TITLES)
            )[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        label, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return ("", label.name, f"{self._labels.count(label.name):,}", label.key)[column]
        if role == Qt.ItemDataRole.EditRole and column == NAME:
            return label.name
        if role == Qt.ItemDataRole.DecorationRole and column == COLOUR:
            return swatch(QColor(label.colour))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (TRACKS, KEY):
            side = Qt.AlignmentFlag.AlignRight if column == TRACKS else Qt.AlignmentFlag.AlignHCenter
            return side | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._about(label, column)
        return None

    def _about(self, label: Label, column: int) -> str:
        if column == COLOUR:
            return f"Colour {label.colour} of {label.name}"
        if column == KEY:
            return f"Key {label.key} gives {label.name}" if label.key else f"{label.name} has no key"
        here, count = self._labels.count_here(label.name), self._labels.count(label.name)
        tracks = f"{count:,} track{'s' if count != 1 else ''}"
        return f"{label.name}: {tracks}, {here:,} of them in this clip"

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        old, new = self.rows[index.row()].name, clean_name(str(value))
        if role == Qt.ItemDataRole.EditRole and index.column() == NAME and new and new != old:
            self.renamed.emit(old, new)
            return True
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled  # between rows
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags if self._text else flags | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(_MIME, str(indexes[0].row()).encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Rows are moved in the list, which shows them again: Qt removes none."""
        if self._text or not data.hasFormat(_MIME):
            return False
        old = int(bytes(data.data(_MIME).data()).decode())
        place = row if row >= 0 else parent.row() if parent.isValid() else len(self.rows)
        self.moved.emit(self.rows[old].name, place - (place > old))
        return False
