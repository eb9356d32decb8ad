"""Whether pixels go with an object or with the camera: which of both motions finds them again.

Where the picture is even, no point is tracked, and what points say would spread over the road as far as over
the car that drives there. Even there a little is left to be seen once the motion is taken away, and an edge
that goes along is seen well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from core.motion_segmentation.grouped import CAMERA
from core.tracking.camera_motion import FEWEST, motion_between
from core.tracking.voting import lab
from core.trajectories.model import PointTrajectories

SIDE = 480
"""Pixels: larger frames are shrunk by a whole number; masks of full frames are no better."""

APART = 4
"""Frames from one to those, before and after it, in which its pixels are looked for."""

TELLS = 0.25
"""Log odds for a unit of CIELAB by which one motion finds a pixel less well than the other."""

AT_MOST = 3.0
"""Log odds, at most."""

_LEAST = 4  # points that tell a motion of an object
_CLOSE = 1.5  # pixels from a motion within which a point follows it
_AROUND = 5  # pixels: side of the patches that are compared


@dataclass(frozen=True, eq=False)
class Picture:
    """A frame made small.

    Attributes:
        size: height and width of the frame.
        image: (h, w, 3) uint8 RGB.
        colours: (h, w, 3) uint8, as `lab` gives them.
    """

    size: tuple[int, int]
    image: np.ndarray
    colours: np.ndarray

    @classmethod
    def of(cls, frame: np.ndarray) -> Self:
        """Of a frame (H, W, 3) uint8 RGB."""
        height, width = frame.shape[:2]
        times = -(-max(height, width) // SIDE)
        if times > 1:
            small = max(width // times, 1), max(height // times, 1)
            image = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
        else:
            image = frame
        return cls((height, width), image, lab(image))

    @property
    def scale(self) -> np.ndarray:
        """(2,) small pixels to a pixel of the frame, across and down."""
        return np.array(self.image.shape[1::-1]) / np.array(self.size[::-1])


def moving_with(
    points: PointTrajectories,
    groups: np.ndarray,
    numbers: Iterable[int],
    frame: int,
    pictures: Mapping[int, Picture],
) -> dict[int, np.ndarray]:
    """By object, how pixels of a frame move.

    Args:
        points: N trajectories, and `groups` (N,) int, what each belongs to, as `Grouping` has them.
        numbers: of the objects.
        pictures: by frame; looked at are those of the frame and `APART` from it, where they are.

    Returns:
        For each object (h, w) float32, log odds of small pixels: above 0 where they go with it, below where
        they go with the camera, 0 where nothing says. Nothing of objects that have too few points.

    A pixel may be hidden on one side in time: what finds it better on either counts.
    """
    off: dict[int, np.ndarray] = {}
    for other in (frame - APART, frame + APART):
        if other not in pictures:
            continue
        first, last = min(frame, other), max(frame, other)
        places = np.flatnonzero((points.first <= first) & (points.last >= last))
        here, there = (points.xy[points.offsets[places] + at - points.first[places]] for at in (frame, other))
        still = groups[places] == CAMERA
        if still.sum() < FEWEST:
            continue
        motions = {CAMERA: motion_between(here[still], there[still])}
        for number in numbers:
            own = groups[places] == number
            motion = _similarity(here[own], there[own])
            if motion is not None:
                motions[number] = motion
        for number, motion in motions.items():
            missed = _missed(pictures[frame], pictures[other], motion)
            off[number] = np.minimum(off[number], missed) if number in off else missed
    seen = {number: missed for number, missed in off.items() if number != CAMERA}
    return {number: _odds(off[CAMERA], missed) for number, missed in seen.items()}


def _similarity(here: np.ndarray, there: np.ndarray) -> np.ndarray | None:
    """(3, 3) float64, how most of (K, 2) points go; None of too few."""
    if len(here) < _LEAST:
        return None
    pairs = np.ascontiguousarray(here, np.float32), np.ascontiguousarray(there, np.float32)
    found, _ = cv2.estimateAffinePartial2D(*pairs, method=cv2.RANSAC, ransacReprojThreshold=_CLOSE)
    return None if found is None else np.vstack((found, (0, 0, 1)))


def _missed(picture: Picture, other: Picture, motion: np.ndarray) -> np.ndarray:
    """(h, w) float32, CIELAB between a pixel and where a motion takes it; infinite out of the picture."""
    small = np.diag((*picture.scale, 1.0))
    onto = small @ motion @ np.linalg.inv(small)
    size = picture.image.shape[1::-1]
    pulled = cv2.warpPerspective(other.colours, onto, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    whole = np.full(other.colours.shape[:2], 255, np.uint8)
    within = cv2.warpPerspective(whole, onto, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    unlike = cv2.absdiff(picture.colours, pulled).sum(axis=2, dtype=np.float32)
    missed = cv2.blur(unlike, (_AROUND, _AROUND))
    missed[within == 0] = np.inf
    return np.asarray(missed)


def _odds(by_camera: np.ndarray, by_object: np.ndarray) -> np.ndarray:
    known = np.isfinite(by_camera) & np.isfinite(by_object)
    gained = np.subtract(by_camera, by_object, out=np.zeros_like(by_camera), where=known)
    return np.clip(TELLS * gained, -AT_MOST, AT_MOST)
