"""What moves though no object's track follows it: points that go together, another way than the camera.

Measured, with the settings chosen on other clips: `python -m benchmarks.movers`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.geometry import decode_mask
from core.tracking.camera_motion import CameraMotion, moved
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review

WINDOW = 4
"""Frames to each side over which the speed of a point against the camera is averaged."""

SLOWEST = 1.0
"""Pixels a frame, in a picture of 480 lines, that a point must go against the camera."""

OUTSTANDING = 8.0
"""So many times as fast as the median of all points of the frame."""

REACH = 0.05
"""Of the frame's diagonal: points nearer than about that are of one group."""

FEWEST = 6
"""Points that a group has in its best frame at least."""

SHORTEST = 8
"""Frames that a group is seen in at least."""

_LINES = 480
_BORDER = 0.02  # of the diagonal, around an object's mask or box that still counts as the object
_SHARED = 0.5  # of the points of the smaller of two groups, one frame apart, that make them one


@dataclass(frozen=True, eq=False)
class Mover:
    """A group of points that move together, in no object.

    Attributes:
        frames: (K,) int64, ascending and without gaps.
        boxes: (K, 4) float32, around its points, pixels.
        points: (K,) int64, how many there are.
        speed: the median over frames of how fast they go against the camera, pixels a frame.
        ids: (K,) int64, of the point nearest the middle of each frame's box.
    """

    frames: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    speed: float
    ids: np.ndarray

    @property
    def best(self) -> int:
        """The place of the frame in which it has most points."""
        return int(np.argmax(self.points))


def movers(
    points: PointTrajectories, objects: Sequence[ObjectTrajectory], width: int, height: int
) -> list[Mover]:
    """The groups of a clip, those of most points first; none where there are no points.

    Args:
        points: of the clip; rejected ones say nothing.
        objects: those that are followed, in the frames of the clip.
        width, height: of its frames, pixels.

    A point is of an object where it lies in its mask, or box, in half of the frames in which both are seen;
    from the first frame of the object to its last it is then followed, also where the object is not filled.
    The camera's motion is what most points follow (`core.tracking.camera_motion`); where the scene is deep
    and the camera travels, what stands near it is named, too.
    """
    points = points.take((points.review != Review.REJECTED) & (points.lengths > WINDOW))
    if not len(points):
        return []
    speeds = _speeds(points)
    speed = np.linalg.norm(speeds, axis=1)
    diagonal = float(np.hypot(width, height))
    free = ~_followed(points, objects, (height, width), _BORDER * diagonal)
    frame, lines = points.frame, height / _LINES
    usual = np.zeros(int(frame.max()) + 1)
    for one in range(len(usual)):
        rows = points.at(one)
        usual[one] = np.median(speed[rows]) if len(rows) else 0.0
    chosen = np.flatnonzero(free & (speed >= np.maximum(SLOWEST * lines, OUTSTANDING * usual[frame])))
    return _grouped(points, chosen, speed, REACH * diagonal / 2)


def _speeds(points: PointTrajectories) -> np.ndarray:
    """(M, 2) how far each goes in a frame against the camera, averaged over the frames around; pixels."""
    camera, frame = CameraMotion(points), points.frame
    steps = np.zeros((len(points.xy), 2))
    starts = np.ones(len(points.xy), bool)
    starts[points.offsets[1:] - 1] = False  # from where there is a next one
    for one in range(int(frame.max(initial=0))):
        rows = points.at(one)
        rows = rows[starts[rows]]
        if len(rows):
            camera.estimate(one)
            motion, _ = camera.onto(one + 1, [one])
            steps[rows] = points.xy[rows + 1] - moved(points.xy[rows][:, None], motion)[:, 0]
    sums = np.concatenate((np.zeros((1, 2)), np.cumsum(steps, axis=0)))
    place = np.arange(len(points.xy))
    first, last = points.offsets[points.owner], points.offsets[points.owner + 1] - 1
    low, high = np.maximum(place - WINDOW, first), np.minimum(place + WINDOW, last)
    return np.asarray((sums[high] - sums[low]) / np.maximum(high - low, 1)[:, None])


def _followed(
    points: PointTrajectories, objects: Sequence[ObjectTrajectory], size: tuple[int, int], border: float
) -> np.ndarray:
    """(M,) bool, which observations are of a point of an object, within the object's span."""
    found = np.zeros(len(points.xy), bool)
    frame, owner = points.frame, points.owner
    for one in objects:
        inside, both = np.zeros(len(points), np.int64), np.zeros(len(points), np.int64)
        for at, box, mask in zip(one.frames.tolist(), one.boxes, one.masks, strict=True):
            rows = points.at(at)
            if len(rows):
                within = _within(points.xy[rows], box, mask, size, border)
                both[owner[rows]] += 1
                inside[owner[rows]] += within
        of_object = (inside > 0) & (2 * inside >= both)
        if len(one.frames):
            found |= of_object[owner] & (frame >= one.frames[0]) & (frame <= one.frames[-1])
    return found


def _within(
    xy: np.ndarray, box: np.ndarray, mask: bytes | None, size: tuple[int, int], border: float
) -> np.ndarray:
    """(K,) bool, which places (K, 2) lie in a mask or box, or within some pixels around it."""
    near = np.asarray(((xy >= box[:2] - border) & (xy <= box[2:] + border)).all(axis=1))
    if mask is None or not near.any():
        return near
    filled = decode_mask(mask, *size).astype(np.uint8)
    side = 2 * round(border) + 1
    wide = cv2.dilate(filled, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    x, y = np.clip(np.floor(xy[near]).astype(int), 0, (size[1] - 1, size[0] - 1)).T
    near[near.copy()] = wide[y, x] > 0
    return near


def _grouped(points: PointTrajectories, chosen: np.ndarray, speed: np.ndarray, cell: float) -> list[Mover]:
    """Groups of some observations (K,): near each other in a frame, and of the same points in the next."""
    frames = points.frame[chosen]
    order = np.argsort(frames, kind="stable")
    chosen, frames = chosen[order], frames[order]
    group, count = np.zeros(len(chosen), np.int64), 0
    cuts = np.searchsorted(frames, np.arange(int(frames.max(initial=-1)) + 2))
    for start, end in itertools.pairwise(cuts.tolist()):
        if end > start:
            places = np.floor(points.xy[chosen[start:end]] / cell).astype(int)
            places -= places.min(axis=0) - 1
            raster = np.zeros(places.max(axis=0) + 2, np.uint8)
            raster[tuple(places.T)] = 1
            _, labels = cv2.connectedComponents(cv2.dilate(raster, np.ones((2, 2), np.uint8)), connectivity=8)
            names, own = np.unique(labels[tuple(places.T)], return_inverse=True)
            group[start:end] = count + own
            count += len(names)
    merged = _chained(points.owner[chosen], frames, group, count)[group]
    all_found = (_mover(points, chosen[merged == name], speed) for name in np.unique(merged))
    return sorted((one for one in all_found if one is not None), key=lambda one: -int(one.points.max()))


def _chained(owner: np.ndarray, frames: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """(count,) int, groups of one frame each joined to those of the next with which they share points."""
    by = np.lexsort((frames, owner))
    next_ = (owner[by][1:] == owner[by][:-1]) & (np.diff(frames[by]) == 1)
    pairs = np.stack((group[by][:-1][next_], group[by][1:][next_]), 1)
    if not len(pairs):
        return np.arange(count)
    links, shared = np.unique(pairs, axis=0, return_counts=True)
    sizes = np.bincount(group, minlength=count)
    strong = shared >= _SHARED * np.minimum(sizes[links[:, 0]], sizes[links[:, 1]])
    links = links[strong]
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _mover(points: PointTrajectories, rows: np.ndarray, speed: np.ndarray) -> Mover | None:
    """The group of some observations; None where it is too small or too short."""
    frames, starts, counts = np.unique(points.frame[rows], return_index=True, return_counts=True)
    if counts.max() < FEWEST or len(frames) < SHORTEST:
        return None
    boxes, ids = [], []
    for some in np.split(rows, starts[1:]):
        xy = points.xy[some]
        low, high = xy.min(axis=0), xy.max(axis=0)
        centre = (low + high) / 2
        middle = np.linalg.norm(xy - centre, axis=1).argmin()
        boxes.append(
            (*np.minimum(low, centre - 1), *np.maximum(high, centre + 1))
        )  # points may lie in a line
        ids.append(points.ids[points.owner[some[middle]]])
    return Mover(
        frames, np.array(boxes, np.float32), counts, round(float(np.median(speed[rows])), 2), np.array(ids)
    )
