"""A drawn clip whose objects were annotated in some frames and densified between them, in a project."""

from pathlib import Path

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.synthetic import SyntheticClip, render_clip
from core.geometry import encode_mask, mask_box
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.trajectories.bulk_edits import AddClips, FillObservations
from core.trajectories.model import ObjectTrajectory, Origin
from studio.document import Document

FRAMES, KEYS, WIDTH, HEIGHT = 25, (0, 8, 16, 24), 200, 150
FIRST, SECOND = 1, 2  # ids

Drawn = tuple[SyntheticClip, list[ObjectTrajectory], list[ObjectTrajectory]]


def draw() -> Drawn:
    """The clip, its two objects at the keyframes, and what the densifier fills between."""
    clip = render_clip(44, frames=FRAMES, width=WIDTH, height=HEIGHT, objects=2)
    objects = [_annotated(clip, number) for number in (1, 2)]
    densifier = Densifier(clip.frames, objects, DensifyConfig())
    for _ in densifier.steps():
        pass
    return clip, objects, densifier.trajectories()


def add_to(
    document: Document,
    folder: Path,
    drawn: Drawn,
    fill: bool = True,
) -> None:
    """Write the frames and store the clip; in a new project its objects are `FIRST` and `SECOND`."""
    clip, objects, found = drawn
    for number, image in enumerate(clip.frames):
        cv2.imwrite(str(folder / f"{number:02d}.png"), np.ascontiguousarray(image[..., ::-1]))
    files = tuple(f"{number:02d}.png" for number in range(FRAMES))
    stored = Clip(name="drawn", dataset="frames", width=WIDTH, height=HEIGHT, root=folder, files=files)
    assert document.perform(AddClips([(stored, objects)]))
    if fill:
        clip_id = next(one.clip.id for one in document.clips() if one.clip.name == "drawn")
        by_id = dict(zip(document.objects(clip_id), found, strict=True))
        assert document.perform(FillObservations({clip_id: by_id}))


def _annotated(clip: SyntheticClip, number: int) -> ObjectTrajectory:
    there = [clip.labels[frame] == number for frame in KEYS]
    return ObjectTrajectory(
        frames=np.array(KEYS, np.int32),
        boxes=np.array([mask_box(mask) for mask in there], np.float32),
        origin=np.full(len(KEYS), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(KEYS), np.float32),
        masks=tuple(encode_mask(mask) for mask in there),
    )
