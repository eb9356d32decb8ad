"""What the person is asked once on this machine before the program does it; see `core.agreements`."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from core import agreements
from core.agreements import Matter


def ask(matter: Matter, over: QWidget, then: Callable[[], object] | None) -> QMessageBox:
    """Ask on the spot; whoever agrees is not asked again.

    Args:
        matter: what is asked about.
        over: the window.
        then: called where the person agrees.
    """

    def agree() -> None:
        agreements.agree(matter.key)
        if then is not None:
            then()

    box = QMessageBox(over)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Before it goes on")
    box.setText(matter.question)
    box.setInformativeText("You are asked once on this machine. Agree only to what you know and trust.")
    yes = box.addButton(matter.button, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    yes.clicked.connect(lambda checked=False: agree())
    box.open()
    return box
