"""The row above the track table that says which tracks are shown."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.errors import StudioError
from core.trajectories.filter_text import parse, text_of
from core.trajectories.track_filter import EVERYTHING, TrackFilter
from studio import icons, theme
from studio.filters.filter_chips import FilterChips
from studio.filters.filter_field import FilterField
from studio.filters.filter_popover import FilterPopover
from studio.filters.saved_menu import SavedMenu
from studio.filters.track_filters import TrackFilters
from studio.wrapped_label import WrappedLabel

TYPING = 150
"""Milliseconds without a key after which what is typed counts."""


class FilterRow(QWidget):
    """A line of text, fields that open under a button, and names: three views of `TrackFilters.now`.

    Signals:
        left(): Enter, Escape or a cross was pressed, or the fields closed: keys belong to the canvas again.
    """

    left = Signal()

    def __init__(self, filters: TrackFilters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filters = filters
        self.search, self.chips = FilterField(), FilterChips()
        self.saved, self.popover = SavedMenu(filters), FilterPopover(self)
        self.fields_button = QToolButton()
        self.fields_button.setAccessibleName("Filter by fields")
        self.fields_button.setToolTip("Filter by review, error, audit, length and more")
        icons.set_icon(self.fields_button, "filter")
        self.fields_button.clicked.connect(self._open_fields)
        self.count = QLabel(wordWrap=True)
        self.count.setProperty("quiet", True)
        self.problem = WrappedLabel()
        self.problem.setProperty("role", "error")
        self.problem.hide()
        self.clear_button = QToolButton(autoRaise=True)
        self.clear_button.setAccessibleName("Clear the filter")
        self.clear_button.setToolTip("Show all tracks again")
        icons.set_icon(self.clear_button, "close")
        self.clear_button.clicked.connect(self.clear)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._arrange()
        self._typing = QTimer(self, interval=TYPING, singleShot=True)
        self._typing.timeout.connect(self._read)
        self.search.textChanged.connect(self._typing.start)
        self.search.entered.connect(self._enter)
        self.search.escaped.connect(self.clear)
        self.chips.changed.connect(self._set_by_click)
        self.popover.changed.connect(filters.set)
        self.popover.closed.connect(self.left)
        filters.changed.connect(self._show)
        self._show(filters.now)
        self.show_count(0, 0)

    def clear(self) -> None:
        """Let every track pass, and give the keys back."""
        self._typing.stop()
        self.filters.set(EVERYTHING)
        self._show(EVERYTHING)
        self.left.emit()

    def set_labels(self, labels: Sequence[str]) -> None:
        """The labels that are offered while one types."""
        self.search.labels = labels

    def show_count(self, shown: int, total: int) -> None:
        """Say how many pass."""
        of = "" if shown == total else f"{shown:,} of "
        self.count.setText(f"{of}{total:,} track{'s' if total != 1 else ''}")

    def _show(self, wanted: TrackFilter) -> None:
        line = text_of(wanted)
        try:
            said = parse(self.search.text())
        except StudioError:
            said = None
        if said != wanted or self.window().focusWidget() is not self.search:  # else a person is typing it
            with QSignalBlocker(self.search):
                self.search.setText(line)
                self.search.setCursorPosition(0)
        self.search.setToolTip(line)
        self.chips.show_filter(wanted)
        self.clear_button.setVisible(not wanted.is_empty)
        self._refuse("")

    def _read(self) -> None:
        """Let what is typed drive, where it can be understood."""
        self._typing.stop()
        try:
            wanted = parse(self.search.text())
        except StudioError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        self.filters.set(wanted)

    def _refuse(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _enter(self) -> None:
        self._read()
        if not self.problem.text():
            self._show(self.filters.now)
            self.left.emit()

    def _set_by_click(self, wanted: TrackFilter) -> None:
        self.filters.set(wanted)
        self.left.emit()

    def _open_fields(self) -> None:
        self._read()
        button = self.fields_button
        self.popover.popup(button.mapToGlobal(QPoint(button.width(), button.height() + 2)), self.filters.now)

    def _arrange(self) -> None:
        first, last, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        for widget in (self.saved, self.fields_button):
            first.addWidget(widget)
        first.insertWidget(0, self.search, 1)
        last.addWidget(self.count, 1)
        last.addWidget(self.clear_button)
        for row in (first, last):
            row.setSpacing(theme.SPACE // 2)
        column.setContentsMargins(*(theme.SPACE // 2, theme.SPACE // 4) * 2)
        column.setSpacing(theme.SPACE // 4)
        column.addLayout(first)
        column.addWidget(self.chips)
        column.addWidget(self.problem)
        column.addLayout(last)
