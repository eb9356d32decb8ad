"""Write tracks for other programs: choose, see what will be lost, then write in a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
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
from core.overlay.config import OverlayConfig
from core.overlay.files import TITLES, overlay_losses, overlay_path
from core.trajectories.exchange import WRITTEN, export_clip, export_path
from core.trajectories.exchange.choice import Choice, Count
from core.trajectories.exchange.column_mapping import parse
from core.trajectories.exchange.file_names import file_names, renamed
from core.trajectories.exchange.omissions import omissions
from core.trajectories.exchange.plan import NOTHING_LEFT, ClipPlan, plan_clip
from core.trajectories.exchange.presets import PRESETS
from core.trajectories.exchange.replacing import alone_in
from core.trajectories.exchange.tables import TABLES
from core.trajectories.model import Changes, ObjectTrajectory, PointTrajectories
from studio import theme
from studio.background import Background
from studio.document import Document
from studio.exchange.choice_form import ChoiceForm
from studio.exchange.overlays import OverlayOrder
from studio.filters.track_filters import TrackFilters
from studio.forms.fields_area import FieldsArea
from studio.forms.settings_form import SettingsForm
from studio.view_state import ViewState

TYPING = 150
"""Milliseconds without a change after which what is chosen is counted."""

WIDTH, HEIGHT = 600, 560
"""Pixels of the dialog at first."""

_FRAME = 60  # pixels of the screen that the frame of a window may take
_NAMED = 3  # files that are named in a sentence

Key = tuple[int, Choice, str, str]
"""A clip's id, what is taken of it, the format, and whose columns a table has."""


@dataclass(frozen=True)
class Survey:
    """What will be written.

    Attributes:
        plans: of each clip and choice that was looked at; None where nothing is left.
        there: names of files that will be replaced.
    """

    plans: Mapping[Key, ClipPlan | None]
    there: tuple[str, ...]


class ExportDialog(QDialog):
    """Not modal; nothing is written before *Export* is pressed.

    Signals:
        written(int, Path): so many clips were written to a folder.
        overlays_asked(OverlayOrder): overlays, which take long, are wanted; the dialog has closed.
    """

    written = Signal(int, object)
    overlays_asked = Signal(object)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        filters: TrackFilters,
        folder: Path,
        remembered: Mapping[str, str],
        parent: QWidget | None = None,
    ) -> None:
        """A dialog for the clips of a project.

        Args:
            document: the project.
            view: what the window shows.
            filters: that may choose the tracks.
            folder: where to write unless another place is chosen.
            remembered: what was chosen before, as `remembered` gives it.
        """
        super().__init__(parent)
        self.setWindowTitle("Export tracks")
        self._document, self._view = document, view
        self._clips = [one.clip for one in document.clips()]
        self._names = file_names(clip.name for clip in self._clips)
        self._plans: dict[Key, ClipPlan | None] = {}
        self._looking, self._writing = Background(self), Background(self)
        self._typing = QTimer(self, interval=TYPING, singleShot=True)
        self.format, self.folder = _formats(), QLineEdit(str(folder))
        self.columns = _presets()
        self.columns.currentIndexChanged.connect(self._look)
        self.chosen = ChoiceForm(self._clips, view, filters)
        self.overlay = SettingsForm(OverlayConfig)
        self.overlay.set_value(OverlayConfig.of(view.layers))
        with QSignalBlocker(self.columns):
            self.columns.setCurrentIndex(max(self.columns.findData(remembered.get("columns")), 0))
        self.format.setCurrentIndex(max(self.format.findData(remembered.get("format")), 0))
        self.chosen.recall(remembered)
        self._fields = FieldsArea()
        self.count = QLabel()
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
        self._show_overlay(self.format.currentData() in TITLES)
        self._look()

    def remembered(self) -> dict[str, str]:
        """What is chosen, for the next time."""
        kept = {"format": self.format.currentData(), "columns": self.columns.currentData()}
        return kept | self.chosen.remembered()

    # --- what would be written and lost -------------------------------------------------------

    def _look_soon(self) -> None:
        self.export_button.setEnabled(False)
        self._typing.start()

    def _look(self) -> None:
        """Count what would be written and say what would be lost, in a thread."""
        self._typing.stop()
        self._fields.updateGeometry()  # by now, the list of clips has come or gone
        self.problem.hide()
        self.export_button.setEnabled(False)
        chosen, choice, format = self.chosen.chosen(), self.chosen.choice(), self.format.currentData()
        whose, columns = self._whose(), parse(None, self._whose() or None)
        if self.overlay.isHidden() == (format in TITLES):
            self._show_overlay(format in TITLES)
        self.chosen.rows.setRowVisible(self.columns, format in TABLES)
        unread = [clip for clip in chosen if (clip.id, choice, format, whose) not in self._plans]
        if unread:
            self.count.setText("Counting…")
        shown = self._view.clip.id if self._view.clip is not None else None
        there = {}
        if shown is not None and any(clip.id == shown for clip in unread):
            there[shown] = self._document.points(shown), list(self._document.objects(shown).values())
        paths = [self._target(clip) for clip in chosen]
        losses = (
            partial(overlay_losses, format)
            if format in TITLES
            else partial(omissions, format, frames=choice.frames, columns=columns)
        )

        def look(report: OnProgress) -> Survey:
            plans = {}
            for place, clip in enumerate(unread):
                report(place, len(unread), clip.name)
                tracks = self._taken(clip, choice, there)
                plans[clip.id, choice, format, whose] = plan_clip(clip, choice, *tracks, losses)
            return Survey(plans, tuple(path.name for path in paths if path.exists()))

        self._looking.start(look)

    def _taken(
        self,
        clip: Clip,
        choice: Choice,
        there: Mapping[int, tuple[PointTrajectories, Sequence[ObjectTrajectory]]],
    ) -> tuple[PointTrajectories, list[ObjectTrajectory]]:
        """What is taken of a clip, in a thread; from memory where it is `there`."""
        if clip.id in there:
            return choice.taken(*there[clip.id])
        with self._document.project.reading() as connection:
            return choice.of(connection, clip)

    def _show(self, survey: Survey) -> None:
        self._plans |= survey.plans
        chosen, choice, format = self.chosen.chosen(), self.chosen.choice(), self.format.currentData()
        keys = [(clip.id, choice, format, self._whose()) for clip in chosen]
        if any(key not in self._plans for key in keys):
            self._look()  # an edit was made meanwhile
            return
        plans = [plan for key in keys if (plan := self._plans[key]) is not None]
        total = sum((plan.count for plan in plans), Count())
        self.count.setText(f"{total} in {len(plans):,} clip{'' if len(plans) == 1 else 's'}")
        lines = _said({plan.clip.name: plan.losses for plan in plans})
        lines += renamed({plan.clip.name: self._names[plan.clip.name] for plan in plans})
        if survey.there:
            more = len(survey.there) - _NAMED
            names = ", ".join(survey.there[:_NAMED]) + (f" and {more} more" if more > 0 else "")
            verb = "is" if len(survey.there) == 1 else "are"
            lines.append(f"{names} {verb} there already and will be replaced.")
        if not plans:
            lines = [NOTHING_LEFT if chosen else "Choose clips."]
        self.notes.setPlainText("\n".join(lines) or "Nothing.")
        self.export_button.setEnabled(bool(plans) and bool(self.folder.text().strip()))

    def _whose(self) -> str:
        """The preset of a table's columns; empty for ours, and for what is no table."""
        return self.columns.currentData() if self.format.currentData() in TABLES else ""

    def _target(self, clip: Clip) -> Path:
        format = self.format.currentData()
        place = overlay_path if format in TITLES else export_path
        return place(format, clip, self.place, self._names[clip.name])

    @property
    def place(self) -> Path:
        """The folder that is written to."""
        return Path(self.folder.text().strip()).expanduser()

    def _forget(self, changes: Changes) -> None:
        """An edit was made meanwhile: what its clips would lose is looked at again."""
        self._plans = {key: plan for key, plan in self._plans.items() if key[0] not in changes.clips}
        if not self._writing.is_running:
            self._look_soon()

    # --- writing ------------------------------------------------------------------------------

    def _export(self) -> None:
        choice, format, folder = self.chosen.choice(), self.format.currentData(), self.place
        whose, columns = self._whose(), parse(None, self._whose() or None)
        plans = [self._plans[clip.id, choice, format, whose] for clip in self.chosen.chosen()]
        clips = [plan.clip for plan in plans if plan is not None]
        document, names = self._document, self._names
        if format in TITLES:
            layers = replace(self.overlay.value().layers, labels=self._view.layers.labels)
            paths = [self._target(clip) for clip in clips]
            self.accept()
            self.overlays_asked.emit(OverlayOrder(format, clips, paths, choice, layers))
            return

        def write(report: OnProgress) -> int:
            with alone_in(folder):
                for place, clip in enumerate(clips):
                    report(place, len(clips), clip.name)
                    with document.project.reading() as connection:
                        tracks = choice.of(connection, clip)
                    export_clip(format, clip, *tracks, folder, names[clip.name], columns)
            return len(clips)

        self.problem.hide()
        self._set_writing(True)
        self._writing.start(write)

    def _finish(self, count: int) -> None:
        self.written.emit(count, self.place)
        self.accept()

    def _refuse(self, sentence: str) -> None:
        self._set_writing(False)
        kind = (self.chosen.choice(), self.format.currentData(), self._whose())
        if any((clip.id, *kind) not in self._plans for clip in self.chosen.chosen()):
            self.export_button.setEnabled(False)  # they could not be counted
            self.count.clear()
            self.notes.clear()
        self.problem.setText(sentence)
        self.problem.show()

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.setToolTip(what)

    def _set_writing(self, writing: bool) -> None:
        self.progress.setVisible(writing)
        self.chosen.setEnabled(not writing)
        self.export_button.setEnabled(not writing)

    def _end(self) -> None:
        self._typing.stop()
        for work in (self._looking, self._writing):
            work.close()
        self.deleteLater()

    # --- building -----------------------------------------------------------------------------

    def _name_for_readers(self) -> None:
        """Names that screen readers say."""
        for widget, name in (
            (self.format, "Format"),
            (self.columns, "Columns of the table"),
            (self.folder, "Folder"),
            (self.notes, "What will be lost"),
            (self.progress, "Progress"),
        ):
            widget.setAccessibleName(name)

    def _join(self) -> None:
        self._document.changed.connect(self._forget)
        self._typing.timeout.connect(self._look)
        self._looking.done.connect(self._show)
        self._writing.progressed.connect(self._show_progress)
        self._writing.done.connect(self._finish)
        for work in (self._looking, self._writing):
            work.failed.connect(self._refuse)
        self.finished.connect(self._end)
        self.format.currentIndexChanged.connect(self._look)
        self.chosen.changed.connect(self._look_soon)
        self.folder.textChanged.connect(self._look_soon)
        self._browse_button.clicked.connect(self._browse)
        self.export_button.clicked.connect(self._export)
        self.cancel_button.clicked.connect(self.close)

    def _arrange(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self._browse_button)
        self.chosen.rows.insertRow(0, "Format", self.format)
        self.chosen.rows.insertRow(1, "Columns", self.columns)
        self.chosen.rows.addRow("Folder", place)
        buttons = QHBoxLayout()
        buttons.addWidget(self.count, 1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.export_button)
        fields = QWidget()
        column = QVBoxLayout(fields)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.chosen)
        column.addWidget(self.overlay)
        self._fields.setWidget(fields)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addWidget(self._fields)
        box.addWidget(QLabel("What will be lost:"))
        self.notes.setMinimumHeight(4 * self.fontMetrics().height())
        box.addWidget(self.notes, 1)
        for widget in (self.problem, self.progress):
            box.addWidget(widget)
        box.addLayout(buttons)
        for before, after in pairwise([self.format, *self.chosen.fields, self.folder]):
            self.setTabOrder(before, after)
        self.format.setFocus()
        self.problem.hide()
        self.progress.hide()

    def _show_overlay(self, shown: bool) -> None:
        """Show what overlays show, and be as high as that takes where the screen has the room."""
        self.overlay.setVisible(shown)
        self._fields.updateGeometry()
        room = self.screen().availableGeometry().height() - _FRAME
        self.resize(max(self.width(), WIDTH), min(max(self.sizeHint().height(), HEIGHT), room))

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Export tracks to", self.folder.text())
        if chosen:
            self.folder.setText(chosen)


def _said(losses: Mapping[str, Sequence[str]]) -> list[str]:
    """Clip → its sentences, as lines: each once, with its clips in front unless it is true of all."""
    clips: dict[str, list[str]] = {}
    for name, sentences in losses.items():
        for sentence in sentences:
            clips.setdefault(sentence, []).append(name)
    lines = []
    for sentence, names in sorted(clips.items(), key=lambda item: len(item[1]) < len(losses)):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        lines.append(
            sentence if len(names) == len(losses) else f"{', '.join(names[:_NAMED])}{more}: {sentence}"
        )
    return lines


def _formats() -> QComboBox:
    choice = QComboBox()
    for name, format in WRITTEN.items():
        choice.addItem(f"{format.title} ({format.suffix or 'folder'})", name)
    for name, title in TITLES.items():
        choice.addItem(title, name)
    return choice


def _presets() -> QComboBox:
    choice = QComboBox()
    choice.addItem("all that a table can hold", "")
    for name, preset in PRESETS.items():
        choice.addItem(f"those of {preset.title}", name)
    return choice
