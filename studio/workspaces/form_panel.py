"""Runs, what is shown of them, and the panel that starts one: settings, what it works on, the button."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from studio import theme


class _FormArea(QScrollArea):
    """Scrolls down only: never narrower than the form in it."""

    def minimumSizeHint(self) -> QSize:
        form, bar = self.widget(), self.verticalScrollBar().sizeHint().width()
        width = form.minimumSizeHint().width() + bar if form is not None else 0
        return QSize(width, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def form_panel(title: str, form: QWidget, notes: QWidget, start: QWidget) -> QWidget:
    """A form that scrolls, above notes and the button that starts."""
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    scroll = _FormArea()
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has it
    scroll.setWidget(form)
    scroll.setWidgetResizable(True)
    scroll.setAccessibleName(title)
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


def shown_run(header: QWidget, error: QWidget, views: QWidget) -> QWidget:
    """A run's header and its error card above what is shown of it."""
    panel = QWidget()
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(header)
    layout.addWidget(error)
    layout.addWidget(views, 1)
    return panel


def three_columns(runs: QWidget, centre: QWidget, form: QWidget, sizes: tuple[int, int, int]) -> QSplitter:
    """Columns of `sizes` pixels at first; the outer ones fold away, the centre takes what is left."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    for place, widget in enumerate((runs, centre, form)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(place, int(widget is centre))
        splitter.setCollapsible(place, widget is not centre)
    splitter.setSizes(list(sizes))
    return splitter
