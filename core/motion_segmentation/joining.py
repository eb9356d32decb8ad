"""Groups joined that turn, grow and shift as one: pairs of points only know that they shift apart."""

from dataclasses import dataclass, replace

import numpy as np

from core.motion_segmentation.grouping import CAMERA, Grouping
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

REACH = 0.06
"""Of the diagonal: groups whose nearest points are further apart are not joined."""

TURN = 0.6
"""Radians or share of the size by which one thing turns or grows in a window at most."""

EXPLAINED = 0.9
"""Share of a group's motion that the camera's own shift explains where the group is scenery nearer by."""

VARIED = 0.3
"""Share of the camera's shift that must vary in time for that to say anything."""

FEWEST = 3
"""Points that a group has in a window, for it to count."""


@dataclass(frozen=True, eq=False)
class _Window:
    """Points of one group over a window: places before, after, and where the camera would have them."""

    before: np.ndarray
    after: np.ndarray
    still: np.ndarray

    def with_(self, other: "_Window") -> "_Window":
        return _Window(
            np.concatenate((self.before, other.before)),
            np.concatenate((self.after, other.after)),
            np.concatenate((self.still, other.still)),
        )


_Windows = dict[int, _Window]
"""Of a group, by first frame."""


def join_alike(points: PointTrajectories, grouping: Grouping, width: int, height: int) -> Grouping:
    """A grouping in which groups that one similarity carries, window after window, are one, and scenery near
    the camera, which only seems to move, is of the camera.

    Args:
        points: those of the grouping.
        width, height: of the frames, pixels.
    """
    windows = _windows(points, grouping.groups)
    reach, least = REACH * float(np.hypot(width, height)), LEAST * height / 480
    names = {group: group for group in windows}
    misses = {(a, b): _miss(windows[a], windows[b], reach, least) for a in windows for b in windows if a < b}
    while misses:
        (a, b), miss = min(misses.items(), key=lambda item: item[1])
        if miss > 1:
            break
        windows[a] = _joined(windows[a], windows.pop(b))
        names = {group: a if name == b else name for group, name in names.items()}
        misses = {pair: value for pair, value in misses.items() if a not in pair and b not in pair}
        misses |= {
            (min(a, c), max(a, c)): _miss(windows[a], windows[c], reach, least) for c in windows if c != a
        }
    scenery = {name for name, some in windows.items() if _is_scenery(list(some.values()))}
    return _renumbered(
        grouping, {group: CAMERA if name in scenery else name for group, name in names.items()}
    )


def _windows(points: PointTrajectories, groups: np.ndarray) -> dict[int, _Windows]:
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
        for group in np.unique(groups[places]).tolist():
            here = groups[places] == group
            if here.sum() >= FEWEST:
                one = _Window(before[here], after[here], still[here])
                found.setdefault(group, {})[start] = one
    return found


def _joined(one: _Windows, other: _Windows) -> _Windows:
    both = {start: one[start].with_(other[start]) for start in one.keys() & other.keys()}
    return {**one, **other, **both}


def _miss(one: _Windows, other: _Windows, reach: float, least: float) -> float:
    """How far from one motion two groups are, in units of what is allowed; infinite where nothing says."""
    common = sorted(one.keys() & other.keys())
    if not any(_gap(one[start].before, other[start].before) <= reach for start in common):
        return np.inf
    missed, ways = np.transpose([_missed(one[start], other[start]) for start in common])
    return float(np.linalg.norm(missed) / np.linalg.norm(np.maximum(least, LIKE * ways)))


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a[:: -(-len(a) // 200)], b[:: -(-len(b) // 200)]
    return float(np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2).min()))


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


def _is_scenery(windows: list[_Window]) -> bool:
    """Whether a group shifts, window after window, as much more than the ground as the camera shifts."""
    off = np.array([np.median(one.after - one.still, axis=0) for one in windows])
    shift = np.array([np.median(one.still - one.before, axis=0) for one in windows])
    power = float((shift**2).sum())
    if power == 0 or float(((shift - shift.mean(axis=0)) ** 2).sum()) < VARIED * power:
        return False
    times = float((off * shift).sum()) / power
    return times > 0 and float(((off - times * shift) ** 2).sum()) < (1 - EXPLAINED) * float((off**2).sum())


def _renumbered(grouping: Grouping, names: dict[int, int]) -> Grouping:
    """The grouping with objects numbered anew, those of most points first."""
    groups = grouping.groups.copy()
    for group, name in names.items():
        groups[grouping.groups == group] = name
    sizes = np.bincount(groups[groups > CAMERA], minlength=1)
    order = [name for name in np.argsort(-sizes, kind="stable").tolist() if name > CAMERA and sizes[name]]
    result = groups.copy()
    for number, name in enumerate(order, 1):
        result[groups == name] = number
    return replace(grouping, groups=result)
