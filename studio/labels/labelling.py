"""Labels in the window: the panel, the popup, the number keys, and what the views show of them."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.project.labels import KEYS
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.editing.track_edits import NONE, TrackEdits
from studio.labels.label_menu import shortened
from studio.labels.label_popup import LabelPopup
from studio.labels.panel import LabelPanel
from studio.labels.project_labels import ProjectLabels
from studio.view_state import ViewState
from studio.window.actions import Actions

HINTED = 6
"""Keys that the hint line names."""


class Labelling(QObject):
    """Joins the labels of the project to actions and views.

    Attributes:
        labels: the list; panel: its dock; popup: what `Ctrl+L` opens.

    Signals:
        hint_changed(str): what the tool expects, with what the number keys give.
    """

    hint_changed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        commands: Actions,
        canvas: CanvasPane,
        edits: TrackEdits,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._commands = document, view, commands
        self._canvas, self._edits = canvas, edits
        self._expected = ""
        self.labels = ProjectLabels(document, view, self)
        self.panel = LabelPanel(self.labels, commands.with_keys)
        self.popup = LabelPopup(self.labels, canvas)
        self.popup.chosen.connect(edits.relabel)
        self.panel.give_asked.connect(self._give)
        self.panel.select_asked.connect(self._select)
        self.labels.changed.connect(self._show)
        canvas.hint_changed.connect(self._hint)
        view.selection_changed.connect(lambda: self._hint(self._expected))
        self._show()

    def close(self) -> None:
        """Keep the list."""
        self.popup.close()
        self.labels.close()

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {"relabel": self._ask, **{f"label_{key}": partial(self._press, key) for key in KEYS}}

    def refusals(self) -> dict[str, str]:
        """Action → why it cannot be done now; empty where it can."""
        have = self._edits.labels()
        return {f"label_{key}": self._why_not(key, have) for key in KEYS}

    def _why_not(self, key: str, have: frozenset[str]) -> str:
        label = self.labels.list.by_key(key)
        if label is None:
            return f"No label has the key {key}; give it to one in the panel Labels."
        if not have:
            return NONE
        return f"The label is {shortened(label.name)!r} already." if have == {label.name} else ""

    def _press(self, key: str) -> None:
        label = self.labels.list.by_key(key)
        if label is not None:
            self._edits.relabel(label.name)

    def _give(self, name: str) -> None:
        have = self._edits.labels()
        if not have:
            self._commands.say(NONE)
        elif have != {name}:
            self._edits.relabel(name)

    def _select(self, name: str) -> None:
        """Select the tracks of the clip that have a label."""
        clip = self._view.clip
        if clip is not None:
            points = self._document.points(clip.id)
            ids = [one.id for one in self._document.objects(clip.id).values() if one.label == name]
            names, which = points.label_places
            if name in names:
                ids += points.ids[np.flatnonzero(which == names.index(name))].tolist()
            self._view.set_selection(ids)

    def _ask(self) -> None:
        count = len(self._view.selection)
        self.popup.popup(self._canvas.frame_view, count, sorted(self._edits.labels()))

    # --- what is shown ------------------------------------------------------------------------

    def _show(self) -> None:
        for key in KEYS:
            label = self.labels.list.by_key(key)
            name = shortened(label.name, 40).replace("&", "&&") if label is not None else ""
            self._commands.set_text(f"label_{key}", f"Label {name}" if name else f"Label of key {key}")
        self._commands.set_refused(self.refusals())
        self._hint(self._expected)

    def _hint(self, text: str) -> None:
        """What is expected; after the words of the tool Select, what keys give to the selected."""
        self._expected = text
        keys, tool = "", self._canvas.frame_view.tool
        if self._view.selection and not tool.active and text.startswith("Click to select"):
            keyed = sorted((KEYS.index(one.key), one) for one in self.labels.list.labels if one.key)
            named = [f"{one.key} = {shortened(one.name, 16)}" for _, one in keyed[:HINTED]]
            keys = ", ".join(named) + ("…" if len(keyed) > HINTED else "")
        self.hint_changed.emit(f"{text}. {keys}" if keys else text)
