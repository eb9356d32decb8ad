"""The dialog of the preferences: what is changed in it holds at once."""

from dataclasses import fields, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import StudioError
from studio import theme
from studio.forms.setting_editors import Editor, PathEditor
from studio.forms.settings_form import SettingsForm
from studio.window import preferences_file
from studio.window.key_page import KeyPage
from studio.window.keys import Keys, KeyStore
from studio.window.preferences import Preferences, PreferencesStore
from studio.window.settings import WindowSettings

GENERAL, APPEARANCE, KEYS, PERFORMANCE = "General", "Appearance", "Keys", "Performance"

PAGES = {
    APPEARANCE: ("theme", "trail_length", "mask_opacity"),
    PERFORMANCE: ("cache_megabytes", "workers", "jobs_at_once"),
}
"""Page → its fields; every other field stands on the page General."""

MOST_REMARKS = 4
"""Sentences about what was left out of a file, before they are counted."""

_FILES = "Preferences (*.toml)"


class PreferencesDialog(QDialog):
    """Pages beside a list of them; not modal, so that their effect is seen."""

    def __init__(
        self, preferences: PreferencesStore, keys: KeyStore, settings: WindowSettings, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._preferences, self._keys, self._settings = preferences, keys, settings
        self._before: tuple[Preferences, Keys] | None = None  # what a reset or an import replaced
        self.setWindowTitle("Preferences")
        self.resize(840, 600)
        self.list = QListWidget()
        self.list.setAccessibleName("Pages")
        self.list.setFixedWidth(150)
        self.list.setProperty("role", "list")
        self.pages = QStackedWidget()
        self.forms: dict[str, SettingsForm[Preferences]] = {}
        self._fields: dict[str, set[str]] = {}
        self.key_page = KeyPage(keys)
        for page in (GENERAL, APPEARANCE, KEYS, PERFORMANCE):
            self.list.addItem(page)
            self.list.item(self.list.count() - 1).setSizeHint(QSize(0, theme.TARGET))
            self.pages.addWidget(self.key_page if page == KEYS else self._build_form(page))
        self.message = QLabel(wordWrap=True)
        self.message.setAccessibleName("What was read or written")
        self.message.hide()
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.SPACE)
        middle.addWidget(self.list)
        middle.addWidget(self.pages, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(*[2 * theme.SPACE] * 4)
        box.setSpacing(2 * theme.SPACE)
        box.addLayout(middle, 1)
        box.addWidget(self.message)
        box.addLayout(self._build_buttons())
        self.list.currentRowChanged.connect(self._turn_to)
        self.list.setCurrentRow(0)
        preferences.changed.connect(self._show)
        keys.changed.connect(self._show)

    def popup(self, page: str = "") -> None:
        """Show it, at one of its pages or where it was."""
        if page:
            self.list.setCurrentItem(self.list.findItems(page, Qt.MatchFlag.MatchExactly)[0])
        self._say("")
        self.show()
        self.raise_()
        self.activateWindow()
        self.list.setFocus()

    def _build_form(self, page: str) -> QWidget:
        elsewhere = {name for other, names in PAGES.items() if other != page for name in names}
        every = {field.name for field in fields(Preferences)}
        hidden = every - set(PAGES[page]) if page in PAGES else elsewhere
        editors = {} if "segmenter" in hidden else {"segmenter": ModelEditor()}
        form = SettingsForm(Preferences, editors=editors, hidden=tuple(hidden), explained=True)
        form.set_value(self._preferences.now)
        form.changed.connect(partial(self._take, page))
        self.forms[page], self._fields[page] = form, every - hidden
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has it
        scroll.setWidget(form)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(page)
        return scroll

    def _build_buttons(self) -> QHBoxLayout:
        self.import_button, self.export_button = QPushButton("Import…"), QPushButton("Export…")
        self.reset_button, self.close_button = QPushButton(), QPushButton("Close")
        self.import_button.setToolTip("Take preferences and keys from a file")
        self.export_button.setToolTip("Write preferences and keys to a file")
        row = QHBoxLayout()
        for button, slot in (
            (self.import_button, self._choose_import),
            (self.export_button, self._choose_export),
            (self.reset_button, self._reset),
            (self.close_button, self.close),
        ):
            button.setAutoDefault(False)  # Enter belongs to what has the focus
            button.setMinimumHeight(theme.TARGET)
            button.clicked.connect(slot)
            row.addWidget(button)
        row.insertStretch(2)
        return row

    # --- what is shown ------------------------------------------------------------------------

    def _turn_to(self, place: int) -> None:
        self.pages.setCurrentIndex(place)
        self._name_reset()

    def _show(self) -> None:
        """Show what is preferred now, whoever changed it."""
        self._before = None
        self._say("")
        for form in self.forms.values():
            form.set_value(self._preferences.now)
        self._name_reset()

    def _name_reset(self) -> None:
        page = self.list.item(self.pages.currentIndex()).text()
        self.reset_button.setText("Take back" if self._before else f"Reset {page}")
        tip = (
            "Preferences and keys as they were before" if self._before else f"The defaults of the page {page}"
        )
        self.reset_button.setToolTip(tip)

    def _say(self, text: str, role: str = "") -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self.message.setProperty("role", role)
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)

    # --- changing -----------------------------------------------------------------------------

    def _take(self, page: str) -> None:
        """Put in force what a page holds, unless it contradicts itself."""
        form = self.forms[page]
        if not form.problem():
            chosen = form.value()
            changes = {name: getattr(chosen, name) for name in self._fields[page]}
            self._preferences.set(replace(self._preferences.now, **changes))

    def _reset(self) -> None:
        """Give the page its defaults, or take back what a reset or an import replaced."""
        if self._before is not None:
            self._replace(*self._before, keep=False)
            return
        page = self.list.item(self.pages.currentIndex()).text()
        defaults = {name: getattr(Preferences(), name) for name in self._fields.get(page, ())}
        keys = Keys() if page == KEYS else self._keys.now
        self._replace(replace(self._preferences.now, **defaults), keys)

    def _replace(self, preferences: Preferences, keys: Keys, keep: bool = True) -> None:
        before = self._preferences.now, self._keys.now
        self._preferences.set(preferences)
        self._keys.set(keys)
        self._before = before if keep and before != (preferences, keys) else None
        self._name_reset()

    def _choose_import(self) -> None:
        start = str(self._settings.last_folder("preferences"))
        chosen, _ = QFileDialog.getOpenFileName(self, "Import preferences", start, _FILES)
        if chosen:
            self._settings.set_last_folder("preferences", Path(chosen).parent)
            self._import(Path(chosen))

    def _import(self, path: Path) -> None:
        try:
            preferences, keys, left_out = preferences_file.read(path, self._preferences.now, self._keys.now)
        except StudioError as error:
            self._say(str(error), "error")
            return
        self._replace(preferences, keys)
        shown = left_out[:MOST_REMARKS]
        more = f" And {len(left_out) - MOST_REMARKS} more." if len(left_out) > MOST_REMARKS else ""
        but = f" Left out: {' '.join(shown)}{more}" if shown else ""
        self._say(f"Preferences and keys are those of {path.name} now.{but}", "error" if shown else "")

    def _choose_export(self) -> None:
        start = str(self._settings.last_folder("preferences") / "preferences.toml")
        chosen, _ = QFileDialog.getSaveFileName(self, "Export preferences", start, _FILES)
        if not chosen:
            return
        path = Path(chosen) if Path(chosen).suffix else Path(f"{chosen}.toml")
        self._settings.set_last_folder("preferences", path.parent)
        try:
            preferences_file.write(path, self._preferences.now, self._keys.now)
        except StudioError as error:
            self._say(str(error), "error")
        else:
            self._say(f"Preferences and keys were written to {path.name}.")


class ModelEditor(Editor):
    """A file of a model, as text; empty for the one that is built in."""

    def __init__(self) -> None:
        super().__init__()
        self._path = PathEditor("A segmentation model", empty="built in")
        self._path.changed.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._path)
        self.setFocusProxy(self._path)

    def value(self) -> str:
        path = self._path.value()
        return "" if path is None else str(path.absolute())

    def set_value(self, value: str) -> None:
        self._path.set_value(value)
