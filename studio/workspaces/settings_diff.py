"""The settings of some runs side by side; those that differ are bold."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.runs.run import Run
from studio.runs.words import labels


class SettingsDiff(QWidget):
    """A row a setting, a column a run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[Run, ...] = ()
        self._all = QCheckBox("Show settings that are the same too")
        self._all.toggled.connect(self._fill)
        self._words = QLabel()
        self._words.setProperty("quiet", True)
        self._table = QTableWidget()
        self._table.setObjectName("settings_diff")
        self._table.setAccessibleName("Settings of the runs")
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addWidget(self._all)
        layout.addWidget(self._words)
        layout.addWidget(self._table, 1)
        self._fill()

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Compare these runs."""
        if tuple(runs) != self._runs:
            self._runs = tuple(runs)
            self._fill()

    def _fill(self) -> None:
        keys = sorted({key for run in self._runs for key in run.settings})
        different = {key for key in keys if len({str(run.settings.get(key)) for run in self._runs}) > 1}
        shown = [key for key in keys if key in different or self._all.isChecked()]
        self._words.setText(
            "Choose two or more runs on the left."
            if len(self._runs) < 2
            else f"{len(different)} of {len(keys)} settings differ."
        )
        self._table.setVisible(bool(self._runs))
        self._table.setColumnCount(len(self._runs))
        self._table.setRowCount(len(shown))
        self._table.setHorizontalHeaderLabels(labels(self._runs))
        self._table.setVerticalHeaderLabels([key.replace("_", " ") for key in shown])
        for row, key in enumerate(shown):
            for column, run in enumerate(self._runs):
                value = run.settings.get(key)
                item = QTableWidgetItem("–" if value is None else str(value))
                item.setToolTip(item.text())
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                font = item.font()
                font.setBold(key in different)
                item.setFont(font)
                self._table.setItem(row, column, item)
