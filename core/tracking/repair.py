"""The path between two points a person set: followed from both, and blended."""

import numpy as np

from core.tracking.flow_stream import Images, stream
from core.tracking.linking import FINE, LINK_VARIANCE
from core.tracking.optical_flow import follow, inside

AROUND = 96
"""Pixels beyond both points that flow is computed in."""

LOST = 25.0
"""Squared pixels that a link which cannot be trusted adds to the variance."""


def repair_path(
    frames: Images, start: np.ndarray, end: np.ndarray, threads: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """The path of a point that is known in the first and in the last of some frames.

    It is followed by flow forward from the start and backward from the end; each frame takes the mean of
    the two, weighted against the variance each has gathered, so the path passes through both points. A
    chain that fails the forward-backward test or leaves the frame stays where it is and gathers a great
    variance; where neither can be followed the path is a straight line.

    Args:
        frames: those from the start to the end and no others, at least 2.
        start, end: (2,) float, pixels.

    Returns:
        (T, 2) float32 path and (T,) float32 standard deviation in pixels; the first and last are the
        given points, with 0.

    Source: the annotation tool of Doersch et al., TAP-Vid, NeurIPS 2022, Section 4 (least disagreement
        with the flow between clicks), in closed form.
    """
    ends = np.stack([start, end]).astype(np.float32)
    corner = np.maximum(ends.min(axis=0) - AROUND, 0).astype(int)
    part = _Cropped(frames, (int(corner[0]), int(corner[1])), np.ceil(ends.max(axis=0)).astype(int) + AROUND)
    flows = [now.flows[1] for now in stream(part, {1: FINE}, threads, max_side=4096) if now.flows]
    ahead, doubt_ahead = _chain(ends[0] - corner, flows)
    behind, doubt_behind = _chain(ends[1] - corner, [(back, out) for out, back in reversed(flows)])
    behind, doubt_behind = behind[::-1], doubt_behind[::-1]
    both = doubt_ahead + doubt_behind
    share = (doubt_ahead / both)[:, None]
    path = ahead * (1 - share) + behind * share
    return (path + corner).astype(np.float32), np.sqrt(doubt_ahead * doubt_behind / both)


def _chain(start: np.ndarray, flows: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) path and (T,) variance of a point that follows flows, each there and back."""
    path, variance = [start.astype(np.float32)], [0.0]
    for out, back in flows:
        height, width = out.shape[:2]
        to, error, good = follow(out, back, path[-1][None])
        if good[0] and inside(to, width, height)[0]:
            path.append(to[0])
            variance.append(variance[-1] + LINK_VARIANCE + float(error[0]) ** 2)
        else:
            path.append(path[-1])
            variance.append(variance[-1] + LOST)
    return np.array(path, np.float32), np.array(variance, np.float32)


class _Cropped:
    """The same part of each of some frames."""

    def __init__(self, frames: Images, corner: tuple[int, int], end: np.ndarray) -> None:
        self._frames, self._part = frames, np.s_[corner[1] : end[1], corner[0] : end[0]]

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, frame: int, /) -> np.ndarray:
        return np.ascontiguousarray(self._frames[frame][self._part])
