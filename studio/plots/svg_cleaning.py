"""What Qt writes as SVG, made fit for every program that reads SVG."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np

SVG = "http://www.w3.org/2000/svg"
UNSCALED, UNSCALED_STROKE = "vector-effect", "non-scaling-stroke"
FALLBACK = "Helvetica, Arial, sans-serif"

_MATRIX = re.compile(r"matrix\(([^)]*)\)")
_PAIR = re.compile(r"(-?[\d.]+(?:e[-+]?\d+)?),(-?[\d.]+(?:e[-+]?\d+)?)")


def cleaned(svg: bytes) -> bytes:
    """The same picture with lines in the picture's own coordinates, without empty groups, with common fonts.

    Qt writes a curve in the coordinates of its data below a matrix and asks for strokes that do not scale:
    LibreOffice, PowerPoint and many others do not know that and draw it many times too thick.
    """
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)
    for group in root.iter(f"{{{SVG}}}g"):
        _flatten(group)
    for element in root.iter():
        element.attrib.pop(UNSCALED, None)
        font = element.get("font-family")
        if font is not None:
            element.set("font-family", f"{font}, {FALLBACK}")
    while _drop_empty(root):
        pass
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _flatten(group: "ElementTree.Element[str]") -> None:
    """Move a group's lines out of its matrix, where that stretches them."""
    found = _MATRIX.search(group.get("transform", ""))
    lines = list(group)
    if found is None or not all(line.get(UNSCALED) == UNSCALED_STROKE for line in lines):
        return
    a, b, c, d, e, f = (float(word) for word in found[1].split(","))
    if (a, b, c, d) == (1, 0, 0, 1) or any(_points_of(line) is None for line in lines):
        return
    matrix = np.array([[a, c, e], [b, d, f]])

    def moved(pair: "re.Match[str]") -> str:
        x, y = matrix @ (float(pair[1]), float(pair[2]), 1)
        return f"{x:.3f},{y:.3f}"

    for line in lines:
        key = _points_of(line)
        assert key is not None  # asked above
        line.set(key, _PAIR.sub(moved, line.get(key, "")))
    group.set("transform", "matrix(1,0,0,1,0,0)")


def _points_of(line: "ElementTree.Element[str]") -> str | None:
    """The attribute that holds the points of a line; None of what is no line."""
    return {f"{{{SVG}}}path": "d", f"{{{SVG}}}polyline": "points", f"{{{SVG}}}polygon": "points"}.get(
        line.tag
    )


def _drop_empty(root: "ElementTree.Element[str]") -> int:
    """Take out groups that hold nothing; how many there were."""
    empty = [
        (parent, child)
        for parent in root.iter()
        for child in parent
        if child.tag == f"{{{SVG}}}g" and len(child) == 0
    ]
    for parent, child in empty:
        parent.remove(child)
    return len(empty)
