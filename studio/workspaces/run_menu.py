"""What can be done with a run in the list, besides looking at it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from core.networks.config import DETECTOR_IN_RUN, TRUNK_IN_RUN, WEIGHT_FORMATS, ExportWeightsConfig
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.notes_dialog import NotesDialog

FORMATS = {"tensorboard": "for TensorBoard", "csv": "as CSV"}


class RunMenu(QMenu):
    """The context menu of the chosen runs.

    Signals:
        export_asked(list[Path], str, Path): write what these runs measured, as one of `FORMATS`, to a folder.
    """

    export_asked = Signal(object, str, object)

    def __init__(self, runs: Runs, parent: QWidget) -> None:
        super().__init__(parent)
        self._runs = runs
        self._chosen: list[Run] = []
        self._name = self.addAction("Name and note…")
        self._name.triggered.connect(lambda: edit_notes(self._chosen[0], self._runs, parent))
        self._star = self.addAction("Star")
        self._star.triggered.connect(self._toggle_star)
        self._exports = [self.addAction(f"Export metrics {words}…") for words in FORMATS.values()]
        for form, action in zip(FORMATS, self._exports, strict=True):
            action.triggered.connect(partial(self._choose_folder, form))
        self._weights = self.addMenu("Export weights")
        self._weights.setToolTipsVisible(True)
        for name, written in WEIGHT_FORMATS.items():
            action = self._weights.addAction(f"{name}…")
            action.setToolTip(written.words)
            action.triggered.connect(partial(self._choose_weights_file, name))
        self._folder = self.addAction("Open folder")
        self._folder.triggered.connect(self._open_folder)
        self.addSeparator()
        self._stop = self.addAction("Stop")
        self._stop.triggered.connect(lambda: self._each(runs.stop))
        self._delete = self.addAction("Delete")
        self._delete.triggered.connect(lambda: self._each(runs.delete))
        self.setToolTipsVisible(True)

    def show_for(self, chosen: Sequence[Run]) -> None:
        """Set up for some runs, one at least."""
        self._chosen = list(chosen)
        one, there = len(chosen) == 1, all(run.path is not None for run in chosen)
        self._name.setEnabled(one and there)
        self._folder.setEnabled(one and there)
        self._star.setEnabled(there)
        self._star.setText("Take the star away" if all(run.notes.starred for run in chosen) else "Star")
        self._weights.setEnabled(one and _has_weights(chosen[0]))
        self._stop.setEnabled(any(run.is_active and not run.is_stopping for run in chosen))
        self._stop.setToolTip("Save a checkpoint and end after this step")
        active = any(run.is_active for run in chosen)
        self._delete.setEnabled(not active)
        self._delete.setToolTip(
            "Stop the run before deleting it." if active else "To the project's trash; this can be undone"
        )
        for action in self._exports:
            action.setEnabled(there and any(run.metrics or run.class_aps for run in chosen))

    def _each(self, act: Callable[[Run], None]) -> None:
        for run in self._chosen:
            act(run)

    def _toggle_star(self) -> None:
        starred = not all(run.notes.starred for run in self._chosen)
        for run in self._chosen:
            self._runs.annotate(run, replace(run.notes, starred=starred))

    def _choose_folder(self, form: str) -> None:
        dialog = QFileDialog(self.parentWidget(), "Export metrics to")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        exports = self._runs.project.path / "exports"
        dialog.setDirectory(str(exports if exports.is_dir() else exports.parent))
        paths = [run.path for run in self._chosen if run.path is not None]
        dialog.fileSelected.connect(lambda folder: self.export_asked.emit(paths, form, Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _choose_weights_file(self, form: str) -> None:
        run, suffix = self._chosen[0], WEIGHT_FORMATS[form].suffix
        dialog = QFileDialog(self.parentWidget(), f"Export weights as {form}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{form} (*{suffix})")
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        exports = self._runs.project.path / "exports"
        dialog.setDirectory(str(exports if exports.is_dir() else exports.parent))
        dialog.selectFile(f"{run.name}{suffix}")
        dialog.fileSelected.connect(partial(self._export_weights, run, form))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _export_weights(self, run: Run, form: str, file: str) -> None:
        """Weights are written by a worker, as the window has no torch."""
        if run.path is not None:
            settings = ExportWeightsConfig(run=run.path, format=form, out=Path(file))
            self._runs.start("export-weights", settings, clips=())

    def _open_folder(self) -> None:
        path = self._chosen[0].path
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _has_weights(run: Run) -> bool:
    return run.path is not None and any(
        (run.path / place).is_file() for place in (TRUNK_IN_RUN, DETECTOR_IN_RUN)
    )


def edit_notes(run: Run, runs: Runs, parent: QWidget) -> None:
    """Let a person name a run."""
    NotesDialog(run, runs, parent).open()
