"""Points as lines and dots in pixels of a picture: drawn whole, or again where some of them changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.overlay.colours import premultiplied
from core.overlay.look import Look
from core.overlay.scene import Scene
from core.overlay.scene_colours import point_colours
from core.overlay.trails import NO_TRAILS, SHIFT, KeptTrails, TrailLines
from core.trajectories.model import Review

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
        trails: T of them.
        group: (T,) int, rows of `table`; greater ones lie above.
        table: (G,) uint32, the colours of trails.
        heads: (K, 2) float32, places in the picture.
        head_pixels: (K,) uint32.
        radius: pixels of a head around its middle.
    """

    trails: TrailLines
    group: np.ndarray
    table: np.ndarray
    heads: np.ndarray
    head_pixels: np.ndarray
    radius: int

    @staticmethod
    def of(scene: Scene, look: Look, kept: KeptTrails, bright: np.ndarray, dim: bool) -> "DrawnPoints":
        """Those of a scene; `bright` (K,) bool are never dimmed, the others if `dim`."""
        colours = point_colours(scene, look.layers)
        index = colours.index + np.where(bright, len(colours.table), 0)
        strong = premultiplied(colours.table, 255)
        dimmed, thin = premultiplied(colours.table, DIMMED), premultiplied(colours.table, _THIN)
        crowd = dimmed if dim or len(scene.places) > _FAINT_TRAILS else thin
        if not dim and len(scene.places) <= _FEW_TRAILS:
            crowd = strong
        lines, group = NO_TRAILS, index[:0]
        if look.layers.trail or look.layers.ahead:
            seen = scene.points.review[scene.places] != Review.REJECTED
            seen &= bright | (not look.layers.trails_chosen)
            lines, group = kept.of(scene, seen, look), index[seen]
        table = np.concatenate((dimmed if dim else strong, strong))
        heads = look.camera.to_view(scene.xy)
        radius = _head_radius(len(heads), look.ratio, look.camera.scale)
        return DrawnPoints(lines, group, np.concatenate((crowd, strong)), heads, table[index], radius)

    def draw(self, pixels: np.ndarray, parts: Sequence[Part] | None = None) -> None:
        """Draw them on (H, W) uint32; `parts`: those that may touch one, whole, in the same order."""
        heads, colours = self.heads, self.head_pixels
        inside = _within(self.trails.reach, (0, 0), (pixels.shape[1], pixels.shape[0]))
        if parts is not None:
            inside &= np.any([touching(self.trails.reach, part, 2) for part in parts], axis=0)
            near = np.any([touching(heads[:, None], part, self.radius + 2) for part in parts], axis=0)
            heads, colours = heads[near], colours[near]
        image = pixels.view(np.uint8).reshape(*pixels.shape, 4)
        drawn = np.flatnonzero(inside)
        for number, members in _groups(self.group[drawn]):
            pixel = channels(self.table[number])
            cv2.polylines(image, list(self.trails.lines[drawn[members]]), False, pixel, 1, cv2.LINE_8, SHIFT)
        _stamp(pixels, heads, colours, self.radius)

    def changed_since(self, before: "DrawnPoints", size: tuple[int, int]) -> list[Part] | None:
        """Around what looks different in a picture of (width, height) pixels; empty where nothing does.

        None where too much does, or where it cannot be told.
        """
        if (
            self.trails.lines.shape != before.trails.lines.shape
            or self.heads.shape != before.heads.shape
            or self.radius != before.radius
            or not np.array_equal(self.table, before.table)
        ):
            return None
        lines = np.union1d(
            self.trails.changed_since(before.trails), np.flatnonzero(self.group != before.group)
        )
        apart = self.heads != before.heads
        heads = np.flatnonzero(apart[:, 0] | apart[:, 1] | (self.head_pixels != before.head_pixels))
        if len(lines) + len(heads) > _FEW_CHANGED:
            return None
        changed = [line for one in (self, before) for line in one.trails.reach[lines]]
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


def touching(reach: np.ndarray, part: Part, margin: int) -> np.ndarray:
    """(K,) bool, what may touch a part of the picture, by its least and greatest place (K, 1 or 2, 2)."""
    low = part[1].start - margin, part[0].start - margin
    high = part[1].stop + margin, part[0].stop + margin
    return _within(reach, low, high)


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


def _within(reach: np.ndarray, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    """(K,) bool, as `touching`, of a rectangle that ends before `high`."""
    least, greatest = reach[:, 0], reach[:, -1]
    across = (greatest[:, 0] >= low[0]) & (least[:, 0] < high[0])
    return np.asarray(across & (greatest[:, 1] >= low[1]) & (least[:, 1] < high[1]))


def _groups(index: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    order = np.argsort(index, kind="stable")
    bounds = np.flatnonzero(np.diff(index[order], prepend=-1))
    for group in np.split(order, bounds[1:]) if len(order) else []:
        yield int(index[group[0]]), group


def _head_radius(count: int, ratio: float, scale: float) -> int:
    """Pixels around the middle of a dot; small where there are many, so that the frame stays seen."""
    near = 2.0 if scale >= 1.5 * ratio or count <= 500 else 1.0
    return round(near * ratio) if count <= 5000 else max(1, round(near * ratio) - 1)


def channels(pixel: np.uint32) -> tuple[int, int, int, int]:
    """Blue, green, red, alpha of a premultiplied pixel."""
    value = int(pixel)
    return value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24
