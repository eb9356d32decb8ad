"""The items of the queue as a table; rows are made as they are painted, however many there are."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.review.queue import Queue

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("tracks", "clip", "frames", "value", "reason")
"""What `QueueOrder.sort` calls them; reasons are not sorted."""

_TITLES = ("Track", "Clip", "Frames", "Value", "Why")
VALUE = COLUMNS.index("value")


class QueueModel(QAbstractTableModel):
    """The items that are left."""

    def __init__(self, queue: Queue, names: dict[int, str], parent: QObject | None = None) -> None:
        """`names`: of the clips by id; looked up as rows are painted."""
        super().__init__(parent)
        self._queue, self.names = queue, names
        queue.changed.connect(self._renew)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._queue.order)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal:
            recipe = self._queue.recipe
            if role == Qt.ItemDataRole.DisplayRole:
                return _TITLES[section]
            if role == Qt.ItemDataRole.ToolTipRole and section == VALUE:
                return f"{recipe.quantity} ({recipe.unit})" if recipe.unit else recipe.quantity
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[index.column()] in ("frames", "value"):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        item, recipe = self._queue.item(index.row()), self._queue.recipe
        if role == Qt.ItemDataRole.ToolTipRole or COLUMNS[index.column()] == "reason":
            later = recipe.key(item) in self._queue.of_recipe.skipped
            return f"Later. {recipe.reason(item)}" if later else recipe.reason(item)
        name = COLUMNS[index.column()]
        if name == "tracks":
            return " + ".join(str(id) for id in item.tracks)
        if name == "clip":
            return self.names.get(item.clip_id, "")
        if name == "frames":
            return str(item.first) if item.first == item.last else f"{item.first}–{item.last}"
        return f"{item.value:.3g}"

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if COLUMNS[column] != "reason":
            self._queue.sort(COLUMNS[column], order is Qt.SortOrder.DescendingOrder)

    def _renew(self) -> None:
        self.beginResetModel()
        self.endResetModel()
