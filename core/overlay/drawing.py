"""Tracks drawn over a frame: rastered by OpenCV into one picture, since thousands move at every frame.

The window draws what is selected or under the mouse again on top, smooth.
"""

import functools
from collections.abc import Iterator, Set
from dataclasses import dataclass

import cv2
import numpy as np

from core.overlay.colours import Colouring, premultiplied
from core.overlay.layers import Layers
from core.overlay.mask_shapes import MaskShapes
from core.overlay.placement import Placement
from core.overlay.scene import Scene
from core.overlay.scene_colours import object_colours, point_colours
from core.tracking.camera_motion import CameraMotion, moved
from core.trajectories.model import PointTrajectories, Review

_SHIFT = 3  # bits behind the point in the coordinates given to OpenCV
_DIMMED = 120  # opacity of what is not selected while something is, of 255
_SEGMENTS = 120_000  # of trails; beyond, every second or third place of a trail is drawn
_THIN = 180  # opacity of trails, of 255
_FEW_TRAILS = 100  # trails up to which they hide the frame
_FAINT_TRAILS = 1500  # trails beyond which they let the frame shine through more
_DASH = 5.0  # length of a dash and of a gap, in view pixels
_DOT = 2.0


@dataclass(frozen=True, eq=False)
class Look:
    """How a scene is looked at.

    Attributes:
        camera: from the frame to the pixels of the picture.
        size: width and height of the picture.
        ratio: pixels of the picture for one of the view, such as 2 on a high-density screen.
        frame_size: width and height of the frame.
        shapes: of the clip's masks.
        layers: what is drawn.
        selection: ids; everything else is dimmed while one of them is in the scene.
        motion: of the camera, which stabilised paths leave out; None where it is not known.
    """

    camera: Placement
    size: tuple[int, int]
    ratio: float
    frame_size: tuple[int, int]
    shapes: MaskShapes
    layers: Layers
    selection: Set[int]
    motion: CameraMotion | None = None

    @property
    def left_out(self) -> CameraMotion | None:
        """The motion that paths are drawn without."""
        return self.motion if self.layers.stabilise else None

    @property
    def line(self) -> int:
        """Width of a thin line in pixels of the picture."""
        return max(1, round(self.ratio))


class Overlay:
    """Draws scenes into one buffer that is kept; a picture is valid until the next `draw`."""

    def __init__(self) -> None:
        self._pixels = np.zeros((0, 0), np.uint32)

    def draw(self, scene: Scene, look: Look) -> np.ndarray:
        """The picture of a scene, (H, W) uint32, alpha in the highest byte, colours multiplied by it."""
        width, height = look.size
        if self._pixels.shape != (height, width):
            self._pixels = np.zeros((height, width), np.uint32)
        objects = object_colours(scene, look.layers)
        chosen = scene.among(look.selection)
        some = bool(len(chosen.places) or chosen.objects)
        faint = np.array(
            [one.rejected or (some and one.id not in look.selection) for one in scene.objects], bool
        )
        self._pixels[:] = 0
        if look.layers.masks:
            self._tint(scene, look, objects, faint)
        image = self._pixels.view(np.uint8).reshape(height, width, 4)
        if look.layers.trails and len(scene.places):
            bright = np.isin(scene.places, chosen.places)
            self._draw_points(image, scene, look, bright, dim=some)
        pixels = np.where(
            faint,
            premultiplied(objects.table, _DIMMED)[objects.index],
            premultiplied(objects.table, 255)[objects.index],
        )
        if look.layers.masks:
            _draw_outlines(image, scene, look, pixels)
        if look.layers.boxes:
            _draw_boxes(image, scene, look, pixels)
        return self._pixels

    def _tint(self, scene: Scene, look: Look, colours: Colouring, faint: np.ndarray) -> None:
        """Fill the masks of the scene, smaller objects over larger ones."""
        painted = np.zeros((look.frame_size[1], look.frame_size[0]), np.uint32)
        opacity = round(255 * look.layers.opacity / 100)
        for number, one in enumerate(scene.objects):
            shape = look.shapes.of(one.mask) if one.mask and not one.rejected else None
            if shape is not None:
                rows, columns = shape.pixels.shape
                rgb = colours.table[colours.index[number]]
                alpha = opacity // 2 if faint[number] else opacity
                part = painted[shape.y : shape.y + rows, shape.x : shape.x + columns]
                part[shape.pixels] = premultiplied(rgb[None], alpha)[0]
        if opacity and len(scene.objects):
            image = painted.view(np.uint8).reshape(*painted.shape, 4)
            placed = cv2.warpAffine(image, inverse_matrix(look.camera), look.size, flags=NEAREST)
            self._pixels[:] = placed.view(np.uint32)[..., 0]

    def _draw_points(
        self, image: np.ndarray, scene: Scene, look: Look, bright: np.ndarray, dim: bool
    ) -> None:
        """Trails and heads; `bright` (K,) bool are never dimmed, the others if `dim`."""
        colours = point_colours(scene, look.layers)
        index = colours.index + np.where(bright, len(colours.table), 0)
        strong = premultiplied(colours.table, 255)
        dimmed, thin = premultiplied(colours.table, _DIMMED), premultiplied(colours.table, _THIN)
        crowd = dimmed if dim or len(scene.places) > _FAINT_TRAILS else thin
        if not dim and len(scene.places) <= _FEW_TRAILS:
            crowd = strong
        behind, ahead = look.layers.trail, look.layers.ahead
        if behind or ahead:
            seen = scene.points.review[scene.places] != Review.REJECTED
            seen &= bright | (not look.layers.trails_chosen)
            paths = trails(scene.points, scene.places[seen], scene.frame, behind, ahead, motion=look.left_out)
            tails, index_of = look.camera.to_view(paths), index[seen]
            inside = _in_view(tails, look.size)
            fixed = _fixed(tails[inside])
            table = np.concatenate((crowd, strong))
            for number, group in _groups(index_of[inside]):
                pixel = _bytes(table[number])
                cv2.polylines(image, list(fixed[group]), False, pixel, 1, cv2.LINE_8, _SHIFT)
        table = np.concatenate((dimmed if dim else strong, strong))
        heads = look.camera.to_view(scene.xy)
        self._stamp(heads, table[index], _head_radius(len(heads), look.ratio, look.camera.scale))

    def _stamp(self, places: np.ndarray, pixels: np.ndarray, radius: int) -> None:
        """Dots of a radius around (K, 2) places of the view."""
        height, width = self._pixels.shape
        inside = ((places >= radius) & (places < (width - radius, height - radius))).all(axis=1)
        x, y = np.floor(places[inside]).astype(np.int64).T
        flat, pixels = y * width + x, pixels[inside]
        buffer = self._pixels.reshape(-1)
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


NEAREST = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP


def inverse_matrix(camera: Placement) -> np.ndarray:
    """(2, 3) float64 for OpenCV, whose pixel centres are integers: from the picture to the frame."""
    inverse = 1 / camera.scale
    return np.array(
        [
            [inverse, 0, (0.5 - camera.dx) * inverse - 0.5],
            [0, inverse, (0.5 - camera.dy) * inverse - 0.5],
        ]
    )


def _draw_outlines(image: np.ndarray, scene: Scene, look: Look, pixels: np.ndarray) -> None:
    """Outlines of masks, in dashes where the object is occluded."""
    for one, pixel in zip(scene.objects, pixels, strict=True):
        shape = look.shapes.of(one.mask) if one.mask else None
        if shape is not None:
            lines, closed = [look.camera.to_view(line) for line in shape.outlines], not one.occluded
            if not closed:
                lines = [dash for line in lines for dash in _dashed(line, _DASH * look.ratio)]
            fixed = [_fixed(line) for line in lines]
            cv2.polylines(image, fixed, closed, _bytes(pixel), look.line, cv2.LINE_AA, _SHIFT)


def _draw_boxes(image: np.ndarray, scene: Scene, look: Look, pixels: np.ndarray) -> None:
    """Boxes: solid lines for keyframes, dashes for what was propagated, dots for what is occluded."""
    corners = look.camera.to_view(scene.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    for one, box, pixel in zip(scene.objects, corners, pixels, strict=True):
        lines = _sides(box) if one.keyframe else _dashes(box, _DASH * look.ratio)
        if one.occluded:
            lines = _dashes(box, _DOT * look.ratio)
        cv2.polylines(image, list(_fixed(lines)), False, _bytes(pixel), look.line, cv2.LINE_8, _SHIFT)


def _sides(box: np.ndarray) -> np.ndarray:
    """(4, 2, 2) float32, the sides of a box clockwise."""
    x1, y1, x2, y2 = box.tolist()
    corners = (x1, y1), (x2, y1), (x2, y2), (x1, y2)
    return np.array(list(zip(corners, (*corners[1:], corners[0]), strict=True)), np.float32)


def _dashes(box: np.ndarray, dash: float) -> np.ndarray:
    """(n, 2, 2) float32, dashes along the sides of a box; each side begins and ends with one."""
    parts = []
    for start, end in _sides(box):
        count = min(max(1, round(float(np.abs(end - start).max()) / (2 * dash))), 500)
        parts.append(start + (end - start) * _ends(count))
    return np.concatenate(parts).reshape(-1, 2, 2).astype(np.float32)


@functools.lru_cache(maxsize=512)
def _ends(count: int) -> np.ndarray:
    """(2 count, 1), where dashes begin and end along a line, as parts of it."""
    return np.linspace(0, 1, 2 * count)[:, None]


def _dashed(line: np.ndarray, dash: float) -> np.ndarray:
    """(n, 2, 2) float32, dashes along a closed line (k, 2)."""
    ring = np.concatenate((line, line[:1]))
    arc = np.concatenate(([0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))))
    count = min(max(1, round(float(arc[-1]) / (2 * dash))), 2000)
    at = np.linspace(0, arc[-1], 2 * count, endpoint=False)
    points = np.column_stack([np.interp(at, arc, ring[:, axis]) for axis in (0, 1)])
    return np.stack((points[::2], points[1::2]), axis=1).astype(np.float32)


def _in_view(tails: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(K,) bool, which of (K, L, 2) lines may touch a picture of a size (width, height)."""
    x, y = tails[..., 0], tails[..., 1]  # `any` along a line is 6 times as fast as its least and greatest
    across = (x >= 0).any(axis=1) & (x < size[0]).any(axis=1)
    return np.asarray(across & (y >= 0).any(axis=1) & (y < size[1]).any(axis=1))


def _groups(index: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    order = np.argsort(index, kind="stable")
    bounds = np.flatnonzero(np.diff(index[order], prepend=-1))
    for group in np.split(order, bounds[1:]) if len(order) else []:
        yield int(index[group[0]]), group


def _head_radius(count: int, ratio: float, scale: float) -> int:
    """Pixels around the middle of a dot; small where there are many, so that the frame stays seen."""
    near = 2.0 if scale >= 1.5 * ratio or count <= 500 else 1.0
    return round(near * ratio) if count <= 5000 else max(1, round(near * ratio) - 1)


def _fixed(places: np.ndarray) -> np.ndarray:
    """View coordinates as OpenCV takes them: integer pixel centres, `_SHIFT` bits behind the point."""
    return ((places - 0.5) * (1 << _SHIFT)).astype(np.int32, order="C")


def _bytes(pixel: np.uint32) -> tuple[int, int, int, int]:
    """Blue, green, red, alpha of a premultiplied pixel."""
    value = int(pixel)
    return value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24
