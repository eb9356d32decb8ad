"""All conditions of a filter as fields, in a form that opens under the button *Filter*."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import StudioError
from core.trajectories.filter_text import CHOICES, NAMELESS, UNKNOWN, conditions, number, parse, text_of
from core.trajectories.track_filter import EVERYTHING, PARTLY_KNOWN, Bound, TrackFilter
from studio import theme
from studio.filters.filter_words import ABOUT, KINDS, ORIGINS, ORIGINS_WHY, TITLES
from studio.flow_layout import FlowLayout
from studio.track_words import ENDS, ENDS_WHY, REVIEWS
from studio.wrapped_label import WrappedLabel

WIDTH = 445
"""Pixels."""

_LIMIT = 84  # pixels of the field of a limit
_CHOICES: Mapping[str, tuple[str, Mapping[Any, str], Mapping[Any, str]]] = {
    "kind": ("Kind", KINDS, {}),
    "review": ("Review", REVIEWS, {}),
    "from": ("Made", ORIGINS, ORIGINS_WHY),
    "ends": ("Ends", ENDS, ENDS_WHY),
}
"""Word → title, and what its choices are called and mean."""


class FilterPopover(QFrame):
    """What a field says that cannot be understood is told, and the filter stays.

    Signals:
        changed(TrackFilter): the fields say something else.
        closed(): it was closed.
    """

    changed = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("Filter of tracks")
        self._wanted = EVERYTHING
        self.choices = {word: _Choices(word) for word in _CHOICES}
        self.label = QLineEdit(placeholderText=f"car, cat, or {NAMELESS}")
        self.label.setAccessibleName("Labels, with commas between")
        self.limits = {word: _Limits(word) for word in TITLES}
        self.problem = WrappedLabel()
        self.problem.setProperty("role", "error")
        self.problem.hide()
        self.clear_button = QPushButton("Show all tracks")
        self.clear_button.setProperty("role", "link")
        self._arrange()
        for choice in self.choices.values():
            choice.changed.connect(self._tell)
        for limits in self.limits.values():
            limits.changed.connect(self._tell)
        self.label.editingFinished.connect(self._tell)
        self.clear_button.clicked.connect(self._clear)

    def popup(self, corner: QPoint, wanted: TrackFilter) -> None:
        """Open with the upper right corner at a point of the screen, or as near as there is room."""
        self.show_filter(wanted)
        self._fit()
        room = self.screen().availableGeometry()
        x, y = corner.x() - self.width(), min(corner.y(), room.bottom() - self.height())
        self.move(min(max(x, room.left()), room.right() - self.width()), max(y, room.top()))
        self.show()

    def show_filter(self, wanted: TrackFilter) -> None:
        """Let the fields say a filter."""
        self._wanted = wanted
        labels = "".join(one.partition(":")[2] for one in conditions(wanted) if one.startswith("label:"))
        with QSignalBlocker(self.label):
            self.label.setText(", ".join(_items(labels)))
        chosen = {
            "kind": {wanted.kind},
            "review": wanted.reviews,
            "from": wanted.origins,
            "ends": wanted.ends,
        }
        for word, some in chosen.items():
            self.choices[word].show_chosen(some)
        for word, field in self.limits.items():
            field.show_bounds([bound for bound in wanted.bounds if bound.word == word])
        self._refuse("")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.closed.emit()

    def _tell(self) -> None:
        wanted = self._wanted
        kept = [bound for bound in wanted.bounds if bound.word not in self.limits]
        rest = TrackFilter(text=wanted.text, bounds=tuple(kept))
        said = [choice.text() for choice in self.choices.values()]
        said += [limits.text() for limits in self.limits.values()]
        if labels := ",".join(_items(self.label.text())):
            said.append(f"label:{labels}")
        try:
            found = parse(" ".join([text_of(rest), *said]))
        except StudioError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        if found != wanted:
            self._wanted = found
            self.changed.emit(found)

    def _clear(self) -> None:
        self.show_filter(EVERYTHING)
        self.changed.emit(EVERYTHING)

    def _refuse(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        if self.isVisible():
            self._fit()

    def _fit(self) -> None:
        """Be as high as the fields are at this width."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(WIDTH, layout.totalHeightForWidth(WIDTH))

    def _arrange(self) -> None:
        fields = QGridLayout()
        fields.setHorizontalSpacing(theme.SPACE)
        fields.setVerticalSpacing(theme.SPACE // 2)
        fields.setColumnStretch(3, 1)
        row = 0
        for word, choice in self.choices.items():
            if word == "ends":
                row = self._add_limits(fields, row)
            fields.addWidget(QLabel(_CHOICES[word][0]), row, 0, Qt.AlignmentFlag.AlignTop)
            fields.addWidget(choice, row, 1, 1, 3)
            row += 1
            if word == "kind":
                fields.addWidget(QLabel("Label"), row, 0)
                fields.addWidget(self.label, row, 1, 1, 3)
                row += 1
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACE] * 4)
        layout.addLayout(fields)
        layout.addWidget(self.problem)
        layout.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignLeft)

    def _add_limits(self, fields: QGridLayout, row: int) -> int:
        for place, title in ((1, "more than"), (2, "less than")):
            head = QLabel(title)
            head.setProperty("quiet", True)
            fields.addWidget(head, row, place)
        for word, limits in self.limits.items():
            row += 1
            name = QLabel(TITLES[word])
            name.setToolTip(f"{ABOUT[word][0].upper()}{ABOUT[word][1:]}")
            fields.addWidget(name, row, 0)
            fields.addWidget(limits.low, row, 1)
            fields.addWidget(limits.high, row, 2)
            if limits.or_unknown is not None:
                fields.addWidget(limits.or_unknown, row, 3)
        return row + 1


class _Choices(QWidget):
    """A box for each choice of a word; none checked is all."""

    changed = Signal()

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word
        _, names, why = _CHOICES[word]
        self.boxes = {value: QCheckBox(names[value]) for value in names}
        flow = FlowLayout(self)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(theme.SPACE)
        for value, box in self.boxes.items():
            flow.addWidget(box)
            box.setToolTip(why.get(value, ""))
            box.clicked.connect(self.changed)

    def show_chosen(self, some: Any) -> None:
        for value, box in self.boxes.items():
            box.setChecked(value in some)

    def text(self) -> str:
        names = {value: name for name, value in CHOICES[self._word].items()}
        chosen = [names[value] for value, box in self.boxes.items() if box.isChecked()]
        return f"{self._word}:{','.join(chosen)}" if chosen else ""


class _Limits(QWidget):
    """More and less than what a number may be; a sign before the number stands for another one."""

    changed = Signal()

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word
        self.low, self.high = QLineEdit(), QLineEdit()
        for field, sign in ((self.low, "more"), (self.high, "less")):
            field.setAccessibleName(f"{TITLES[word]}: {sign} than")
            field.setFixedWidth(_LIMIT)
            field.editingFinished.connect(self.changed)
        self.or_unknown: QCheckBox | None = None
        if word in PARTLY_KNOWN:
            self.or_unknown = QCheckBox(f"or {UNKNOWN}")
            self.or_unknown.setToolTip("Tracks that have no such number pass, too")
            self.or_unknown.clicked.connect(self.changed)

    def show_bounds(self, bounds: list[Bound]) -> None:
        low = next((bound for bound in bounds if bound.sign in (">", ">=", "=")), None)
        high = next((bound for bound in bounds if bound.sign in ("<", "<=")), None)
        for field, bound, usual in ((self.low, low, ">"), (self.high, high, "<")):
            sign = "" if bound is None or bound.sign == usual else bound.sign
            field.setText("" if bound is None else sign + number(bound))
        if self.or_unknown is not None:
            self.or_unknown.setChecked(any(bound.or_unknown for bound in bounds))

    def text(self) -> str:
        unknown = f",{UNKNOWN}" if self.or_unknown is not None and self.or_unknown.isChecked() else ""
        said = []
        for field, usual in ((self.low, ">"), (self.high, "<")):
            typed = "".join(field.text().split())
            if typed:
                sign = "" if typed[0] in "<>=≥≤" else usual
                said.append(f"{self._word}{sign}{typed}{unknown}")
        return " ".join(said)


def _items(text: str) -> list[str]:
    """Labels between commas, each in quotes where it has spaces."""
    found, is_quoted, start = [], False, 0
    for place, letter in enumerate(f"{text},"):
        is_quoted ^= letter == '"'
        if letter == "," and not is_quoted:
            found.append(text[start:place].strip())
            start = place + 1
    return [f'"{one}"' if " " in one and not one.startswith('"') else one for one in found if one]
