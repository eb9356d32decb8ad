"""What lies under the mouse."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF

from core.geometry import areas
from core.overlay.mask_shapes import MaskShapes
from core.overlay.scene import Scene
from studio.canvas.camera import Camera

POINT_REACH = 6.0
"""View pixels around a point that count as the point."""

STACKED = 3.0
"""View pixels within which several points lie on each other."""

EDGE_REACH = 4.0
"""View pixels around the edge of a box, or around a handle, that count as it."""

HANDLES = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""The handles of a box, clockwise from the top left: column and row, 0 for the low side, 2 for the high."""


@dataclass(frozen=True)
class Hit:
    """A trajectory under the mouse, and the part of it: `handle`, `edge`, `point` or `inside`.

    `handle` is a place in `HANDLES` where the part is one, else -1; `distance` in view pixels, 0 inside.
    """

    id: int
    part: str
    handle: int = -1
    distance: float = 0.0


def handle_places(box: np.ndarray) -> np.ndarray:
    """(4,) box → (8, 2) the places of its handles."""
    middle = (box[:2] + box[2:]) / 2
    table = np.stack((box[:2], middle, box[2:]))
    return np.array([(table[i, 0], table[j, 1]) for i, j in HANDLES], np.float32)


def hit_handle(scene: Scene, camera: Camera, at: QPointF, trajectory_id: int) -> Hit | None:
    """The handle of an object that lies under the mouse."""
    one = scene.object(trajectory_id)
    if one is None:
        return None
    distance = _distances(camera.to_view(handle_places(one.box)), at)
    nearest = int(distance.argmin())
    if distance[nearest] > EDGE_REACH + 2:
        return None
    return Hit(trajectory_id, "handle", nearest, float(distance[nearest]))


def hit_point(scene: Scene, camera: Camera, at: QPointF, reach: float = POINT_REACH) -> Hit | None:
    """The nearest point within reach."""
    return next(_points(scene, camera, at, reach), None)


def hit_object(scene: Scene, camera: Camera, at: QPointF, shapes: MaskShapes, part: str) -> Hit | None:
    """The smallest object whose box has its edge (`part` edge), or that lies (`inside`), under the mouse.

    Inside an object is on its mask or, where it has none, in its box.
    """
    return next(_objects(scene, camera, at, shapes, part), None)


def hit(scene: Scene, camera: Camera, at: QPointF, shapes: MaskShapes) -> Hit | None:
    """What a click means: the edge of a box, else the nearest point, else the smallest object there."""
    return next(beneath(scene, camera, at, shapes), None)


def beneath(scene: Scene, camera: Camera, at: QPointF, shapes: MaskShapes) -> Iterator[Hit]:
    """All that lies under the mouse, each track once: what a click means, then what clicks there go on to.

    After the edges of boxes and the points, the nearest first, come the objects, the smallest first.
    """
    edges = _objects(scene, camera, at, shapes, "edge")
    inside = _objects(scene, camera, at, shapes, "inside")
    seen: set[int] = set()
    for one in itertools.chain(edges, _points(scene, camera, at, POINT_REACH), inside):
        if one.id not in seen:
            seen.add(one.id)
            yield one


def _points(scene: Scene, camera: Camera, at: QPointF, reach: float) -> Iterator[Hit]:
    """The nearest point within reach, then others that lie on it."""
    if not len(scene.xy):
        return
    distance = _distances(camera.to_view(scene.xy), at)
    nearest = int(distance.argmin())
    if distance[nearest] > reach:
        return
    yield Hit(int(scene.ids[nearest]), "point", -1, float(distance[nearest]))
    others = np.flatnonzero(distance <= STACKED)
    for place in others[np.argsort(distance[others], kind="stable")].tolist():
        if place != nearest:
            yield Hit(int(scene.ids[place]), "point", -1, float(distance[place]))


def _objects(scene: Scene, camera: Camera, at: QPointF, shapes: MaskShapes, part: str) -> Iterator[Hit]:
    """The objects whose edge, or inside, lies under the mouse, the smallest first."""
    if not scene.objects:
        return
    boxes = (scene.boxes.reshape(-1, 2, 2) * camera.scale + (camera.dx, camera.dy)).reshape(-1, 4)
    x, y = at.x(), at.y()
    reach = EDGE_REACH if part == "edge" else 0.0
    within = (
        (boxes[:, 0] - reach <= x)
        & (x <= boxes[:, 2] + reach)
        & (boxes[:, 1] - reach <= y)
        & (y <= boxes[:, 3] + reach)
    )
    if part == "edge":
        sides = np.abs(boxes - (x, y, x, y)).min(axis=1)
        within &= sides <= EDGE_REACH
    size = areas(scene.boxes)
    place = camera.to_frame(at)
    for candidate in sorted(np.flatnonzero(within), key=lambda index: size[index]):
        one = scene.objects[candidate]
        if part == "inside" and one.mask is not None:
            shape = shapes.of(one.mask)
            if shape is None or not shape.covers(place.x(), place.y()):
                continue
        yield Hit(one.id, part)


def inside_rect(scene: Scene, low: QPointF, high: QPointF) -> set[int]:
    """Ids of the points in a rectangle of the frame, and of the objects whose boxes lie all in it."""
    a, b = np.array((low.x(), low.y())), np.array((high.x(), high.y()))
    found = {int(id) for id in scene.ids[((scene.xy >= a) & (scene.xy <= b)).all(axis=1)]}
    whole = ((scene.boxes[:, :2] >= a) & (scene.boxes[:, 2:] <= b)).all(axis=1)
    return found | {scene.objects[index].id for index in np.flatnonzero(whole)}


def _distances(places: np.ndarray, at: QPointF) -> np.ndarray:
    return np.hypot(places[:, 0] - at.x(), places[:, 1] - at.y())
