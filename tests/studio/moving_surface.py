"""A drawn clip of surfaces that move, whose truth is known, in the real window or a document."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.synthetic import SyntheticClip, render_clip
from core.trajectories.bulk_edits import AddClips, AddTrajectories
from core.trajectories.model import PointTrajectories
from studio.document import Document

FRAMES, WIDTH, HEIGHT = 16, 240, 180


@cache
def drawn() -> tuple[SyntheticClip, np.ndarray]:
    """The clip, and the true paths (2, 16, 2) of two points of an object that are seen in all its frames."""
    clip = render_clip(13, frames=FRAMES, width=WIDTH, height=HEIGHT)
    rows, columns = np.nonzero(clip.labels[0] == 2)
    starts = np.stack([columns, rows], axis=1)[:: len(rows) // 60] + 0.5
    seen = starts[np.all([clip.visible(0, starts, frame) for frame in range(FRAMES)], axis=0)]
    inner = seen[np.argsort(np.linalg.norm(seen - seen.mean(axis=0), axis=1))[[0, 5]]]
    return clip, np.stack([clip.position(0, inner, frame) for frame in range(FRAMES)], axis=1)


def add_to(document: Document, folder: Path, points: PointTrajectories | None = None) -> Clip:
    """Write the frames and store the clip, with points where they are given."""
    clip, _ = drawn()
    for number, image in enumerate(clip.frames):
        cv2.imwrite(str(folder / f"{number:02d}.png"), np.ascontiguousarray(image[..., ::-1]))
    files = tuple(f"{number:02d}.png" for number in range(FRAMES))
    stored = Clip(name="surface", dataset="frames", width=WIDTH, height=HEIGHT, root=folder, files=files)
    assert document.perform(AddClips([(stored, [])]))
    stored = next(one.clip for one in document.clips() if one.clip.name == "surface")
    if points is not None:
        assert document.perform(AddTrajectories(stored.id, points, [], "truth"))
    return stored
