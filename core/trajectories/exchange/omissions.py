"""What a format cannot hold, in sentences for whoever exports."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange import FORMATS
from core.trajectories.exchange.assembling import NO_POINTS, counted
from core.trajectories.exchange.choice import cut_object
from core.trajectories.exchange.column_mapping import ColumnChoice
from core.trajectories.exchange.column_writing import held
from core.trajectories.exchange.spans import Spans
from core.trajectories.model import EndReason, ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.sight import occluded, outside


def omissions(
    format: str,
    clip: Clip,
    points: PointTrajectories,
    objects: Sequence[ObjectTrajectory],
    frames: Spans | None = None,
    columns: ColumnChoice | None = None,
) -> list[str]:
    """A sentence for each kind of thing that is there and that the format does not keep; often none.

    What the programs that read the format do with it (`Format.losses`) comes first. What the studio works
    out itself is never exchanged and not named: ids, audits and what is to be checked. `frames` are those
    that were chosen; a table may have other `columns`.
    """
    holds = FORMATS[format].holds if columns is None else held(columns)
    masks_alone = "masks" in holds and "boxes" not in holds
    kept = objects if holds & {"boxes", "masks"} else ()
    if masks_alone:
        with_mask = [np.array([runs is not None for runs in one.masks], bool) for one in objects]
        kept = [cut_object(one, some) for one, some in zip(objects, with_mask, strict=True) if some.any()]
    followed = points if "points" in holds else NO_POINTS
    masks = sum(runs is not None for one in objects for runs in one.masks)
    boxes = sum(len(one.frames) for one in objects)
    labelled = any(followed.labels) or any(one.label for one in kept)
    reviews = {*followed.review.tolist(), *(one.review for one in kept)}
    linked = (followed.error > 0).any() or (followed.end_reason > EndReason.CLIP_END).any()
    differ = (followed.origin != Origin.LINKED).any() or any(one.origin.any() for one in kept)
    there = len(followed) or len(kept)
    overlap = _overlap(objects) if masks_alone else 0
    facts = {
        "there is nothing left to write": not there,
        _left_out(len(points), "point trajectory", "point trajectories"): "points" not in holds,
        _left_out(len(objects), "object trajectory", "object trajectories"): not holds & {"boxes", "masks"},
        "1 mask becomes a box" if masks == 1 else f"{masks:,} masks become boxes": (
            masks and "boxes" in holds and "masks" not in holds
        ),
        _left_out(boxes - masks, "box without a mask", "boxes without a mask"): masks_alone,
        f"{counted(overlap, 'pixel')} where masks overlap goes to the later object"
        if overlap == 1
        else f"{counted(overlap, 'pixel')} where masks overlap go to the later object": overlap,
        f"frames other than {frames} look as if nothing were in them": (
            frames is not None and not frames.holds(np.arange(clip.frames)).all()
        ),
        "labels are not kept": labelled and "labels" not in holds,
        "what was annotated, edited or propagated is not distinguished": (
            there and differ and not holds & {"origins", "keyframes", "confidences"}
        ),
        "keyframes are kept, but edited and annotated ones are not distinguished": there
        and "keyframes" in holds,
        "keyframes are distinguished only by their confidence of 1": (
            holds == {"boxes", "confidences"} and any(_mistaken(one) for one in kept)
        ),
        "how sure the boxes are is not kept": (
            any((one.confidence < 1).any() for one in kept) and "confidences" not in holds
        ),
        "how well links fit and why tracks end is not kept": linked and "ends" not in holds,
        "what is occluded is not said": (
            any(occluded(one).any() for one in kept) and "occlusions" not in holds
        ),
        "that objects are out of sight is not said, their frames are only empty": (
            any(len(outside(one)) for one in kept) and "sights" not in holds
        ),
        "accepted and rejected trajectories are not distinguished": (
            bool(reviews & {Review.ACCEPTED, Review.REJECTED}) and "reviews" not in holds
        ),
        "suggested objects look like those of a person": (
            Review.SUGGESTED in reviews and "reviews" not in holds
        ),
    }
    losses = FORMATS[format].losses
    found = [] if losses is None else losses(clip, points, objects)
    return found + [
        f"In {FORMATS[format].title}, {fact}." for fact, applies in facts.items() if fact and applies
    ]


def _left_out(count: int, one: str, many: str) -> str:
    """That some things are left out; empty where there are none."""
    if count < 1:
        return ""
    return f"1 {one} is left out" if count == 1 else f"{count:,} {many} are left out"


def _mistaken(one: ObjectTrajectory) -> bool:
    """Whether the confidences of an object do not tell where its observations come from."""
    told = np.where(one.confidence == 1, Origin.ANNOTATED, Origin.PROPAGATED)
    return bool((told != one.origin).any())


def _overlap(objects: Sequence[ObjectTrajectory]) -> int:
    """Pixels, over all frames, that lie in the masks of more than one object, each counted once more."""
    by_frame: dict[int, list[bytes]] = defaultdict(list)
    for one in objects:
        for frame, runs in zip(one.frames.tolist(), one.masks, strict=True):
            if runs is not None:
                by_frame[frame].append(runs)
    return sum(_shared(masks) for masks in by_frame.values() if len(masks) > 1)


def _shared(masks: Sequence[bytes]) -> int:
    counts = [np.frombuffer(runs, "<u4") for runs in masks]
    seen = np.zeros(int(counts[0].sum()), np.int64)
    for one in counts:
        seen += np.repeat(np.arange(len(one)) % 2, one)
    return int(np.maximum(seen - 1, 0).sum())
