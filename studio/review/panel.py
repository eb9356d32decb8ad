"""The dock Review: a recipe, where its values lie, what is left to decide, and the way through it."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.review.recipes import RECIPES
from studio import theme
from studio.document import Document
from studio.review.queue import Queue
from studio.review.queue_model import QueueModel
from studio.review.threshold_plot import ThresholdPlot
from studio.review.words import counts_in_words, pace_in_words

_WIDTHS = (76, 76, 60, 54)  # what is left is the reason's, or the clip's where that says too little
_CLIP, _WHY = 1, len(_WIDTHS)
_TELLING = 120  # pixels from which on the begin of a reason tells something; a row's tooltip says it whole
_STEPS = 100  # of the spin box from one end of the values to the other

TALL = 470
"""Pixels of height from which on there is room for the histogram, too; the threshold stays."""


class _Table(QTableView):
    """A table that tells a row that a person chose from one that is only shown.

    Signals:
        chosen(int): a row was clicked, or gone to by keys.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tells = self.viewport().width() - sum(_WIDTHS) >= _TELLING
        if tells == self.isColumnHidden(_WHY):
            self.setColumnHidden(_WHY, not tells)
            modes = QHeaderView.ResizeMode
            self.horizontalHeader().setSectionResizeMode(_CLIP, modes.Interactive if tells else modes.Stretch)
            self.setColumnWidth(_CLIP, _WIDTHS[_CLIP])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().isValid() and self.currentIndex().row() != before:
            self.chosen.emit(self.currentIndex().row())


class ReviewPanel(QWidget):
    """Shows a `Queue`, which it has look through the clips once it is seen.

    Signals:
        left(): a button was clicked; the keyboard belongs elsewhere again.
    """

    left = Signal()

    def __init__(
        self,
        document: Document,
        queue: Queue,
        with_keys: Callable[[str], str] = str,
        parent: QWidget | None = None,
    ) -> None:
        """`with_keys`: puts the keys of actions, in braces, into a sentence."""
        super().__init__(parent)
        self._document, self._queue, self._with_keys = document, queue, with_keys
        self._found: object = None  # the findings whose values are drawn
        self._drawn = ""  # the recipe that they are of
        self._showing = self._has_plot = False
        self._beginning = QTimer(self, interval=0, singleShot=True)
        self._beginning.timeout.connect(queue.begin)
        self._build()
        queue.changed.connect(self.reload)
        queue.moved.connect(self.show_current)
        queue.searching.connect(lambda left: self.reload())
        document.changed.connect(lambda changes: self._name_clips())
        self._name_clips()
        self.reload()
        self.show_current()

    def reload(self) -> None:
        """Show the items, the threshold and how far the review is."""
        queue, recipe = self._queue, self._queue.recipe
        self._showing = True
        self.recipe.setCurrentIndex(self.recipe.findData(recipe.name))
        self.sentence.setText(recipe.sentence)
        found = queue.order.findings
        if found is not self._found and not queue.is_searching:  # once: there may be a million
            self._found, self._drawn = found, recipe.name
            quantity = f"{recipe.quantity} ({recipe.unit})" if recipe.unit else recipe.quantity
            self.plot.show_values(found.values, quantity, recipe.from_high)
        low, high = float(found.values.min(initial=np.inf)), float(found.values.max(initial=-np.inf))
        spread = queue.order.undecided > 1 and high > low
        threshold = queue.of_recipe.threshold
        self._has_plot = spread and self._drawn == recipe.name
        self.plot.setVisible(self._has_plot and self.height() >= TALL)
        limited = threshold is not None and (spread or len(queue.order) < queue.order.undecided)
        for widget in (self.threshold, self.threshold_label):
            widget.setVisible(limited)
        self.plot.set_threshold(threshold)
        self.threshold_label.setText("From" if recipe.from_high else "Up to")
        if threshold is not None and limited:
            self.threshold.setRange(min(low, threshold), max(high, threshold))
            self.threshold.setSingleStep((max(high, threshold) - min(low, threshold)) / _STEPS)
            self.threshold.setSuffix(f" {recipe.unit}" if recipe.unit else "")
            self.threshold.setValue(threshold)
        self._showing = False
        self._show_counts()
        self._show_place()

    def show_current(self) -> None:
        """Show which item is looked at and what can be done with it."""
        queue, item = self._queue, self._queue.current
        active = queue.active and item is not None
        for label in (self.why, self.decisions):
            label.setVisible(active)
        if item is not None and active:
            found = queue.found()
            there, item = found is not None or queue.is_searching, found or item
            accept, reject = queue.recipe.accept(item).text, queue.recipe.reject(item).text
            said = f"Accept: {accept}. Reject: {reject}. {self._with_keys(queue.recipe.more(item))}".rstrip()
            self.why.setText(queue.recipe.reason(item) if there else "Mended: it is not found any more.")
            self.decisions.setText(said if there else "Accept: go on.")
            self.accept_button.setToolTip(accept if there else "Go on")
            self.reject_button.setToolTip(reject if there else "Go on")
        for button in (self.accept_button, self.reject_button, self.later_button):
            button.setVisible(active)
        self._show_counts()
        self._show_place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.plot.setVisible(self._has_plot and self.height() >= TALL)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Painted, it is seen: Qt calls a panel visible that is behind another tab, too."""
        super().paintEvent(event)
        if not self._queue.begun:
            self._beginning.start()

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.recipe = QComboBox()
        self.recipe.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.recipe.setMinimumContentsLength(16)
        self.recipe.setAccessibleName("Recipe")
        for name, recipe in RECIPES.items():
            self.recipe.addItem(recipe.title, name)
            self.recipe.setItemData(self.recipe.count() - 1, recipe.sentence, Qt.ItemDataRole.ToolTipRole)
        self.recipe.activated.connect(lambda place: self._queue.choose(self.recipe.itemData(place)))
        self.sentence, self.counts, self.empty = QLabel(), QLabel(), QLabel()
        self.why, self.decisions, self.pace = QLabel(), QLabel(), QLabel()
        for label in (self.sentence, self.counts, self.empty, self.why, self.decisions, self.pace):
            label.setWordWrap(True)
        for label in (self.sentence, self.counts, self.empty, self.decisions):
            label.setProperty("quiet", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pace.setProperty("role", "heading")
        self.plot = ThresholdPlot()
        self.plot.dragged.connect(self._queue.set_threshold)
        self.threshold = QDoubleSpinBox(decimals=2)
        self.threshold.setKeyboardTracking(False)
        self.threshold.setAccessibleName("Threshold")
        self.threshold.valueChanged.connect(self._type_threshold)
        self.threshold_label = QLabel()
        self.threshold_label.setBuddy(self.threshold)
        limit = QHBoxLayout()
        limit.addWidget(self.threshold_label)
        limit.addWidget(self.threshold)
        limit.addWidget(self.counts, 1)
        self._build_table()
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        box.setSpacing(theme.SPACE // 2)
        for widget in (self.recipe, self.sentence, self.plot):
            box.addWidget(widget)
        box.addLayout(limit)
        box.addWidget(self.table, 1)
        box.addWidget(self.empty, 1)
        box.addWidget(self.pace)
        box.addWidget(self.why)
        box.addWidget(self.decisions)
        box.addLayout(self._build_buttons())

    def _build_buttons(self) -> QHBoxLayout:
        self.start_button = QPushButton("Start")
        self.accept_button, self.reject_button = QPushButton("Accept"), QPushButton("Reject")
        self.later_button = QPushButton("Later")
        self.start_button.setProperty("role", "primary")
        self.start_button.setToolTip("Go to the first item, or where you left off")
        self.later_button.setToolTip("Come back to it after the others")
        slots = (self._start, self._queue.accept, self._queue.reject, self._queue.skip)
        buttons = (self.start_button, self.accept_button, self.reject_button, self.later_button)
        doing = ("next_check", "accept", "reject", "cancel")
        self.doing: dict[QWidget, tuple[str, ...]] = {}
        self.doing.update((button, (name,)) for button, name in zip(buttons, doing, strict=True))
        row = QHBoxLayout()
        for button, slot in zip(buttons, slots, strict=True):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda checked=False, slot=slot: slot())
            button.clicked.connect(lambda: self.left.emit())
            row.addWidget(button)
        return row

    def _build_table(self) -> None:
        self.model = QueueModel(self._queue, {}, self)
        self.table = _Table()
        self.table.setAccessibleName("Items to review")
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(90)
        rows = self.table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(theme.row_height(self.table))
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(_WHY, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)
        for column, width in enumerate(_WIDTHS):
            self.table.setColumnWidth(column, width)
        self.table.chosen.connect(self._queue.go)

    # --- what is done -------------------------------------------------------------------------

    def _start(self) -> None:
        self._queue.step(1)

    def _type_threshold(self, value: float) -> None:
        if not self._showing:
            self._queue.set_threshold(value)

    # --- what is shown ------------------------------------------------------------------------

    def _name_clips(self) -> None:
        self.model.names.clear()
        self.model.names.update({one.clip.id: one.clip.name for one in self._document.clips()})

    def _show_counts(self) -> None:
        queue = self._queue
        self.counts.setText(counts_in_words(queue))
        left = len(queue.order)
        self.table.setVisible(left > 0)
        self.empty.setVisible(left == 0)
        nothing = "Looking through the clips…" if queue.is_searching else queue.nothing_left()
        self.empty.setText(self._with_keys(nothing))
        self.pace.setVisible(left > 0)
        self.pace.setText(pace_in_words(queue))
        self.start_button.setVisible(left > 0 and not queue.active)
        self.start_button.setText("Go on" if queue.of_recipe.decided or queue.of_recipe.skipped else "Start")

    def _show_place(self) -> None:
        self._showing = True
        place = self._queue.place if self._queue.active else None
        selection = self.table.selectionModel()
        if place is None:
            selection.clear()
        else:
            flags = QItemSelectionModel.SelectionFlag
            index = self.model.index(place, 0)
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.table.scrollTo(index)
        self._showing = False
