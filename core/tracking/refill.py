"""What an edited mask changes: it is a keyframe now, and the two spans beside it are filled again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier, between_boxes
from core.tracking.flow_stream import Images
from core.tracking.spans import (
    gaps_without_masks,
    is_filled_by_box,
    looked_at_frames,
    plan,
    span_around,
)
from core.trajectories.model import ObjectTrajectory, Origin, Review


@dataclass(frozen=True, eq=False)
class Refilled:
    """What `FillObservations` takes.

    Attributes:
        span: first and last frame within which observations filled before are replaced.
        objects: by id, what was filled within the span and nothing else.
    """

    span: tuple[int, int]
    objects: Mapping[int, ObjectTrajectory]


def refill(
    frames: Images,
    objects: Sequence[ObjectTrajectory],
    edited: int,
    frame: int,
    config: DensifyConfig,
    report: Callable[[int, int], None] = lambda done, total: None,
    one_way: Collection[int] | None = None,
) -> Refilled:
    """Fill what lies between an edited keyframe of an object and the keyframes beside it.

    The result is what densifying the whole clip gives there, provided that all its objects were filled
    before. Other objects filled there before are filled again too, since pixels may change hands; their
    keyframes and whatever lies outside the span stay as they are. Those of which densifying would not fill
    all again, such as a box that was carried far beyond its keyframe or a suggestion, stay as they are
    everywhere. Where it is filled by box alone, no pixel changes hands, and no frame is read.

    Args:
        frames: all of the clip's; only those that the spans need are read.
        objects: all of the clip's, with the edit.
        edited: id of the object that was edited.
        frame: the edited one; it may also have lost its keyframe.
        config: as the clip was densified with.
        one_way: ids of the objects that are carried where only one keyframe is beside; None for all.
        report: called after each step with the steps done and in all; what it raises ends the work.

    Raises:
        StudioError: a mask does not fit the frames.
    """
    place = next(place for place, one in enumerate(objects) if one.id == edited)
    first, last = span_around(objects[place], frame, len(frames))
    config = replace(config, span=(first, last))
    if is_filled_by_box(objects[place], config):
        return Refilled((first, last), {edited: between_boxes(objects[place], config)})
    planned = _planned(objects, len(frames), config)
    chosen = {place} | {
        other
        for other, one in enumerate(objects)
        if one.review != Review.SUGGESTED
        and (filled := _filled_within(one, first, last))
        and filled <= planned.get(other, set())
    }
    carried = {other for other in chosen if one_way is None or objects[other].id in one_way}
    found = _densified(frames, objects, chosen, carried, config, report)
    return Refilled((first, last), found)


def densify_some(
    frames: Images,
    objects: Sequence[ObjectTrajectory],
    ids: Collection[int],
    config: DensifyConfig,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Mapping[int, ObjectTrajectory]:
    """What densifying a clip finds of some of its objects, by id; only the frames they need are read.

    Raises:
        StudioError: a mask does not fit the frames.
    """
    chosen = {place for place, one in enumerate(objects) if one.id in ids}
    return _densified(frames, objects, chosen, chosen, config, report)


def _densified(
    frames: Images,
    objects: Sequence[ObjectTrajectory],
    chosen: set[int],
    carried: set[int],
    config: DensifyConfig,
    report: Callable[[int, int], None],
) -> dict[int, ObjectTrajectory]:
    """Objects by place filled between their keyframes, and those of `carried` beyond them too; by id."""
    spans = []
    for span in plan(objects, len(frames), config):
        filled = chosen if span.before is not None and span.after is not None else carried
        if filled.intersection(span.objects):
            spans.append(replace(span, objects=tuple(sorted(filled.intersection(span.objects)))))
    densifier = Densifier(frames, objects, config, spans)
    for done in densifier.steps():
        report(done, densifier.total)
    found = densifier.trajectories()
    return {objects[other].id: found[other] for other in sorted(chosen)}


def carried_one_way(objects: Sequence[ObjectTrajectory], frames: int, config: DensifyConfig) -> set[int]:
    """Ids of the objects that were carried to where only one keyframe is beside, as densifying a clip does.

    Args:
        frames: how many the clip has.
    """
    between = _planned(objects, frames, replace(config, one_way_frames=0, span=()))
    return {
        objects[place].id
        for place, there in between.items()
        if not there.issuperset(objects[place].frames[objects[place].origin == Origin.PROPAGATED].tolist())
    }


def _planned(objects: Sequence[ObjectTrajectory], frames: int, config: DensifyConfig) -> dict[int, set[int]]:
    """By place the frames in which densifying fills objects, without those that are filled by box alone."""
    looked_at = looked_at_frames(objects)
    planned: dict[int, set[int]] = {
        place: {frame for gap in gaps_without_masks(one, looked_at) for frame in range(*gap)}
        for place, one in enumerate(objects)
        if not is_filled_by_box(one, config)
    }
    for span in plan(objects, frames, config):
        for place in span.objects:
            planned[place].update(range(span.first, span.last + 1))
    return planned


def _filled_within(one: ObjectTrajectory, first: int, last: int) -> set[int]:
    filled = one.frames[one.origin == Origin.PROPAGATED]
    return set(filled[(filled >= first) & (filled <= last)].tolist())
