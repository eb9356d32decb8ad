"""Real clips as a person's work left them, tracked and densified, and errors planted in them by lot.

What is true of them is their annotation, so what the densifier got wrong by itself counts as right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.curated_sample import densified, joined, kept
from benchmarks.densification import given
from benchmarks.planted_errors import planted as slid
from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.geometry import iou
from core.identity.proposals import NEAR
from core.review.findings import Item
from core.tracking.config import DensifyConfig, TrackConfig
from core.tracking.linking import FlowTracker
from core.tracking.movers import Mover
from core.trajectories.model import EndReason, ObjectTrajectory, Origin, PointTrajectories

LONGEST = 60
"""Frames of a clip."""

EVERY = 10
"""Frames from keyframe to keyframe where all are annotated."""

LOST = 3
"""Frames that a broken track lacks."""

MANY = 40
"""Points of a clip that are broken."""

SAME = 0.3
"""IoU from which a box around points is where a missing object is."""

DENSIFY = DensifyConfig(max_side=480, one_way_frames=0, threads=1)


@dataclass(frozen=True, eq=False)
class Tracked:
    """A clip with its tracks; objects go by id.

    Attributes:
        truth: the objects as they are, for the frames that an error takes from them.
    """

    clip: Clip
    points: PointTrajectories
    objects: Mapping[int, ObjectTrajectory]
    truth: Mapping[int, ObjectTrajectory]


@dataclass(frozen=True, eq=False)
class Planted:
    """An error: of some tracks, in some frames; `boxes` are of what no track follows there, by frame."""

    kind: str
    tracks: tuple[int, ...]
    frames: frozenset[int] = frozenset()
    boxes: Mapping[int, np.ndarray] = field(default_factory=dict)

    def is_shown_by(self, item: Item) -> bool:
        """Whether an item of its clip shows it."""
        if isinstance(item.proposal, Mover):
            mover = dict(zip(item.proposal.frames.tolist(), item.proposal.boxes, strict=True))
            return any(iou(mover[f], self.boxes[f]) >= SAME for f in mover.keys() & self.boxes.keys())
        return not set(self.tracks).isdisjoint(item.tracks) and any(
            item.first <= frame <= item.last for frame in self.frames
        )


# --- clips as a person's work left them -------------------------------------------------------


def tracked(clip: Clip, truth: Mapping[int, np.ndarray]) -> Tracked:
    """Track points in a clip and densify the objects of its annotated frames."""
    keys = sorted(truth) if len(truth) < clip.frames / 2 else [*range(0, clip.frames, EVERY), clip.frames - 1]
    numbers = sorted({int(n) for key in keys for n in np.unique(truth[key])} - {0})
    objects = [given(dict(truth), [key for key in keys if key in truth], number) for number in numbers]
    objects = [one for one in objects if len(one.frames) > 1]
    with open_frames(clip) as images:
        tracker = FlowTracker(images, TrackConfig(preset="fast", max_side=480, threads=1))
        for _ in tracker.steps():
            pass
    whole = {one.id: one for one in filled(clip, objects)}
    points = tracker.trajectories()
    ids = max(whole, default=0) + 1_000 + np.arange(len(points))
    return Tracked(clip, replace(points, ids=ids), whole, whole)


def filled(clip: Clip, objects: Sequence[ObjectTrajectory]) -> list[ObjectTrajectory]:
    """Objects of a clip audited, and filled between their keyframes."""
    with open_frames(clip) as images:
        return densified(images, objects, DENSIFY)


# --- errors -----------------------------------------------------------------------------------

Made = tuple[Tracked, Planted] | None
"""A clip with an error; None where none of the kind fits."""


def _with(one: Tracked, *objects: ObjectTrajectory) -> Tracked:
    return replace(one, objects={**one.objects, **{each.id: each for each in objects}})


def _near(frame: int) -> frozenset[int]:
    return frozenset(range(frame - NEAR, frame + NEAR + 1))


def _swap(one: Tracked, lot: np.random.Generator) -> Made:
    for first, second in lot.permutation(
        [(a, b) for a in one.objects for b in one.objects if a < b]
    ).tolist():
        a, b = one.objects[first], one.objects[second]
        shared = np.intersect1d(a.frames, b.frames)[6:-6]
        if len(shared):
            frame = int(lot.choice(shared))
            new = [
                joined(kept(head, head.frames < frame), kept(tail, tail.frames >= frame))
                for head, tail in ((a, b), (b, a))
            ]
            return _with(one, *new), Planted("swap", (first, second), _near(frame))
    return None


def _drift(one: Tracked, lot: np.random.Generator) -> Made:
    size = one.clip.width, one.clip.height
    objects, found = slid(list(one.objects.values()), size, lot, "drift to background")
    if found is None:
        return None
    drifted = next(each for each in objects if each.id == found.tracks[0])
    truth = one.truth[drifted.id]
    boxes = {f: box for f, box in zip(truth.frames.tolist(), truth.boxes, strict=True) if f > found.frame}
    return _with(one, drifted), Planted("drift", found.tracks, _near(found.frame), boxes)


def _broken(one: Tracked, lot: np.random.Generator) -> Made:
    long = [each for each in one.objects.values() if len(each.frames) > 16]
    if not long:
        return None
    whole = long[lot.integers(len(long))]
    frame = int(lot.integers(whole.frames[6], whole.frames[-6 - LOST]))
    later = replace(kept(whole, whole.frames >= frame + LOST), id=max(one.objects) + 1)
    halves = kept(whole, whole.frames < frame), later
    return _with(one, *halves), Planted("broken track", (whole.id, later.id), frozenset([frame + LOST]))


def _wrong_mask(one: Tracked, lot: np.random.Generator) -> Made:
    """The mask of another keyframe, in a keyframe that has one on both sides."""
    for id in lot.permutation(list(one.objects)).tolist():
        given_only = kept(one.objects[id], one.objects[id].origin != Origin.PROPAGATED)
        for place in 1 + lot.permutation(max(len(given_only.frames) - 2, 0)):
            overlaps = iou(given_only.boxes, given_only.boxes[place])
            other = int(overlaps.argmin())
            if overlaps[other] < 0.5:
                boxes, masks = given_only.boxes.copy(), list(given_only.masks)
                boxes[place], masks[place] = boxes[other], masks[other]
                wrong = replace(given_only, boxes=boxes, masks=tuple(masks))
                (again,) = filled(one.clip, [wrong])
                frame = int(given_only.frames[place])
                return _with(one, again), Planted("wrong mask", (id,), frozenset([frame]))
    return None


def _false(one: Tracked, lot: np.random.Generator) -> Made:
    """A box that stands where no object is, of the size of one of them."""
    size = one.objects[int(lot.choice(list(one.objects)))].boxes
    side = np.median(size[:, 2:] - size[:, :2], axis=0)
    room = np.array((one.clip.width, one.clip.height)) - side
    everywhere = np.concatenate([each.boxes for each in one.truth.values()])
    for corner in lot.uniform((0, 0), np.maximum(room, 1), (200, 2)):
        box = np.concatenate([corner, corner + side]).astype(np.float32)
        if iou(everywhere, box).max() < 0.1:
            frames = np.arange(lot.integers(0, one.clip.frames // 2), one.clip.frames, dtype=np.int32)
            ghost = ObjectTrajectory(
                id=max(one.objects) + 1,
                frames=frames,
                boxes=np.repeat(box[None], len(frames), 0),
                origin=np.full(len(frames), Origin.ANNOTATED, np.uint8),
                confidence=np.ones(len(frames), np.float32),
                masks=(None,) * len(frames),
            )
            return _with(one, ghost), Planted("false track", (ghost.id,), frozenset(frames.tolist()))
    return None


def _missing(one: Tracked, lot: np.random.Generator) -> Made:
    id = int(lot.choice(list(one.objects)))
    gone = one.objects[id]
    boxes = dict(zip(gone.frames.tolist(), gone.boxes, strict=True))
    left = {key: each for key, each in one.objects.items() if key != id}
    return replace(one, objects=left), Planted("missing object", (), frozenset(), boxes)


def _late(one: Tracked, lot: np.random.Generator) -> Made:
    id = int(lot.choice(list(one.objects)))
    whole = one.objects[id]
    inner = whole.keyframes[1:-1]
    if not len(inner):
        return None
    start = int(lot.choice(inner))
    boxes = {f: box for f, box in zip(whole.frames.tolist(), whole.boxes, strict=True) if f < start}
    late = kept(whole, whole.frames >= start)
    return _with(one, late), Planted("late object", (id,), frozenset([start]), boxes)


KINDS = {
    "swap": _swap,
    "drift": _drift,
    "broken track": _broken,
    "wrong mask": _wrong_mask,
    "false track": _false,
    "missing object": _missing,
    "late object": _late,
}


def planted(clips: Sequence[Tracked], lot: np.random.Generator) -> list[tuple[Tracked, Planted]]:
    """Every clip with an error; the kinds take turns, and one that does not fit lets the next go first."""
    turn, made = lot.permutation(list(KINDS)).tolist(), []
    for place in lot.permutation(len(clips)).tolist():
        for kind in list(turn):
            fits = KINDS[kind](clips[place], lot)
            if fits is not None:
                made.append(fits)
                turn.remove(kind)
                turn.append(kind)
                break
    return made


def with_broken_points(one: Tracked, lot: np.random.Generator) -> tuple[Tracked, set[tuple[int, ...]]]:
    """Many points of a clip lost for one to four frames and found again as others; the pairs of ids."""
    points, halves, truth = one.points, list[PointTrajectories](), set[tuple[int, ...]]()
    long = np.flatnonzero(points.lengths >= 20)
    broken = lot.choice(long, min(MANY, len(long)), replace=False) if len(long) else long
    for row in broken.tolist():
        gap, length, path = int(lot.integers(1, 5)), int(points.lengths[row]), points.points(row)
        cut, first = int(lot.integers(6, length - gap - 6)), int(points.first[row])
        ends = (EndReason.INCONSISTENT, EndReason(int(points.end_reason[row])))
        two = PointTrajectories.pack([first, first + cut + gap], [path[:cut], path[cut + gap :]], None, ends)
        ids = int(points.ids.max()) + 1 + 2 * len(truth) + np.arange(2)
        halves.append(replace(two, ids=ids))
        truth.add(tuple(ids.tolist()))
    whole = points.take(~np.isin(np.arange(len(points)), broken))
    return replace(one, points=PointTrajectories.join([whole, *halves])), truth
