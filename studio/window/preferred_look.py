"""What the window itself takes from the preferences, and the dialog where they are changed."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from studio import theme
from studio.window.main_window import MainWindow
from studio.window.preferences import Preferences

if TYPE_CHECKING:
    from studio.window.preferences_dialog import PreferencesDialog


class PreferredLook(QObject):
    """Dresses the window as it is preferred; its menus that say the same as a preference follow it."""

    def __init__(self, app: QApplication, window: MainWindow) -> None:
        super().__init__(window)
        self._app, self._window, self._store = app, window, window.preferences
        self._dialog: PreferencesDialog | None = None
        self._follow(self._store.now)
        self._store.changed.connect(self._follow)
        app.styleHints().colorSchemeChanged.connect(self._dress)

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {
            "preferences": self._show_dialog,
            "fill_again": self._keep_fill_again,
            **{f"theme_{name}": partial(self._set_theme, name) for name in theme.THEMES},
        }

    def _dress(self) -> None:
        """Put on the theme that is preferred, once more where the system's changed."""
        theme.apply(self._app, self._store.now.theme)

    def _follow(self, preferences: Preferences) -> None:
        self._dress()
        self._window.commands[f"theme_{preferences.theme}"].setChecked(True)
        self._window.commands["fill_again"].setChecked(preferences.fill_again)

    def _set_theme(self, name: str) -> None:
        self._store.set(replace(self._store.now, theme=name))

    def _keep_fill_again(self) -> None:
        wanted = self._window.commands["fill_again"].isChecked()
        self._store.set(replace(self._store.now, fill_again=wanted))

    def _show_dialog(self) -> None:
        from studio.window.preferences_dialog import PreferencesDialog  # its forms are not needed at first

        if self._dialog is None:
            window = self._window
            self._dialog = PreferencesDialog(self._store, window.keys, window.settings, window)
        self._dialog.popup()
