"""What was irregular in what came in: the first sentence in a message, all of them in a window."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

WIDTH, HEIGHT = 560, 320
"""Pixels of the window at first."""


class IrregularDialog(QDialog):
    """Not modal; Esc closes it."""

    def __init__(self, warnings: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What was irregular")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sentences = QPlainTextEdit("\n".join(warnings), readOnly=True)
        self.sentences.setTabChangesFocus(True)
        self.sentences.setAccessibleName("What was irregular")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("Irregular, and how it was taken:"))
        layout.addWidget(self.sentences)
        layout.addWidget(buttons)
        self.resize(WIDTH, HEIGHT)


def message(warnings: Sequence[str], over: QWidget) -> tuple[str, str, str, Callable[[], object] | None]:
    """What is shown of warnings, one or more, as `Toasts.show` takes it.

    Args:
        warnings: sentences.
        over: the window over which all of them can be read.
    """
    if len(warnings) == 1:
        return warnings[0], "warning", "", None
    return (
        f"{warnings[0]} And {len(warnings) - 1} more.",
        "warning",
        "Show all",
        partial(_show, warnings, over),
    )


def _show(warnings: Sequence[str], over: QWidget) -> None:
    IrregularDialog(warnings, over).show()
