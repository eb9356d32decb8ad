"""The button of a curve plot that says how its curves are smoothed, and lets one choose."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from core.percent import percent
from studio.plots.smoothing import SMOOTHINGS, USUAL


class SmoothingButton(QToolButton):
    """Opens a menu with `SMOOTHINGS`.

    Signals:
        chosen(str): a person chose one.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("smoothing")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choices = QMenu(self)
        group = QActionGroup(self)
        for name, share in SMOOTHINGS.items():
            words = f"Smooth: {name}" + (f" (σ {percent(share)} of the steps shown)" if share else "")
            action = self.choices.addAction(words)
            action.setData(name)
            action.setCheckable(True)
            group.addAction(action)
        group.triggered.connect(lambda action: self.chosen.emit(action.data()))
        self.clicked.connect(lambda: self.choices.popup(self.mapToGlobal(self.rect().bottomLeft())))
        self.show_choice(USUAL)

    def show_choice(self, name: str) -> None:
        """Show one of `SMOOTHINGS` as chosen."""
        for action in self.choices.actions():
            action.setChecked(action.data() == name)
        self.setText("raw" if name == "off" else "smooth")
        self.setAccessibleName(f"Smoothing: {name}")
        self.setToolTip(f"Smoothing of the curves: {name}. It looks to both sides, so it does not lag.")
