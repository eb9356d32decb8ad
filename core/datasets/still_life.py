"""Drawn photographs of things of a few VOC classes, with exact boxes: for the sample project and tests."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from core.datasets import textures
from core.datasets.voc import VocObject
from core.geometry import mask_box

_SIDE = 160  # pixels of the square on which a thing is drawn
_FINE = 3  # fractional bits of the coordinates given to OpenCV


@dataclass(frozen=True, eq=False)
class StillLife:
    """A picture, (H, W, 3) uint8 RGB, and the things in it, those in the back first."""

    image: np.ndarray
    objects: tuple[VocObject, ...]


def draw(rng: np.random.Generator, names: tuple[str, ...], width: int = 200, height: int = 150) -> StillLife:
    """Draw things of the classes named (of `CLASSES`), one in front of the other, on clutter.

    A thing is difficult when less than 40 % of it is seen or its box is under 14 px high or wide,
    truncated when some of it is beyond the border or covered. One that is all but covered is left out
    of the objects.
    """
    image = textures.leaves(rng, height, width, textures.palette(rng, rng.random(), 5, spread=0.2))
    owner = np.full((height, width), -1)
    whole = []
    for number, name in enumerate(names):
        figure = CLASSES[name](rng)
        placement, area = _placement(rng, figure, width, height)
        placed = cv2.warpAffine(figure, placement, (width, height), flags=cv2.INTER_AREA)
        cover = placed[..., 3:].astype(np.float32) / 255
        image = (image * (1 - cover) + placed[..., :3] * cover).astype(np.uint8)
        owner[cover[..., 0] > 0.5] = number
        whole.append(area)
    noisy = image + 3 * rng.standard_normal(image.shape, np.float32)
    objects = []
    for number, name in enumerate(names):
        seen = owner == number
        box, share = mask_box(seen), seen.sum() / whole[number]
        if box is not None and share > 0.1:
            small = min(box[2] - box[0], box[3] - box[1]) < 14
            objects.append(VocObject(name, box, bool(share < 0.4 or small), bool(share < 0.95)))
    return StillLife(np.clip(noisy, 0, 255).astype(np.uint8), tuple(objects))


def _placement(
    rng: np.random.Generator, figure: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, float]:
    """(2, 3): the figure's pixels → the picture's, turned, mirrored and moved; and its area there in px²."""
    scale = height / _SIDE * rng.uniform(0.28, 0.8)
    angle, mirror = rng.normal(0, 0.12), rng.choice([-1, 1])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag([mirror * rng.uniform(0.85, 1.15), 1])
    centre = rng.uniform(0.08, 0.92, 2) * (width, height)
    move = centre - turn @ [_SIDE / 2, _SIDE / 2]
    area = float((figure[..., 3] > 127).sum() * abs(np.linalg.det(turn)))
    return np.column_stack([turn, move]), max(area, 1.0)


class _Figure:
    """A thing being drawn; coordinates in 0..1 of its square, from the top left."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.pixels = np.zeros((_SIDE, _SIDE, 4), np.uint8)
        self._shade = 0.8 + 0.4 * textures.noise(rng, _SIDE, _SIDE, 4)[..., None]

    def polygon(self, points: list[tuple[float, float]], skin: np.ndarray) -> None:
        cover = np.zeros((_SIDE, _SIDE), np.uint8)
        corners = np.round(np.array(points) * _SIDE * 2**_FINE).astype(np.int32)
        cv2.fillPoly(cover, [corners], (255,), cv2.LINE_AA, _FINE)
        self._lay(cover, skin)

    def rectangle(self, x1: float, y1: float, x2: float, y2: float, skin: np.ndarray) -> None:
        self.polygon([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], skin)

    def ellipse(self, x: float, y: float, rx: float, ry: float, skin: np.ndarray) -> None:
        cover = np.zeros((_SIDE, _SIDE), np.uint8)
        centre, axes = (
            (round(a * _SIDE * 2**_FINE), round(b * _SIDE * 2**_FINE)) for a, b in ((x, y), (rx, ry))
        )
        cv2.ellipse(cover, centre, axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, _FINE)
        self._lay(cover, skin)

    def plain(self, value: float, hue: float | None = None) -> np.ndarray:
        """A surface of one colour (value in 0..255, gray without a hue), shaded and grained."""
        colour = np.full(3, value) if hue is None else textures.palette(self.rng, hue, 3)[1] * value / 150
        return np.minimum(self._shade * colour.astype(np.float32), 255).astype(np.uint8)

    def _lay(self, cover: np.ndarray, skin: np.ndarray) -> None:
        x, y, width, height = cv2.boundingRect(cover)
        part = np.s_[y : y + height, x : x + width]
        beneath, share = self.pixels[part], cover[part].astype(np.float32)[..., None] / 255
        beneath[..., :3] = beneath[..., :3] * (1 - share) + skin[part] * share
        beneath[..., 3] = np.maximum(beneath[..., 3], cover[part])


def _bottle(rng: np.random.Generator) -> np.ndarray:
    figure, hue = _Figure(rng), rng.choice([0.08, 0.3, 0.38])
    glass = figure.plain(110, hue)
    outline = [
        (0.44, 0.06),
        (0.56, 0.06),
        (0.56, 0.3),
        (0.66, 0.42),
        (0.66, 0.96),
        (0.34, 0.96),
        (0.34, 0.42),
    ]
    figure.polygon([*outline, (0.44, 0.3)], glass)
    figure.rectangle(0.43, 0.02, 0.57, 0.1, figure.plain(60))
    figure.rectangle(0.34, 0.55, 0.66, 0.8, figure.plain(215))
    figure.rectangle(0.34, 0.62, 0.66, 0.68, figure.plain(150, rng.random()))
    figure.rectangle(0.39, 0.42, 0.42, 0.94, figure.plain(225))
    return figure.pixels


def _car(rng: np.random.Generator) -> np.ndarray:
    figure = _Figure(rng)
    paint = figure.plain(170, rng.random())
    figure.polygon([(0.22, 0.48), (0.34, 0.3), (0.66, 0.3), (0.8, 0.48)], paint)
    figure.polygon([(0.02, 0.5), (0.12, 0.46), (0.9, 0.46), (0.98, 0.54), (0.98, 0.68), (0.02, 0.68)], paint)
    glass = figure.plain(200, 0.55)
    figure.polygon([(0.29, 0.46), (0.37, 0.34), (0.48, 0.34), (0.48, 0.46)], glass)
    figure.polygon([(0.52, 0.46), (0.52, 0.34), (0.63, 0.34), (0.72, 0.46)], glass)
    for x in (0.24, 0.76):
        figure.ellipse(x, 0.69, 0.11, 0.11, figure.plain(35))
        figure.ellipse(x, 0.69, 0.05, 0.05, figure.plain(190))
    figure.ellipse(0.95, 0.54, 0.025, 0.03, figure.plain(240))
    return figure.pixels


def _cat(rng: np.random.Generator) -> np.ndarray:
    figure, hue = _Figure(rng), rng.choice([0.05, 0.08, 0.1])
    fur = textures.hide(rng, _SIDE, textures.palette(rng, hue, 2))
    figure.polygon([(0.7, 0.9), (0.9, 0.7), (0.86, 0.42), (0.93, 0.4), (0.98, 0.72), (0.78, 0.97)], fur)
    figure.ellipse(0.5, 0.72, 0.27, 0.26, fur)
    figure.ellipse(0.5, 0.34, 0.2, 0.18, fur)
    for side in (-1, 1):
        figure.polygon([(0.5 + side * x, y) for x, y in ((0.06, 0.2), (0.19, 0.04), (0.2, 0.3))], fur)
        figure.ellipse(0.5 + side * 0.08, 0.32, 0.035, 0.04, figure.plain(200, 0.25))
        figure.ellipse(0.5 + side * 0.08, 0.32, 0.012, 0.035, figure.plain(15))
        figure.ellipse(0.5 + side * 0.12, 0.95, 0.09, 0.045, figure.plain(225))
    figure.polygon([(0.47, 0.39), (0.53, 0.39), (0.5, 0.43)], figure.plain(190, 0.97))
    return figure.pixels


def _sofa(rng: np.random.Generator) -> np.ndarray:
    figure = _Figure(rng)
    colours = textures.palette(rng, rng.random(), 4)
    cloth = textures.tiles(rng, _SIDE, _SIDE, colours)
    figure.rectangle(0.1, 0.3, 0.9, 0.6, cloth)
    figure.rectangle(0.1, 0.56, 0.9, 0.78, (cloth * 0.8).astype(np.uint8))
    for x in (0.36, 0.63):
        figure.rectangle(x, 0.32, x + 0.015, 0.77, figure.plain(30))
    for x in (0.02, 0.84):
        figure.rectangle(x, 0.48, x + 0.14, 0.8, cloth)
        figure.ellipse(x + 0.07, 0.48, 0.07, 0.06, cloth)
        figure.rectangle(x + 0.04, 0.8, x + 0.09, 0.88, figure.plain(50, 0.07))
    return figure.pixels


def _tvmonitor(rng: np.random.Generator) -> np.ndarray:
    figure, case = _Figure(rng), rng.choice([30.0, 60.0, 190.0])
    figure.rectangle(0.44, 0.72, 0.56, 0.86, figure.plain(case))
    figure.ellipse(0.5, 0.87, 0.22, 0.05, figure.plain(case))
    figure.rectangle(0.06, 0.14, 0.94, 0.76, figure.plain(case))
    rows = np.linspace(0.5, 1.2, _SIDE)[:, None, None]
    glow = (figure.plain(190, rng.uniform(0.5, 0.7)) * rows).clip(0, 255).astype(np.uint8)
    figure.rectangle(0.1, 0.18, 0.9, 0.7, glow)
    figure.polygon([(0.16, 0.18), (0.3, 0.18), (0.12, 0.6), (0.1, 0.6), (0.1, 0.36)], figure.plain(235))
    return figure.pixels


CLASSES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "bottle": _bottle,
    "car": _car,
    "cat": _cat,
    "sofa": _sofa,
    "tvmonitor": _tvmonitor,
}
"""The classes that can be drawn: each gives a square of (S, S, 4) uint8, RGB and coverage."""
