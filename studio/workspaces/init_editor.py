"""Chooses where a trunk starts: at random, from a pretraining run, or from a weights file."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton

from studio.elided_combo import ElidedCombo
from studio.forms.setting_editors import Editor, calm
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import age

RANDOM = "random"


class InitEditor(Editor):
    """A combo box over one thing that needs no weights, the pretraining runs that have some, and files."""

    def __init__(self, runs: Runs, first: tuple[str, str] = ("random weights", RANDOM)) -> None:
        """`first`: what stands before the runs, and its value."""
        super().__init__()
        self._runs = runs
        self._box = ElidedCombo()
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(6)
        calm(self._box)
        browse = QToolButton()
        browse.setText("…")
        browse.setToolTip("Choose a weights file…")
        browse.setAccessibleName("Choose a weights file")
        browse.clicked.connect(self._browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box, 1)
        layout.addWidget(browse)
        self.setFocusProxy(self._box)
        self._box.addItem(*first)
        for signal in (runs.added, runs.finished, runs.removed):
            signal.connect(self._list_runs)
        self._list_runs()
        self._box.currentIndexChanged.connect(self.changed)

    def value(self) -> str:
        """The value of what stands first, or the path of a run or of a weights file."""
        return str(self._box.currentData() or "")

    def set_value(self, value: Any) -> None:
        if str(value):
            self._choose(str(value), Path(str(value)).name)
        else:
            self._box.setCurrentIndex(0 if self._box.count() else -1)

    def _choose(self, data: str, text: str) -> None:
        place = self._box.findData(data)
        if place < 0:
            self._box.addItem(text, data)
            place = self._box.count() - 1
        self._box.setCurrentIndex(place)

    def _list_runs(self, _: Run | None = None) -> None:
        chosen = self._box.currentData()
        self._box.blockSignals(True)
        for place in reversed(range(1, self._box.count())):
            self._box.removeItem(place)
        for run in self._runs.for_job("pretrain"):
            if run.path is not None and not run.is_active and run.status.step > 0:
                self._box.addItem(f"{run.label} · {age(run)}", str(run.path))
        if chosen is not None:
            self._choose(chosen, Path(chosen).name)
        self._box.blockSignals(False)

    def _browse(self) -> None:
        file, _ = QFileDialog.getOpenFileName(self, "Weights", "", "Weights (*.safetensors)")
        if file:
            self._choose(file, Path(file).name)
