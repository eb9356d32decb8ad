"""A matrix as a table of the window: networks down; pretraining, then settings and seeds, across."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.matrix.entries import NETWORKS, SETTINGS
from core.matrix.names import setting_title
from studio.matrix.entry import PRETRAINING, Entry, Place, columns, entries, nothing, rows
from studio.matrix.reader import MatrixReport

Index = QModelIndex | QPersistentModelIndex

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
"""The `Entry` of a cell."""

_LEARNS = {
    "": "its trunk starts from random weights",
    "caltech101": "its trunk learns the categories of Caltech-101",
    "slowfeat": "its trunk learns that patches of one trajectory lie near in fc7",
    "association": "its trunk learns whether two patches are of one trajectory",
    "nce": "beyond the paper: its trunk learns which of many patches is of the same trajectory",
}
_MEASURED_ON = {
    name: ", ".join(
        (
            each.test_set,
            *(["multi-scale"] if each.scales == "multi" else []),
            *(["by VOC's server"] if each.for_server else []),
        )
    )
    for name, each in SETTINGS.items()
}
_FROM = {"obj": "objects", "tr": "points", "objtr": "objects and points", "": ""}


def network_words(name: str) -> str:
    """What a network of the table learns, and from what."""
    made = NETWORKS[name]
    learnt_from = _FROM[made.get("regime", "")]
    words = _LEARNS[made.get("method", "")]
    return f"{name}: {words}{f', from {learnt_from}' if learnt_from else ''}."


class MatrixModel(QAbstractTableModel):
    """Keeps its cells while the plan stays the same, so that what is selected stays selected."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.networks: tuple[str, ...] = ()
        self.columns: tuple[tuple[str, int], ...] = ()
        self._entries: dict[Place, Entry] = {}
        self._several = False

    def show_report(self, report: MatrixReport, active: bool) -> None:
        """Show a matrix as it stands; see `entries`."""
        networks, across = rows(report.planned), columns(report.planned)
        found = entries(report, active)
        self._several = report.planned.config.seeds > 1
        if (networks, across) != (self.networks, self.columns):
            self.beginResetModel()
            self.networks, self.columns, self._entries = networks, across, found
            self.endResetModel()
            return
        before, self._entries = self._entries, found
        for row in range(len(networks)):
            for column in range(len(across)):
                place = self.place(row, column)
                if before.get(place) != found.get(place):
                    index = self.index(row, column)
                    self.dataChanged.emit(index, index)

    def place(self, row: int, column: int) -> Place:
        """Which network, part and seed a cell is of."""
        part, seed = self.columns[column]
        return Place(self.networks[row], part, seed)

    def group(self, column: int) -> str:
        """The heading over a column and its neighbours of other seeds; without such, as short as can be."""
        part = self.columns[column][0]
        if part == PRETRAINING:
            return "Pretraining"
        return setting_title(part) if self._several else f"VOC {SETTINGS[part].year}"

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.networks) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self.columns) if parent is None or not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        place = self.place(index.row(), index.column())
        entry = self._entries.get(place) or nothing(place)
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.sentence
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical:
            name = self.networks[section]
            return {Qt.ItemDataRole.DisplayRole: name, Qt.ItemDataRole.ToolTipRole: network_words(name)}.get(
                Qt.ItemDataRole(role)
            )
        part, seed = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"seed {seed}" if self._several else _MEASURED_ON.get(part, "")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{'Pretraining' if part == PRETRAINING else setting_title(part)} · seed {seed}"
        return None
