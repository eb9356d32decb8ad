"""What the right mouse button means on the frame."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent

from studio.canvas.select_tool import SelectTool
from studio.canvas.tool import Pointer, Tool


def meant_by_right_button(event: QContextMenuEvent, tool: Tool, select: SelectTool) -> bool | None:
    """Whether a menu of tracks or of the frame is meant; None where the tool in use takes the button.

    The track under the mouse is selected, unless it is one of those that are. By key, the menu is of what
    is selected.
    """
    stage = select.stage
    if stage.clip is None:
        return None
    if event.reason() == QContextMenuEvent.Reason.Keyboard:
        return bool(stage.view.selection)
    if tool.buttons & Qt.MouseButton.RightButton:
        return None
    at = QPointF(event.pos())
    pointer = Pointer(at, stage.camera.to_frame(at), event.modifiers())
    if tool.right_click(pointer):
        return None
    id = select.under(pointer)
    if id is not None and id not in stage.view.selection:
        stage.view.set_selection([id])
    return id is not None
