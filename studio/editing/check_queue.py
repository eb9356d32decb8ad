"""The frames that a person should look at, since ways of filling disagree there."""

from collections.abc import Collection, Sequence

import numpy as np

from core.trajectories.model import ObjectTrajectory, Review


def next_to_check(
    objects: Sequence[ObjectTrajectory], selection: Collection[int], frame: int, by: int
) -> tuple[int, int] | None:
    """The next (1) or previous (-1) frame to check.

    Goes through the frames of the selected object beyond `frame`, then through those of the objects
    after it; without a selection through those of all. Rejected objects are passed over.

    Args:
        objects: in the order to go through.
        selection: ids.

    Returns:
        id of the object and the frame; None where there is none left.
    """
    ordered = list(objects) if by > 0 else list(reversed(objects))
    at = next((place for place, one in enumerate(ordered) if one.id in selection), None)
    for place, one in enumerate(ordered if at is None else ordered[at:]):
        frames = one.to_check if one.review != Review.REJECTED else np.zeros(0, np.int32)
        if at is not None and place == 0:
            frames = frames[frames > frame] if by > 0 else frames[frames < frame]
        if len(frames):
            return one.id, int(frames[0] if by > 0 else frames[-1])
    return None
