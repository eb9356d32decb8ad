"""Where points were and will be around a frame: in the frame, and as lines of a picture, which are kept."""

from dataclasses import dataclass

import numpy as np

from core.overlay.look import Look
from core.overlay.placement import Placement
from core.overlay.scene import Scene
from core.tracking.camera_motion import CameraMotion, moved
from core.trajectories.model import PointTrajectories

SHIFT = 3
"""Bits behind the point in the coordinates given to OpenCV."""

_SEGMENTS = 120_000  # beyond, every second or third place of a trail is drawn

_Ways = tuple[np.ndarray, np.ndarray] | None  # as `CameraMotion.onto` gives them


def trails(
    points: PointTrajectories,
    places: np.ndarray,
    frame: int,
    behind: int,
    ahead: int,
    motion: CameraMotion | None = None,
) -> np.ndarray:
    """Where points were and will be around a frame.

    Args:
        places: (K,) int, trajectories that have an observation at `frame`.
        behind, ahead: how many frames of path.
        motion: of the camera; with it, where the places of the other frames lie in this one, as far as that
            is known.

    Returns:
        (K, L, 2) float32, frame coordinates, in order of time. A path that begins later or ends
        sooner repeats its end, which draws nothing; with very many points L is a part of the frames.
    """
    steps = _steps(len(places), behind, ahead)
    return _paths(points, places, frame, steps, motion.onto(frame, frame + steps) if motion else None)


def fixed(places: np.ndarray) -> np.ndarray:
    """View coordinates as OpenCV takes them: integer pixel centres, `SHIFT` bits behind the point."""
    return ((places - 0.5) * (1 << SHIFT)).astype(np.int32, order="C")


@dataclass(frozen=True, eq=False)
class TrailLines:
    """Trails in a picture.

    Attributes:
        lines: (K, L, 2) int32, places as OpenCV takes them, see `fixed`.
        reach: (K, 2, 2) float32, the least and the greatest x and y of each in pixels of the picture.
    """

    lines: np.ndarray
    reach: np.ndarray

    def changed_since(self, before: "TrailLines") -> np.ndarray:
        """(n,) int, which lines of as many differ."""
        if self is before:
            return np.zeros(0, np.int64)
        return np.unique(np.nonzero(self.lines.reshape(-1) != before.lines.reshape(-1))[0] // self.size)

    @property
    def size(self) -> int:
        """Numbers of a line."""
        return self.lines.shape[1] * 2


NO_TRAILS = TrailLines(np.zeros((0, 1, 2), np.int32), np.zeros((0, 2, 2), np.float32))


@dataclass(frozen=True, eq=False)
class _Kept:
    """Trails and what they were worked out from."""

    points: PointTrajectories
    places: np.ndarray
    ways: _Ways
    how: tuple[object, ...]
    found: TrailLines


class KeptTrails:
    """The trails of the picture before; only those of trajectories that differ are worked out again."""

    def __init__(self) -> None:
        self._before: _Kept | None = None

    def of(self, scene: Scene, seen: np.ndarray, look: Look) -> TrailLines:
        """Those of a scene; `seen` (K,) bool: of which of its points."""
        points, places, frame = scene.points, scene.places[seen], scene.frame
        behind, ahead = look.layers.trail, look.layers.ahead
        steps = _steps(len(places), behind, ahead)
        ways = look.left_out.onto(frame, frame + steps) if look.left_out else None
        how = frame, behind, ahead, look.camera

        def worked_out(places: np.ndarray) -> TrailLines:
            return _lines(_paths(points, places, frame, steps, ways), look.camera)

        before, again = self._before, None
        if (
            before is not None
            and before.how == how
            and np.array_equal(before.places, places)
            and _same(before.ways, ways)
        ):
            again = _differing(before.points, points, places)
        if before is None or again is None:
            found = worked_out(places)
        elif not len(again):
            found = before.found
        else:
            found, fresh = before.found, worked_out(places[again])
            found = TrailLines(found.lines.copy(), found.reach.copy())
            found.lines[again], found.reach[again] = fresh.lines, fresh.reach
        self._before = _Kept(points, places, ways, how, found)
        return found


def _steps(count: int, behind: int, ahead: int) -> np.ndarray:
    """(L,) int, the frames of the trails of so many points, from the frame that is shown."""
    stride = 1 + count * (behind + ahead) // _SEGMENTS
    return np.union1d(np.arange(0, -behind - 1, -stride), np.arange(0, ahead + 1, stride))


def _paths(
    points: PointTrajectories, places: np.ndarray, frame: int, steps: np.ndarray, ways: _Ways
) -> np.ndarray:
    """(K, L, 2) float32, as `trails`."""
    lengths = points.offsets[places + 1] - points.offsets[places]
    wanted = (frame - points.first[places]) + steps[:, None]  # (L, K), along which numpy is fast
    within = np.clip(wanted, 0, lengths - 1)
    both = np.ascontiguousarray(points.xy, np.float32).view(np.complex64)[:, 0]
    paths = _pairs(both[points.offsets[places] + within])  # x and y as one: 9 times as fast
    if ways is None:
        return paths
    onto, known = ways
    paths, there = moved(paths, onto), (wanted == within) & known[:, None]
    if there.all():
        return paths
    first, last = there.argmax(axis=0), len(steps) - 1 - there[::-1].argmax(axis=0)
    ends = np.clip(np.arange(len(steps))[:, None], first, last)
    both = paths.transpose(1, 0, 2).view(np.complex64)[..., 0]
    return _pairs(np.take_along_axis(both, ends, axis=0))


def _pairs(places: np.ndarray) -> np.ndarray:
    """(L, K) complex64 → (K, L, 2) float32."""
    return places.view(np.float32).reshape(*places.shape, 2).transpose(1, 0, 2)


def _lines(paths: np.ndarray, camera: Placement) -> TrailLines:
    places = camera.to_view(paths)
    if not len(places):
        return TrailLines(fixed(places), np.zeros((0, 2, 2), np.float32))
    return TrailLines(fixed(places), np.stack((places.min(axis=1), places.max(axis=1)), axis=1))


def _same(before: _Ways, ways: _Ways) -> bool:
    if before is None or ways is None:
        return before is ways
    return all(np.array_equal(one, other) for one, other in zip(before, ways, strict=True))


def _differing(before: PointTrajectories, points: PointTrajectories, places: np.ndarray) -> np.ndarray | None:
    """(n,) int, at which of some places the trajectories differ; None where that cannot be told quickly."""
    if points is before:
        return np.zeros(0, np.int64)
    if not (np.array_equal(points.first, before.first) and np.array_equal(points.offsets, before.offsets)):
        return None
    now, then = (np.ascontiguousarray(one.xy, np.float32).view(np.uint64)[:, 0] for one in (points, before))
    owners = np.searchsorted(points.offsets, np.flatnonzero(now != then), side="right") - 1
    return np.flatnonzero(np.isin(places, owners))
