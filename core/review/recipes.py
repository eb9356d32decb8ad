"""The recipes of the review queue, in one table: what each looks for, what it measures, what is decided.

A recipe finds items in one clip after the other. What a person decides on an item is an edit: of a track
whether it is right, of a proposal whether it is done.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.identity.proposals import Proposal, as_json
from core.review import suggested, untracked
from core.review.control_sample import control_sample
from core.review.findings import Findings, Item
from core.review.material import Material
from core.review.object_recipes import births, disagreements, identity_errors, next_keyframes, poorly_filled
from core.review.point_recipes import gaps, worst_links
from core.trajectories.dismissals import Dismiss
from core.trajectories.fill_edits import AcceptFill, RejectFill
from core.trajectories.journal import Edit
from core.trajectories.model import Kind, Review
from core.trajectories.observation_edits import MakeKeyframe
from core.trajectories.trajectory_edits import Merge, SetReview

FEW = 50
"""Items that a queue begins with where values alone do not say how many are too many."""

WORTH = 1.0
"""Frames that had nothing and are right then: a keyframe that is expected to gain less is not asked for."""

_BOTH = (Kind.OBJECT, Kind.POINT)


@dataclass(frozen=True)
class Recipe:
    """One way of finding what a person should look at.

    Attributes:
        name: what files call it.
        title, sentence: for people.
        quantity, unit: what the values are.
        from_high: whether large values are looked at first, else small ones.
        usual: (N,) values → the threshold at first; what is as large (or small) or more so is in the queue.
        kinds: the tracks that it looks at.
        find: the items of a clip, also those beyond no threshold.
        reason: why an item is to be looked at, in a sentence.
        accept, reject: the edits that a person's decisions are.
        by_track: an item is a track as a whole, else some frames or a pair.
        empty: what to do where it finds nothing; actions in braces stand for their keys.
        draws: what is drawn while an item is looked at belongs to it.
        join: what the key for merging asks for while an item is looked at; None where it has nothing to join.
        more: what else can be done, in a sentence; actions in braces stand for their keys.
    """

    name: str
    title: str
    sentence: str
    quantity: str
    unit: str
    from_high: bool
    usual: Callable[[np.ndarray], float]
    kinds: tuple[Kind, ...]
    find: Callable[[Material], Findings]
    reason: Callable[[Item], str]
    accept: Callable[[Item], Edit]
    reject: Callable[[Item], Edit]
    by_track: bool
    empty: str
    draws: bool = False
    join: Callable[[Item], Edit | None] = lambda item: None
    more: Callable[[Item], str] = lambda item: ""

    @property
    def needs_points(self) -> bool:
        """Whether it can say nothing of a clip without points."""
        return self.draws or self.kinds == (Kind.POINT,)

    def key(self, item: Item) -> str:
        """A name of an item that stays the same when tracks around it change."""
        tracks = "+".join(str(id) for id in item.tracks)
        return f"{item.clip_id}:{tracks}" if self.by_track else f"{item.clip_id}:{tracks}@{item.frame}"

    def flagged(self, values: np.ndarray, threshold: float) -> np.ndarray:
        """(N,) bool, which values lie beyond a threshold."""
        return values >= threshold if self.from_high else values <= threshold


def clip_of(key: str) -> int:
    """The clip's id in a `Recipe.key`."""
    return int(key.split(":")[0])


def first_track(key: str) -> int:
    """The id of the first track in a `Recipe.key`."""
    return int(key.split(":")[1].split("@")[0].split("+")[0])


def _at(threshold: float) -> Callable[[np.ndarray], float]:
    return lambda values: threshold


def _few_largest(values: np.ndarray) -> float:
    return float(np.partition(values, -min(FEW, len(values)))[-min(FEW, len(values))]) if len(values) else 0.0


def _few_smallest(values: np.ndarray) -> float:
    return -_few_largest(-values)


def _accept_tracks(item: Item) -> Edit:
    return SetReview(item.clip_id, item.tracks, Review.ACCEPTED)


def _reject_tracks(item: Item) -> Edit:
    return SetReview(item.clip_id, item.tracks, Review.REJECTED)


def _span(item: Item) -> str:
    if item.first == item.last:
        return f"frame {item.first}"
    return f"frames {item.first} to {item.last}"


def _proposal(item: Item) -> Proposal:
    assert isinstance(item.proposal, Proposal), "an item without its proposal"
    return item.proposal


def _do_proposed(item: Item) -> Edit:
    return _proposal(item).edit(item.tracks)


def _dismiss_proposed(item: Item) -> Edit:
    proposal = _proposal(item)
    return Dismiss(item.clip_id, proposal.subject(item.tracks), as_json(proposal))


def _reason_of_proposal(item: Item) -> str:
    return _proposal(item).reason(item.tracks)


def _reason_of_gap(item: Item) -> str:
    before, after = item.tracks
    how_long = "at once" if item.note == 0 else f"{item.note} frame{'s' * (item.note > 1)} later"
    return (
        f"Point {before} is lost at frame {item.first}; {how_long}, {item.value:.1f} px off the way "
        f"of both, point {after} begins."
    )


def _leave_gap(item: Item) -> Edit:
    before, after = item.tracks
    values = {"recipe": "short_gaps", "clip_id": item.clip_id, "tracks": list(item.tracks)}
    return Dismiss(item.clip_id, f"bridge from point {before} to {after}", values)


def _either(fill: Callable[[Item], Edit], proposed: Callable[[Item], Edit]) -> Callable[[Item], Edit]:
    return lambda item: fill(item) if item.proposal is None else proposed(item)


def _accept_fill(item: Item) -> Edit:
    return AcceptFill(item.clip_id, item.tracks[0], item.first, item.last)


def _reject_fill(item: Item) -> Edit:
    return RejectFill(item.clip_id, item.tracks[0], item.first, item.last)


def _reason_of_disagreement(item: Item) -> str:
    return f"Ways of filling track {item.tracks[0]} disagree in {_span(item)}."


TO_CHECK = "to_check"

_RECIPES = (
    Recipe(
        name=TO_CHECK,
        title="To check",
        sentence="Where ways of filling an object disagree, and what a network proposes to cut or swap.",
        quantity="Frames",
        unit="",
        from_high=True,
        usual=_at(0.0),
        kinds=_BOTH,
        find=lambda material: Findings.join([disagreements(material), identity_errors(material)]),
        reason=lambda item: (
            _reason_of_disagreement(item) if item.proposal is None else _reason_of_proposal(item)
        ),
        accept=_either(_accept_fill, _do_proposed),
        reject=_either(_reject_fill, _dismiss_proposed),
        by_track=False,
        empty=(
            "Nothing is to be checked. Densify objects ({densify}), or look for identity errors (menu Run)."
        ),
    ),
    Recipe(
        name=suggested.NAME,
        title="Suggested objects",
        sentence="What moves together and looks like an object: accept it, reject it, join it or split it.",
        quantity="Confidence",
        unit="%",
        from_high=True,
        usual=_at(0.0),
        kinds=(Kind.OBJECT,),
        find=suggested.suggested,
        reason=suggested.reason,
        accept=_accept_tracks,
        reject=_reject_tracks,
        by_track=True,
        empty="No object waits for a decision. Suggest objects first (menu Run).",
        join=suggested.join,
        more=suggested.more,
    ),
    Recipe(
        name="worst_links",
        title="Worst forward–backward error",
        sentence="Points with a link that does not come back to where it set out: drift, or another thing.",
        quantity="Worst forward–backward error",
        unit="px",
        from_high=True,
        usual=_few_largest,
        kinds=(Kind.POINT,),
        find=worst_links,
        reason=lambda item: (
            f"Followed to frame {item.frame} and back, point {item.tracks[0]} ends {item.value:.2f} px from "
            f"where it set out."
        ),
        accept=_accept_tracks,
        reject=_reject_tracks,
        by_track=True,
        empty="No open point has a link that was measured. Track points first ({track}).",
    ),
    Recipe(
        name="poorly_filled",
        title="Low held-out IoU",
        sentence=(
            "Objects with a keyframe that, hidden, is filled unlike it was annotated: fills may be bad."
        ),
        quantity="Held-out IoU",
        unit="",
        from_high=False,
        usual=_at(0.7),
        kinds=(Kind.OBJECT,),
        find=poorly_filled,
        reason=lambda item: (
            f"Filled from frames {item.first} and {item.last}, the mask at keyframe {item.frame} covers the "
            f"annotated one by {100 * item.value:.0f} % (IoU); the worst of {item.note} audited."
        ),
        accept=_accept_tracks,
        reject=_reject_tracks,
        by_track=True,
        empty="No open object was audited. Densify with its audit first ({densify}).",
    ),
    Recipe(
        name="next_keyframe",
        title="Next best frame to annotate",
        sentence=(
            "For each object that was filled, the frame in which one more keyframe is expected to mend most."
        ),
        quantity="Expected gain",
        unit="frames",
        from_high=True,
        usual=_at(WORTH),
        kinds=(Kind.OBJECT,),
        find=next_keyframes,
        reason=lambda item: (
            f"A keyframe in frame {item.frame}, filled with confidence {item.note} %, would mend what "
            f"{item.value:.1f} frames are worth in {_span(item)}; correct it, or accept it as it is."
        ),
        accept=lambda item: MakeKeyframe(item.clip_id, item.tracks[0], item.frame),
        reject=lambda item: RejectFill(item.clip_id, item.tracks[0], item.frame, item.frame),
        by_track=False,
        empty="No open object was filled between keyframes. Densify objects first ({densify}).",
    ),
    Recipe(
        name="disagreements",
        title="Fills that disagree",
        sentence="Frames in which ways of filling an object between its keyframes disagree.",
        quantity="Frames that disagree",
        unit="",
        from_high=True,
        usual=_at(1.0),
        kinds=(Kind.OBJECT,),
        find=disagreements,
        reason=_reason_of_disagreement,
        accept=_accept_fill,
        reject=_reject_fill,
        by_track=False,
        empty="Ways of filling disagree nowhere. Densify objects first ({densify}).",
    ),
    Recipe(
        name="short_gaps",
        title="Short gaps to bridge",
        sentence="Two points that are likely one: where the first is lost the second begins, soon and near.",
        quantity="Off the way of both",
        unit="px",
        from_high=False,
        usual=_at(3.0),
        kinds=(Kind.POINT,),
        find=gaps,
        reason=_reason_of_gap,
        accept=lambda item: Merge(item.clip_id, item.tracks),
        reject=_leave_gap,
        by_track=False,
        empty="No point begins near where another is lost. Track points first ({track}).",
    ),
    Recipe(
        name="births",
        title="Births in mid-frame",
        sentence=(
            "Objects that begin after the first frame and far from every edge: lost before, or a false track."
        ),
        quantity="From the nearest edge",
        unit="px",
        from_high=True,
        usual=_at(10.0),
        kinds=(Kind.OBJECT,),
        find=births,
        reason=lambda item: (
            f"Track {item.tracks[0]} begins at frame {item.frame}, {item.value:.0f} px from the nearest edge."
        ),
        accept=_accept_tracks,
        reject=_reject_tracks,
        by_track=True,
        empty="Every open object is there from the first frame on. Import or draw objects ({new_object}).",
    ),
    Recipe(
        name=untracked.NAME,
        title="Moving things without a track",
        sentence=(
            "Points that go together against the camera and lie in no object. Draw it there, or accept boxes "
            "around the points."
        ),
        quantity="Speed against the camera",
        unit="px a frame",
        from_high=True,
        usual=_few_largest,
        kinds=_BOTH,
        find=untracked.untracked,
        reason=untracked.reason,
        accept=untracked.add_object,
        reject=untracked.leave,
        by_track=False,
        empty="Nothing moves outside the objects, as far as points tell. Track points first ({track}).",
        draws=True,
    ),
    Recipe(
        name="identity_errors",
        title="Identity errors proposed by a network",
        sentence="Tracks that stop looking like themselves, and pairs that change places in their looks.",
        quantity="Certainty",
        unit="",
        from_high=True,
        usual=_at(0.0),
        kinds=_BOTH,
        find=identity_errors,
        reason=_reason_of_proposal,
        accept=_do_proposed,
        reject=_dismiss_proposed,
        by_track=False,
        empty="Nothing is proposed. Look for identity errors first (menu Run), with a pretrained network.",
    ),
    Recipe(
        name="control_sample",
        title="Random control sample",
        sentence=("Tracks drawn by lot: the share of bad ones among them is that of the whole project."),
        quantity="Lot",
        unit="%",
        from_high=False,
        usual=_few_smallest,
        kinds=_BOTH,
        find=control_sample,
        reason=lambda item: f"Track {item.tracks[0]} was drawn by lot.",
        accept=_accept_tracks,
        reject=_reject_tracks,
        by_track=True,
        empty="No track is open. Import clips with objects, or track points first ({track}).",
    ),
)

RECIPES = {recipe.name: recipe for recipe in _RECIPES}
"""The recipes by name, in the order in which they are offered."""
