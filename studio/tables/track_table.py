"""The table of a clip's tracks: sort, filter, select, and act on what is selected."""

from collections.abc import Collection

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.overlay.layers import Layers
from core.trajectories.model import Changes, Review
from core.trajectories.track_rows import TrackRows, track_rows
from core.trajectories.trajectory_edits import Relabel
from studio import theme
from studio.document import FEW, Document
from studio.filters.filter_row import FilterRow
from studio.filters.track_filters import TrackFilters
from studio.painting import saved
from studio.tables.frame_to_show import frame_to_show
from studio.tables.no_objects import NoObjects
from studio.tables.track_model import (
    COLUMNS,
    KIND_COLUMN,
    LABEL_COLUMN,
    LOSS_COLUMN,
    REVIEW_COLUMN,
    TrackModel,
)
from studio.view_state import ViewState

_WIDTHS = (22, 42, 50, 72, 66, 54, 40, 40, 42, 36, 48, 38, 42, 100)
"""Of the columns, in pixels, as `COLUMNS` has them."""

_LEAST_LABEL = 48  # pixels in which the beginning of a label is still read

_FIRST = ("review", "ids", "mean_error", "max_error", "confidence", "audit", "to_check", "labels")
"""Columns that stand in front: the reasons for a table are seen in a narrow panel, too."""


class TrackTable(QWidget):
    """Filter row and table, in step with the selection of `ViewState`.

    Signals:
        edit_asked(Edit): a label was typed.
        menu_asked(QPoint): the context menu is wanted there, on the screen.
        left(): keys belong to the canvas again.
        gone_to(): a track was chosen here, and its frame: it is to be seen.
    """

    edit_asked = Signal(object)
    menu_asked = Signal(object)
    left = Signal()
    gone_to = Signal()

    def __init__(self, document: Document, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self.model = TrackModel(self)
        self.filters = TrackFilters(document.project.path, self)
        self.filter_row = FilterRow(self.filters)
        self.table = RowsView()
        self.no_objects = NoObjects()
        self.table.setModel(self.model)
        self.table.setItemDelegateForColumn(REVIEW_COLUMN, _ReviewDot(self.table))
        header, names = self.table.horizontalHeader(), [name for name, _, _ in COLUMNS]
        header.setSectionResizeMode(LABEL_COLUMN, QHeaderView.ResizeMode.Interactive)
        header.setSectionsMovable(True)
        header.setStyleSheet("QHeaderView::section { padding: 0 2px; }")  # titles in narrow columns
        for place, name in enumerate(_FIRST):
            header.moveSection(header.visualIndex(names.index(name)), place)
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(0, 0, 0, 0)
        column_box.setSpacing(0)
        column_box.addWidget(self.filter_row)
        column_box.addWidget(self.table, 1)
        column_box.addWidget(self.no_objects)
        self._showing = False
        self._current = (0, 0)  # id and column, which outlive a reset of the model
        self._left_off: int | None = None  # the row of what was selected and is gone
        self.only: frozenset[int] | None = None
        self.table.selectionModel().selectionChanged.connect(self._tell_selection)
        self.table.selectionModel().currentChanged.connect(self._keep_current)
        self.table.doubleClicked.connect(self._go_to)
        self.table.menu_asked.connect(self.menu_asked)
        self.filters.changed.connect(self.model.set_filter)
        self.filter_row.left.connect(self.left)
        self.model.label_asked.connect(self._relabel)
        self.model.modelReset.connect(self._show_selection)
        self.model.arranged.connect(self._tell_shown)
        view.clip_changed.connect(self._change_clip)
        view.selection_changed.connect(self._show_selection)
        view.layers_changed.connect(self._show_layers)
        document.changed.connect(self._take_changes)
        self.reload()

    def sizeHint(self) -> QSize:
        """Wide enough for the columns in front."""
        header = self.table.horizontalHeader()
        columns = sum(_WIDTHS[header.logicalIndex(place)] for place in range(len(_FIRST)))
        bar = self.table.verticalScrollBar().sizeHint().width()
        return QSize(columns + bar + theme.SPACE, super().sizeHint().height())

    def close_reader(self) -> None:
        """Give up what is being sorted."""
        self.model.close_reader()

    def reload(self) -> None:
        """Read the clip's tracks again; those that are gone are selected no longer."""
        clip = self._view.clip
        if clip is None:
            self.model.set_rows(None)
            self.no_objects.show_for(False)
            self._tell_shown()
        else:
            objects = self._document.objects(clip.id).values()
            self._show_rows(track_rows(self._document.points(clip.id), objects))

    def _show_rows(self, rows: TrackRows, touched: Collection[int] | None = None) -> None:
        before = np.flatnonzero(np.isin(self.model.shown_ids, list(self._view.selection)))
        self.model.set_rows(rows, touched)
        self.no_objects.show_for(not rows.is_object.any())
        there = rows.ids[np.isin(rows.ids, list(self._view.selection))]
        self._left_off = int(before[0]) if len(before) and not len(there) else None
        self._view.set_selection(there.tolist())
        self._tell_shown()

    def show_only(self, ids: frozenset[int] | None) -> None:
        """Let every view show no others than these, whatever passes the filter; None for what passes."""
        self.only = ids
        self._tell_shown()

    def step(self, by: int, review: Review | None = None) -> bool:
        """Select the track that is `by` rows on; with a review, the next that has it, round the end."""
        ids, count = self.model.shown_ids, self.model.rowCount()
        if count == 0:
            return False
        chosen = np.flatnonzero(np.isin(ids, list(self._view.selection)))
        at = (int(chosen[-1]) if by > 0 else int(chosen[0])) if len(chosen) else (-1 if by > 0 else count)
        if not len(chosen) and self._left_off is not None:
            at = min(self._left_off, count) - (1 if by > 0 else 0)  # where a deleted track was
        if review is None:
            row = min(max(at + by, 0), count - 1)
        else:
            order = (at + by * np.arange(1, count + 1)) % count
            reviews = self.model.rows.review[self.model.places] if self.model.rows is not None else ids
            found = order[reviews[order] == review]
            if len(found) == 0:
                return False
            row = int(found[0])
        self._view.set_selection((int(ids[row]),))
        self._go_to(self.model.index(row, 0))
        return True

    def select_shown(self) -> None:
        """Select every track that passes the filter."""
        self._view.set_selection(self.model.shown_ids.tolist())

    def invert_selection(self) -> None:
        """Select those of the shown tracks that are not selected."""
        self._view.set_selection(frozenset(self.model.shown_ids.tolist()) - self._view.selection)

    def _change_clip(self) -> None:
        self.only = self._left_off = None
        self.reload()

    def _tell_shown(self) -> None:
        self.filter_row.show_count(self.model.rowCount(), self.model.total)
        self.filter_row.set_labels([] if self.model.rows is None else self.model.rows.names.tolist())
        if self.only is not None:
            ids = self.model.shown_ids
            self._view.set_shown(frozenset(ids[np.isin(ids, list(self.only))].tolist()))
        else:
            self._view.set_shown(self.model.shown)

    def _tell_selection(self) -> None:
        if not self._showing:
            ids = self.model.shown_ids
            ranges = self.table.selectionModel().selection().toList()
            parts = [ids[part.top() : part.bottom() + 1] for part in ranges]
            chosen = np.concatenate([ids[:0], *parts]).tolist()
            self._view.set_selection(chosen)
            if len(chosen) == 1:
                self._go_to(self.model.index(ranges[0].top(), 0))

    def _show_selection(self) -> None:
        rows = np.flatnonzero(np.isin(self.model.shown_ids, list(self._view.selection)))
        selection, last = QItemSelection(), len(COLUMNS) - 1
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        for run in np.split(rows, breaks):
            if len(run):
                selection.select(self.model.index(int(run[0]), 0), self.model.index(int(run[-1]), last))
        self._showing = True
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        self._show_current(rows)
        self._showing = False
        if len(rows) and not self.table.hasFocus():
            self.table.scrollTo(self.model.index(int(rows[0]), 1))

    def _show_current(self, selected: np.ndarray) -> None:
        """Put the keys' place back on its track, or on the first of the selected rows."""
        id, column = self._current
        rows = np.flatnonzero(self.model.shown_ids == id)
        if len(selected) and not np.isin(rows, selected).any():
            rows = selected
        if len(rows):
            self.table.setAutoScroll(False)
            index = self.model.index(int(rows[0]), column)
            self.table.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.table.setAutoScroll(True)

    def _keep_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self._current = int(self.model.shown_ids[index.row()]), index.column()

    def _go_to(self, index: QModelIndex) -> None:
        """Show a track at its nearest frame or, where the table is sorted by errors, at its worst."""
        clip, id = self._view.clip, int(self.model.shown_ids[index.row()])
        if clip is None or index.column() == LABEL_COLUMN:
            return
        points, one = self._document.points(clip.id), self._document.objects(clip.id).get(id)
        track = one if one is not None else points.take(np.flatnonzero(points.ids == id))
        self._view.set_frame(frame_to_show(track, self._view.frame, self.model.sorted_by))
        self.gone_to.emit()

    def _show_layers(self, layers: Layers) -> None:
        self.model.set_losses(layers.losses)
        self.table.keep(LOSS_COLUMN if layers.losses is not None else None)
        self.model.set_label_colours(layers.labels if layers.colour_by == "label" else None)

    def _relabel(self, trajectory_id: int, label: str) -> None:
        if self._view.clip is not None:
            self.edit_asked.emit(Relabel(self._view.clip.id, (trajectory_id,), label))

    def _take_changes(self, changes: Changes) -> None:
        """Read what changed again: the tracks that were touched where they are few, else all."""
        clip, rows, touched = self._view.clip, self.model.rows, changes.trajectories
        if clip is None or clip.id not in changes.clips:
            return
        if rows is None or len(changes.clips) > 1 or not 0 < len(touched) <= FEW:
            self.reload()
            return
        points, objects = self._document.points(clip.id), self._document.objects(clip.id)
        fresh = points.take(np.isin(points.ids, list(touched)))
        there = track_rows(fresh, [objects[id] for id in sorted(touched & set(objects))])
        self._show_rows(rows.exchanged(touched, there), touched)


class RowsView(QTableView):
    """Rows of tracks with as many of their columns as fit, from the left; a wider panel shows more."""

    menu_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._kept: int | None = None
        self.setAccessibleName("Tracks")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.sortByColumn(KIND_COLUMN, Qt.SortOrder.AscendingOrder)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # Qt moves what is scrolled
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(theme.row_height(self))
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self.horizontalHeader().setMinimumSectionSize(min(_WIDTHS))
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)
        self.horizontalHeader().sectionMoved.connect(self._fit)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), self.palette().base())
        super().paintEvent(event)

    def keep(self, column: int | None) -> None:
        """Show a column whatever room there is: what tracks are coloured by; None for no such one."""
        if column != self._kept:
            self._kept = column
            self._fit()

    def _fit(self) -> None:
        """Show the columns that there is room for; the label, which is always there, takes what is left."""
        header, room = self.horizontalHeader(), self.viewport().width() - _LEAST_LABEL
        left = 0
        if self._kept is not None:
            room -= _WIDTHS[self._kept]
            self.setColumnHidden(self._kept, False)
        for column in map(header.logicalIndex, range(header.count())):
            if column not in (LABEL_COLUMN, self._kept):
                room -= _WIDTHS[column]
                left = room if room >= 0 else left
                self.setColumnHidden(column, room < 0)
        self.setColumnWidth(LABEL_COLUMN, min(_LEAST_LABEL + left, _WIDTHS[LABEL_COLUMN]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())


def _dot_colour(review: Review) -> str:
    c = theme.colours()
    of_review = {
        Review.OPEN: c.muted,
        Review.ACCEPTED: c.good,
        Review.REJECTED: c.bad,
        Review.SUGGESTED: c.mark,
    }
    return of_review[review]


class _ReviewDot(QStyledItemDelegate):
    """Ring for open, dotted for suggested, full dot for accepted, cross for rejected: told without colour."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        model = index.model()
        assert isinstance(model, TrackModel)
        review, c = model.review(index.row()), theme.colours()
        selected = bool(option.state & option.state.State_Selected)
        colour = c.on_accent if selected else _dot_colour(review)
        centre = QPointF(option.rect.center())
        with saved(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            style = Qt.PenStyle.DotLine if review == Review.SUGGESTED else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(colour), 1.6, style))
            if review == Review.REJECTED:
                painter.drawLine(centre + QPointF(-3.5, -3.5), centre + QPointF(3.5, 3.5))
                painter.drawLine(centre + QPointF(-3.5, 3.5), centre + QPointF(3.5, -3.5))
            else:
                painter.setBrush(QColor(colour) if review == Review.ACCEPTED else Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QRectF(centre.x() - 4, centre.y() - 4, 8, 8))
