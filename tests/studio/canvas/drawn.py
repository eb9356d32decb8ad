"""A drawn clip of 12 frames, an object in it, and a mouse over the canvas."""

from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.trajectories.journal import Edit
from studio.canvas.frame_view import FrameView
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.view_state import ViewState

Keys, Button = Qt.KeyboardModifier, Qt.MouseButton
PLAIN, LEFT = Keys.NoModifier, Button.LeftButton

Edits = Callable[[Edit], object]

WIDTH, HEIGHT, FRAMES = 64, 48, 12


def draw_frame(number: int) -> np.ndarray:
    """(48, 64, 3) uint8 RGB: the red channel says which frame it is."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[..., 0] = 10 * number + 5
    image[..., 1] = np.arange(WIDTH)
    image[..., 2] = np.arange(HEIGHT)[:, None]
    return image


def object_mask(frame: int) -> np.ndarray:
    """A ring of pixels with its box at columns 10 to 22, rows 8 to 18, a column further each frame."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[8:18, 10 + frame : 22 + frame] = True
    mask[11:15, 13 + frame : 19 + frame] = False
    return mask


def pane_at(
    qtbot: QtBot, document: Document, view: ViewState, perform: Edits, frame: int
) -> Iterator[CanvasPane]:
    """For a fixture: the canvas, shown at a frame; `perform` makes the edits that it asks for."""
    pane = CanvasPane(document, view)
    qtbot.addWidget(pane)
    pane.edit_asked.connect(perform)
    pane.resize(900, 700)
    pane.show()
    view.set_frame(frame)
    qtbot.waitUntil(lambda: pane.stage.scene.frame == frame)
    yield pane
    pane.close_reader()


class Mouse:
    """Clicks and drags at places of the frame, in frame pixels."""

    def __init__(self, frame_view: FrameView) -> None:
        self.widget: QWidget = frame_view
        self.to_view: Callable[[np.ndarray], np.ndarray] = lambda xy: frame_view.stage.camera.to_view(xy)

    def at(self, x: float, y: float) -> QPoint:
        place = self.to_view(np.array((x, y), np.float32))
        return QPoint(round(float(place[0])), round(float(place[1])))

    def click(self, x: float, y: float, keys: Keys = PLAIN, button: Button = LEFT) -> None:
        self.press(x, y, keys, button)
        self.release(x, y, button)

    def move(self, x: float, y: float) -> None:
        QTest.mouseMove(self.widget, self.at(x, y))

    def press(self, x: float, y: float, keys: Keys = PLAIN, button: Button = LEFT) -> None:
        """Also asks for a menu, as most systems do when the right button goes down."""
        QTest.mousePress(self.widget, button, keys, self.at(x, y))
        if button == Button.RightButton:
            at = self.at(x, y)
            asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, self.widget.mapToGlobal(at))
            QApplication.sendEvent(self.widget, asked)

    def release(self, x: float, y: float, button: Button = LEFT) -> None:
        QTest.mouseRelease(self.widget, button, PLAIN, self.at(x, y))

    def drag(self, *places: tuple[float, float], keys: Keys = PLAIN, button: Button = LEFT) -> None:
        self.press(*places[0], keys, button)
        for place in places[1:]:
            self.move(*place)
        self.release(*places[-1], button)
