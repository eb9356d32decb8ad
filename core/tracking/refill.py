"""What an edited mask changes: it is a keyframe now, and the two spans beside it are filled again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images
from core.tracking.spans import plan, span_around
from core.trajectories.model import ObjectTrajectory, Origin


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
) -> Refilled:
    """Fill what lies between an edited keyframe of an object and the keyframes beside it.

    The result is what densifying the whole clip gives there, provided that all its objects were filled
    before. Other objects filled there before are filled again too, since pixels may change hands; their
    keyframes and whatever lies outside the span stay as they are.

    Args:
        frames: all of the clip's; only those that the spans need are read.
        objects: all of the clip's, with the edit.
        edited: id of the object that was edited.
        frame: the edited one; it may also have lost its keyframe.
        config: as the clip was densified with.
        report: called after each step with the steps done and in all; what it raises ends the work.

    Raises:
        StudioError: a mask does not fit the frames.
    """
    place = next(place for place, one in enumerate(objects) if one.id == edited)
    first, last = span_around(objects[place], frame, len(frames))
    chosen = {place} | {other for other, one in enumerate(objects) if _was_filled(one, first, last)}
    config = replace(config, span=(first, last))
    spans = [
        replace(span, objects=tuple(sorted(chosen.intersection(span.objects))))
        for span in plan(objects, len(frames), config)
        if chosen.intersection(span.objects)
    ]
    densifier = Densifier(frames, objects, config, spans)
    for done in densifier.steps():
        report(done, densifier.total)
    found = densifier.trajectories()
    return Refilled((first, last), {objects[other].id: found[other] for other in sorted(chosen)})


def _was_filled(one: ObjectTrajectory, first: int, last: int) -> bool:
    within = (one.frames >= first) & (one.frames <= last)
    return bool(np.any(within & (one.origin == Origin.PROPAGATED)))
