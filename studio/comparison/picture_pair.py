"""One picture as two runs see it, side by side: its objects and what each detected, with one threshold."""

import math
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio import theme
from studio.evaluation.picture_view import PictureView
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.evaluation.threshold_bar import ThresholdBar, count_words


@dataclass(frozen=True, eq=False)
class Side:
    """A run as it sees a picture.

    Attributes:
        name: in the list of runs.
        colour: a place for `Colours.line`.
        words: what it made of the picture.
        shown: its detections, and the class that is looked at.
        least: the lowest score of its detections there that `words` count; infinite for none.
    """

    name: str
    colour: int
    words: str
    shown: ShownClass
    least: float


class PicturePair(QWidget):
    """Two views with one threshold; what is switched on in one is switched on in the other.

    Signals:
        stepped(int): the next or the previous picture is wanted.
    """

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.threshold = Threshold(self)
        self.bar = ThresholdBar(self.threshold)
        self.views = (PictureView(self.threshold), PictureView(self.threshold))
        self.titles = (QLabel(), QLabel())
        self._sides: tuple[Side, ...] = ()
        self.counts = QLabel()
        self.counts.setObjectName("pair_counts")
        self.counts.setWordWrap(True)
        self.counts.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self.bar.words.hide()  # they are of one run
        beside = QHBoxLayout()
        beside.setSpacing(theme.SPACE)
        for view, title in zip(self.views, self.titles, strict=True):
            title.setTextFormat(Qt.TextFormat.RichText)
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            title.setContentsMargins(theme.SPACE, 0, 0, 0)
            for button in (view.previous_button, view.next_button):
                button.hide()  # the list goes from picture to picture
            for watched in (view, view.canvas):
                watched.installEventFilter(self)
            column = QVBoxLayout()
            column.addWidget(title)
            column.addWidget(view, 1)
            beside.addLayout(column, 1)
        self._join_checks()
        self.threshold.changed.connect(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(self.counts)
        layout.addLayout(beside, 1)

    def show_picture(self, image: str, first: Side, second: Side, all_classes: bool) -> None:
        """Show a picture of the set as both runs see it."""
        self._sides = (first, second)
        self.bar.show_class(first.shown)
        least = min(first.least, second.least)
        if math.isfinite(least):
            self.threshold.suggest(least)  # all that is counted is then seen
        colours = theme.colours(self)
        for view, title, side in zip(self.views, self.titles, (first, second), strict=True):
            mark = f'<span style="color:{colours.line(side.colour)}">■</span>'
            title.setText(f"{mark}&nbsp;<b>{escape(side.name)}</b><br>{escape(side.words)}")
            title.setToolTip(f"{side.name}\n{side.words}")
            view.others.setChecked(all_classes)
            view.show_class(side.shown)
            view.open_picture(image)
        self._count()

    def close_reader(self) -> None:
        """Wait for the threads."""
        for view in self.views:
            view.close_reader()

    def _count(self) -> None:
        """What each run comes to on the whole set, at the threshold."""
        value = self.threshold.value
        lines = [f"{side.name}, {side.shown.name}: {count_words(side.shown, value)}" for side in self._sides]
        self.counts.setText("\n".join(lines))

    def _join_checks(self) -> None:
        one, other = self.views
        for ours, theirs in (
            (one.objects, other.objects),
            (one.detections, other.detections),
            (one.others, other.others),
            (one.proposals, other.proposals),
        ):
            ours.toggled.connect(theirs.setChecked)
            theirs.toggled.connect(ours.setChecked)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
            if event.key() in steps:
                self.stepped.emit(steps[Qt.Key(event.key())])
                return True
        return False
