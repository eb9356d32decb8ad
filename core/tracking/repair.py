"""The path around a point that a person set: followed from there, and joined to what is known."""

import itertools
from collections.abc import Sequence

import numpy as np

from core.tracking.flow_stream import Images, stream
from core.tracking.linking import FINE, LINK_VARIANCE
from core.tracking.optical_flow import follow, inside

AROUND = 96
"""Pixels beyond the points of a path that flow is computed in."""

LOST = 25.0
"""Squared pixels that a link which cannot be trusted adds to the variance."""

REACH = 30
"""Frames to either side of a point a person set in which the path is solved again, at most."""

SAME = 2.0
"""Standard deviations within which a path that is followed counts as back on the one that was known."""

CLOSE = 1.0
"""Pixels within which it does so, too, where the two were far apart at first; else a quarter of that."""

Flow = tuple[np.ndarray, np.ndarray]


def repair_around(
    frames: Images, path: np.ndarray, at: int, anchors: np.ndarray, threads: int = 2
) -> tuple[int, np.ndarray, np.ndarray]:
    """The path of a point solved again on both sides of an observation that a person set.

    To each side, as far as the next anchor, the path is solved from both its ends (`repair_path`). Where
    no anchor lies within `REACH` frames, the point is followed from `at`: where it comes back to the path
    that was known, the frames between are solved from both ends. Where it does not, it is followed as far
    as it can be; the known path stays beyond, and how far it is from the other is the error there, so
    that the worst error shows where to set the next point.

    Args:
        frames: those of the path and no others.
        path: (T, 2) float32, pixels, as it is known, already with the new place in frame `at`.
        anchors: (T,) bool, the observations that people or ground truth gave.

    Returns:
        the first frame of the part that is new, (K, 2) float32 its path and (K,) float32 its errors:
        the standard deviation in pixels, 0 at `at`.

    Source: the annotation tool of Doersch et al., TAP-Vid, NeurIPS 2022, Section 4.
    """
    xy, error = np.array(path, np.float32), np.zeros(len(path), np.float32)
    ahead, jump_ahead = _side(frames, range(at, len(path)), xy, anchors, error, threads)
    behind, jump_behind = _side(frames, range(at, -1, -1), xy, anchors, error, threads)
    last, first = at + ahead, at - behind
    if jump_ahead:  # the error of a link stands at its end: beyond what is new, or at its start
        last += 1
        error[last] = jump_ahead
    if jump_behind:
        error[first] = jump_behind
    return first, xy[first : last + 1], error[first : last + 1]


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
    part = _Cropped(frames, range(len(frames)), ends)
    flows = [now.flows[1] for now in stream(part, {1: FINE}, threads, max_side=4096) if now.flows]
    path, deviation = _joined(flows, *(ends - part.corner))
    return path + part.corner, deviation


def _side(
    frames: Images, order: range, xy: np.ndarray, anchors: np.ndarray, error: np.ndarray, threads: int
) -> tuple[int, float]:
    """Solve `xy` (T, 2) again in the frames of `order`, from the first, which is known, on; in place.

    Returns:
        how many frames after the first are new, and by how many pixels the path jumps after them.
    """
    order = order[: REACH + 1]
    anchored = next((step for step in range(1, len(order)) if anchors[order[step]]), None)
    if anchored is not None:
        order = order[: anchored + 1]
    known = xy[list(order)]
    part = _Cropped(frames, order, known)
    known = known - part.corner
    place, variance, flows, chain = known[0], 0.0, list[Flow](), list[tuple[np.ndarray, float]]()
    joins: int | None = None
    apart = close = 0.0
    for now in itertools.islice(stream(part, {1: FINE}, threads, max_side=4096), 1, None):
        flows.append(now.flows[1])
        if anchored is not None:
            continue
        place, variance, followed = _linked(place, variance, now.flows[1])
        if not followed:
            break
        apart = float(np.linalg.norm(place - known[len(flows)]))
        close = min(CLOSE, apart / 4) if not chain else close
        if apart <= max(close, SAME * np.sqrt(variance)):
            joins = len(flows)
            break
        chain.append((place, variance))
    end = anchored if anchored is not None else joins
    if end is not None:
        path, deviation = _joined(flows, known[0], known[end])
        new = list(order[1:end])
        xy[new], error[new] = path[1:-1] + part.corner, deviation[1:-1]
        return end - 1, 0.0
    new = list(order[1 : len(chain) + 1])
    for frame, (place, variance) in zip(new, chain, strict=True):
        xy[frame], error[frame] = place + part.corner, np.sqrt(variance)
    beyond = order[0] + (len(new) + 1) * order.step
    if not 0 <= beyond < len(xy):
        return len(new), 0.0
    return len(new), apart if chain else float(np.linalg.norm(known[1] - known[0]))


def _joined(flows: Sequence[Flow], start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) float32 path and (T,) float32 deviation between two points that are known."""
    ahead, doubt_ahead = _chain(start, flows)
    behind, doubt_behind = _chain(end, [(back, out) for out, back in reversed(flows)])
    behind, doubt_behind = behind[::-1], doubt_behind[::-1]
    both = doubt_ahead + doubt_behind
    share = (doubt_ahead / both)[:, None]
    path = ahead * (1 - share) + behind * share
    return path.astype(np.float32), np.sqrt(doubt_ahead * doubt_behind / both)


def _chain(start: np.ndarray, flows: Sequence[Flow]) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) path and (T,) variance of a point that follows flows, each there and back."""
    path, variance = [start.astype(np.float32)], [0.0]
    for flow in flows:
        place, doubt, _ = _linked(path[-1], variance[-1], flow)
        path.append(place)
        variance.append(doubt)
    return np.array(path, np.float32), np.array(variance, np.float32)


def _linked(place: np.ndarray, variance: float, flow: Flow) -> tuple[np.ndarray, float, bool]:
    """Where a point (2,) goes, the variance it has then, and whether it could be followed."""
    height, width = flow[0].shape[:2]
    to, error, good = follow(*flow, place[None])
    if good[0] and inside(to, width, height)[0]:
        return to[0], variance + LINK_VARIANCE + float(error[0]) ** 2, True
    return place, variance + LOST, False


class _Cropped:
    """The part of some frames around points (N, 2), in an order."""

    def __init__(self, frames: Images, order: range, points: np.ndarray) -> None:
        low, high = points.min(axis=0), points.max(axis=0)
        self.corner = np.maximum(low - AROUND, 0).astype(int)
        """(2,) int, x and y of its top left in the frame."""
        end = np.ceil(high).astype(int) + AROUND
        self._part = np.s_[self.corner[1] : end[1], self.corner[0] : end[0]]
        self._frames, self._order = frames, order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, frame: int, /) -> np.ndarray:
        return np.ascontiguousarray(self._frames[self._order[frame]][self._part])
