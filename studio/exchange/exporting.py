"""Write tracks for other programs: choose, see what the format cannot hold, then write in a thread."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.datasets.clip import Clip
from core.events import OnProgress
from core.trajectories.exchange import WRITTEN, export_clip, export_path
from core.trajectories.exchange.choice import KEPT, Choice
from core.trajectories.exchange.omissions import omissions
from core.trajectories.model import Changes, Review
from studio import theme
from studio.background import Background
from studio.document import Document

Lost = dict[str, list[str]]
"""Format → what it cannot hold, in sentences."""


class ExportDialog(QDialog):
    """Not modal; nothing is written before *Export* is pressed.

    Signals:
        written(int, Path): so many clips were written to a folder.
    """

    written = Signal(int, object)

    def __init__(
        self, document: Document, shown: Clip | None, folder: Path, parent: QWidget | None = None
    ) -> None:
        """A dialog for the clips of a project, of which one may be shown now.

        Args:
            document: the project.
            shown: the clip that is looked at.
            folder: where to write unless another place is chosen.
        """
        super().__init__(parent)
        self.setWindowTitle("Export tracks")
        self.resize(560, 400)
        self._document = document
        self._clips = [one.clip for one in document.clips()]
        self._lost: dict[tuple[int, bool], Lost] = {}
        self._looking, self._writing = Background(self), Background(self)
        self.format, self.clips, self.folder = _formats(), self._clip_choice(shown), QLineEdit(str(folder))
        self.rejected_too = QCheckBox("Rejected tracks too")
        self.notes = QPlainTextEdit(readOnly=True)
        self.problem = QLabel(wordWrap=True)
        self.problem.setProperty("role", "error")
        self.progress = QProgressBar(textVisible=False)
        self.export_button, self.cancel_button = QPushButton("Export"), QPushButton("Cancel")
        self.export_button.setProperty("role", "primary")
        self.export_button.setDefault(True)
        self._browse_button = QPushButton("Choose…")
        self._name_for_readers()
        self._arrange()
        self._join()
        self.finished.connect(self.deleteLater)
        self._look()

    # --- what would be lost -------------------------------------------------------------------

    def _chosen(self) -> list[Clip]:
        ids = self.clips.currentData()
        return [clip for clip in self._clips if clip.id in ids]

    def _look(self) -> None:
        """Say what would be lost, after reading the clips that were not read yet."""
        with_rejected, document = self.rejected_too.isChecked(), self._document
        unread = [clip for clip in self._chosen() if (clip.id, with_rejected) not in self._lost]
        self.problem.hide()
        self.export_button.setEnabled(not unread and bool(self.folder.text().strip()))
        if not unread:
            self._show_lost()
            return

        def look(report: OnProgress) -> dict[tuple[int, bool], Lost]:
            found = {}
            for place, clip in enumerate(unread):
                report(place, len(unread), clip.name)
                with document.project.reading() as connection:
                    tracks = _choice(with_rejected).of(connection, clip)
                found[clip.id, with_rejected] = {name: omissions(name, clip, *tracks) for name in WRITTEN}
            return found

        self.notes.setPlainText("Reading the tracks…")
        self._looking.start(look)

    def _take_lost(self, found: dict[tuple[int, bool], Lost]) -> None:
        self._lost |= found
        self._look()

    def _show_lost(self) -> None:
        chosen, format = self._chosen(), self.format.currentData()
        said = {clip.name: self._lost[clip.id, self.rejected_too.isChecked()][format] for clip in chosen}
        each = next(iter(said.values()), [])
        if all(lost == each for lost in said.values()):
            lines = list(each)
        else:
            lines = [f"{name}: {sentence}" for name, lost in said.items() for sentence in lost]
        there = [path.name for path in map(self._target, chosen) if path.exists()]
        if len(there) == 1:
            lines.append(f"{there[0]} is there already and will be replaced.")
        elif there:
            lines.append(f"{', '.join(there)} are there already and will be replaced.")
        self.notes.setPlainText("\n".join(lines) or "The format holds everything.")

    def _target(self, clip: Clip) -> Path:
        return export_path(self.format.currentData(), clip, self._folder())

    def _folder(self) -> Path:
        return Path(self.folder.text().strip()).expanduser()

    def _forget(self, changes: Changes) -> None:
        """An edit was made meanwhile: what its clips would lose is looked at again."""
        self._lost = {key: lost for key, lost in self._lost.items() if key[0] not in changes.clips}
        if not self._writing.is_running:
            self._look()

    # --- writing ------------------------------------------------------------------------------

    def _export(self) -> None:
        chosen, format, folder = self._chosen(), self.format.currentData(), self._folder()
        with_rejected, document = self.rejected_too.isChecked(), self._document

        def write(report: OnProgress) -> int:
            for place, clip in enumerate(chosen):
                report(place, len(chosen), clip.name)
                with document.project.reading() as connection:
                    tracks = _choice(with_rejected).of(connection, clip)
                export_clip(format, clip, *tracks, folder)
            return len(chosen)

        self.problem.hide()
        self._set_writing(True)
        self._writing.start(write)

    def _finish(self, count: int) -> None:
        self.written.emit(count, self._folder())
        self.close()

    def _refuse(self, sentence: str) -> None:
        self._set_writing(False)
        self.problem.setText(sentence)
        self.problem.show()

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.setToolTip(what)

    def _set_writing(self, writing: bool) -> None:
        self.progress.setVisible(writing)
        for widget in (self.format, self.clips, self.folder, self._browse_button, self.rejected_too):
            widget.setEnabled(not writing)
        self.export_button.setEnabled(not writing)

    # --- building -----------------------------------------------------------------------------

    def _clip_choice(self, shown: Clip | None) -> QComboBox:
        choice = QComboBox()
        if shown is not None:
            choice.addItem(f"only {shown.name}", [shown.id])
        if shown is None or len(self._clips) > 1:
            choice.addItem(f"all {len(self._clips)} clips", [clip.id for clip in self._clips])
        return choice

    def _name_for_readers(self) -> None:
        """Names that screen readers say."""
        for widget, name in (
            (self.format, "Format"),
            (self.clips, "Which clips"),
            (self.folder, "Folder"),
            (self.notes, "What the format cannot hold"),
            (self.progress, "Progress"),
        ):
            widget.setAccessibleName(name)

    def _join(self) -> None:
        self._document.changed.connect(self._forget)
        self._looking.done.connect(self._take_lost)
        self._writing.progressed.connect(self._show_progress)
        self._writing.done.connect(self._finish)
        for work in (self._looking, self._writing):
            work.failed.connect(self._refuse)
            self.finished.connect(work.close)
        self.format.currentIndexChanged.connect(self._look)
        self.clips.currentIndexChanged.connect(self._look)
        self.rejected_too.toggled.connect(self._look)
        self.folder.textChanged.connect(self._look)
        self._browse_button.clicked.connect(self._browse)
        self.export_button.clicked.connect(self._export)
        self.cancel_button.clicked.connect(self.close)

    def _arrange(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self._browse_button)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Format", self.format)
        form.addRow("Clips", self.clips)
        form.addRow("Folder", place)
        form.addRow("", self.rejected_too)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.export_button)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addLayout(form)
        box.addWidget(QLabel("What this format cannot hold:"))
        for widget in (self.notes, self.problem, self.progress):
            box.addWidget(widget)
        box.addLayout(buttons)
        self.problem.hide()
        self.progress.hide()

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Export tracks to", self.folder.text())
        if chosen:
            self.folder.setText(chosen)


def _formats() -> QComboBox:
    choice = QComboBox()
    for name, format in WRITTEN.items():
        choice.addItem(f"{format.title} ({format.suffix or 'folder'})", name)
    return choice


def _choice(with_rejected: bool) -> Choice:
    return Choice(reviews=KEPT | {Review.REJECTED} if with_rejected else KEPT)
