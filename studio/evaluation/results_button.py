"""The menu that writes what was detected, and how it was judged, to files."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from core.evaluation.error_table import write_errors
from core.events import OnProgress
from studio import icons
from studio.background import Background
from studio.evaluation.diagnoses import Diagnosed
from studio.evaluation.results_files import save_comp4, save_missed
from studio.evaluation.threshold import Threshold
from studio.runs.run import Run

Save = Callable[[Path, OnProgress], list[Path]]
"""Called in a thread with the file or folder that was chosen; gives what was written."""

BUSY = "Another file is being written."
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
            ("Save report…", self._choose_report),
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
            "A page with the curves, errors and pictures of every class, as HTML",
        )
        judged = self._known.whole is not None
        reason = BUSY if self._work.is_running else self._known.problem or NOT_YET
        for action, tip, there in zip(
            self.choices.actions(), tips, (self._known.run is not None, judged, judged, judged), strict=True
        ):
            action.setEnabled(there and not self._work.is_running)
            action.setToolTip(tip if action.isEnabled() else reason)

    def _choose_comp4(self) -> None:
        run = self._known.run
        assert run is not None  # else it is not offered
        dialog = QFileDialog(self.window(), "Save detections to", str(_existing(self.folder)))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._open(dialog, lambda folder, report: save_comp4(run, folder))

    def _choose_judged(self) -> None:
        whole = self._known.whole
        assert whole is not None  # else it is not offered

        def save(file: Path, report: OnProgress) -> list[Path]:
            write_errors(whole, file)
            return [file]

        self._choose_file("judged detections", "judged.csv", save)

    def _choose_missed(self) -> None:
        whole, threshold = self._known.whole, self._threshold.value
        assert whole is not None
        self._choose_file(
            "missed objects", "missed.csv", lambda file, report: save_missed(whole, threshold, file)
        )

    def _choose_report(self) -> None:
        run, whole, title = self._known.run, self._known.whole, self._run.title if self._run else ""
        assert run is not None
        assert whole is not None

        def save(file: Path, report: OnProgress) -> list[Path]:
            from core.pages.evaluation_report import write_report  # few save one, and it loads templates

            write_report(run, file, whole, title, lambda name: report(0, 0, name))
            return [file]

        self._choose_file("report", "report.html", save)

    def _choose_file(self, what: str, end: str, save: Save) -> None:
        suffix = end.rpartition(".")[2]
        dialog = QFileDialog(self.window(), f"Save {what}", str(_existing(self.folder)))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{suffix.upper()} (*.{suffix})")
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(f"{self._run.name if self._run is not None else 'run'}-{end}")
        self._open(dialog, save)

    def _open(self, dialog: QFileDialog, save: Save) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(
            lambda chosen: self._work.start(lambda report: save(Path(chosen), report))
        )
        dialog.open()

    def _tell(self, files: list[Path]) -> None:
        what = f"{files[0].name} was" if len(files) == 1 else f"{len(files)} files were"
        self.folder = files[0].parent
        self.message.emit(f"{what} written to {files[0].parent}.")


def _existing(folder: Path) -> Path:
    return next((one for one in (folder, *folder.parents) if one.is_dir()), Path.home())
