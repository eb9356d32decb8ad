"""The panel that starts a run: its settings, what it works on, and the button."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio import theme


def form_panel(title: str, form: QWidget, notes: QWidget, start: QWidget) -> QWidget:
    """A form that scrolls, above notes and the button that starts."""
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    scroll = QScrollArea()
    scroll.setWidget(form)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    panel = QWidget()
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
    layout.addWidget(heading)
    layout.addWidget(scroll, 1)
    layout.addWidget(notes)
    layout.addWidget(start)
    return panel
