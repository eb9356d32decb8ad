"""The frame whose annotation an object would gain most from."""

from dataclasses import dataclass

import numpy as np

from core.trajectories.model import KEYFRAMES, ObjectTrajectory

TRIED = 200
"""Frames of a span that are tried, spread evenly where it has more."""


@dataclass(frozen=True)
class NextKeyframe:
    """A frame to annotate.

    Attributes:
        frame: the frame.
        first, last: the filled frames that a keyframe there would change.
        gain: the IoU that is expected to be won, summed over these frames: 3 is as much as three frames that
            had nothing and are right then.
    """

    frame: int
    first: int
    last: int
    gain: float


SPACING = 0.5
"""The share of what is taken to be wrong that is spread over all filled frames alike.

All of it is even spacing, and none the word of the confidences: of these, neither is better beyond chance.
"""


def next_keyframe(one: ObjectTrajectory, spacing: float = SPACING) -> NextKeyframe | None:
    """Where one more keyframe is expected to mend most of what was filled; None where nothing was.

    What is wrong in a filled frame is taken to be what the densifier's confidence lacks to 1, and to grow
    with the frames from the keyframes beside it as the spread of a path does that is held at both ends: in a
    span of n frames, d after the first keyframe, by d (n - d) / n; past the last keyframe by d. A keyframe in
    the span makes it two spans, in which every frame keeps its own rate. So the middle of a span that is
    equally unsure gains most, and where it is unsure on one side, a frame nearer to there. A share `spacing`
    of what all frames lack is taken to be the same in each.

    Measured against other choices: `python -m benchmarks.next_keyframe`; none was better than even spacing.
    """
    given = np.isin(one.origin, KEYFRAMES)
    keys, filled = one.frames[given].astype(float), one.frames[~given].astype(float)
    if not len(filled) or not len(keys):
        return None
    missing = 1.0 - one.confidence[~given].astype(float)
    missing = (1 - spacing) * missing + spacing * missing.mean()
    found: list[NextKeyframe] = []
    beside = np.searchsorted(keys, filled)
    for place in np.unique(beside).tolist():
        inside = beside == place
        before = keys[place - 1] if place > 0 else -np.inf
        after = keys[place] if place < len(keys) else np.inf
        frames = filled[inside]
        tried = frames[:: -(-len(frames) // TRIED)]
        gains = _gains(tried, frames, missing[inside], before, after)
        best = int(np.argmax(gains))
        span = int(frames[0]), int(frames[-1])
        found.append(NextKeyframe(int(tried[best]), *span, round(float(gains[best]), 4)))
    return max(found, key=lambda each: each.gain)


def _gains(
    tried: np.ndarray, frames: np.ndarray, missing: np.ndarray, before: float, after: float
) -> np.ndarray:
    """What a keyframe in each of some frames of a span would mend, (T,), in IoU summed over the span.

    Args:
        tried: (T,) some of `frames`.
        frames: (N,) filled frames between two keyframes, of which one may be infinitely far.
        missing: (N,) what is taken to be wrong in each, 0..1.
    """
    rate = missing / _spread(frames, before, after)
    chosen, of = tried[:, None], frames[None, :]
    left = _spread(of, np.where(of < chosen, before, chosen), np.where(of < chosen, chosen, after))
    remaining = np.where(chosen == of, 0.0, rate * left)
    return np.asarray(missing.sum() - np.minimum(remaining, missing).sum(axis=1))


def _spread(frames: np.ndarray, before: np.ndarray | float, after: np.ndarray | float) -> np.ndarray:
    """How far a path may have strayed between two frames in which it is known; one may be infinitely far."""
    since, until = frames - before, after - frames
    with np.errstate(invalid="ignore", divide="ignore"):
        inner = since * until / (since + until)
    spread = np.where(np.isinf(since), until, np.where(np.isinf(until), since, inner))
    return np.where(spread > 0, spread, 1.0)
