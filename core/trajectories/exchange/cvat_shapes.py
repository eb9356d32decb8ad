"""What one shape of a CVAT file covers: a point, a box or a mask.

Polygons and ellipses are masks: the pixels whose centre they hold. Of a box that is turned and of a cuboid
the upright box around their corners is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core import polygons
from core.datasets.clip import Clip
from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.exchange import rle

_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_CUBOID = re.compile("([xy])[tb][lr][12]")
_SIDES = 64  # of an ellipse


@dataclass(frozen=True)
class Shape:
    """What a shape covers.

    Attributes:
        place: the numbers of a point or box as text, between commas.
        mask: run lengths, or None.
        is_point: whether it is one.
        taken: what is said of it, such as "Taken as the boxes around them"; empty for nothing.
    """

    place: str
    mask: bytes | None = None
    is_point: bool = False
    taken: str = ""


def read_shape(tag: str, attributes: Mapping[str, str], clip: Clip) -> Shape | None:
    """A shape; None for one that has no place here, such as a line.

    Raises:
        ValueError: its numbers are missing or are none.
    """
    try:
        match tag:
            case "points":
                text = attributes["points"]
                return None if ";" in text else Shape(_counted(text, 2), is_point=True)
            case "box":
                return _box(attributes)
            case "mask":
                return _of_mask(_mask(attributes, clip), clip)
            case "polygon":
                return _of_mask(polygons.runs([_pairs(attributes["points"])], clip.height, clip.width), clip)
            case "ellipse":
                return _of_mask(polygons.runs([_ellipse(attributes)], clip.height, clip.width), clip)
            case "cuboid":
                return _cuboid(attributes)
    except (KeyError, OverflowError) as error:
        raise ValueError("a number is missing or too large") from error
    return None


_FAR = 1e9  # pixels or degrees, further than any that is meant


def _box(attributes: Mapping[str, str]) -> Shape:
    place = _counted(",".join([attributes[name] for name in _CORNERS]), 4)
    turn = float(attributes.get("rotation", 0))
    if not turn:
        return Shape(place)
    left, top, right, bottom = sides = tuple(map(float, place.split(",")))
    if not all(abs(value) < _FAR for value in (*sides, turn)):
        raise ValueError("a number is too large or none")
    centre = np.array([left + right, top + bottom]) / 2
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - centre
    return _around(corners @ _turned(turn).T + centre, "Taken as the upright boxes around them")


def _cuboid(attributes: Mapping[str, str]) -> Shape:
    found = [
        (match[1], float(value)) for name, value in attributes.items() if (match := _CUBOID.fullmatch(name))
    ]
    sides = [[value for axis, value in found if axis == which] for which in "xy"]
    if len(sides[0]) != 8 or len(sides[1]) != 8:
        raise ValueError("a corner is missing")
    return _around(np.array(sides).T, "Taken as the upright boxes around them")


def _around(corners: np.ndarray, taken: str) -> Shape:
    sides = [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]
    return Shape(",".join(map(str, sides)), taken=taken)


def _ellipse(attributes: Mapping[str, str]) -> np.ndarray:
    cx, cy, rx, ry = (float(attributes[name]) for name in ("cx", "cy", "rx", "ry"))
    angles = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False)
    ring = np.column_stack([rx * np.cos(angles), ry * np.sin(angles)])
    return _finite(ring @ _turned(float(attributes.get("rotation", 0))).T + (cx, cy))


def _turned(degrees: float) -> np.ndarray:
    """(2, 2): turns places clockwise on the screen."""
    turn = np.deg2rad(degrees)
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def _pairs(text: str) -> np.ndarray:
    ring = np.array([pair.split(",") for pair in text.split(";")], np.float64).reshape(-1, 2)
    return _finite(ring)


def _finite(ring: np.ndarray) -> np.ndarray:
    if not np.isfinite(ring).all():
        raise ValueError("an outline is not all numbers")
    return ring


def _mask(attributes: Mapping[str, str], clip: Clip) -> bytes | None:
    """Run lengths of the whole frame; None for no pixel."""
    sides = [int(float(attributes[name])) for name in ("left", "top", "width", "height")]
    left, top, width, height = sides
    inside = left + width <= clip.width and top + height <= clip.height
    if not inside or min(left, top) < 0 or min(width, height) < 1:
        raise ValueError("the mask reaches beyond the frame")
    counts = np.array(attributes["rle"].split(","), np.float64)
    mask = np.zeros((clip.height, clip.width), bool)
    mask[top : top + height, left : left + width] = rle.mask_by_row(counts, height, width)
    return encode_mask(mask) if mask.any() else None


def _of_mask(runs: bytes | None, clip: Clip) -> Shape:
    box = None if runs is None else mask_box(decode_mask(runs, clip.height, clip.width))
    if box is None:
        raise ValueError("it covers no pixel")
    return Shape(",".join(map(str, box.tolist())), runs)


def _counted(text: str, count: int) -> str:
    if text.count(",") != count - 1:
        raise ValueError(f"not {count} numbers")
    return text
