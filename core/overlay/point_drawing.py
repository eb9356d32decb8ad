"""Points as lines and dots in pixels of a picture: drawn whole, or again where some of them changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.overlay.colours import premultiplied
from core.overlay.look import Look
from core.overlay.scene import Scene
from core.overlay.scene_colours import point_colours
from core.tracking.camera_motion import CameraMotion, moved
from core.trajectories.model import PointTrajectories, Review

SHIFT = 3
"""Bits behind the point in the coordinates given to OpenCV."""

_SEGMENTS = 120_000  # of trails; beyond, every second or third place of a trail is drawn
DIMMED = 120
"""Opacity of what is not selected while something is, of 255."""

_THIN = 180  # opacity of trails, of 255
_FEW_TRAILS = 100  # trails up to which they hide the frame
_FAINT_TRAILS = 1500  # trails beyond which they let the frame shine through more

_FEW_CHANGED = 500  # lines and heads up to which only what is around them is drawn again
_FEW_PARTS = 8  # parts up to which each is drawn again alone, beyond that what holds them all

Part = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclass(frozen=True, eq=False)
class DrawnPoints:
    """The trails and heads of the points of a scene, ready to draw.

    Attributes:
        trails: (T, L, 2) int32, places as OpenCV takes them, see `fixed`.
        group: (T,) int, rows of `table`; greater ones lie above.
        table: (G,) uint32, the colours of trails.
        heads: (K, 2) float32, places in the picture.
        head_pixels: (K,) uint32.
        radius: pixels of a head around its middle.
    """

    trails: np.ndarray
    group: np.ndarray
    table: np.ndarray
    heads: np.ndarray
    head_pixels: np.ndarray
    radius: int

    @staticmethod
    def of(scene: Scene, look: Look, bright: np.ndarray, dim: bool) -> "DrawnPoints":
        """Those of a scene; `bright` (K,) bool are never dimmed, the others if `dim`."""
        colours = point_colours(scene, look.layers)
        index = colours.index + np.where(bright, len(colours.table), 0)
        strong = premultiplied(colours.table, 255)
        dimmed, thin = premultiplied(colours.table, DIMMED), premultiplied(colours.table, _THIN)
        crowd = dimmed if dim or len(scene.places) > _FAINT_TRAILS else thin
        if not dim and len(scene.places) <= _FEW_TRAILS:
            crowd = strong
        behind, ahead = look.layers.trail, look.layers.ahead
        lines, group = np.zeros((0, 1, 2), np.int32), index[:0]
        if behind or ahead:
            seen = scene.points.review[scene.places] != Review.REJECTED
            seen &= bright | (not look.layers.trails_chosen)
            paths = trails(scene.points, scene.places[seen], scene.frame, behind, ahead, motion=look.left_out)
            tails = look.camera.to_view(paths)
            inside = _within(tails, (0, 0), look.size)
            lines, group = fixed(tails[inside]), index[seen][inside]
        table = np.concatenate((dimmed if dim else strong, strong))
        heads = look.camera.to_view(scene.xy)
        radius = _head_radius(len(heads), look.ratio, look.camera.scale)
        return DrawnPoints(lines, group, np.concatenate((crowd, strong)), heads, table[index], radius)

    def draw(self, pixels: np.ndarray, parts: Sequence[Part] | None = None) -> None:
        """Draw them on (H, W) uint32; `parts`: those that may touch one, whole, in the same order."""
        lines, group, heads, colours = self.trails, self.group, self.heads, self.head_pixels
        if parts is not None:
            near = np.any([touching(lines, part, 2, 1 << SHIFT) for part in parts], axis=0)
            lines, group = lines[near], group[near]
            near = np.any([touching(heads[:, None], part, self.radius + 2) for part in parts], axis=0)
            heads, colours = heads[near], colours[near]
        image = pixels.view(np.uint8).reshape(*pixels.shape, 4)
        for number, members in _groups(group):
            pixel = channels(self.table[number])
            cv2.polylines(image, list(lines[members]), False, pixel, 1, cv2.LINE_8, SHIFT)
        _stamp(pixels, heads, colours, self.radius)

    def changed_since(self, before: "DrawnPoints", size: tuple[int, int]) -> list[Part] | None:
        """Around what looks different in a picture of (width, height) pixels; empty where nothing does.

        None where too much does, or where it cannot be told.
        """
        if (
            self.trails.shape != before.trails.shape
            or self.heads.shape != before.heads.shape
            or self.radius != before.radius
            or not np.array_equal(self.table, before.table)
        ):
            return None
        lines = (self.trails != before.trails).any(axis=(1, 2)) | (self.group != before.group)
        heads = (self.heads != before.heads).any(axis=1) | (self.head_pixels != before.head_pixels)
        if lines.sum() + heads.sum() > _FEW_CHANGED:
            return None
        changed = [line / (1 << SHIFT) for one in (self, before) for line in one.trails[lines]]
        changed += [head[None] for one in (self, before) for head in one.heads[heads]]
        return _around(changed, self.radius + 3, size)


def _around(changed: Sequence[np.ndarray], margin: int, size: tuple[int, int]) -> list[Part]:
    """The parts of a picture of (width, height) pixels around groups of (n, 2) places."""
    found: list[np.ndarray] = []
    for places in changed:
        new = np.array((np.floor(places.min(axis=0)) - margin, np.ceil(places.max(axis=0)) + margin))
        for one in [one for one in found if (one[0] <= new[1]).all() and (new[0] <= one[1]).all()]:
            found = [other for other in found if other is not one]
            new = np.array((np.minimum(one[0], new[0]), np.maximum(one[1], new[1])))
        found.append(new)
    if len(found) > _FEW_PARTS:
        found = [np.array((np.min(found, axis=(0, 1)), np.max(found, axis=(0, 1))))]
    inside = [np.clip(one, 0, size).astype(int) for one in found]
    return [
        (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
        for low, high in inside
        if (low < high).all()
    ]


def touching(lines: np.ndarray, part: Part, margin: int, unit: int = 1) -> np.ndarray:
    """(K,) bool, which of (K, L, 2) lines, in parts of a pixel, may touch a part of the picture."""
    low = part[1].start - margin, part[0].start - margin
    high = part[1].stop + margin, part[0].stop + margin
    return _within(lines, (low[0] * unit, low[1] * unit), (high[0] * unit, high[1] * unit))


def _stamp(picture: np.ndarray, places: np.ndarray, pixels: np.ndarray, radius: int) -> None:
    """Dots of a radius around (K, 2) places of a picture."""
    height, width = picture.shape
    inside = ((places >= radius) & (places < (width - radius, height - radius))).all(axis=1)
    x, y = np.floor(places[inside]).astype(np.int64).T
    flat, pixels = y * width + x, pixels[inside]
    buffer = picture.reshape(-1)
    for row in range(-radius, radius + 1):
        for column in range(-radius, radius + 1):
            if row * row + column * column <= radius * (radius + 1):
                buffer[flat + (row * width + column)] = pixels


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
    stride = 1 + len(places) * (behind + ahead) // _SEGMENTS
    steps = np.union1d(np.arange(0, -behind - 1, -stride), np.arange(0, ahead + 1, stride))
    lengths = points.offsets[places + 1] - points.offsets[places]
    wanted = (frame - points.first[places]) + steps[:, None]  # (L, K), along which numpy is fast
    within = np.clip(wanted, 0, lengths - 1)
    both = np.ascontiguousarray(points.xy, np.float32).view(np.complex64)[:, 0]
    paths = _pairs(both[points.offsets[places] + within])  # x and y as one: 9 times as fast
    if motion is None:
        return paths
    onto, known = motion.onto(frame, frame + steps)
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


def _within(lines: np.ndarray, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    """(K,) bool, which of (K, L, 2) lines may touch a rectangle, which ends before `high`."""
    x, y = lines[..., 0], lines[..., 1]  # `any` along a line is 6 times as fast as its least and greatest
    across = (x >= low[0]).any(axis=1) & (x < high[0]).any(axis=1)
    return np.asarray(across & (y >= low[1]).any(axis=1) & (y < high[1]).any(axis=1))


def _groups(index: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    order = np.argsort(index, kind="stable")
    bounds = np.flatnonzero(np.diff(index[order], prepend=-1))
    for group in np.split(order, bounds[1:]) if len(order) else []:
        yield int(index[group[0]]), group


def _head_radius(count: int, ratio: float, scale: float) -> int:
    """Pixels around the middle of a dot; small where there are many, so that the frame stays seen."""
    near = 2.0 if scale >= 1.5 * ratio or count <= 500 else 1.0
    return round(near * ratio) if count <= 5000 else max(1, round(near * ratio) - 1)


def fixed(places: np.ndarray) -> np.ndarray:
    """View coordinates as OpenCV takes them: integer pixel centres, `SHIFT` bits behind the point."""
    return ((places - 0.5) * (1 << SHIFT)).astype(np.int32, order="C")


def channels(pixel: np.uint32) -> tuple[int, int, int, int]:
    """Blue, green, red, alpha of a premultiplied pixel."""
    value = int(pixel)
    return value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24
