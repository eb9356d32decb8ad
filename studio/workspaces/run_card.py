"""A run as a card of the list: what it is, its state, its loss, how far it is and how old."""

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.jobs import jobs_of
from core.percent import percent
from core.runs.run_folder import State
from studio import theme
from studio.painting import saved
from studio.runs.run import Run, job_title
from studio.runs.words import age, state_words

RUN_ROLE, NAME_ROLE, COLOUR_ROLE = (int(Qt.ItemDataRole.UserRole) + place for place in range(3))
"""The run, its name in the list, and a place for `Colours.line` where its colour is not that of its order."""

SPARKLINE_POINTS = 60
Index = QModelIndex | QPersistentModelIndex


def chosen_rows(view: QListView) -> list[int]:
    """The rows that are chosen, from above: the first has the first colour."""
    return sorted(index.row() for index in view.selectionModel().selectedIndexes())


NARROWEST = 120
"""Pixels of width; a card is as wide as the list, and shortens what it says."""


class CardPainter(QStyledItemDelegate):
    """Two lines and a sparkline; a chosen card carries the colour its curves have in the plots."""

    def __init__(self, view: QListView, usual_job: str) -> None:
        """`usual_job` is the one that cards need not name."""
        super().__init__(view)
        self._usual_job = usual_job
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(NARROWEST, 3 * QFontMetrics(self._view.font()).height() + 3 * theme.SPACE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        run: Run = index.data(RUN_ROLE)
        colours = theme.colours(self._view)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        with saved(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            hovered = bool(state & QStyle.StateFlag.State_MouseOver)
            if chosen or hovered:
                painter.fillRect(rect, QColor(colours.stripe if not chosen else colours.window))
            if chosen:
                place = index.data(COLOUR_ROLE)
                if place is None:
                    place = chosen_rows(self._view).index(index.row())
                mark = QRect(rect.left(), rect.top(), 4, rect.height())
                painter.fillRect(mark, QColor(colours.line(place)))
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
            known = index.data(NAME_ROLE)
            name = f"★ {known}" if run.notes.starred else known
            # what tells runs apart stands at the end
            shared = known != run.label or run.in_matrix is not None
            end = Qt.TextElideMode.ElideMiddle if shared else Qt.TextElideMode.ElideRight
            title = painter.fontMetrics().elidedText(name, end, first.width())
            painter.drawText(first, left, title)
            font.setBold(False)
            painter.setFont(font)

            spark = QRect(inner.right() - 64, first.bottom() + 4, 64, line - 4)
            has_spark = self._sparkline(painter, spark, run, colours)
            second = first.translated(0, line)
            if has_spark:
                second.setRight(spark.left() - theme.SPACE)
            painter.setPen(QColor(_state_colour(run, colours)))
            said = state_words(run)
            if run.job != self._usual_job and run.label != run.title and run.in_matrix is None:
                said += f" · {job_title(run.job)}"
            words = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, second.width())
            painter.drawText(second, left, words)
            third = first.translated(0, 2 * line)
            painter.setPen(QColor(colours.muted))
            painter.drawText(third, right, age(run))
            if run.is_active:
                self._progress(painter, third.adjusted(0, 0, -third.width() // 2, 0), run, colours)
            else:
                painter.setPen(QColor(colours.text if run.class_aps else colours.muted))
                painter.drawText(third, left, figure_words(run))

    def _sparkline(self, painter: QPainter, rect: QRect, run: Run, colours: theme.Colours) -> bool:
        curve = run.metrics.get("loss")
        told = run.job in jobs_of("evaluate") and not run.is_active  # its AP says more
        if told or curve is None or len(curve) < 2:
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


def figure_words(run: Run) -> str:
    """The one number that says most of a run: its mean AP or, unless that is what it is for, its loss."""
    known = [one.ap for one in run.class_aps.values() if np.isfinite(one.ap)]
    if known:
        return f"mAP {percent(float(np.mean(known)), 1)}"
    losses = run.metrics.get("loss")
    if run.job in jobs_of("evaluate") or losses is None or not len(losses):
        return ""
    return f"loss {losses.values[-1]:.3g}"


def _state_colour(run: Run, colours: theme.Colours) -> str:
    return {
        State.RUNNING: colours.mark,
        State.DONE: colours.good,
        State.FAILED: colours.bad,
        State.INTERRUPTED: colours.warning,
    }.get(run.state, colours.muted)
