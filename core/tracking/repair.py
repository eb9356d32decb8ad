"""The path around a point that a person set: followed from there, and joined to what is known."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

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

    To each side, as far as the next anchor, the path is solved from both its ends: it is followed by flow
    forward from the one and backward from the other, and each frame takes the mean of the two, weighted
    against the variance each has gathered. A chain that fails the forward-backward test or leaves the
    frame stays where it is and gathers a great variance, so that where neither can be followed the path
    is a straight line.

    Where no anchor lies within `REACH` frames, the point is followed from `at`: where it comes back to the
    path that was known, the frames between are solved from both ends. Where it does not, it is solved up to
    the next anchor, however far that is. Without one, it is followed as far as it can be; the known path
    stays beyond, and how far it is from the other is the error there, so that the worst error shows where
    to set the next point. Anchors, and what lies beyond them, never change.

    Args:
        frames: those of the path and no others.
        path: (T, 2) float32, pixels, as it is known, already with the new place in frame `at`.
        anchors: (T,) bool, the observations that people or ground truth gave.

    Returns:
        the first frame of the part that is new, (K, 2) float32 its path and (K,) float32 its errors:
        the standard deviation in pixels, 0 at `at`.

    Source: the annotation tool of Doersch et al., TAP-Vid, NeurIPS 2022, Section 4 (least
        disagreement with the flow between clicks), in closed form.
    """
    xy, error = np.array(path, np.float32), np.zeros(len(path), np.float32)
    sides = [_side(frames, order, xy, anchors, threads) for order in (range(at, len(xy)), range(at, -1, -1))]
    for new, doubt, places, _ in sides:
        xy[places], error[places] = new, doubt
    (_, _, ahead, jump_ahead), (_, _, behind, jump_behind) = sides
    first, last = at - len(behind), at + len(ahead)
    if jump_ahead:  # the error of a link stands at its end: beyond what is new, or at its start
        last += 1
        error[last] = jump_ahead
    if jump_behind:
        error[first] = jump_behind
    return first, xy[first : last + 1], error[first : last + 1]


def _side(
    frames: Images, order: range, path: np.ndarray, anchors: np.ndarray, threads: int
) -> tuple[np.ndarray, np.ndarray, list[int], float]:
    """What is new of a path (T, 2) in the frames of `order` after the first, where it is known.

    Returns:
        (K, 2) float32 path and (K,) float32 error in K frames, and by how many pixels the path jumps
        after them.
    """
    anchored = next((step for step in range(1, len(order)) if anchors[order[step]]), None)
    if anchored is None or anchored > REACH:
        corner, moves = _flows(frames, order[: REACH + 1], path, threads)
        known = path[list(order)] - corner
        passed, followed, variance, back = _until_it_is_back(moves, known)
        if back is not None:
            joined, deviation = _joined(passed, known[0], known[back])
            return (joined[1:-1] + corner).astype(np.float32), deviation[1:-1], list(order[1:back]), 0.0
        if anchored is None:
            count = len(followed) - 1
            beyond = order[0] + (count + 1) * order.step
            jumps = 0 <= beyond < len(path)
            jump = float(np.linalg.norm(followed[-1] - known[max(count, 1)])) if jumps else 0.0
            new = (followed[1:] + corner).astype(np.float32)
            return new, np.sqrt(variance[1:]).astype(np.float32), list(order[1 : count + 1]), jump
    order = order[: anchored + 1]
    new, deviation = _between(frames, order, path, threads)
    return new, deviation, list(order[1:-1]), 0.0


def bridge(
    frames: Images, path: np.ndarray, first: int, last: int, threads: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """The path of a point between two frames where it is known, solved from both ends as a repair is.

    Args:
        frames: those of the path and no others.
        path: (T, 2) float32, pixels; what it holds between the two frames only says where to look.

    Returns:
        (K, 2) float32 path and (K,) float32 errors, the deviation in pixels, in the K frames between.
    """
    return _between(frames, range(first, last + 1), path, threads)


def _between(frames: Images, order: range, path: np.ndarray, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """(K, 2) float32 path and (K,) float32 errors between the first and the last of some frames."""
    corner, moves = _flows(frames, order, path, threads)
    joined, deviation = _joined(list(moves), path[order[0]] - corner, path[order[-1]] - corner)
    return (joined[1:-1] + corner).astype(np.float32), deviation[1:-1]


def _flows(frames: Images, order: range, path: np.ndarray, threads: int) -> tuple[np.ndarray, Iterator[Flow]]:
    """The flows from each of some frames to the next around a path (T, 2), and the corner of that part."""
    part = _Cropped(frames, order, path[list(order)])
    moves = stream(part, {1: FINE}, threads, max_side=4096)
    return part.corner, (now.flows[1] for now in itertools.islice(moves, 1, None))


def _until_it_is_back(
    flows: Iterable[Flow], known: np.ndarray
) -> tuple[list[Flow], np.ndarray, np.ndarray, int | None]:
    """Follow a point from the first of its known places (T, 2) until it is back on them or is lost.

    Returns:
        the flows it took, (K, 2) path and (K,) variance from the first place on, and the step at which
        it is back; None where it never is.
    """
    passed, path, variance, close = list[Flow](), [known[0]], [0.0], CLOSE
    for step, flow in enumerate(flows, start=1):
        passed.append(flow)
        place, doubt, followed = _linked(path[-1], variance[-1], flow)
        if not followed:
            break
        apart = float(np.linalg.norm(place - known[step]))
        if step == 1:
            close = min(CLOSE, apart / 4)
        if apart <= max(close, SAME * np.sqrt(doubt)):
            return passed, np.array(path), np.array(variance), step
        path.append(place)
        variance.append(doubt)
    return passed, np.array(path), np.array(variance), None


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
