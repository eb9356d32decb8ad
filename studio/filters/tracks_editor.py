"""Chooses which tracks train: all, those of a filter that has a name, or of one that is typed."""

from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit

from core.errors import StudioError
from core.project.saved_filters import find_filter
from core.trajectories.filter_text import text_of
from core.trajectories.model import Review
from studio.filters.track_filters import TrackFilters
from studio.forms.setting_editors import Editor, calm

ALL = "all but rejected"


class TracksEditor(Editor):
    """A combo box that can be typed in; its value is the line of the filter, not its name."""

    def __init__(self, filters: TrackFilters) -> None:
        super().__init__()
        self._filters = filters
        self._box, self._line = QComboBox(editable=True), QLineEdit()
        self._box.setLineEdit(self._line)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(6)
        self._box.setCompleter(None)  # type: ignore[arg-type]
        self._box.setAccessibleName("Tracks that train")
        calm(self._box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self.setFocusProxy(self._box)
        self._list()
        filters.changed.connect(self._list)
        filters.saved_changed.connect(self._list)
        self._box.activated.connect(self.changed)
        self._line.editingFinished.connect(self.changed)
        self._line.textChanged.connect(self._line.setToolTip)

    def value(self) -> str:
        """The line of a filter; empty for all tracks that are not rejected."""
        typed = self._box.currentText().strip()
        place = self._box.findText(typed)
        if place >= 0:
            return str(self._box.itemData(place))
        try:
            return text_of(find_filter(self._filters.saved, typed))
        except StudioError:
            return typed  # which the settings refuse

    def set_value(self, value: Any) -> None:
        place = self._box.findData(str(value))
        self._box.setCurrentIndex(place)
        self._box.setEditText(self._box.itemText(place) if place >= 0 else str(value))
        self._line.setCursorPosition(0)

    def _list(self) -> None:
        """Offer the filters there are now, and keep what is chosen."""
        chosen = self.value() if self._box.count() else ""
        self._box.blockSignals(True)
        self._box.clear()
        self._box.addItem(ALL, "")
        if not self._filters.now.is_empty and not self._filters.name:
            self._box.addItem("the filter of the table", text_of(self._filters.now))
        for name, line in self._filters.named.items():
            if line != f"review:{Review.REJECTED.name.lower()}":  # which train nothing
                self._box.addItem(name, line)
        self.set_value(chosen)
        self._box.blockSignals(False)
