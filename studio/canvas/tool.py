"""What every tool of the canvas answers to."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QPainter

from studio.canvas.stage import Stage

_KEYS = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace, Qt.Key.Key_Escape))

DRAG_BEGINS = 3.0
"""View pixels that the mouse moves before a press becomes a drag."""


@dataclass(frozen=True)
class Pointer:
    """The mouse: where it is in view and frame, the modifier keys, and whether its right button is meant."""

    at: QPointF
    place: QPointF
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    right: bool = False

    @property
    def control(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)

    def far_from(self, other: "Pointer") -> bool:
        """Whether the mouse moved enough since to mean a drag."""
        return (self.at - other.at).manhattanLength() >= DRAG_BEGINS


class Tool:
    """One way to use the mouse on the frame; what is not overridden does nothing.

    A drag is a preview; the edit is asked for once, when the button is released.

    Attributes:
        cursor: the look of the mouse over the frame.
        buttons: those that press, drag and release hear of; the right one among them opens no menu.
    """

    cursor: QCursor | Qt.CursorShape = Qt.CursorShape.ArrowCursor
    buttons = Qt.MouseButton.LeftButton

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @property
    def active(self) -> bool:
        """Whether something is under way that Esc would cancel."""
        return False

    def hint(self) -> str:
        """What the tool expects now, for the status bar."""
        return ""

    def press(self, pointer: Pointer) -> None: ...

    def drag(self, pointer: Pointer) -> None: ...

    def release(self, pointer: Pointer) -> None: ...

    def hover(self, pointer: Pointer) -> None: ...

    def double_click(self, pointer: Pointer) -> None:
        """The second press of a double click; to most tools a press like any other."""
        self.press(pointer)

    def pick_next(self, pointer: Pointer) -> None:
        """A click with Alt."""

    def leave(self) -> None: ...

    def right_click(self, pointer: Pointer) -> bool:
        """Whether the tool took the right button; else there is a menu. What is under way is given up."""
        active = self.active
        if active:
            self.cancel()
        return active

    @property
    def keys(self) -> frozenset[Qt.Key]:
        """The keys that are the tool's now, before any shortcut of the window; Escape cancels."""
        return _KEYS if self.active else frozenset()

    def key(self, key: Qt.Key) -> bool:
        """Whether the tool took one of its keys."""
        return False

    def cancel(self) -> None:
        """Give up what is under way."""

    def put_away(self) -> None:
        """Another tool is taken."""
        self.cancel()

    def selection_changed(self) -> None:
        """Other trajectories are selected."""

    def frame_changed(self) -> None:
        """Another frame is shown: what was grabbed in the one before is released."""
        if self.active:
            self.cancel()

    def paint(self, painter: QPainter) -> None:
        """Draw the preview, in view coordinates."""

    def say(self) -> None:
        """Show the hint again and draw the preview again."""
        self.stage.hint_changed.emit(self.hint())
        self.stage.touched.emit()
