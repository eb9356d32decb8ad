"""A picture with marks over it, which a person zooms and moves."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.canvas.camera import Camera
from studio.evaluation.picture_marks import Mark, draw_marks

MARGIN = 8.0
"""View pixels kept free around a picture that is fitted."""

WHEEL = 1.25
"""Closer by a notch of the wheel or a press of a key."""


class PictureCanvas(QWidget):
    """Wheel, plus and minus: zoom. Drag: move. Double click or 0: fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: QImage | None = None
        self.marks: list[Mark] = []
        self.camera = Camera()
        self._fitted = True
        self._grabbed: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 100)
        self.setAccessibleName("Picture")
        self.setAccessibleDescription("The picture with its objects and detections; plus and minus zoom")

    def show_picture(self, picture: QImage | None) -> None:
        """Show a picture, fitted; None for none."""
        self.picture = picture
        self.fit()

    def show_marks(self, marks: list[Mark]) -> None:
        """Show these over it, the lowest first."""
        self.marks = marks
        self.update()

    def fit(self) -> None:
        """Show all of the picture."""
        self._fitted = True
        if self.picture is not None:
            whole = QRectF(0, 0, self.picture.width(), self.picture.height())
            self.camera = Camera.fitting(whole, self.width(), self.height(), MARGIN)
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Come closer by a factor, at a place of the view or in its middle."""
        self._fitted = False
        self.camera = self.camera.zoomed(factor, at or QPointF(self.width() / 2, self.height() / 2))
        self.update()

    def draw(self, painter: QPainter, camera: Camera, within: QRectF) -> None:
        """Draw picture and marks as a camera shows them; tags stay within a rectangle of the view."""
        if self.picture is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, camera.scale < 3)
        size = np.array([0, 0, self.picture.width(), self.picture.height()])
        painter.drawImage(camera.rect(size), self.picture)
        draw_marks(painter, self.marks, camera, within)

    # --- Qt -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.colours(self).canvas))
            self.draw(painter, self.camera, QRectF(self.rect()))
            if self.hasFocus():
                painter.setPen(QColor(theme.colours(self).mark))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(WHEEL ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            moved = event.position() - self._grabbed
            self._grabbed, self._fitted = event.position(), False
            self.camera = self.camera.moved(moved.x(), moved.y())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        factors = {Qt.Key.Key_Plus: WHEEL, Qt.Key.Key_Equal: WHEEL, Qt.Key.Key_Minus: 1 / WHEEL}
        if event.key() in factors:
            self.zoom(factors[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)
