"""In which frames an object is hidden in part, and in which it is not in sight, as its keyframes say.

As in CVAT, what a keyframe says holds up to the next one. `Flag.OUTSIDE` stands at the last keyframe before
the object goes out of sight, where CVAT has a shape more in the first frame without it: what is not seen has
no observation here.
"""

import numpy as np

from core.trajectories.model import KEYFRAMES, Flag, ObjectTrajectory

FOREVER = 2**31 - 1
"""A frame after the last one of any clip."""


def occluded(one: ObjectTrajectory) -> np.ndarray:
    """(K,) bool, which observations of an object are hidden in part; see `occluded_of`."""
    if not (one.flags & Flag.OCCLUDED).any():  # quickly, since every frame that is drawn asks
        return np.zeros(len(one.frames), bool)
    return occluded_of(one.frames, one.origin, one.flags)


def occluded_of(frames: np.ndarray, origin: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """(K,) bool: which observations of an object are hidden in part.

    A keyframe says it of itself and of what is filled after it. Where there is nothing right before, what is
    filled says it of itself, as after a cut.

    Args:
        frames, origin, flags: (K,) as in `ObjectTrajectory`.
    """
    if not len(frames):
        return np.zeros(0, bool)
    says = np.isin(origin, KEYFRAMES) | (np.diff(frames, prepend=frames[0] - 2) != 1)
    last = np.maximum.accumulate(np.where(says, np.arange(len(frames)), 0))
    return np.asarray((flags[last] & Flag.OCCLUDED) != 0)


def occluded_of_many(
    ids: np.ndarray, frames: np.ndarray, origin: np.ndarray, flags: np.ndarray
) -> np.ndarray:
    """(M,) bool, as `occluded_of`, of several objects one after the other, told apart by `ids` (M,) int64."""
    return occluded_of((ids << 32) + frames, origin, flags)  # no two objects follow one another in time


def outside(one: ObjectTrajectory) -> np.ndarray:
    """(J, 2) int64, first and last frame of each stretch in which an object is said not to be seen.

    It ends before the next keyframe; at `FOREVER` where none follows.
    """
    keys = np.isin(one.origin, KEYFRAMES)
    frames = one.frames[keys].astype(np.int64)
    gaps = np.column_stack((frames + 1, np.append(frames[1:] - 1, FOREVER)[: len(frames)]))
    return gaps[((one.flags[keys] & Flag.OUTSIDE) != 0) & (gaps[:, 0] <= gaps[:, 1])]


def is_outside(one: ObjectTrajectory, frames: np.ndarray) -> np.ndarray:
    """(F,) bool, in which of some frames an object is said not to be seen."""
    found = np.zeros(len(frames), bool)
    for first, last in outside(one).tolist():
        found |= (frames >= first) & (frames <= last)
    return found
