"""Bring clips into a project: look through folders, show what was found, then decode it in a thread."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.datasets.found import FoundClip, FoundClips
from core.datasets.frame_choice import choose_from_all, frames_of, nothing_chosen
from core.datasets.readers import find_clips, reader_title
from core.errors import StudioError
from core.events import OnProgress
from core.free_name import free_name
from core.project.importing import import_edit
from core.project.project import is_unmade
from core.trajectories.bulk_edits import AddClips
from studio import icons, theme
from studio.background import Background
from studio.exchange.frame_choosing import FrameChoosing

_FOUND = Qt.ItemDataRole.UserRole


class ImportDialog(QDialog):
    """Not modal; nothing is written before *Import* is pressed, and then as one edit.

    Signals:
        ready(AddClips, Path | None): the edit, and the folder of the project to make for it, if any.
    """

    ready = Signal(object, object)

    def __init__(
        self, taken: Collection[str], new_project: Callable[[str], Path] | None, parent: QWidget | None = None
    ) -> None:
        """An empty dialog; `look_through` fills it.

        Args:
            taken: names of clips that the project already has.
            new_project: gives a folder for a new project by name; None where one is open.
        """
        super().__init__(parent)
        self.setWindowTitle("Import clips")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 560)
        self._taken, self._new_project = taken, new_project
        self._sources: Sequence[Path] = ()
        self._work = Background(self)
        self.title, self.source, self.problem = QLabel(), QLabel(wordWrap=True), QLabel(wordWrap=True)
        for label, role in ((self.title, "heading"), (self.problem, "error")):
            label.setProperty("role", role)
        self.source.setProperty("quiet", True)
        self.progress = QProgressBar(textVisible=False)
        self.progress.setAccessibleName("Progress")
        self.clips = self._clip_tree()
        self.all = QCheckBox("All clips")
        self.frames = FrameChoosing()
        self.warnings_title = QLabel("Irregular, and how it is taken:")
        self.warnings = QPlainTextEdit(readOnly=True)
        self.warnings.setAccessibleName("What was irregular")
        self.warnings.setMaximumHeight(110)
        self.folder = QLineEdit()
        self.folder.setAccessibleName("Folder of the new project")
        self.folder_row = self._folder_row()
        self.import_button, self.cancel_button = QPushButton("Import"), QPushButton("Cancel")
        self.import_button.setProperty("role", "primary")
        self.import_button.setDefault(True)
        self._arrange()
        self._join()
        self._show_only(self.progress)

    def look_through(self, sources: Sequence[Path]) -> None:
        """Detect formats and clips in folders or files; what was found is shown when it is known."""
        self.title.setText("Looking for clips…")
        self._sources = sources
        self._show_only(self.progress)

        def find(report: OnProgress) -> FoundClips:
            found = [find_clips(source, on_progress=report) for source in sources]
            clips = tuple(clip for one in found for clip in one.clips)
            kinds = dict.fromkeys(one.format for one in found)
            return FoundClips(
                format=", ".join(reader_title(kind) for kind in kinds),
                clips=clips,
                warnings=tuple(warning for one in found for warning in one.warnings),
            )

        self._work.start(find)

    def chosen(self) -> tuple[FoundClip, ...]:
        """The clips that are ticked."""
        items = (self.clips.topLevelItem(place) for place in range(self.clips.topLevelItemCount()))
        return tuple(
            item.data(0, _FOUND)
            for item in items
            if item is not None and item.checkState(0) == Qt.CheckState.Checked
        )

    def project_folder(self) -> Path | None:
        """Where a new project is to be made; None where one is open."""
        return Path(self.folder.text()).expanduser() if self._new_project else None

    # --- steps --------------------------------------------------------------------------------

    def _take(self, result: FoundClips | AddClips) -> None:
        if isinstance(result, FoundClips):
            self._show_found(result)
        else:
            self.ready.emit(result, self.project_folder())
            self.close()

    def _show_found(self, found: FoundClips) -> None:
        self._found = found
        count = len(found.clips)
        self.title.setText(f"Found {count} clip{'s' if count != 1 else ''}: {found.format}")
        self.source.setText(", ".join(map(str, self._sources)))
        self.clips.clear()
        for one in found.clips:
            people = _people(one)
            item = QTreeWidgetItem(
                [
                    one.clip.name,
                    f"{one.clip.frames:,}",
                    f"{one.clip.width} × {one.clip.height}",
                    "",  # `_count` says it
                    f"{len(one.regions) - 1}" if one.regions else "",
                    f"{people}" if people > 1 else "",
                ]
            )
            for column in range(1, 6):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setCheckState(0, Qt.CheckState.Checked)
            item.setData(0, _FOUND, one)
            item.setToolTip(0, f"{one.clip.name}\n{one.clip.root}")
            if one.warnings:
                item.setIcon(0, icons.icon("warning", theme.colours(self).warning))
                item.setToolTip(0, "\n".join(one.warnings))
            self.clips.addTopLevelItem(item)
        self.clips.setColumnHidden(4, not any(one.regions for one in found.clips))
        self.clips.setColumnHidden(5, all(_people(one) < 2 for one in found.clips))
        irregular = [*found.warnings, *(f"{c.clip.name}: {w}" for c in found.clips for w in c.warnings)]
        self.warnings.setPlainText("\n".join(irregular))
        shown: list[QWidget] = [self.clips, self.frames, self.import_button]
        if count > 1:
            shown.append(self.all)
        if irregular:
            shown += [self.warnings_title, self.warnings]
        if self._new_project is not None:
            name = found.clips[0].clip.name if count == 1 else self._sources[0].name
            self.folder.setText(str(self._new_project(name)))
            shown.append(self.folder_row)
        self._show_only(*shown)
        self._count()
        self.import_button.setFocus()

    def _import(self) -> None:
        folder = self.project_folder()
        if folder is not None and folder.exists() and not (folder.is_dir() and is_unmade(folder)):
            self.problem.setText(f"{folder} is not empty; choose another folder for the new project.")
            self.problem.show()
            return
        chosen, taken, frames = replace(self._found, clips=self.chosen()), self._taken, self.frames.choice()
        self.title.setText("Reading annotations…")
        self._show_only(self.progress)
        self._work.start(lambda report: import_edit(choose_from_all(chosen, frames), report, taken))

    def _refuse(self, sentence: str) -> None:
        self.title.setText("Nothing was imported")
        self.problem.setText(sentence)
        self._show_only(self.problem)
        self.cancel_button.setText("Close")

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.setToolTip(what)
        self.source.setText(what)

    def _tick(self, item: QTreeWidgetItem) -> None:
        """Do to the other clips that are selected what was done to one of them."""
        together = self.clips.selectedItems() if item.isSelected() else []
        with QSignalBlocker(self.clips):
            for one in together:
                one.setCheckState(0, item.checkState(0))
        self._count()

    def _tick_all(self) -> None:
        state = Qt.CheckState.Checked if self.all.isChecked() else Qt.CheckState.Unchecked
        with QSignalBlocker(self.clips):
            for place in range(self.clips.topLevelItemCount()):
                item = self.clips.topLevelItem(place)
                assert item is not None
                item.setCheckState(0, state)
        self._count()

    def _count(self) -> None:
        """Say how many clips and frames come in, as far as the choice of frames can be."""
        items = [self.clips.topLevelItem(place) for place in range(self.clips.topLevelItemCount())]
        found: list[FoundClip] = [item.data(0, _FOUND) for item in items if item is not None]
        ticked = [item is not None and item.checkState(0) == Qt.CheckState.Checked for item in items]
        try:
            choice = self.frames.choice()
            chosen = [
                frames_of(one, choice) if on else range(0) for one, on in zip(found, ticked, strict=True)
            ]
            problem = nothing_chosen(self.chosen()) if any(ticked) and not any(chosen) else ""
        except StudioError as error:
            chosen, problem = [range(0)] * len(found), str(error)
        with QSignalBlocker(self.clips):
            for item, one, taken in zip(items, found, chosen, strict=True):
                annotated = {picture.frame for picture in one.annotations}
                of, of_annotated = one.clip.frames, len(annotated)
                assert item is not None
                item.setText(1, f"{len(taken):,} of {of:,}" if 0 < len(taken) < of else f"{of:,}")
                left = len(annotated.intersection(taken)) if taken else of_annotated
                text = f"{left} of {of_annotated}" if left < of_annotated else f"{of_annotated or 'none'}"
                item.setText(3, text)
        clips, frames = sum(map(bool, chosen)), sum(map(len, chosen))
        self.all.setChecked(all(ticked))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.frames.count.setText(f"{frames:,} frame{'s' if frames != 1 else ''} in all")
        self.import_button.setText(f"Import {clips} clip{'s' if clips != 1 else ''}")
        self.import_button.setEnabled(clips > 0)

    def _show_only(self, *shown: QWidget) -> None:
        parts: tuple[QWidget, ...] = (
            self.progress,
            self.problem,
            self.all,
            self.clips,
            self.frames,
            self.warnings,
            self.warnings_title,
            self.folder_row,
            self.import_button,
        )
        for part in parts:
            part.setVisible(part in shown)

    # --- building -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.import_button)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        for above in (self.title, self.source, self.progress, self.problem, self.all):
            box.addWidget(above)
        box.addWidget(self.clips, 1)
        for below in (self.frames, self.warnings_title, self.warnings, self.folder_row):
            box.addWidget(below)
        box.addStretch()
        box.addLayout(buttons)

    def _join(self) -> None:
        self._work.progressed.connect(self._show_progress)
        self._work.done.connect(self._take)
        self._work.failed.connect(self._refuse)
        self._work.cancelled.connect(self.close)
        self.finished.connect(self._work.close)
        self.frames.changed.connect(self._count)
        self.all.clicked.connect(self._tick_all)
        self.import_button.clicked.connect(self._import)
        self.cancel_button.clicked.connect(self.close)

    def _clip_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("Clips found")
        tree.setHeaderLabels(["Clip", "Frames", "Size", "Annotated frames", "Objects", "Annotators"])
        tree.setRootIsDecorated(False)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setAlternatingRowColors(True)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # long names often differ at their ends
        tree.setIconSize(QSize(theme.ICON, theme.ICON))
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.itemChanged.connect(self._tick)
        return tree

    def _folder_row(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._browse)
        row.addWidget(QLabel("New project in"))
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        return widget

    def _browse(self) -> None:
        options = QFileDialog.Option.ShowDirsOnly | QFileDialog.Option.DontConfirmOverwrite
        chosen, _ = QFileDialog.getSaveFileName(self, "New project", self.folder.text(), options=options)
        if chosen:
            self.folder.setText(chosen)


def _people(one: FoundClip) -> int:
    """How many annotated it."""
    return len({picture.annotator for picture in one.annotations})


def unused_folder(parent: Path, name: str) -> Path:
    """A folder of that name that does not exist yet, numbered where it does."""
    return parent / free_name(name, lambda name: (parent / name).exists(), separator=" ")
