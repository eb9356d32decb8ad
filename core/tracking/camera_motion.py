"""How the camera moved, told from the point tracks: what most of them do from frame to frame."""

from collections.abc import Sequence

import cv2
import numpy as np

from core.trajectories.model import PointTrajectories, Review

FEWEST = 8
"""Points that a motion is told from at least; with fewer the camera counts as standing still."""

MOST = 1500
"""Points that are looked at, spread evenly over those there are."""

NEAR = 1.5
"""Pixels from where a motion takes a point within which the point follows it."""

BETTER = 1.05
"""So many times the followers of a similarity must a homography have to be taken in its place."""

_LEAST = 0.2  # of the points must follow
_ROUNDS = 500
_CLOSEST = 0.05  # pixels; what tracking cannot tell apart


def motion_between(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The motion of the camera between two frames.

    A similarity (shift, turn, zoom) unless a homography explains clearly more points, since what lies far
    from all points is then still placed well. Points that move by themselves are told apart by RANSAC.

    Args:
        before, after: (N, 2) float, places of the same points in the two frames, pixels.

    Returns:
        (3, 3) float64, homogeneous: takes places of the first frame to where they lie in the second; the
        unit matrix where too few points say anything.

    Source: Fischler and Bolles 1981, as OpenCV has it; its random numbers are the same in every run.
    """
    thin = max(-(-len(before) // MOST), 1)
    before, after = (np.ascontiguousarray(one[::thin], np.float32) for one in (before, after))
    if len(before) < FEWEST:
        return np.eye(3)
    similar, followers = cv2.estimateAffinePartial2D(
        before, after, method=cv2.RANSAC, ransacReprojThreshold=NEAR, maxIters=_ROUNDS, refineIters=10
    )
    best: np.ndarray = np.eye(3)
    count, fit = 0, _similarity
    if similar is not None and followers is not None:
        best, count = np.vstack((similar, (0, 0, 1))), int(followers.sum())
    whole, followers = cv2.findHomography(before, after, cv2.RANSAC, NEAR, maxIters=_ROUNDS)
    if whole is not None and followers is not None and int(followers.sum()) > BETTER * count:
        best, count, fit = whole, int(followers.sum()), _homography
    if count < max(FEWEST, _LEAST * len(before)) or not _is_sound(best, before):
        return np.eye(3)
    off = np.linalg.norm(moved(before[:, None], best[None])[:, 0] - after, axis=1)
    close = off <= max(3 * float(np.median(off[off <= NEAR])), _CLOSEST)  # slow movers do not pull at it
    found = fit(before[close], after[close]) if close.sum() >= FEWEST else None
    return np.asarray(best if found is None or not _is_sound(found, before) else found, np.float64)


def _similarity(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """(3, 3), the shift, turn and zoom with the least squares."""
    x, y = before.astype(np.float64).T
    one, none = np.ones(len(x)), np.zeros(len(x))
    rows = np.concatenate((np.stack((x, -y, one, none), axis=1), np.stack((y, x, none, one), axis=1)))
    a, b, c, d = np.linalg.lstsq(rows, after.T.reshape(-1).astype(np.float64))[0]
    return np.array([(a, -b, c), (b, a, d), (0, 0, 1)])


def _homography(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """(3, 3), the homography with the least squares; None where there is none."""
    found, _ = cv2.findHomography(before, after, 0)
    return found if found is None else np.asarray(found)


def _is_sound(motion: np.ndarray, places: np.ndarray) -> bool:
    """Whether a motion turns nothing over and keeps sizes within reason, all over the points."""
    corners = np.array([places.min(axis=0), places.max(axis=0)])
    grid = np.array([(x, y, 1) for x in corners[:, 0] for y in corners[:, 1]])
    depth = grid @ motion[2]
    size = np.linalg.det(motion[:2, :2])
    return bool((depth > 0.5).all() and (depth < 2).all() and 0.25 < size < 4)


class CameraMotion:
    """The motion of a clip's camera; each pair of frames is estimated once, when that is asked for.

    Frames of which nothing is known yet cut what is asked for short, so a thread may estimate while
    another one reads.
    """

    def __init__(self, points: PointTrajectories) -> None:
        self.points = points
        self._steps: dict[int, np.ndarray] = {}

    def is_known(self, frame: int) -> bool:
        """Whether the step from a frame to the next is estimated."""
        return frame in self._steps

    def estimate(self, frame: int) -> None:
        """Estimate the step from a frame to the next, unless it is known."""
        if frame not in self._steps:
            points = self.points
            there = (points.first <= frame) & (frame < points.last) & (points.review != Review.REJECTED)
            places = np.flatnonzero(there)
            rows = points.offsets[places] + (frame - points.first[places])
            self._steps[frame] = motion_between(points.xy[rows], points.xy[rows + 1])

    def onto(self, frame: int, others: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where places of other frames lie in a frame.

        Args:
            others: (L,) int, frames in ascending order.

        Returns:
            (L, 3, 3) float64, homogeneous: takes places of each to the frame; and (L,) bool, whether it is
            known, which it is without gaps around the frame.
        """
        found = np.tile(np.eye(3), (len(others), 1, 1))
        known = np.zeros(len(others), bool)
        wanted = {int(other): place for place, other in enumerate(others)}
        for by in (-1, 1):
            motion, at = np.eye(3), frame
            last = min(wanted, default=frame) if by < 0 else max(wanted, default=frame)
            while True:
                if at in wanted:
                    found[wanted[at]], known[wanted[at]] = motion, True
                step = self._steps.get(at - 1 if by < 0 else at)
                if at == last or step is None:
                    break
                motion = motion @ (step if by < 0 else np.linalg.inv(step))
                at += by
        return found, known


def moved(places: np.ndarray, motions: np.ndarray) -> np.ndarray:
    """Places where motions take them.

    Args:
        places: (K, L, 2) float, pixels.
        motions: (L, 3, 3) float, homogeneous.

    Returns:
        (K, L, 2) float32.
    """
    m = motions.astype(np.float32)[..., None]
    x, y = (np.ascontiguousarray(places[..., axis].T) for axis in (0, 1))  # (L, K), along which numpy is fast
    depth = m[:, 2, 0] * x + m[:, 2, 1] * y + m[:, 2, 2]
    across = m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2]
    down = m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2]
    found = np.empty((*x.shape, 2), np.float32)
    np.divide(across, depth, out=found[..., 0], casting="same_kind")
    np.divide(down, depth, out=found[..., 1], casting="same_kind")
    return found.transpose(1, 0, 2)
