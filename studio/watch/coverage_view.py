"""Which trajectories a run has drawn, how often and in which role, and which never."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.pretraining.record.trajectory_losses import TrajectoryLosses, read_trajectory_losses
from core.trajectories.snapshot_parts import ClipIds, snapshot_ids
from studio import theme
from studio.runs.run import Run
from studio.watch.histogram import Histogram, counted
from studio.watch.page import Page
from studio.watch.reading import Reading

ROLES = (("anchors", "anchor"), ("positives", "positive"), ("negatives", "negative"))
NOT_YET = (
    "How often each trajectory was drawn appears here with the run's first report. "
    "Runs of older versions did not record it."
)


@dataclass(frozen=True, eq=False)
class ClipCoverage:
    """What a run drew of a clip.

    Attributes:
        clip_id, name: the clip.
        anchors: (N,) int32, how often each of its trajectories was the anchor of a pair or triplet.
        never: (K,) int64, ids of those that were drawn in no role.
    """

    clip_id: int
    name: str
    anchors: np.ndarray
    never: np.ndarray


def coverage_by_clip(losses: TrajectoryLosses, trajectories: Sequence[ClipIds]) -> list[ClipCoverage]:
    """The clips that have such trajectories, those with the most that were never drawn first."""
    never, clips = losses.never, []
    for of in trajectories:
        here = np.isin(losses.ids, of.ids)
        if here.any():
            left = never[np.isin(never, of.ids)]
            clips.append(ClipCoverage(of.clip_id, of.name, losses.anchors[here], left))
    return sorted(clips, key=lambda one: (-len(one.never), one.name))


class CoverageView(QWidget):
    """Histogram of how often trajectories were drawn, beside a row for each clip.

    Signals:
        losses_asked(Run): the tracks are to be coloured in Curate by what they cost this run.
        select_asked(int, object): the trajectories of these ids (frozenset) of a clip are wanted in Curate.
    """

    losses_asked = Signal(object)
    select_asked = Signal(int, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._snapshots: dict[Path, list[ClipIds]] = {}  # of the thread alone
        self.clips: list[ClipCoverage] = []
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setMargin(theme.SPACE)
        self.histogram = Histogram("How often drawn", "Times", "Trajectories", "Nothing was drawn yet.")
        self.table = QTreeWidget()
        self.select_button = QPushButton("Select the never drawn in Curate")
        self.colour_button = QPushButton("Colour tracks by loss")
        self.colour_button.setToolTip("Shows what each track cost this run, in Curate")
        self.page = Page(self._content())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self.page.say)
        self.table.itemSelectionChanged.connect(self._allow)
        self.table.itemActivated.connect(self._select)
        self.select_button.clicked.connect(self._select)
        self.colour_button.clicked.connect(lambda: self.losses_asked.emit(self._run))

    def show_run(self, run: Run | None) -> None:
        """Show what a run has drawn by now."""
        if run is not self._run:
            self.page.say(NOT_YET if run is None else "The counts are being read…")
        self._run = run
        if run is None or run.path is None:
            self.page.say(NOT_YET)
        elif run.settings.get("method") == "caltech101":
            self.page.say("This run trains on labelled images, not on trajectories.")
        else:
            self._reading.want((run.path, len(run.curve("loss"))), partial(self._read, run.path))

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _read(self, path: Path) -> tuple[TrajectoryLosses, list[ClipCoverage]] | None:
        """Called in the thread."""
        losses = read_trajectory_losses(path)
        if losses is None:
            return None
        if path not in self._snapshots:
            self._snapshots = {path: snapshot_ids(path / "snapshot")}
        return losses, coverage_by_clip(losses, self._snapshots[path])

    def _take(self, found: tuple[TrajectoryLosses, list[ClipCoverage]] | None) -> None:
        if found is None:
            self.page.say(NOT_YET)
            return
        losses, self.clips = found
        counts = [np.asarray(getattr(losses, name), float) for name, _ in ROLES]
        most = max((float(count.max(initial=0)) for count in counts), default=0.0)
        self.histogram.show_counts(
            [
                counted(count, 20, role, colour, whole=True, span=(0.0, most))
                for colour, (count, (_, role)) in enumerate(zip(counts, ROLES, strict=True))
            ]
        )
        never, total = sum(len(one.never) for one in self.clips), len(losses.ids)
        self._words.setText(
            f"{total - never:,} of {total:,} trajectories were drawn, {never:,} never."
            if never
            else f"All {total:,} trajectories were drawn."
        )
        self._fill()
        self.page.show_content()

    def _fill(self) -> None:
        chosen = [item.text(0) for item in self.table.selectedItems()]
        scrolled = self.table.verticalScrollBar().value()
        self.table.clear()
        for one in self.clips:
            values = (one.name, f"{len(one.anchors):,}", f"{one.anchors.mean():.1f}", f"{len(one.never):,}")
            item = QTreeWidgetItem(list(values))
            for column in (1, 2, 3):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(0, one.name)
            self.table.addTopLevelItem(item)
            if one.name in chosen:
                item.setSelected(True)
        self.table.verticalScrollBar().setValue(scrolled)
        first = self.table.topLevelItem(0)
        if not self.table.selectedItems() and first is not None:
            self.table.setCurrentItem(first)
        self._allow()

    def _chosen(self) -> ClipCoverage | None:
        items = self.table.selectedItems()
        return self.clips[self.table.indexOfTopLevelItem(items[0])] if items else None

    def _allow(self) -> None:
        chosen = self._chosen()
        count = len(chosen.never) if chosen is not None else 0
        self.select_button.setEnabled(count > 0)
        where = f" of {chosen.name}" if chosen is not None else ""
        self.select_button.setToolTip(
            f"Opens the clip with its {count:,} such trajectories selected in the table of tracks"
            if count
            else f"Every trajectory{where} was drawn"
        )

    def _select(self, *_: object) -> None:
        chosen = self._chosen()
        if chosen is not None and len(chosen.never):
            self.select_asked.emit(chosen.clip_id, frozenset(chosen.never.tolist()))

    def _content(self) -> QWidget:
        table = self.table
        table.setAccessibleName("Trajectories drawn, by clip")
        table.setHeaderLabels(["Clip", "Tracks", "Drawn", "Never"])
        tips = (
            "",
            "That the run can draw",
            "How often each was the anchor of a pair or triplet, on average",
            "Drawn in no role so far",
        )
        for place, tip in enumerate(tips):
            table.headerItem().setToolTip(place, tip)
        table.setRootIsDecorated(False)
        table.setAlternatingRowColors(True)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.header().setStretchLastSection(False)
        table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            table.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        side = QWidget()
        box = QVBoxLayout(side)
        box.setContentsMargins(0, 0, theme.SPACE, theme.SPACE)
        box.addWidget(self._words)
        box.addWidget(table, 1)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.colour_button)
        row.addWidget(self.select_button)
        box.addLayout(row)
        self.histogram.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.histogram)
        splitter.addWidget(side)
        splitter.setSizes([400, 400])
        return splitter
