"""The least confidence with which an object is carried on, as the person chooses it."""

from dataclasses import replace

from PySide6.QtWidgets import QInputDialog

from studio.window.main_window import MainWindow


def ask_limit(window: MainWindow) -> None:
    """Ask for the least confidence, in the middle of the window, and remember it."""
    dialog = QInputDialog(window)
    dialog.setWindowTitle("Carry on")
    dialog.setLabelText("Stop carrying where the confidence falls below (0 to 1):")
    dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
    dialog.setDoubleRange(0, 1)
    dialog.setDoubleDecimals(2)
    dialog.setDoubleStep(0.05)
    dialog.setDoubleValue(window.preferences.now.carry_confidence)

    def keep(limit: float) -> None:
        window.preferences.set(replace(window.preferences.now, carry_confidence=limit))

    dialog.doubleValueSelected.connect(keep)
    dialog.open()
