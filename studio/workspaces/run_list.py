"""The list of runs: a card each, with its state, its loss, how far it is and how old."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from core.runs.run_folder import State
from studio import theme
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import age, state_words

RUN_ROLE = int(Qt.ItemDataRole.UserRole)
SPARKLINE_POINTS = 60

Index = QModelIndex | QPersistentModelIndex


class RunList(QWidget):
    """The runs of some jobs, newest first; several can be chosen.

    Signals:
        chosen_changed(): other runs are chosen.
    """

    chosen_changed = Signal()

    def __init__(self, runs: Runs, jobs: Sequence[str], empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _RunModel(runs, jobs)
        self._view = QListView()
        self._view.setObjectName("run_list")
        self._view.setAccessibleName("Runs")
        self._view.setModel(self._model)
        self._view.setItemDelegate(_CardPainter(self._view, jobs[0]))
        self._view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._view.setMouseTracking(True)
        self._empty = QLabel(empty)
        self._empty.setWordWrap(True)
        self._empty.setProperty("quiet", True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setMargin(theme.SPACE)
        heading = QLabel("Runs")
        heading.setProperty("role", "heading")
        heading.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._view, 1)
        self._view.selectionModel().selectionChanged.connect(self.chosen_changed)
        self._model.rowsInserted.connect(self._rows_changed)
        self._model.rowsRemoved.connect(self._rows_changed)
        self._rows_changed()

    def chosen(self) -> list[Run]:
        """The chosen runs, newest first."""
        rows = sorted(index.row() for index in self._view.selectionModel().selectedIndexes())
        return [self._model.runs[row] for row in rows]

    def choose(self, *runs: Run) -> None:
        """Choose these runs and no others."""
        selection = self._view.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        selection.clear()
        for run in runs:
            if run in self._model.runs:
                selection.select(self._model.index(self._model.runs.index(run)), flags.Select)

    def _rows_changed(self) -> None:
        rows = self._model.rowCount()
        self._empty.setVisible(rows == 0)
        self._view.setVisible(rows > 0)
        if rows and not self._view.selectionModel().hasSelection():
            self.choose(self._model.runs[0])


class _RunModel(QAbstractListModel):
    def __init__(self, runs: Runs, jobs: Sequence[str]) -> None:
        super().__init__()
        self._jobs = tuple(jobs)
        self.runs = runs.for_job(*jobs)
        runs.added.connect(self._add)
        runs.removed.connect(self._remove)
        for signal in (runs.changed, runs.metrics_changed):
            signal.connect(self._tell)

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.runs) if parent is None or not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        run = self.runs[index.row()]
        if role == RUN_ROLE:
            return run
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{run.title}, {state_words(run)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (run.title, run.name, state_words(run), run.status.error)))
        return None

    def _add(self, run: Run) -> None:
        if run.job in self._jobs:
            row = next((r for r, one in enumerate(self.runs) if one.created <= run.created), len(self.runs))
            self.beginInsertRows(QModelIndex(), row, row)
            self.runs.insert(row, run)
            self.endInsertRows()

    def _remove(self, run: Run) -> None:
        if run in self.runs:
            row = self.runs.index(run)
            self.beginRemoveRows(QModelIndex(), row, row)
            self.runs.remove(run)
            self.endRemoveRows()

    def _tell(self, run: Run) -> None:
        if run in self.runs:
            index = self.index(self.runs.index(run))
            self.dataChanged.emit(index, index)


class _CardPainter(QStyledItemDelegate):
    """Two lines and a sparkline; a chosen card carries the colour its curves have in the plots."""

    def __init__(self, view: QListView, usual_job: str) -> None:
        """`usual_job` is the one that cards need not name."""
        super().__init__(view)
        self._usual_job = usual_job
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(220, 3 * QFontMetrics(self._view.font()).height() + 3 * theme.SPACE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        run: Run = index.data(RUN_ROLE)
        colours = theme.colours(self._view)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if chosen or hovered:
            painter.fillRect(rect, QColor(colours.stripe if not chosen else colours.window))
        if chosen:
            rows = sorted(one.row() for one in self._view.selectionModel().selectedIndexes())
            colour = QColor(colours.line(rows.index(index.row())))
            painter.fillRect(QRect(rect.left(), rect.top(), 4, rect.height()), colour)
        painter.setPen(QColor(colours.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())

        inner = rect.adjusted(theme.SPACE + 4, theme.SPACE, -theme.SPACE, -theme.SPACE)
        line = painter.fontMetrics().height() + theme.SPACE // 2
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        first = QRect(inner.left(), inner.top(), inner.width(), line)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        name = run.label if run.job == self._usual_job else run.title
        title = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, first.width())
        painter.drawText(first, left, title)
        font.setBold(False)
        painter.setFont(font)

        spark = QRect(inner.right() - 64, first.bottom() + 4, 64, line - 4)
        has_spark = self._sparkline(painter, spark, run, colours)
        second = first.translated(0, line)
        if has_spark:
            second.setRight(spark.left() - theme.SPACE)
        painter.setPen(QColor(_state_colour(run, colours)))
        words = painter.fontMetrics().elidedText(
            state_words(run), Qt.TextElideMode.ElideRight, second.width()
        )
        painter.drawText(second, left, words)
        third = first.translated(0, 2 * line)
        painter.setPen(QColor(colours.muted))
        painter.drawText(third, right, age(run))
        if run.is_active:
            self._progress(painter, third.adjusted(0, 0, -third.width() // 2, 0), run, colours)
        elif "loss" in run.metrics and len(run.metrics["loss"]):
            painter.drawText(third, left, f"loss {run.metrics['loss'].values[-1]:.3g}")
        painter.restore()

    def _sparkline(self, painter: QPainter, rect: QRect, run: Run, colours: theme.Colours) -> bool:
        curve = run.metrics.get("loss")
        if curve is None or len(curve) < 2:
            return False
        values = curve.values[np.linspace(0, len(curve) - 1, min(len(curve), SPARKLINE_POINTS)).astype(int)]
        values = values[np.isfinite(values)]
        if len(values) < 2:
            return False
        span = float(np.ptp(values)) or 1.0
        x = np.linspace(rect.left(), rect.right(), len(values))
        y = rect.bottom() - (values - values.min()) / span * rect.height()
        painter.setPen(QPen(QColor(colours.muted), 1.2))
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x, y, strict=True)]))
        return True

    def _progress(self, painter: QPainter, rect: QRect, run: Run, colours: theme.Colours) -> None:
        bar = QRect(rect.left(), rect.center().y() - 2, rect.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(colours.mark))
        bar.setWidth(round(bar.width() * (run.fraction or 0.0)))
        painter.drawRoundedRect(bar, 2, 2)


def _state_colour(run: Run, colours: theme.Colours) -> str:
    return {
        State.RUNNING: colours.mark,
        State.DONE: colours.good,
        State.FAILED: colours.bad,
        State.INTERRUPTED: colours.warning,
    }.get(run.state, colours.muted)
