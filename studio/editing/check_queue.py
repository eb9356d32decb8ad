"""What a person should look at, frame by frame: where ways of filling disagree, and what is proposed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.trajectories.model import ObjectTrajectory, Review
from studio.editing.proposals import Proposed


@dataclass(frozen=True)
class Check:
    """A frame of one track, or of the two of a proposed swap, to look at; `tracks` are ids."""

    tracks: tuple[int, ...]
    frame: int


def next_to_check(
    ordered: Sequence[int],
    objects: Mapping[int, ObjectTrajectory],
    proposed: Iterable[Proposed],
    selection: Collection[int],
    frame: int,
    by: int,
) -> Check | None:
    """The next (1) or previous (-1) frame to check.

    Goes through the frames of the selected track beyond `frame`, then through those of the tracks after
    it; without a selection through those of all. A proposed swap is met once, at the first of its tracks.

    Args:
        ordered: ids of the tracks in the order to go through.
        objects: by id; those that are rejected are passed over.
        proposed: what is proposed for these tracks.
        selection: ids.

    Returns:
        None where there is none left.
    """
    places = {id: place for place, id in enumerate(ordered)}
    queue: dict[tuple[int, int], Check] = {}
    for id, place in places.items():
        if id in objects and objects[id].review != Review.REJECTED:
            queue |= {(place, at): Check((id,), at) for at in objects[id].to_check.tolist()}
    for one in proposed:
        if all(id in places for id in one.tracks):
            at = one.proposal.frame
            queue[min(places[id] for id in one.tracks), at] = Check(one.tracks, at)
    chosen = [places[id] for id in selection if id in places]
    here = (min(chosen), frame) if chosen else None
    beyond = sorted(key for key in queue if here is None or (key > here if by > 0 else key < here))
    return queue[beyond[0 if by > 0 else -1]] if beyond else None
