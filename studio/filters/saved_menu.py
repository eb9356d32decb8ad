"""The menu of filters that have names: choose, keep, rename, delete."""

from functools import partial

from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from core.errors import StudioError
from core.project.saved_filters import BUILT_IN
from core.trajectories.filter_text import parse
from studio.filters.track_filters import TrackFilters

LONGEST = 14
"""Letters of a name on the button."""


class SavedMenu(QToolButton):
    """Says the name of the filter that drives, where it has one."""

    def __init__(self, filters: TrackFilters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = filters
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName("Saved filters")
        self.entries = QMenu(self)
        self.entries.setToolTipsVisible(True)
        self.setMenu(self.entries)
        self.entries.aboutToShow.connect(self.fill)
        self.dialog: QInputDialog | None = None
        filters.changed.connect(self._show_name)
        filters.saved_changed.connect(self._show_name)
        self._show_name()

    def fill(self) -> None:
        """Offer what can be done now."""
        self.entries.clear()
        name, saved = self._filters.name, self._filters.saved
        for some in (BUILT_IN, saved):
            for other, line in some.items():
                action = self.entries.addAction(other.replace("&", "&&"), partial(self._choose, line))
                action.setToolTip(line)
                action.setCheckable(True)
                action.setChecked(other == name)
            if some:
                self.entries.addSeparator()
        keep = self.entries.addAction("Save this filter as…", self._save)
        keep.setEnabled(not self._filters.now.is_empty)
        if self._filters.now.is_empty:
            keep.setToolTip("Choose conditions first")
        for text, act in (("Rename", self._rename), ("Delete", self._filters.delete)):
            dots = "…" if text == "Rename" else ""
            if name in saved:
                self.entries.addAction(f"{text} “{name}”{dots}".replace("&", "&&"), partial(act, name))
            else:
                action = self.entries.addAction(f"{text}{dots}")
                action.setEnabled(False)
                action.setToolTip("Choose one of your own filters first")

    def _choose(self, line: str) -> None:
        try:
            self._filters.set(parse(line))
        except StudioError as error:  # of a newer version
            self._filters.failed.emit(str(error))

    def _save(self) -> None:
        self._ask("Save filter", "Name of the filter", self._filters.name, self._filters.save)

    def _rename(self, name: str) -> None:
        self._ask("Rename filter", f"Another name for “{name}”", name, partial(self._filters.rename, name))

    def _ask(self, title: str, text: str, before: str, act: object) -> None:
        self.dialog = QInputDialog(self)
        self.dialog.setWindowTitle(title)
        self.dialog.setLabelText(text)
        self.dialog.setTextValue("" if before in BUILT_IN else before)
        self.dialog.textValueSelected.connect(act)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    def _show_name(self) -> None:
        name = self._filters.name
        self.setText((name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") or "Saved")
        other = f"The filter {name}; choose another" if name else "Filters with names: choose or save one"
        self.setToolTip(other)
