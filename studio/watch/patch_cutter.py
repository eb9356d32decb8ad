"""Patches of frames as pictures, cut in a thread."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.events import OnProgress
from core.pretraining.record.patch_places import PatchPlaces
from studio.background import Background

KEPT = 3000
"""Pictures that are kept."""

AT_ONCE = 16
"""Patches that are cut before they are shown."""

FRAME_BUDGET = 128 * 2**20
"""Bytes of decoded frames that are kept while patches are cut."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A place in a frame, to be shown as a network sees it.

    Attributes:
        clip, frame: where it lies.
        box: x1, y1, x2, y2 in pixels of the frame; may reach over its border.
        trajectory: the id of the trajectory that it shows; 0 for none.
        flip: mirrored left to right.
        tone: "", "good" or "bad": how its frame is drawn.
        note: what is said of it when it is hovered.
        spot: x1, y1, x2, y2 in pixels of the frame: what of it is meant; None for all.
    """

    clip: Clip
    frame: int
    box: tuple[float, float, float, float]
    trajectory: int = 0
    flip: bool = False
    tone: str = ""
    note: str = ""
    spot: tuple[float, float, float, float] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """The same for patches of the same pixels."""
        return self.clip.id, self.clip.name, self.frame, self.box, self.flip


class PatchCutter(QObject):
    """Cuts the patches that are wanted now; the wishes before are forgotten, the pictures kept.

    Signals:
        arrived(): there are more pictures.
        failed(str): a frame cannot be read; one sentence.
    """

    arrived = Signal()
    failed = Signal(str)
    _cut = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: OrderedDict[tuple[object, ...], QImage] = OrderedDict()
        self._side = 0
        self._wanted: tuple[tuple[object, ...], ...] = ()
        self._work = Background(self)
        self._work.failed.connect(self.failed)
        self._cut.connect(self._take)

    def picture(self, patch: Patch) -> QImage | None:
        """The picture of a patch where it is there."""
        return self._pictures.get(patch.key)

    def want(self, patches: Iterable[Patch], side: int) -> None:
        """Cut these, in this order, to a side in pixels; those that are there are not cut again."""
        if side != self._side:
            self._pictures.clear()
            self._side = side
        missing = {patch.key: patch for patch in patches if patch.key not in self._pictures}
        wanted = tuple(missing)
        if wanted and (wanted != self._wanted or not self._work.is_running):
            self._wanted = wanted
            self._work.start(lambda report: self._cut_all(list(missing.values()), side, report))

    def close(self) -> None:
        """Wait for the thread."""
        self._work.close()

    def _cut_all(self, patches: Sequence[Patch], side: int, report: OnProgress) -> None:
        """Called in the thread."""
        clips = {patch.clip.id: patch.clip for patch in patches}
        places = {id: place for place, id in enumerate(clips)}
        with PatchReader(list(clips.values()), side, FRAME_BUDGET) as reader:
            for start in range(0, len(patches), AT_ONCE):
                report(start, len(patches), "")
                some = patches[start : start + AT_ONCE]
                pixels = reader.read(
                    np.array([places[one.clip.id] for one in some]),
                    np.array([one.frame for one in some]),
                    np.array([one.box for one in some], np.float32),
                    np.array([one.flip for one in some]),
                )
                self._cut.emit(
                    (side, [(one.key, _image(piece)) for one, piece in zip(some, pixels, strict=True)])
                )

    def _take(self, cut: tuple[int, list[tuple[tuple[object, ...], QImage]]]) -> None:
        side, pictures = cut
        if side == self._side:
            self._pictures.update(pictures)
            while len(self._pictures) > KEPT:
                self._pictures.popitem(last=False)
            self.arrived.emit()


def _image(pixels: np.ndarray) -> QImage:
    """A copy of (S, S, 3) uint8 RGB."""
    height, width = pixels.shape[:2]
    return QImage(
        np.ascontiguousarray(pixels).data, width, height, 3 * width, QImage.Format.Format_RGB888
    ).copy()


def patches_at(
    places: PatchPlaces, clips: Mapping[int, Clip], notes: Sequence[str] = (), tones: Sequence[str] = ()
) -> list[Patch]:
    """The patches of a row of places, without those of clips that are no longer in the project.

    Args:
        places: (K,) arrays.
        clips: id of a row → clip.
        notes, tones: of each place, where there are any.
    """
    return [
        Patch(
            clips[int(clip_id)],
            int(places.frame[k]),
            tuple(places.box[k].tolist()),
            trajectory=int(places.trajectory[k]),
            note=notes[k] if notes else "",
            tone=tones[k] if tones else "",
        )
        for k, clip_id in enumerate(places.clip_id.tolist())
        if int(clip_id) in clips
    ]
