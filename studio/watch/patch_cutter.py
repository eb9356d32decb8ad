"""Patches of frames, and how they are cut."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.pretraining.record.patch_places import PatchPlaces

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


def cut_patches(patches: Sequence[Patch], side: int) -> Iterator[list[tuple[Hashable, np.ndarray]]]:
    """Patches for `PictureCutter`, some at a time, in their order.

    Raises:
        StudioError: a frame cannot be read.
    """
    clips = {patch.clip.id: patch.clip for patch in patches}
    places = {id: place for place, id in enumerate(clips)}
    with PatchReader(list(clips.values()), side, FRAME_BUDGET) as reader:
        for start in range(0, len(patches), AT_ONCE):
            some = patches[start : start + AT_ONCE]
            pixels = reader.read(
                np.array([places[one.clip.id] for one in some]),
                np.array([one.frame for one in some]),
                np.array([one.box for one in some], np.float32),
                np.array([one.flip for one in some]),
            )
            yield [(one.key, piece) for one, piece in zip(some, pixels, strict=True)]


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
