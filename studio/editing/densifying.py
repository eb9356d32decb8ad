"""The selected objects densified, and no others: what that replaces is counted before it starts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.events import OnProgress
from core.tracking.config import DensifyConfig
from core.tracking.refill import densify_some
from core.trajectories import touched
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.model import ObjectTrajectory, Origin
from studio.background import Background
from studio.document import Document
from studio.view_state import Filling, ViewState


@dataclass(frozen=True)
class Counts:
    """What densifying some objects comes to, in frames.

    Attributes:
        replaced, kept: filled before; those that a person put there stay.
        empty: between keyframes.
    """

    objects: int
    replaced: int
    kept: int
    empty: int

    @property
    def sentence(self) -> str:
        parts = []
        if self.empty or not (self.replaced or self.kept):
            parts.append(f"fills {self.empty:,} empty frame{'s' if self.empty != 1 else ''}")
        if self.replaced:
            parts.append(f"replaces {self.replaced:,} filled frame{'s' if self.replaced != 1 else ''}")
        if self.kept:
            parts.append(f"keeps {self.kept:,} that you cut, swapped, joined or accepted")
        text = ", ".join(parts)
        return f"{text[:1].upper()}{text[1:]}."


class Densifying(QObject):
    """Densifies objects of a clip in a thread, as one step of undo.

    Signals:
        failed(str): the frames cannot be read; one sentence for the user.
        told(str): what it will come to.
    """

    failed = Signal(str)
    told = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, settings: Callable[[], DensifyConfig], parent: QObject
    ) -> None:
        """`settings`: gives how objects are filled."""
        super().__init__(parent)
        self._document, self._view, self._settings = document, view, settings
        self._filling: dict[int, tuple[int, int]] = {}  # by id, what is being filled
        self._background = Background(self)
        self._background.progressed.connect(self._show)
        self._background.done.connect(self._land)
        self._background.failed.connect(self._fail)

    def ask(self, over: QWidget) -> None:
        """Densify the selected objects, after a question where that replaces something."""
        clip = self._view.clip
        chosen = self._chosen(clip)
        if clip is None or not chosen:
            return
        counts = self.counts(clip, chosen)
        ids = [one.id for one in chosen]
        if not counts.replaced:
            self.told.emit(counts.sentence)
            self.start(clip, ids)
            return
        box = QMessageBox(over)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Densify selected")
        box.setText(f"Densify {counts.objects:,} object{'s' if counts.objects != 1 else ''}?")
        box.setInformativeText(counts.sentence)
        densify = box.addButton("&Densify", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(densify)
        densify.clicked.connect(lambda checked=False: self.start(clip, ids))
        box.open()

    def counts(self, clip: Clip, objects: Sequence[ObjectTrajectory]) -> Counts:
        """What densifying some objects of a clip comes to."""
        ids = [one.id for one in objects]
        with self._document.project.reading() as connection:
            whole, frames = (
                touched.accepted(connection, ids),
                touched.touched_frames(connection, clip.id, ids),
            )
        replaced = kept = empty = 0
        for one in objects:
            filled, keys = one.frames[one.origin == Origin.PROPAGATED], one.keyframes
            stay = (
                len(filled) if one.id in whole else int(np.isin(filled, list(frames.get(one.id, ()))).sum())
            )
            replaced, kept = replaced + len(filled) - stay, kept + stay
            if len(keys) and one.id not in whole:
                within = (one.frames >= keys[0]) & (one.frames <= keys[-1])
                empty += int(keys[-1] - keys[0]) + 1 - int(np.count_nonzero(within))
        return Counts(len(objects), replaced, kept, empty)

    def start(self, clip: Clip, ids: Sequence[int]) -> None:
        """Densify objects of a clip, by id."""
        objects = tuple(self._document.objects(clip.id).values())
        chosen = [one for one in objects if one.id in ids and len(one.keyframes)]
        self._filling = {one.id: (int(one.keyframes[0]), int(one.keyframes[-1])) for one in chosen}
        self._background.start(partial(_filled, clip, objects, list(self._filling), self._settings()))
        self._show(0, 1)

    def cancel(self) -> bool:
        """Give it up; False if there is nothing."""
        under_way = bool(self._filling)
        self._background.cancel()
        self._clear()
        return under_way

    def close(self) -> None:
        """Give up what is under way, and wait for the thread."""
        self.cancel()
        self._background.close()

    def _land(self, edit: FillObservations) -> None:
        self._clear()
        self._document.perform(edit)

    def _fail(self, sentence: str) -> None:
        self._clear()
        self.failed.emit(sentence)

    def _clear(self) -> None:
        self._filling = {}
        self._show(0, 1)

    def _show(self, done: int, total: int) -> None:
        percent = 100 * done // total // 5 * 5
        filling = {id: Filling(first, last, percent) for id, (first, last) in self._filling.items()}
        self._view.set_filling(filling, by="densifying")

    def _chosen(self, clip: Clip | None) -> list[ObjectTrajectory]:
        objects = self._document.objects(clip.id) if clip is not None else {}
        return [objects[id] for id in sorted(self._view.selection) if id in objects]


def _filled(
    clip: Clip,
    objects: Sequence[ObjectTrajectory],
    ids: Sequence[int],
    config: DensifyConfig,
    report: OnProgress,
) -> FillObservations:
    made_from = {one.id: one.keyframes_digest() for one in objects if one.id in ids}
    with open_frames(clip) as frames:
        found = densify_some(frames, objects, ids, config, lambda done, total: report(done, total, ""))
    return FillObservations({clip.id: found}, settings=asdict(config), made_from=made_from, by_job=False)
