"""Where the frame lies in the view."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from core.overlay.placement import Placement

CLOSEST = 64.0
"""View pixels a frame pixel takes at most."""

FARTHEST = 0.02
"""View pixels a frame pixel takes at least."""


@dataclass(frozen=True)
class Camera(Placement):
    """A placement in the view, as Qt counts places."""

    @staticmethod
    def fitting(rect: QRectF, width: float, height: float, margin: float = 0.0) -> "Camera":
        """The camera that shows a rectangle of the frame as large as a view of `width` × `height` allows."""
        scale = min(
            (width - 2 * margin) / max(rect.width(), 1e-6), (height - 2 * margin) / max(rect.height(), 1e-6)
        )
        scale = min(max(scale, FARTHEST), CLOSEST)
        centre = rect.center()
        return Camera(scale, width / 2 - centre.x() * scale, height / 2 - centre.y() * scale)

    def zoomed(self, factor: float, at: QPointF) -> "Camera":
        """Closer by `factor`, with what lies at a place of the view staying there."""
        scale = min(max(self.scale * factor, FARTHEST), CLOSEST)
        ratio = scale / self.scale
        return Camera(scale, at.x() - (at.x() - self.dx) * ratio, at.y() - (at.y() - self.dy) * ratio)

    def moved(self, dx: float, dy: float) -> "Camera":
        """Shifted by pixels of the view."""
        return Camera(self.scale, self.dx + dx, self.dy + dy)

    def to_frame(self, at: QPointF) -> QPointF:
        """A place of the view → the place of the frame."""
        return QPointF((at.x() - self.dx) / self.scale, (at.y() - self.dy) / self.scale)

    def rect(self, box: np.ndarray) -> QRectF:
        """A box (4,) of the frame as a rectangle of the view."""
        x1, y1, x2, y2 = (float(value) * self.scale for value in box)
        return QRectF(x1 + self.dx, y1 + self.dy, x2 - x1, y2 - y1)
