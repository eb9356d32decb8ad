"""Errors planted in real clips that were tracked and densified, and which recipe shows them how soon.

`python -m benchmarks.curation --data DIR` runs it: DAVIS (`DIR/DAVIS`, a keyframe every ten frames), BMS-26
(`DIR/moseg_dataset`, its annotated frames), the first `LONGEST` frames of each. In every clip one error is
planted, of a kind by lot, and all clips are reviewed as one project, as a queue shows them at first. Nobody
answers: counted is whether an item among the first `SOON` of a recipe, or anywhere in its queue, shows the
error, that is, its tracks and its frames, or the place of an object that is missing.

What is true of the clips is their annotation, so what the densifier got wrong by itself counts as right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curated_sample import joined, kept
from benchmarks.densification import given
from benchmarks.planted_errors import planted as slid
from benchmarks.stabilising import clips as annotated_clips
from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.datasets.reading import open_frames
from core.geometry import iou
from core.identity.change_points import SeenTrack, find
from core.identity.config import IdentityConfig
from core.identity.embedding import beside
from core.identity.looks import COLOUR_LOOKS
from core.identity.proposals import NEAR, Proposal, proposal_of
from core.review.findings import Findings, Item
from core.review.material import Material
from core.review.recipes import RECIPES
from core.tracking.audit import Audit
from core.tracking.config import DensifyConfig, TrackConfig
from core.tracking.densify import Densifier
from core.tracking.linking import FlowTracker
from core.tracking.movers import Mover
from core.trajectories.model import EndReason, ObjectTrajectory, Origin, PointTrajectories
from studio.review.queue_order import QueueOrder

SOON = 20
"""Items of a queue that a person looks at, whatever comes."""

LONGEST = 60
"""Frames of a clip."""

EVERY = 10
"""Frames from keyframe to keyframe where all are annotated."""

LOST = 3
"""Frames that a broken track lacks."""

SAME = 0.3
"""IoU from which a box around points is where a missing object is."""

DENSIFY = DensifyConfig(max_side=480, one_way_frames=0, threads=1)

OBJECT_RECIPES = ("identity_errors", "births", "poorly_filled", "disagreements", "next_keyframe", "untracked")


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
    filled = {one.id: one for one in densified(clip, objects)}
    points = tracker.trajectories()
    ids = max(filled, default=0) + 1_000 + np.arange(len(points))
    return Tracked(clip, replace(points, ids=ids), filled, filled)


def densified(clip: Clip, objects: Sequence[ObjectTrajectory]) -> list[ObjectTrajectory]:
    """Objects audited, and filled between their keyframes."""
    with open_frames(clip) as images:
        densifier, audit = Densifier(images, objects, DENSIFY), Audit(images, objects, DENSIFY)
        for work in (densifier, audit):
            for _ in work.steps():
                pass
    found = []
    for place, (one, filled) in enumerate(zip(objects, densifier.trajectories(), strict=True)):
        overlap = np.full(len(one.frames), np.nan, np.float32)
        for hidden in audit.results():
            if hidden.place == place:
                overlap[one.frames == hidden.frame] = hidden.overlap
        found.append(joined(replace(one, overlap=overlap), filled))
    return found


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
                (filled,) = densified(one.clip, [wrong])
                frame = int(given_only.frames[place])
                return _with(one, filled), Planted("wrong mask", (id,), frozenset([frame]))
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


def _broken_point(one: Tracked, lot: np.random.Generator) -> Made:
    """A point that is lost for two frames, and found again as another."""
    points = one.points
    long = np.flatnonzero(points.lengths >= 24)
    if not len(long):
        return None
    row = int(lot.choice(long))
    cut, first, path = (
        int(lot.integers(8, points.lengths[row] - 10)),
        int(points.first[row]),
        points.points(row),
    )
    error = points.error[points.offsets[row] : points.offsets[row + 1]]
    halves = PointTrajectories.pack(
        [first, first + cut + 2],
        [path[:cut], path[cut + 2 :]],
        [error[:cut], error[cut + 2 :]],
        [EndReason.INCONSISTENT, EndReason(int(points.end_reason[row]))],
    )
    ids = int(points.ids[row]), int(points.ids.max()) + 1
    parts = points.take(np.arange(len(points)) != row), replace(halves, ids=np.array(ids))
    planted = Planted("broken point", ids, frozenset([first + cut + 1]))
    return replace(one, points=PointTrajectories.join(parts)), planted


KINDS = {
    "swap": _swap,
    "drift": _drift,
    "broken track": _broken,
    "wrong mask": _wrong_mask,
    "false track": _false,
    "missing object": _missing,
    "late object": _late,
    "broken point": _broken_point,
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


# --- what the queue shows ---------------------------------------------------------------------


def proposals(one: Tracked) -> list[Proposal]:
    """What the search for identity errors proposes by colours, as the job does."""
    size, config, seen = (one.clip.width, one.clip.height), IdentityConfig(), []
    with PatchReader([one.clip], COLOUR_LOOKS.size) as reader:
        for each in one.objects.values():
            nothing = np.zeros(len(each.frames), np.int64)
            read = partial(reader.read, nothing, each.frames)
            own, others = (
                COLOUR_LOOKS.of(read(boxes, nothing.astype(bool)))
                for boxes in (each.boxes, beside(each.boxes, size))
            )
            seen.append(SeenTrack(each.id, each.frames, each.boxes, own, others))
    found = [proposal_of(one.clip.id, each, seen) for each in find(seen, config.window, config.certainty)]
    return sorted(found, key=lambda each: -each.certainty)


def queued(made: Sequence[tuple[Tracked, Planted]], recipe: str) -> list[Item]:
    """The items of a recipe in the order in which a queue begins with them."""
    order = QueueOrder(RECIPES[recipe])
    parts = []
    for one, _ in made:
        found = proposals(one) if recipe == "identity_errors" else ()
        parts.append(RECIPES[recipe].find(Material(one.clip, one.points, one.objects, found)))
    order.replace((), Findings.join(parts))
    order.arrange(RECIPES[recipe].usual(order.findings.values))
    return [order.findings.item(row) for row in order.rows.tolist()]


def by_lot(made: Sequence[tuple[Tracked, Planted]], error: Planted, clip: Tracked) -> float:
    """How likely the error is among the first `SOON` of all tracks of its kind by lot; for an object that
    is missing, a track of its clip is taken to show it."""
    points = error.kind == "broken point"
    total = sum(len(one.points) if points else len(one.objects) for one, _ in made)
    showing = len(error.tracks) or len(clip.objects)
    return 1 - comb(total - showing, min(SOON, total)) / comb(total, min(SOON, total))


def measured(clips: Sequence[Tracked], seed: int) -> dict[str, Any]:
    """One planting: by kind and by recipe what is shown, and how soon."""
    made = planted(clips, np.random.default_rng([seed, 26]))
    kinds: dict[str, dict[str, float]] = {}
    items = {recipe: queued(made, recipe) for recipe in (*OBJECT_RECIPES, "short_gaps")}
    useful = dict.fromkeys(items, 0)
    for one, error in made:
        of_kind = kinds.setdefault(error.kind, {"planted": 0, "soon": 0, "queued": 0, "by_lot": 0.0})
        ranks = {
            recipe: next((rank for rank, item in enumerate(found) if _shows(item, one, error)), None)
            for recipe, found in items.items()
        }
        known = [rank for rank in ranks.values() if rank is not None]
        of_kind["planted"] += 1
        of_kind["soon"] += bool(known) and min(known) < SOON
        of_kind["queued"] += bool(known)
        of_kind["by_lot"] += by_lot(made, error, one)
        for recipe, rank in ranks.items():
            if rank is not None and rank < SOON:
                of_kind[recipe] = of_kind.get(recipe, 0) + 1
    for recipe, found in items.items():
        useful[recipe] = sum(any(_shows(item, *each) for each in made) for item in found[:SOON])
    recipes = {
        recipe: {"items": len(found), "first": min(len(found), SOON), "of_errors": useful[recipe]}
        for recipe, found in items.items()
    }
    return {"seed": seed, "kinds": kinds, "recipes": recipes}


def _shows(item: Item, one: Tracked, error: Planted) -> bool:
    return item.clip_id == one.clip.id and error.is_shown_by(item)


def on_clips(data: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """The report: every seed plants anew in the same clips."""
    clips = []
    for number, (found, truth) in enumerate(annotated_clips(data, ()), start=1):
        clip = replace(found.clip, id=number, files=found.clip.files[:LONGEST])
        clips.append(tracked(clip, {frame: one for frame, one in truth.items() if frame < LONGEST}))
    return summed([measured(clips, seed) for seed in seeds])


def summed(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The reports of seeds with their sum."""
    total: dict[str, dict[str, dict[str, float]]] = {"kinds": {}, "recipes": {}}
    for report in reports:
        for part, names in total.items():
            for name, values in report[part].items():
                into = names.setdefault(name, {})
                for what, value in values.items():
                    into[what] = round(into.get(what, 0) + value, 2)
    return {"total": total, "seeds": list(reports)}
