"""Objects that were suggested, the surest first: accepted, rejected, or joined with the one beside them."""

from collections.abc import Sequence

import numpy as np

from core.review.findings import Findings, Item
from core.review.material import Material
from core.trajectories.join_suggestions import JoinSuggestions
from core.trajectories.journal import Edit
from core.trajectories.model import ObjectTrajectory

NAME = "suggested"

_NEAR = 0.25
"""Gap between the boxes of neighbours at most, as a share of the longer side of the larger one."""

_SOON = 10
"""Frames from the end of one to the beginning of its neighbour, where they share none."""


def suggested(material: Material) -> Findings:
    """Each suggested object in the frame where it is surest; the value is its mean confidence in percent.

    The note is the id of the suggestion beside it, with which it may be one thing; 0 without one.
    """
    objects = material.suggested_objects
    found = []
    for one in objects:
        first, last = int(one.frames[0]), int(one.frames[-1])
        best = int(one.frames[int(one.confidence.argmax())])
        value = round(100 * float(one.confidence.mean()), 2)
        found.append(Item(material.clip.id, (one.id,), first, last, best, value, neighbour(one, objects)))
    return Findings.of_items(found)


def neighbour(one: ObjectTrajectory, others: Sequence[ObjectTrajectory]) -> int:
    """The id of the object whose boxes are nearest, in shared frames or soon after; 0 without a near one."""
    nearest = [(_apart(one, other), other.id) for other in others if other.id != one.id]
    apart, id = min(nearest, default=(np.inf, 0))
    return id if apart <= _NEAR else 0


def reason(item: Item) -> str:
    """Why it is to be looked at, for people."""
    return (
        f"What moves together in frames {item.first} to {item.last} looks like one object; the masks are "
        f"sure to {item.value:.0f} %."
    )


def more(item: Item) -> str:
    """What else can be done with it; actions in braces stand for their keys."""
    split = "If it is another thing from here on, split it ({split})."
    return f"If track {item.note} is a part of it, join them ({{merge}}). {split}" if item.note else split


def join(item: Item) -> Edit | None:
    """Make one object of it and the suggestion beside it; None without one."""
    return JoinSuggestions(item.clip_id, (item.tracks[0], item.note)) if item.note else None


def _apart(a: ObjectTrajectory, b: ObjectTrajectory) -> float:
    """Mean gap between the boxes of two as a share of the longer side; infinite where they never meet."""
    _, ours, theirs = np.intersect1d(a.frames, b.frames, return_indices=True)
    if not len(ours):
        before, after = (a, b) if a.frames[-1] < b.frames[0] else (b, a)
        if not 0 < after.frames[0] - before.frames[-1] <= _SOON:
            return np.inf
        ours, theirs = (np.array([-1]), np.array([0])) if before is a else (np.array([0]), np.array([-1]))
    first, second = a.boxes[ours].astype(np.float64), b.boxes[theirs].astype(np.float64)
    gaps = np.maximum(first[:, :2], second[:, :2]) - np.minimum(first[:, 2:], second[:, 2:])
    sides = np.concatenate([first[:, 2:] - first[:, :2], second[:, 2:] - second[:, :2]], axis=1).max(1)
    return float(np.mean(np.hypot(*np.maximum(gaps, 0).T) / np.maximum(sides, 1)))
