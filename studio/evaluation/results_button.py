"""The menu that writes what was detected, and how it was judged, to files."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from core.evaluation.diagnosis import Diagnosis
from studio import icons
from studio.background import Background
from studio.evaluation.diagnoses import Diagnosed
from studio.evaluation.results_files import save_comp4, save_judged, save_missed
from studio.evaluation.threshold import Threshold
from studio.runs.run import Run

NOT_YET = "The detections are not judged yet."


class ResultsButton(QToolButton):
    """Opens a menu; what is chosen there is written in a thread.

    Attributes:
        folder: where files are offered to go.
        choices: the menu.

    Signals:
        message(str): what was written where.
        failed(str): why nothing was; one sentence.
    """

    message = Signal(str)
    failed = Signal(str)

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = Path.home()
        self._threshold = threshold
        self._run: Run | None = None
        self._known = Diagnosed()
        self.setObjectName("save_results")
        self.setText("Save")
        self.setAccessibleName("Save detections")
        self.setToolTip("Save the detections, and how they were judged, to files")
        self.setAutoRaise(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        icons.set_icon(self, "save")
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        for text, act in (
            ("Save detections…", self._choose_comp4),
            ("Save judged detections…", self._choose_judged),
            ("Save missed objects…", self._choose_missed),
        ):
            self.choices.addAction(text).triggered.connect(act)
        self.choices.aboutToShow.connect(self._allow)
        self.setMenu(self.choices)
        self._work = Background(self)
        self._work.done.connect(self._tell)
        self._work.failed.connect(self.failed)

    def show_run(self, run: Run | None, known: Diagnosed) -> None:
        """Offer the files of a run, with what is known of it."""
        self._run, self._known = run, known

    def close_writer(self) -> None:
        """Wait for what is being written."""
        self._work.close()

    def _allow(self) -> None:
        tips = (
            "The comp4 files of all classes, for the devkit or an evaluation server",
            "Every detection with its verdict, as CSV",
            "Every object that is missed at the threshold, as CSV",
        )
        ready = self._known.run is not None, self._known.whole is not None, self._known.whole is not None
        for action, tip, there in zip(self.choices.actions(), tips, ready, strict=True):
            action.setEnabled(there)
            action.setToolTip(tip if there else self._known.problem or NOT_YET)

    def _choose_comp4(self) -> None:
        run = self._known.run
        assert run is not None  # else it is not offered
        dialog = QFileDialog(self.window(), "Save detections to", str(_existing(self.folder)))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._open(dialog, partial(save_comp4, run))

    def _choose_judged(self) -> None:
        self._choose_csv("judged detections", "judged", save_judged)

    def _choose_missed(self) -> None:
        threshold = self._threshold.value

        def save(whole: Diagnosis, file: Path) -> list[Path]:
            return save_missed(whole, threshold, file)

        self._choose_csv("missed objects", "missed", save)

    def _choose_csv(self, what: str, end: str, save: Callable[[Diagnosis, Path], list[Path]]) -> None:
        whole = self._known.whole
        assert whole is not None  # else it is not offered
        dialog = QFileDialog(self.window(), f"Save {what}", str(_existing(self.folder)))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("CSV (*.csv)")
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(f"{self._run.name if self._run is not None else 'run'}-{end}.csv")
        self._open(dialog, partial(save, whole))

    def _open(self, dialog: QFileDialog, save: Callable[[Path], list[Path]]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self._work.start(lambda report: save(Path(chosen))))
        dialog.open()

    def _tell(self, files: list[Path]) -> None:
        what = f"{files[0].name} was" if len(files) == 1 else f"{len(files)} files were"
        self.folder = files[0].parent
        self.message.emit(f"{what} written to {files[0].parent}.")


def _existing(folder: Path) -> Path:
    return next((one for one in (folder, *folder.parents) if one.is_dir()), Path.home())
