"""What is drawn over a picture: its objects, what was detected in it, and where it was looked."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from studio.canvas.camera import Camera

FAINT = 0.15
"""How strong a proposal is drawn that is on no object, 0..1: there are thousands."""

SHADOW = QColor(0, 0, 0, 170)


class Kind(Enum):
    """What a mark stands for."""

    PROPOSAL = "proposal"
    OBJECT = "object"
    DETECTION = "detection"


@dataclass(frozen=True, eq=False)
class Mark:
    """A box over a picture.

    Attributes:
        kind: what it stands for.
        box: (4,) float, pixels of the picture.
        colour: `#rrggbb`.
        words: on its tag; none where they are empty.
        dashed: an object that was missed or does not count.
        strong: the one that is looked at; of proposals, one that is on an object.
    """

    kind: Kind
    box: np.ndarray
    colour: str
    words: str = ""
    dashed: bool = False
    strong: bool = False


def draw_marks(painter: QPainter, marks: list[Mark], camera: Camera, within: QRectF) -> None:
    """Draw marks over a picture that a camera shows: all boxes, and then their tags, which are not covered.

    Args:
        painter: of the view.
        marks: the lowest first.
        camera: from the picture to the view.
        within: the part of the view in which tags stay.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for mark in marks:
        rect = camera.rect(mark.box)
        if mark.kind is Kind.PROPOSAL:
            colour = QColor(mark.colour)
            colour.setAlphaF(1.0 if mark.strong else FAINT)
            painter.setPen(QPen(colour, 1))
            painter.drawRect(rect)
            continue
        wide = 3.5 if mark.strong else 2
        style = Qt.PenStyle.DashLine if mark.dashed else Qt.PenStyle.SolidLine
        for pen in (QPen(SHADOW, wide + 2), QPen(QColor(mark.colour), wide, style)):
            painter.setPen(pen)
            painter.drawRect(rect)
    taken: list[QRectF] = []
    for mark in reversed(marks):  # the uppermost gets the best place
        if mark.words:
            taken.append(_draw_tag(painter, mark, camera.rect(mark.box), taken, within))


def _draw_tag(painter: QPainter, mark: Mark, rect: QRectF, taken: list[QRectF], within: QRectF) -> QRectF:
    """Objects carry theirs below, detections above; a tag moves on where another stands already."""
    metrics = QFontMetricsF(painter.font())
    size = metrics.size(0, mark.words)
    wide, high = size.width() + 8, size.height() + 2
    below = mark.kind is Kind.OBJECT
    at = QRectF(rect.left(), rect.bottom() - high if below else rect.top() - high, wide, high)
    at.moveLeft(max(min(at.left(), within.right() - wide), within.left()))
    at.moveTop(max(min(at.top(), within.bottom() - high), within.top()))
    for _ in range(8):
        hit = next((one for one in taken if one.intersects(at)), None)
        if hit is None:
            break
        at.moveTop(hit.top() - high if below else hit.bottom())
    colour = QColor(mark.colour)
    painter.fillRect(at, colour)
    painter.setPen(QColor("#000000" if colour.lightnessF() > 0.45 else "#ffffff"))
    painter.drawText(at, Qt.AlignmentFlag.AlignCenter, mark.words)
    return at
