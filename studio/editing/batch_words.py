"""What an edit of many tracks changes, counted before it is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.trajectories.journal import Edit
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review
from core.trajectories.trajectory_edits import VERBS, DeleteTrajectories, Merge, Relabel, SetReview

MANY = 100
"""Tracks from which on a person is asked before an edit takes back what was decided, or deletes them."""

TEXTS = {
    "accept": "&Accept {} and next",
    "reject": "&Reject {} and next",
    "reopen": "Re&open {}",
    "delete_track": "Dele&te {}",
    "relabel": "&Label {}…",
    "merge": "&Merge {}",
    "pin": "&Pin {} for neighbours",
}
"""Action → its text where several tracks are selected; `{}` stands for how many of them it changes."""

_DECIDED = {Review.ACCEPTED: "accepted", Review.REJECTED: "rejected"}


@dataclass(frozen=True)
class Question:
    """What is asked: the title, the question, what is at stake, and what the button that goes on says."""

    title: str
    text: str
    stake: str
    button: str


def counted_texts(reviews: np.ndarray) -> dict[str, str]:
    """Action → what it is called for so many selected tracks, (K,) `Review`; none for fewer than two."""
    if len(reviews) < 2:
        return {}
    changed = {
        name: int((reviews != review).sum())
        for name, review in (
            ("accept", Review.ACCEPTED),
            ("reject", Review.REJECTED),
            ("reopen", Review.OPEN),
        )
    }
    whole = f"{len(reviews):,} tracks"
    return {
        name: text.format(
            f"{changed[name]:,} of {whole}" if 0 < changed.get(name, 0) < len(reviews) else whole
        )
        for name, text in TEXTS.items()
    }


def is_asked_about(edit: Edit) -> bool:
    """Whether there may be something to ask before an edit; the tracks need not be read to know."""
    if isinstance(edit, DeleteTrajectories | Relabel | SetReview):
        return len(edit.trajectory_ids) >= MANY
    return isinstance(edit, Merge) and not edit.overlapping


def question_about(
    edit: Edit, points: PointTrajectories, objects: Mapping[int, ObjectTrajectory]
) -> Question | None:
    """What to ask before an edit of many tracks of a clip that takes something back; None for nothing."""
    if not isinstance(edit, DeleteTrajectories | Relabel | SetReview):
        return None
    chosen = [objects[id] for id in edit.trajectory_ids if id in objects]
    places = np.flatnonzero(np.isin(points.ids, edit.trajectory_ids))
    reviews = np.concatenate(([one.review for one in chosen], points.review[places])).astype(int)
    labels = [*(one.label for one in chosen), *(points.labels[place] for place in places)]
    which = f"{len(edit.trajectory_ids):,} tracks"
    if isinstance(edit, DeleteTrajectories):
        keyframes = sum(len(one.keyframes) for one in chosen)
        parts = [_some(len(places), "point"), _some(len(chosen), "object")]
        parts[1] += f" with {_some(keyframes, 'keyframe')}" if chosen else ""
        stake = f"{_listed(parts)}. {_decisions(reviews, labels)}".rstrip()
        return Question("Delete", f"Delete {which}?", stake, f"&Delete {which}")
    if isinstance(edit, Relabel):
        others = [label for label in labels if label not in ("", edit.label)]
        named = f"Label {which} {edit.label!r}" if edit.label else f"Take the labels off {which}"
        said = f"{len(others):,} of them {_has(len(others))} another label now."
        return Question("Label", f"{named}?", said, f"&Label {which}") if others else None
    taken_back = _decisions(np.where(reviews == edit.review, Review.OPEN, reviews), ())
    verb = VERBS[edit.review]
    return Question(verb, f"{verb} {which}?", taken_back, f"&{verb} {which}") if taken_back else None


def _decisions(reviews: np.ndarray, labels: Iterable[str]) -> str:
    """How many were accepted or rejected, or have labels."""
    parts = [
        f"{count:,} {_is(count)} {word}"
        for review, word in _DECIDED.items()
        if (count := int((reviews == review).sum()))
    ]
    named = sum(label != "" for label in labels)
    if named:
        parts.append(f"{named:,} {_has(named)} a label")
    return f"{_listed(parts)}." if parts else ""


def _listed(parts: Iterable[str]) -> str:
    said = [part for part in parts if part]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else ""


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}" if count else ""


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
