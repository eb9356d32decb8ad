"""What tests of filling again ask of the densified objects, and the box that they move."""

import numpy as np

from core.geometry import encode_mask
from core.trajectories.model import ObjectTrajectory
from core.trajectories.observation_edits import SetObservation
from studio.document import Document
from tests.studio import densified
from tests.studio.densified import FIRST

AT = 12  # between the keyframes 8 and 16


def clip_id(document: Document) -> int:
    return document.clips()[0].clip.id


def one(document: Document, id: int = FIRST) -> ObjectTrajectory:
    return document.objects(clip_id(document))[id]


def boxes(document: Document, id: int = FIRST) -> np.ndarray:
    """(25, 4), the boxes by frame; NaN where there is none."""
    found = np.full((densified.FRAMES, 4), np.nan, np.float32)
    found[one(document, id).frames] = one(document, id).boxes
    return found


def changed(document: Document, before: np.ndarray, id: int = FIRST) -> list[int]:
    """Frames whose box is another one than before."""
    return np.flatnonzero(((boxes(document, id) != before) & ~np.isnan(before)).any(axis=1)).tolist()


def moved(document: Document, frame: int = AT, by: int = 6, id: int = FIRST) -> SetObservation:
    """The box at a frame moved by some pixels, with no mask any more where it has none."""
    place = one(document, id).place(frame)
    assert place is not None
    box = one(document, id).boxes[place] + np.array((by, 0, by, 0), np.float32)
    mask = np.zeros((densified.HEIGHT, densified.WIDTH), bool)
    x1, y1, x2, y2 = box.astype(int)
    mask[y1:y2, x1:x2] = True
    return SetObservation(clip_id(document), id, frame, box, encode_mask(mask))
