"""What the views of a project take from preferences and keys, and what they put into them."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from core.overlay.layers import Layers
from studio.canvas.layer_bar import LayerBar
from studio.canvas.pane import CanvasPane
from studio.canvas.transport import Transport
from studio.forms.settings_form import SettingsForm
from studio.leisure_backups import LeisureBackups
from studio.review.panel import ReviewPanel
from studio.timeline.timeline import Timeline
from studio.view_state import ViewState
from studio.window.key_tip import KeyTip
from studio.window.keys import Keys
from studio.window.main_window import MainWindow
from studio.window.preferences import Preferences


class Preferred(QObject):
    """Keeps views as they are preferred; trail and opacity, which the bar above the frame sets, both ways."""

    def __init__(
        self,
        window: MainWindow,
        view: ViewState,
        canvas: CanvasPane,
        timeline: Timeline,
        backups: LeisureBackups,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._store, self._commands = window.preferences, window.commands
        self._view, self._canvas, self._timeline, self._backups = view, canvas, timeline, backups
        self._forms: list[SettingsForm[Any]] = []
        self._follow(window.preferences.now)
        self._set_keys(window.keys.now)
        window.preferences.changed.connect(self._follow)
        window.keys.changed.connect(self._set_keys)
        view.layers_changed.connect(self._keep_layers)

    def add_form(self, form: SettingsForm[Any]) -> None:
        """Let a form of a job that asks for a number of workers have the preferred one as its default."""
        if form.has("workers"):
            self._forms.append(form)
            form.set_default("workers", self._store.now.workers)

    def name_keys(self, *parts: Transport | LayerBar | ReviewPanel) -> None:
        """Name the keys in force in the tooltips of what does the same as an action."""
        for part in parts:
            for widget, names in part.doing.items():
                KeyTip(widget, names, self._commands)

    def _follow(self, preferences: Preferences) -> None:
        self._view.set_layers(
            replace(self._view.layers, trail=preferences.trail_length, opacity=preferences.mask_opacity)
        )
        self._canvas.loader.set_budget(preferences.cache_megabytes * 2**20)
        self._backups.set_room(preferences.backup_megabytes)
        self._canvas.stage.choose_segmenter(preferences.segmenter)
        for form in self._forms:
            form.set_default("workers", preferences.workers)

    def _keep_layers(self, layers: Layers) -> None:
        self._store.set(replace(self._store.now, trail_length=layers.trail, mask_opacity=layers.opacity))

    def _set_keys(self, keys: Keys) -> None:
        """Keys that views take themselves, since they are held, are those of the actions."""
        bindings = keys.bindings()
        for held in (self._canvas.stepping, self._timeline.stepping, self._canvas.frame_view.peek):
            held.set_keys(bindings)
