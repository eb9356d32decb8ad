"""What a merge of objects that are in the same frames drops."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.trajectories.model import KEYFRAMES, ObjectTrajectory


@dataclass(frozen=True)
class Dropped:
    """So many frames of a trajectory, and so many keyframes among them."""

    trajectory_id: int
    frames: int
    keyframes: int

    def __str__(self) -> str:
        frames = f"{self.frames:,} frame{'s' if self.frames != 1 else ''} of {self.trajectory_id}"
        if not self.keyframes:
            return frames
        if self.keyframes == self.frames:
            return f"{frames}, {'all of them keyframes' if self.frames != 1 else 'a keyframe'}"
        return f"{frames}, {self.keyframes:,} keyframe{'s' if self.keyframes != 1 else ''} among them"


def dropped_by_merge(objects: Sequence[ObjectTrajectory]) -> list[Dropped]:
    """What is lost where objects are merged: in a frame that several have, a keyframe wins, then the earlier.

    Returns:
        the objects that lose something, the one that starts first in front; empty where they share no frame.
    """
    ordered = sorted(objects, key=lambda one: (int(one.frames[0]), one.id))
    kept: dict[int, tuple[int, bool]] = {}
    dropped: dict[int, list[bool]] = {one.id: [] for one in ordered}
    for one in ordered:
        for frame, origin in zip(one.frames.tolist(), one.origin.tolist(), strict=True):
            mine = (one.id, origin in KEYFRAMES)
            theirs = kept.get(frame)
            if theirs is None or (mine[1] and not theirs[1]):
                kept[frame], mine = mine, theirs or (0, False)
            if mine[0]:
                dropped[mine[0]].append(mine[1])
    return [Dropped(id, len(keys), sum(keys)) for id, keys in dropped.items() if keys]


def sentence(dropped: Sequence[Dropped]) -> str:
    """What is lost, in words."""
    few = [str(one) for one in dropped[:3]]
    if len(dropped) > len(few):
        rest = dropped[len(few) :]
        few.append(f"{sum(one.frames for one in rest):,} frames of {len(rest):,} others")
    return f"They share frames: merging them drops {' and '.join(few)}."
