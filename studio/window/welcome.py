"""The page without a project: make, import or open one."""

import datetime
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.datasets.readers import READERS
from studio import icons, theme
from studio.elided_label import ElidedLabel
from studio.window.settings import Recent
from studio.window.steps import Steps

WIDTH = 860
"""Pixels the page is wide at most."""


class WelcomePage(QScrollArea):
    """Three ways in, the projects opened recently, and what comes after.

    Signals:
        sample_asked(), import_asked(), videos_asked(), open_asked(), new_asked(): a way in was chosen.
        recent_chosen(Path): a project of the list; recent_forgotten(Path): it leaves the list.
        cancel_asked(): the sample is not wanted any more.
    """

    sample_asked = Signal()
    import_asked = Signal()
    videos_asked = Signal()
    open_asked = Signal()
    new_asked = Signal()
    recent_chosen = Signal(object)
    recent_forgotten = Signal(object)
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAccessibleName("Welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        page = QWidget()
        self.setWidget(page)
        across = QHBoxLayout(page)
        column = QVBoxLayout()
        column.setSpacing(2 * theme.SPACE)
        across.addStretch(1)
        across.addLayout(column, 100)
        across.addStretch(1)
        body = QWidget()
        body.setMaximumWidth(WIDTH)
        column.addStretch(1)
        column.addWidget(body)
        column.addStretch(2)
        inside = QVBoxLayout(body)
        inside.setSpacing(2 * theme.SPACE)
        inside.addWidget(_label("AssociationNet Studio", "title"))
        intro = "Learn visual features from trajectories in video, and measure them on PASCAL VOC."
        inside.addWidget(_quiet(intro))
        self.sample_button = _Way(
            "sample", "Open sample project", "Small clips, made on the spot, to try it all."
        )
        self.import_button = _Way(
            "import", "Import clips", f"{', '.join(reader.title for reader in READERS.values())}."
        )
        self.open_button = _Way("open", "Open project", "A project folder that you made before.")
        ways = QHBoxLayout()
        ways.setSpacing(2 * theme.SPACE)
        for way in (self.sample_button, self.import_button, self.open_button):
            ways.addWidget(way)
        inside.addLayout(ways)
        self.sample_button.clicked.connect(self.sample_asked)
        self.import_button.clicked.connect(self.import_asked)
        self.open_button.clicked.connect(self.open_asked)
        inside.addLayout(self._other_ways())
        self.progress = self._progress_row()
        inside.addWidget(self.progress)
        self.recent_title = _label("Recent projects", "heading")
        inside.addWidget(self.recent_title)
        self.recent_frame = QFrame()
        self.recent_frame.setProperty("role", "card")
        self._recent_grid = QGridLayout(self.recent_frame)
        self._recent_grid.setVerticalSpacing(2)
        inside.addWidget(self.recent_frame)
        steps = Steps()
        steps.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for button in steps.buttons.values():
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.addWidget(steps)
        self.set_recent(())

    def set_recent(self, recent: Sequence[Recent]) -> None:
        """Show the projects opened recently; those whose folder is gone are grey."""
        while self._recent_grid.count():
            item = self._recent_grid.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        for place, one in enumerate(recent):
            there = (one.path / "project.toml").is_file()
            button = QPushButton(_short(one.path.name))
            button.setProperty("role", "link")
            button.setEnabled(there)
            button.setToolTip(str(one.path) if there else f"{one.path} is gone")
            button.clicked.connect(lambda checked=False, one=one: self.recent_chosen.emit(one.path))
            where = _quiet_path(str(one.path.parent) if there else f"{one.path.parent}: the folder is gone")
            forget = QToolButton(autoRaise=True)
            forget.setAccessibleName(f"Take {one.path.name} off the list")
            forget.setToolTip("Take off this list; the folder stays")
            icons.set_icon(forget, "close")
            forget.clicked.connect(lambda checked=False, one=one: self.recent_forgotten.emit(one.path))
            for column, widget in enumerate((button, where, _quiet(_ago(one.opened)), forget)):
                self._recent_grid.addWidget(widget, place, column)
        self._recent_grid.setColumnStretch(1, 1)
        self.recent_title.setVisible(bool(recent))
        self.recent_frame.setVisible(bool(recent))

    def show_progress(self, done: int, total: int, what: str) -> None:
        """How far the sample is; 0 of 0 takes the row away."""
        self.progress.setVisible(total > 0)
        self.sample_button.setEnabled(total == 0)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._what.setText(what)

    def _other_ways(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(_quiet("Or drop a folder, a video or a project here, or"))
        new = QPushButton("make an empty project")
        new.clicked.connect(self.new_asked)
        videos = QPushButton("import a video")
        videos.clicked.connect(self.videos_asked)
        for button in (videos, new):
            button.setProperty("role", "link")
            row.addWidget(button)
        row.addStretch()
        return row

    def _progress_row(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        self._what, self._bar = _quiet(""), QProgressBar(textVisible=False)
        self._bar.setAccessibleName("Progress of the sample project")
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.cancel_asked)
        row.addWidget(self._bar, 1)
        row.addWidget(self._what)
        row.addWidget(cancel)
        widget.hide()
        return widget


class _Way(QPushButton):
    """A large button: icon, what it does, and a line about it."""

    def __init__(self, icon: str, title: str, text: str) -> None:
        super().__init__()
        self.setProperty("role", "way")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        picture = QToolButton(autoRaise=True)
        picture.setAccessibleName(title)
        icons.set_icon(picture, icon)
        picture.setProperty("role", "picture")
        picture.setIconSize(QSize(32, 32))
        picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(picture)
        heading, line = _label(title, "heading"), _quiet(text)
        line.setWordWrap(True)
        for label in (heading, line):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)
        column.addStretch()
        self.setMinimumHeight(148)


def _quiet_path(text: str) -> ElidedLabel:
    label = ElidedLabel(text, Qt.TextElideMode.ElideMiddle)
    label.setProperty("quiet", True)
    label.setToolTip(text)
    label.setMinimumWidth(60)
    return label


def _short(name: str) -> str:
    return name if len(name) <= 48 else f"{name[:30]}…{name[-17:]}"


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    return label


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("quiet", True)
    return label


def _ago(opened: datetime.datetime) -> str:
    days = (datetime.datetime.now(datetime.UTC).date() - opened.date()).days
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago" if days < 30 else opened.date().isoformat()
