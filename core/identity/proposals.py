"""Edits that are proposed where a network finds identity errors: as a run keeps them, in words, as edits.

A proposal names the steps that it doubts, each from one observation to the next, by where these lie. So it
finds its trajectories again after others were split or swapped, and is void once a step is no more.
"""

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.identity.change_points import Finding, SeenTrack
from core.record_file import read_json
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.trajectories.trajectory_edits import Split, Swap
from core.typed_values import filled

NEAR = 3
"""Frames within which two proposals are about the same error."""

SAME = 1.0
"""Pixels by which a corner may have moved since the search."""

Box = tuple[float, float, float, float]


class What(enum.StrEnum):
    """What is proposed."""

    CUT = "cut"
    SWAP = "swap"


@dataclass(frozen=True)
class Step:
    """From one observation of a trajectory to its next.

    Attributes:
        trajectory: its row at the time of the search.
        before, after: frames.
        before_box, after_box: pixels; of a point the square around it.
    """

    trajectory: int = field(metadata={"minimum": 0})
    before: int = field(metadata={"minimum": 0, "maximum": 2**31})
    after: int = field(metadata={"minimum": 0, "maximum": 2**31})
    before_box: Box
    after_box: Box


@dataclass(frozen=True)
class Proposal:
    """A cut of one track, or a swap of two, from a frame on; the distances are those of a `Finding`."""

    clip_id: int = field(metadata={"minimum": 0})
    what: What
    frame: int = field(metadata={"minimum": 0, "maximum": 2**31})
    steps: tuple[Step, ...]
    certainty: float
    own: float
    usual: float
    other: float

    def edit(self, tracks: Sequence[int]) -> Split | Swap:
        """What is proposed, of the tracks that `bearers` found."""
        if self.what is What.SWAP:
            first, second = tracks
            return Swap(self.clip_id, first, second, self.frame)
        return Split(self.clip_id, tracks[0], self.frame)

    def subject(self, tracks: Sequence[int]) -> str:
        """What it is in a few words, such as "swap of tracks 3 and 5 at frame 14"."""
        if self.what is What.SWAP:
            return f"swap of tracks {tracks[0]} and {tracks[1]} at frame {self.frame}"
        return f"cut of track {tracks[0]} at frame {self.frame}"

    def reason(self, tracks: Sequence[int]) -> str:
        """Why, for people."""
        if self.what is What.SWAP:
            first, second = tracks
            return (
                f"From frame {self.frame} on, track {first} looks like track {second} did before, and track "
                f"{second} like track {first}. What is before and after differs by {self.own:.2f}; swapped, "
                f"by {self.other:.2f} (0 is alike, 1 unlike)."
            )
        return (
            f"From frame {self.frame} on, track {tracks[0]} looks unlike itself. What is before and after "
            f"differs by {self.own:.2f} (0 is alike, 1 unlike), where {self.usual:.2f} is usual for it; the "
            f"nearest other thing differs by {self.other:.2f}."
        )


def proposal_of(clip_id: int, finding: Finding, tracks: Sequence[SeenTrack]) -> Proposal:
    """What follows from a finding among the tracks of a clip."""
    steps = tuple(_step(tracks[place], finding.frame) for place in finding.tracks)
    what = What.SWAP if len(steps) == 2 else What.CUT
    values = (finding.certainty, finding.own, finding.usual, finding.other)
    return Proposal(clip_id, what, finding.frame, steps, *(round(value, 4) for value in values))


def _step(track: SeenTrack, frame: int) -> Step:
    place = int(np.searchsorted(track.frames, frame))
    x1, y1, x2, y2 = np.round(track.boxes[place - 1 : place + 1].astype(float), 3).T.tolist()
    before, after = zip(x1, y1, x2, y2, strict=True)
    return Step(track.id, int(track.frames[place - 1]), int(track.frames[place]), before, after)


def bearers(
    proposal: Proposal, objects: Mapping[int, ObjectTrajectory], points: PointTrajectories
) -> tuple[int, ...] | None:
    """The ids of the tracks that make the steps of a proposal now; None where one of the steps is no more."""
    found = []
    for step in proposal.steps:
        id = _of_objects(step, objects) or _of_points(step, points)
        if id is None:
            return None
        found.append(id)
    return tuple(found) if len(set(found)) == len(found) else None


def _of_objects(step: Step, objects: Mapping[int, ObjectTrajectory]) -> int | None:
    first = [objects[step.trajectory]] if step.trajectory in objects else []
    for one in [*first, *objects.values()]:
        place = one.place(step.after)
        if (
            place
            and one.frames[place - 1] == step.before
            and np.abs(one.boxes[place - 1] - step.before_box).max() <= SAME
            and np.abs(one.boxes[place] - step.after_box).max() <= SAME
        ):
            return one.id
    return None


def _of_points(step: Step, points: PointTrajectories) -> int | None:
    before, after = (np.array(box).reshape(2, 2).mean(0) for box in (step.before_box, step.after_box))
    rows = points.at(step.after)
    rows = rows[np.abs(points.xy[rows] - after).max(1) <= SAME]
    rows = rows[points.first[points.owner[rows]] < step.after]
    rows = rows[np.abs(points.xy[rows - 1] - before).max(1) <= SAME]
    return int(points.ids[points.owner[rows[0]]]) if len(rows) else None


def same_error(one: Proposal, its: Sequence[int], other: Proposal, others: Sequence[int]) -> bool:
    """Whether two proposals of a clip, borne by some tracks each, are about the same error."""
    return one.what is other.what and abs(one.frame - other.frame) <= NEAR and set(its) == set(others)


# --- on disk ----------------------------------------------------------------------------------


def path_of(results: Path, clip_id: int) -> Path:
    """The file of a clip's proposals in the `results` of a run; there only once the clip is done."""
    return results / f"proposals-{clip_id}.json"


def write_proposals(results: Path, clip_id: int, proposals: Sequence[Proposal]) -> None:
    """Keep the proposals of a clip.

    Raises:
        OSError: the file cannot be written.
    """
    write_atomically(path_of(results, clip_id), json.dumps([as_json(one) for one in proposals]).encode())


def read_proposals(results: Path) -> dict[int, list[Proposal]]:
    """Clip id → its proposals, the surest first, for the clips that a run has done.

    Raises:
        StudioError: a file is damaged.
    """
    found = {}
    for path in sorted(results.glob("proposals-*.json")):
        try:
            found[int(path.stem.removeprefix("proposals-"))] = [from_json(one) for one in read_json(path)]
        except (StudioError, ValueError, TypeError) as error:
            raise StudioError(f"{path} is damaged; look for identity errors again.") from error
    return found


def as_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal as plain values."""
    return asdict(proposal)


def from_json(values: Any) -> Proposal:
    """The proposal that `as_json` gave.

    Raises:
        ValueError: it is none.
    """
    proposal = filled(Proposal, values)
    if len(proposal.steps) != (2 if proposal.what is What.SWAP else 1):
        raise ValueError(f"a {proposal.what} of {len(proposal.steps)} tracks")
    return proposal
