"""Groups joined that turn, grow and shift as one: pairs of points only know that they shift apart."""

from dataclasses import dataclass

import numpy as np

from core.motion_segmentation.grouped import CAMERA
from core.tracking.camera_motion import CameraMotion, moved
from core.trajectories.model import PointTrajectories

WINDOW = 8
"""Frames over which motions are compared."""

WINDOWS = 24
"""Windows of a clip that are looked at, at most, spread evenly."""

LIKE = 0.27
"""What one motion of both may miss, as a share of how far they go against the camera."""

LEAST = 0.5
"""Pixels in a picture of 480 lines that one motion may miss, however little they go."""

REACH, BEHIND = 0.06, 0.15
"""Of the diagonal: groups whose nearest points are further apart are not joined; and those that no ground is
seen between, as behind a tree."""

TURN = 0.6
"""Radians or share of the size by which one thing turns or grows in a window at most."""

EXPLAINED = 0.9
"""Share of a group's motion that the camera's own shift explains where the group is scenery nearer by."""

VARIED = 1.5
"""So many times worse must a motion of its own, always the same, explain how scenery moves."""

SEEN = 0.3
"""Pixels by which places are wrong on the mean, about."""

FEWEST = 3
"""Points that a group has in a window, for it to count."""


@dataclass(frozen=True, eq=False)
class _Window:
    """Points of one group over a window: places before, after, and where the camera would have them; and how
    the middle of the picture shifts."""

    before: np.ndarray
    after: np.ndarray
    still: np.ndarray
    shift: np.ndarray

    def with_(self, other: "_Window") -> "_Window":
        return _Window(
            np.concatenate((self.before, other.before)),
            np.concatenate((self.after, other.after)),
            np.concatenate((self.still, other.still)),
            self.shift,
        )


_Windows = dict[int, _Window]
"""Of a group, by first frame."""


def join_alike(points: PointTrajectories, groups: np.ndarray, width: int, height: int) -> np.ndarray:
    """(N,) int32 groups in which those that one similarity carries, window after window, are one, and
    scenery near the camera, which only seems to move, is of the camera.

    Args:
        points: N trajectories, and `groups` (N,) int32, the group of each, as `Grouping` has them.
        width, height: of the frames, pixels.
    """
    windows = _windows(points, groups, np.array((width, height)) / 2)
    diagonal, least = float(np.hypot(width, height)), LEAST * height / 480
    near = _Nearness(_places(points, groups == CAMERA, windows), REACH * diagonal, BEHIND * diagonal)
    names = {group: group for group in windows}
    misses = {(a, b): _miss(windows[a], windows[b], near, least) for a in windows for b in windows if a < b}
    while misses:
        (a, b), miss = min(misses.items(), key=lambda item: item[1])
        if miss > 1:
            break
        windows[a] = _joined(windows[a], windows.pop(b))
        names = {group: a if name == b else name for group, name in names.items()}
        misses = {pair: value for pair, value in misses.items() if a not in pair and b not in pair}
        misses |= {
            (min(a, c), max(a, c)): _miss(windows[a], windows[c], near, least) for c in windows if c != a
        }
    scenery = _scenery(windows)
    return _renumbered(groups, {group: CAMERA if name in scenery else name for group, name in names.items()})


def _windows(points: PointTrajectories, groups: np.ndarray, middle: np.ndarray) -> dict[int, _Windows]:
    """Of each object its windows that have enough points."""
    camera, count = CameraMotion(points), int(points.frame.max(initial=-1)) + 1
    starts = np.unique(np.linspace(0, max(count - 1 - WINDOW, 0), WINDOWS).astype(int))
    found: dict[int, _Windows] = {}
    for start in starts.tolist():
        end = min(start + WINDOW, count - 1)
        places = np.flatnonzero((points.first <= start) & (points.last >= end) & (groups > CAMERA))
        if end <= start or not len(places):
            continue
        rows = points.offsets[places] + (start - points.first[places])
        for frame in range(start, end):
            camera.estimate(frame)
        motion, _ = camera.onto(end, [start])
        before = points.xy[rows].astype(np.float64)
        after = points.xy[rows + (end - start)].astype(np.float64)
        still = moved(before[:, None], motion)[:, 0]
        shift = moved(middle[None, None], motion)[0, 0] - middle
        for group in np.unique(groups[places]).tolist():
            here = groups[places] == group
            if here.sum() >= FEWEST:
                one = _Window(before[here], after[here], still[here], shift)
                found.setdefault(group, {})[start] = one
    return found


def _joined(one: _Windows, other: _Windows) -> _Windows:
    both = {start: one[start].with_(other[start]) for start in one.keys() & other.keys()}
    return {**one, **other, **both}


def _miss(one: _Windows, other: _Windows, near: "_Nearness", least: float) -> float:
    """How far from one motion two groups are, in units of what is allowed; infinite where nothing says."""
    common = sorted(one.keys() & other.keys())
    if not any(near.holds(start, one[start].before, other[start].before) for start in common):
        return np.inf
    missed, ways = np.transpose([_missed(one[start], other[start]) for start in common])
    return float(np.linalg.norm(missed) / np.linalg.norm(np.maximum(least, LIKE * ways)))


def _places(
    points: PointTrajectories, some: np.ndarray, windows: dict[int, _Windows]
) -> dict[int, np.ndarray]:
    """Where some points are at the first frames of windows."""
    found = {}
    for start in sorted({start for one in windows.values() for start in one}):
        rows = points.at(start)
        found[start] = points.xy[rows[some[points.owner[rows]]]]
    return found


@dataclass(frozen=True, eq=False)
class _Nearness:
    """Whether groups may be of one thing by where they are: near, or only hidden from each other.

    Attributes:
        ground: where points of the ground are, by first frame.
        reach, behind: pixels between groups that are near, and that something may hide.
    """

    ground: dict[int, np.ndarray]
    reach: float
    behind: float

    def holds(self, start: int, a: np.ndarray, b: np.ndarray) -> bool:
        a, b = a[:: -(-len(a) // 200)], b[:: -(-len(b) // 200)]
        gaps = np.linalg.norm(a[:, None] - b[None], axis=2)
        row, column = np.unravel_index(gaps.argmin(), gaps.shape)
        gap = float(gaps[row, column])
        if gap <= self.reach or gap > self.behind:
            return gap <= self.reach
        middle = (a[row] + b[column]) / 2
        return not (np.linalg.norm(self.ground[start] - middle, axis=1) < gap / 2).any()


def _missed(a: _Window, b: _Window) -> tuple[float, float]:
    """How far one similarity leaves the worse of two groups from where it is, and how far the faster goes
    against the camera; pixels."""
    both = a.with_(b)
    x, y = (both.before - both.before.mean(axis=0)).T
    u, v = (both.after - both.after.mean(axis=0)).T
    square = float((x * x + y * y).sum())
    way = max(float(np.median(np.linalg.norm(one.after - one.still, axis=1))) for one in (a, b))
    if square == 0:
        return 0.0, way
    c, s = float((x * u + y * v).sum()) / square, float((x * v - y * u).sum()) / square
    if abs(np.hypot(c, s) - 1) > TURN or abs(np.arctan2(s, c)) > TURN:
        return np.inf, way
    off = np.hypot(c * x - s * y - u, s * x + c * y - v)
    return max(float(np.sqrt(np.mean(part**2))) for part in (off[: len(a.before)], off[len(a.before) :])), way


def _scenery(windows: dict[int, _Windows]) -> set[int]:
    """Groups that shift, window after window, so many times as much as the ground by the camera's motion: one
    that shows it as that motion varies, and others that are as near to the camera as it."""
    shifts = {name: _shifts(list(some.values())) for name, some in windows.items()}
    depths = {name: _depth(*pair) for name, pair in shifts.items()}
    sure = [depths[name] for name, pair in shifts.items() if _is_as_near(*pair, depths[name], VARIED, SEEN)]
    return {name for name, pair in shifts.items() if any(_is_as_near(*pair, depth, 1.0, 0) for depth in sure)}


def _shifts(windows: list[_Window]) -> tuple[np.ndarray, np.ndarray]:
    """(W, 2) how far a group goes against the camera in each window, and (W, 2) how far the ground goes."""
    off = np.array([np.median(one.after - one.still, axis=0) for one in windows])
    return off, np.array([one.shift for one in windows])


def _depth(off: np.ndarray, shift: np.ndarray) -> float:
    """How much more than the ground a group shifts, in shifts of the ground."""
    return float((off * shift).sum()) / max(float((shift**2).sum()), 1e-9)


def _is_as_near(off: np.ndarray, shift: np.ndarray, depth: float, times: float, seen: float) -> bool:
    """Whether a depth explains how a group shifts, and so many times better than a motion of its own that is
    always the same; `seen`: pixels by which places are wrong."""
    left, own = (float((miss**2).sum()) for miss in (off - depth * shift, off - off.mean(axis=0)))
    explained = left < (1 - EXPLAINED) * float((off**2).sum())
    return depth > 0 and explained and own > times * (left + len(off) * seen**2)


def _renumbered(groups: np.ndarray, names: dict[int, int]) -> np.ndarray:
    """(N,) int32 groups with objects numbered anew, those of most points first."""
    joined = groups.copy()
    for group, name in names.items():
        joined[groups == group] = name
    sizes = np.bincount(joined[joined > CAMERA], minlength=1)
    order = [name for name in np.argsort(-sizes, kind="stable").tolist() if sizes[name]]
    result = joined.copy()
    for number, name in enumerate(order, 1):
        result[joined == name] = number
    return result
