"""Say which columns of a table mean what, see its first rows and what would come in, then import it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.datasets.clip import Clip
from core.events import OnProgress
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.sheet import Head
from core.trajectories.exchange.summary import summary
from core.trajectories.exchange.tables import table_of
from studio import theme
from studio.background import Background
from studio.exchange.column_fields import ColumnFields

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class UnknownTable:
    """A table whose columns have to be chosen.

    Attributes:
        path: of the file.
        format: its name in `tables.TABLES`.
        head: its first lines.
        clip: that its tracks are for.
    """

    path: Path
    format: str
    head: Head
    clip: Clip


class ColumnDialog(QDialog):
    """Not modal; reads the table in a thread whenever something else is chosen.

    Signals:
        chosen(Tracks, Path, Clip): what was read, from where, and the clip that it is for.
    """

    chosen = Signal(object, object, object)

    def __init__(self, table: UnknownTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Import tracks into {table.clip.name}")
        self.resize(860, 560)
        self._table = table
        self._tracks: Tracks | None = None
        self._reading = Background(self)
        self.title = QLabel(f"Which columns of {table.path.name} mean what?", wordWrap=True)
        self.title.setProperty("role", "heading")
        self.title.setToolTip(str(table.path))
        self.fields = ColumnFields(table.head)
        self.preview = QTableView()
        self.model = _Preview(table.head, self)
        self.preview.setModel(self.model)
        self.preview.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.preview.setAccessibleName("First rows of the table")
        self.outcome, self.problem = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.problem.setProperty("role", "error")
        self.warnings = QPlainTextEdit(readOnly=True)
        self.warnings.setAccessibleName("What was irregular")
        self.warnings.setMaximumHeight(96)
        self.import_button, self.cancel_button = QPushButton("Import"), QPushButton("Cancel")
        self.import_button.setProperty("role", "primary")
        self.import_button.setDefault(True)
        self._arrange()
        self._join()
        self._read()

    def _read(self) -> None:
        """Read the table as it is chosen now, or say what is lacking."""
        self._tracks = None
        self.import_button.setEnabled(False)
        self.warnings.hide()
        self.model.set_meanings(self.fields.meanings())
        lacking = self.fields.lacks()
        if lacking:
            self._reading.cancel()
            self._refuse(lacking)
            return
        self.problem.hide()
        self.outcome.setText("Reading…")
        self.outcome.show()
        table, choice = self._table, self.fields.choice()

        def read(report: OnProgress) -> Tracks:
            return table_of(table.format).read(table.path, table.clip, choice)

        self._reading.start(read)

    def _take(self, tracks: Tracks) -> None:
        points, objects, warnings = tracks
        if self.fields.lacks():
            return
        self.outcome.setText(f"{summary(points, objects)} would come in.")
        self.warnings.setPlainText("\n".join(warnings))
        self.warnings.setVisible(bool(warnings))
        if not len(points) and not objects:
            self._refuse("Nothing would come in; choose other columns.")
            return
        self._tracks = tracks
        self.import_button.setEnabled(True)

    def _refuse(self, sentence: str) -> None:
        self.outcome.hide()
        self.problem.setText(sentence)
        self.problem.show()

    def _import(self) -> None:
        if self._tracks is not None:
            self.chosen.emit(self._tracks, self._table.path, self._table.clip)
            self.close()

    def _join(self) -> None:
        self.fields.changed.connect(self._read)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._refuse)
        self.finished.connect(self._reading.close)
        self.finished.connect(self.deleteLater)
        self.import_button.clicked.connect(self._import)
        self.cancel_button.clicked.connect(self.close)

    def _arrange(self) -> None:
        area = QScrollArea(widgetResizable=True)
        area.setWidget(self.fields)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(self.fields.sizeHint().width() + 2 * theme.SPACE)
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.SPACE)
        middle.addWidget(area)
        middle.addWidget(self.preview, 1)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.import_button)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.title)
        box.addLayout(middle, 1)
        for widget in (self.outcome, self.problem, self.warnings):
            box.addWidget(widget)
        box.addLayout(buttons)


class _Preview(QAbstractTableModel):
    """The first rows; above each column its name and what it means."""

    def __init__(self, head: Head, parent: QWidget) -> None:
        super().__init__(parent)
        self._head, self._meanings = head, dict[int, str]()

    def set_meanings(self, meanings: Any) -> None:
        """Show what columns (their places) mean."""
        self._meanings = dict(meanings)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, self.columnCount() - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self._head.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self._head.names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._head.rows[index.row()]
        is_text = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        return row[index.column()] if is_text and index.column() < len(row) else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1)
        meaning = self._meanings.get(section, "")
        return f"{self._head.names[section]}\n{'→ ' + meaning if meaning else ''}"
