"""Which frames lie between which keyframes."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import StudioError
from core.geometry import decode_mask
from core.tracking.config import DensifyConfig
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, Origin
from core.trajectories.sight import is_outside


@dataclass(frozen=True)
class Span:
    """Frames to fill for some objects: `first`..`last`, both included.

    Attributes:
        before, after: the keyframes beside them whose masks are carried there; None where the objects
            have no mask on that side.
        objects: places of the objects.
        method: how they are filled, `flow` or `shape`.
    """

    first: int
    last: int
    before: int | None
    after: int | None
    objects: tuple[int, ...]
    method: str = "flow"

    @property
    def frames(self) -> range:
        """All it needs, keyframes included."""
        first = self.first if self.before is None else self.before
        last = self.last if self.after is None else self.after
        return range(first, last + 1)

    def time(self, frame: int) -> float:
        """How far along a frame is, from 0 at `before` to 1 at `after`; there for good without the other."""
        if self.before is None or self.after is None:
            return 0.0 if self.after is None else 1.0
        return (frame - self.before) / (self.after - self.before)


def mask_keyframes(trajectory: ObjectTrajectory) -> np.ndarray:
    """(J,) int32, ascending: keyframes of an object with a mask that is not empty."""
    full = [mask is not None and len(mask) > 4 for mask in trajectory.masks]
    return np.intersect1d(trajectory.keyframes, trajectory.frames[np.array(full, bool)])


def method_of(trajectory: ObjectTrajectory, config: DensifyConfig) -> str:
    """How an object is filled: as a person chose for it, else as the settings say; by box without masks."""
    return (trajectory.filling or config.method) if len(mask_keyframes(trajectory)) else "box"


def is_filled_by_box(trajectory: ObjectTrajectory, config: DensifyConfig) -> bool:
    """Whether nothing but boxes is found for an object: it has no masks, or they are not asked for."""
    return method_of(trajectory, config) == "box"


def given_mask(trajectory: ObjectTrajectory, frame: int, height: int, width: int) -> np.ndarray:
    """(height, width) bool: the mask of an object's keyframe; empty at any other frame, or without one.

    Raises:
        StudioError: the mask is of another size.
    """
    at = trajectory.place(frame)
    runs = None if at is None or trajectory.origin[at] not in KEYFRAMES else trajectory.masks[at]
    if not runs:
        return np.zeros((height, width), bool)
    try:
        return decode_mask(runs, height, width)
    except ValueError as error:
        name = trajectory.label or f"object {trajectory.id}"
        raise StudioError(
            f"The mask of {name} at frame {frame} does not fit the frame; draw it again or delete it."
        ) from error


def plan(objects: Sequence[ObjectTrajectory], frames: int, config: DensifyConfig) -> list[Span]:
    """What is to be filled in a clip, ordered by where it ends.

    An object is carried from both sides between two of its masks. A frame that is annotated for
    another object says that an object without observation is not there, unless a person drew all that is
    known of it: towards it, as towards the ends of the clip, an object is carried from one side only and
    at most `one_way_frames` far, and not at all without flow. One that is filled there, as after its keyframe
    was moved away, is there. Where a person said that it is not seen
    (`core.trajectories.sight`) nothing is carried. Only spans within `config.span` are planned,
    cut to it where that changes nothing.
    """
    looked_at = looked_at_frames(objects)
    found: dict[tuple[int, int, int | None, int | None, str], list[int]] = {}
    for place, trajectory in enumerate(objects):
        method = method_of(trajectory, config)
        if method == "box":
            continue
        reach = config.one_way_frames if method == "flow" else 0
        keys = mask_keyframes(trajectory)
        stops = _stops(trajectory, looked_at).tolist()
        own = set(keys.tolist())
        unseen = is_outside(trajectory, np.array([-1, *stops]) + 1).tolist()
        for before, after, out in zip([-1, *stops], [*stops, frames], unseen, strict=True):
            first, last = before + 1, after - 1
            if first > last or out:
                continue
            if before in own and after in own:
                found.setdefault((first, last, before, after, method), []).append(place)
            elif before in own and reach:
                found.setdefault((first, min(last, before + reach), before, None, method), []).append(place)
            elif after in own and reach:
                found.setdefault((max(first, after - reach), last, None, after, method), []).append(place)
    spans = [Span(*key[:4], tuple(places), key[4]) for key, places in found.items()]
    if config.span:
        low, high = config.span
        spans = [_cut(span, low, high) for span in spans if span.first <= high and span.last >= low]
    return in_order(spans)


def looked_at_frames(objects: Iterable[ObjectTrajectory]) -> np.ndarray:
    """(J,) int32, ascending: the frames that whoever annotated a clip looked at."""
    annotated = [one.frames[one.origin == Origin.ANNOTATED] for one in objects]
    return np.unique(np.concatenate([np.zeros(0, np.int32), *annotated]))


def _stops(trajectory: ObjectTrajectory, looked_at: np.ndarray) -> np.ndarray:
    """(J,) int32, ascending: the frames between which an object is carried."""
    if Origin.ANNOTATED not in trajectory.origin:
        return trajectory.keyframes
    return np.union1d(np.setdiff1d(looked_at, trajectory.frames), trajectory.keyframes)


def gaps_without_masks(trajectory: ObjectTrajectory, looked_at: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of keyframes of an object beside each other, one of which at least has a box only."""
    given = {int(frame): trajectory.masks[place] for place, frame in enumerate(trajectory.frames)}
    keys, stops = trajectory.keyframes, _stops(trajectory, looked_at)
    unseen = is_outside(trajectory, keys[:-1] + 1).tolist()
    return [
        (before, after)
        for (before, after), out in zip(itertools.pairwise(keys.tolist()), unseen, strict=True)
        if after - before > 1
        and not out
        and (given[before] is None or given[after] is None)
        and not np.any((stops > before) & (stops < after))
    ]


def _cut(span: Span, low: int, high: int) -> Span:
    """A span between two frames; all of it on the side of its only keyframe: what ends there stays ended."""
    first = span.first if span.after is None else max(span.first, low)
    last = span.last if span.before is None else min(span.last, high)
    return replace(span, first=first, last=last)


def in_order(spans: Iterable[Span]) -> list[Span]:
    """Spans by the last frame they need."""
    return sorted(spans, key=lambda span: (span.frames[-1], span.first))


def span_around(trajectory: ObjectTrajectory, frame: int, frames: int) -> tuple[int, int]:
    """First and last frame that change when an object's mask at a frame does: up to the keyframes beside it.

    Args:
        frames: how many the clip has.
    """
    keys = trajectory.keyframes
    before, after = keys[keys < frame], keys[keys > frame]
    return (int(before[-1]) if len(before) else 0), (int(after[0]) if len(after) else frames - 1)
