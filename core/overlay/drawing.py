"""Tracks drawn over a frame: rastered by OpenCV into one picture, since thousands move at every frame.

The window draws what is selected or under the mouse again on top, smooth.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.overlay.colours import Colouring, premultiplied
from core.overlay.look import Look
from core.overlay.placement import Placement
from core.overlay.point_drawing import DIMMED, DrawnPoints, Part, channels, touching
from core.overlay.scene import Scene
from core.overlay.scene_colours import object_colours
from core.overlay.trails import SHIFT, KeptTrails, fixed

_DASH = 5.0  # length of a dash and of a gap, in view pixels
_DOT = 2.0
_SUGGESTED = 11.0  # of an object that waits to be accepted: long dashes, told from all others


@dataclass(frozen=True, eq=False)
class _Drawn:
    """What a picture shows: `still` is all but the points, which are compared one by one."""

    still: tuple[object, ...]
    points: DrawnPoints


class Overlay:
    """Draws scenes into one buffer that is kept; a picture is valid until the next `draw`.

    Where nothing but a few points differ from the picture before, only what is around them is drawn again.
    """

    def __init__(self) -> None:
        self._pixels = self._again = np.zeros((0, 0), np.uint32)
        self._before: _Drawn | None = None
        self._trails = KeptTrails()

    def draw(self, scene: Scene, look: Look) -> np.ndarray:
        """The picture of a scene, (H, W) uint32, alpha in the highest byte, colours multiplied by it."""
        width, height = look.size
        if self._pixels.shape != (height, width):
            self._pixels, self._before = np.zeros((height, width), np.uint32), None
        chosen = scene.among(look.selection)
        some = bool(len(chosen.places) or chosen.objects)
        faint = [one.rejected or (some and one.id not in look.selection) for one in scene.objects]
        objects = [(one.trajectory, one.place) for one in scene.objects]
        points = scene if look.layers.trails else scene.layer(points=False, objects=True)
        drawn = _Drawn(
            (look.camera, look.ratio, look.shapes, look.layers, objects, faint),
            DrawnPoints.of(points, look, self._trails, np.isin(points.places, chosen.places), dim=some),
        )
        before, self._before = self._before, drawn
        parts = None
        if before is not None and before.still == drawn.still:
            parts = drawn.points.changed_since(before.points, look.size)
        if parts is None:
            self._draw(self._pixels, drawn.points, scene, look, np.array(faint, bool))
        elif parts:
            if self._again.shape != self._pixels.shape:
                self._again = np.zeros_like(self._pixels)
            self._draw(self._again, drawn.points, scene, look, np.array(faint, bool), parts)
            for part in parts:
                self._pixels[part] = self._again[part]
        return self._pixels

    def _draw(
        self,
        picture: np.ndarray,
        points: DrawnPoints,
        scene: Scene,
        look: Look,
        faint: np.ndarray,
        parts: Sequence[Part] | None = None,
    ) -> None:
        """Draw everything on a picture, or what touches one of its parts, which are then right."""
        objects = object_colours(scene, look.layers)
        whole = slice(0, picture.shape[0]), slice(0, picture.shape[1])
        for part in [whole] if parts is None else parts:
            picture[part] = 0
        near = range(len(scene.objects)) if parts is None else _near(scene, look, parts)
        if look.layers.masks:
            painted = _painted(scene, look, objects, faint, near)
            if painted is not None and look.layers.opacity:
                for part in [whole] if parts is None else parts:
                    _tint(picture, *painted, look, part)
        points.draw(picture, parts)
        pixels = np.where(
            faint,
            premultiplied(objects.table, DIMMED)[objects.index],
            premultiplied(objects.table, 255)[objects.index],
        )
        image = picture.view(np.uint8).reshape(*picture.shape, 4)
        if look.layers.masks:
            _draw_outlines(image, scene, look, pixels, near)
        if look.layers.boxes:
            _draw_boxes(image, scene, look, pixels, near)


def _near(scene: Scene, look: Look, parts: Sequence[Part]) -> list[int]:
    """Which objects of the scene may touch a part of the picture."""
    reach = scene.boxes.reshape(-1, 2, 2).copy()
    for number, one in enumerate(scene.objects):
        shape = look.shapes.of(one.mask) if one.mask and look.layers.masks else None
        if shape is not None:
            rows, columns = shape.pixels.shape
            reach[number, 0] = np.minimum(reach[number, 0], (shape.x, shape.y))
            reach[number, 1] = np.maximum(reach[number, 1], (shape.x + columns, shape.y + rows))
    corners, margin = look.camera.to_view(reach), 2 * look.line + 2
    return np.flatnonzero(np.any([touching(corners, part, margin) for part in parts], axis=0)).tolist()


def _painted(
    scene: Scene, look: Look, colours: Colouring, faint: np.ndarray, numbers: Sequence[int]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Masks of some objects in the pixels of the frame, smaller objects over larger ones; None without any.

    Returns:
        (H, W) uint32, no larger than the masks reach, and (2,) int, the column and row of its first pixel.
    """
    seen = [
        (number, shape)
        for number, one in ((number, scene.objects[number]) for number in numbers)
        if one.mask and not one.rejected and (shape := look.shapes.of(one.mask)) is not None
    ]
    if not seen:
        return None
    low = np.array([(shape.x, shape.y) for _, shape in seen])
    first = low.min(axis=0)
    width, height = (low + [shape.pixels.shape[::-1] for _, shape in seen]).max(axis=0) - first
    painted = np.zeros((height, width), np.uint32)
    opacity = round(255 * look.layers.opacity / 100)
    full, half = (premultiplied(colours.table, alpha)[colours.index] for alpha in (opacity, opacity // 2))
    for (number, shape), (x, y) in zip(seen, (low - first).tolist(), strict=True):
        rows, columns = shape.pixels.shape
        pixels = half if faint[number] or scene.objects[number].suggested else full
        painted[y : y + rows, x : x + columns][shape.pixels] = pixels[number]
    return painted, first


def _tint(picture: np.ndarray, painted: np.ndarray, first: np.ndarray, look: Look, part: Part) -> None:
    """Lay what was painted on the frame, from a pixel of it on, over a part of the picture."""
    rows, columns = part
    matrix = inverse_matrix(look.camera)
    matrix[:, 2] += matrix[:, :2] @ (columns.start, rows.start) - first
    size = columns.stop - columns.start, rows.stop - rows.start
    image = painted.view(np.uint8).reshape(*painted.shape, 4)
    placed = cv2.warpAffine(image, matrix, size, flags=NEAREST)
    picture[part] = placed.view(np.uint32)[..., 0]


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


def _draw_outlines(
    image: np.ndarray, scene: Scene, look: Look, pixels: np.ndarray, numbers: Sequence[int]
) -> None:
    """Outlines of the masks of some objects, in dashes where one is occluded, in long ones if suggested."""
    for one, pixel in ((scene.objects[number], pixels[number]) for number in numbers):
        shape = look.shapes.of(one.mask) if one.mask else None
        if shape is not None:
            lines = [look.camera.to_view(line) for line in shape.outlines]
            dash = _DASH if one.occluded else _SUGGESTED
            closed = not (one.occluded or one.suggested)
            if not closed:
                lines = [part for line in lines for part in _dashed(line, dash * look.ratio)]
            places = [fixed(line) for line in lines]
            cv2.polylines(image, places, closed, channels(pixel), look.line, cv2.LINE_AA, SHIFT)


def _draw_boxes(
    image: np.ndarray, scene: Scene, look: Look, pixels: np.ndarray, numbers: Sequence[int]
) -> None:
    """Boxes of some objects: lines for keyframes, dashes for what was propagated, dots for occluded ones;
    long dashes for those that are only suggested."""
    corners = look.camera.to_view(scene.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    for one, box, pixel in ((scene.objects[number], corners[number], pixels[number]) for number in numbers):
        lines = _sides(box) if one.keyframe else _dashes(box, _DASH * look.ratio)
        if one.occluded or one.suggested:
            lines = _dashes(box, (_DOT if one.occluded else _SUGGESTED) * look.ratio)
        cv2.polylines(image, list(fixed(lines)), False, channels(pixel), look.line, cv2.LINE_8, SHIFT)


def _sides(box: np.ndarray) -> np.ndarray:
    """(4, 2, 2) float32, the sides of a box clockwise."""
    x1, y1, x2, y2 = box.tolist()
    corners = (x1, y1), (x2, y1), (x2, y2), (x1, y2)
    return np.array(list(zip(corners, (*corners[1:], corners[0]), strict=True)), np.float32)


def _dashes(box: np.ndarray, dash: float) -> np.ndarray:
    """(n, 2, 2) float32, dashes along the sides of a box; each side begins and ends with one."""
    size = box[2:] - box[:2]
    across, along = (min(max(1, round(abs(side) / (2 * dash))), 500) for side in size.tolist())
    return (box[:2] + size * _dashes_of_one(across, along)).astype(np.float32)


@functools.lru_cache(maxsize=512)
def _dashes_of_one(across: int, along: int) -> np.ndarray:
    """(n, 2, 2), dashes around a square of side 1, so many on each horizontal and each vertical side."""
    parts = []
    for start, end in _sides(np.array((0, 0, 1, 1))):
        count = across if start[1] == end[1] else along
        parts.append(start + (end - start) * np.linspace(0, 1, 2 * count)[:, None])
    return np.concatenate(parts).reshape(-1, 2, 2)


def _dashed(line: np.ndarray, dash: float) -> np.ndarray:
    """(n, 2, 2) float32, dashes along a closed line (k, 2)."""
    ring = np.concatenate((line, line[:1]))
    arc = np.concatenate(([0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))))
    count = min(max(1, round(float(arc[-1]) / (2 * dash))), 2000)
    at = np.linspace(0, arc[-1], 2 * count, endpoint=False)
    points = np.column_stack([np.interp(at, arc, ring[:, axis]) for axis in (0, 1)])
    return np.stack((points[::2], points[1::2]), axis=1).astype(np.float32)
