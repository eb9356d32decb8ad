"""Which proposals are still open: not done, not void, not dismissed, and about no rejected track."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.identity.proposals import Proposal, bearers, from_json, same_error
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review


def open_proposals(
    found: Sequence[Proposal],
    dismissed: Iterable[Mapping[str, Any]],
    objects: Mapping[int, ObjectTrajectory],
    points: PointTrajectories,
) -> list[tuple[Proposal, tuple[int, ...]]]:
    """The open proposals of a clip, in their order, each with the ids of the tracks it is about now.

    Args:
        found: all that a search proposed for the clip.
        dismissed: what was dismissed in the project, as plain values.
        objects, points: the tracks of the clip.
    """
    if not found:
        return []
    clip_id = found[0].clip_id
    gone = list(_located(_readable(dismissed, clip_id), objects, points))
    rejected = {id for id, one in objects.items() if one.review == Review.REJECTED}
    rejected |= set(points.ids[points.review == Review.REJECTED].tolist())
    return [
        (one, tracks)
        for one, tracks in _located(found, objects, points)
        if rejected.isdisjoint(tracks) and not any(same_error(one, tracks, *no) for no in gone)
    ]


def _located(
    proposals: Iterable[Proposal], objects: Mapping[int, ObjectTrajectory], points: PointTrajectories
) -> Iterator[tuple[Proposal, tuple[int, ...]]]:
    """Those that are not void, with their tracks."""
    for one in proposals:
        tracks = bearers(one, objects, points)
        if tracks is not None:
            yield one, tracks


def _readable(dismissed: Iterable[Mapping[str, Any]], clip_id: int) -> list[Proposal]:
    """Dismissed proposals of a clip; other things that were dismissed are passed over."""
    found = []
    for values in dismissed:
        try:
            one = from_json(values)
        except ValueError:
            continue
        if one.clip_id == clip_id:
            found.append(one)
    return found
