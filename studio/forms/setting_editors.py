"""Editors of single settings: one widget a type, with the field's unit, range and choices."""

import dataclasses
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QWidget,
)

from core.config import bare_type, choices_of, range_of
from studio.elided_combo import ElidedCombo


class Editor(QWidget):
    """A widget for one setting; `changed` says that a person changed it."""

    changed = Signal()

    def value(self) -> Any:
        """What is chosen."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError


NARROWEST = 90
"""Pixels to which an editor can shrink beside its label."""


def editor_for(field: "dataclasses.Field[Any]", kind: Any) -> Editor:
    """The editor of a dataclass field whose annotation is `kind`."""
    kind = bare_type(kind)
    if choices := choices_of(field):
        auto = {"auto": field.metadata["auto"]} if field.metadata.get("auto") else {}
        return ChoiceEditor(choices, {**field.metadata.get("meanings", {}), **auto})
    if words := field.metadata.get("words"):
        return WordOrFileEditor(words, field.metadata.get("help", ""))
    if kind is bool:
        return SwitchEditor()
    if kind in (int, float):
        return NumberEditor(kind, field)
    if kind is Path:
        return PathEditor(field.metadata.get("help", ""))
    if typing.get_origin(kind) is tuple:
        return ListEditor(typing.get_args(kind)[0])
    return TextEditor()


class NumberEditor(Editor):
    """A spin box that takes a number when it is complete, and scrolls only once it was clicked."""

    def __init__(self, kind: type, field: "dataclasses.Field[Any]") -> None:
        super().__init__()
        self._box: QSpinBox | QDoubleSpinBox = QSpinBox() if kind is int else _ShortDoubleSpinBox()
        limits, rule = range_of(field, kind), field.metadata
        assert limits is not None
        if isinstance(self._box, QSpinBox):
            self._box.setRange(int(limits[0]), int(limits[1]))
        else:
            self._box.setRange(*limits)
            self._box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        if rule.get("zero"):
            self._box.setSpecialValueText(rule["zero"])
        if rule.get("unit"):
            self._box.setSuffix(f" {rule['unit']}")
        self._box.setKeyboardTracking(False)
        calm(self._box)
        _fill(self, self._box)
        self._box.valueChanged.connect(self.changed)

    def set_minimum(self, low: int) -> None:
        """Allow no number below this one."""
        self._box.setMinimum(low)

    def value(self) -> int | float:
        return self._box.value()

    def set_value(self, value: Any) -> None:
        self._box.setValue(value)


class ChoiceEditor(Editor):
    """A combo box over the allowed texts; what those that are terms mean stands beside them."""

    def __init__(
        self, choices: typing.Sequence[str], meanings: typing.Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self._box, means = ElidedCombo(), meanings or {}
        for choice in choices:
            self._box.addItem(f"{choice} ({means[choice]})" if choice in means else choice, choice)
        calm(self._box)
        _fill(self, self._box)
        self._box.currentIndexChanged.connect(self.changed)

    def value(self) -> str:
        return str(self._box.currentData())

    def set_value(self, value: Any) -> None:
        place = self._box.findData(str(value))
        if place >= 0:
            self._box.setCurrentIndex(place)


class SwitchEditor(Editor):
    """A check box."""

    def __init__(self) -> None:
        super().__init__()
        self._box = QCheckBox()
        _fill(self, self._box)
        self._box.toggled.connect(self.changed)

    def value(self) -> bool:
        return self._box.isChecked()

    def set_value(self, value: Any) -> None:
        self._box.setChecked(bool(value))


class TextEditor(Editor):
    """A line of text."""

    def __init__(self) -> None:
        super().__init__()
        self._line = QLineEdit()
        _fill(self, self._line)
        self._line.editingFinished.connect(self.changed)

    def value(self) -> str:
        return self._line.text().strip()

    def set_value(self, value: Any) -> None:
        self._line.setText(str(value))


class ListEditor(Editor):
    """A line of values with commas between."""

    def __init__(self, kind: Callable[[str], Any]) -> None:
        super().__init__()
        self._kind = kind
        self._line = QLineEdit(placeholderText="such as 1, 2, 3")
        _fill(self, self._line)
        self._line.editingFinished.connect(self.changed)

    def value(self) -> tuple[Any, ...]:
        """The values; those that are none of their type stay text, for the settings to refuse."""
        return tuple(self._item(text.strip()) for text in self._line.text().split(",") if text.strip())

    def set_value(self, value: Any) -> None:
        self._line.setText(", ".join(str(item) for item in value))

    def _item(self, text: str) -> Any:
        try:
            return self._kind(text)
        except ValueError:
            return text


class PathEditor(Editor):
    """A path and a button to look for it: for a folder if the help says so, else for a file."""

    def __init__(self, help: str, empty: str = "none") -> None:
        """`empty`: what no path means."""
        super().__init__()
        self._folder = "folder" in help.lower()
        self._caption = help
        self._line = QLineEdit(placeholderText=empty, clearButtonEnabled=True)
        browse = QToolButton()
        browse.setText("…")
        browse.setToolTip("Choose…")
        browse.setAccessibleName("Choose a path")
        browse.clicked.connect(self._browse)
        _fill(self, self._line, browse)
        self._line.editingFinished.connect(self.changed)
        self._line.textChanged.connect(self._line.setToolTip)

    def value(self) -> Path | None:
        """The path; None where the line is empty."""
        text = self._line.text().strip()
        return Path(text).expanduser() if text else None

    def set_value(self, value: Any) -> None:
        self._line.setText("" if value in (None, Path()) else str(value))

    def _browse(self) -> None:
        start = self._line.text()
        if self._folder:
            chosen = QFileDialog.getExistingDirectory(self, self._caption, start)
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, self._caption, start)
        if chosen:
            self._line.setText(chosen)
            self.changed.emit()


class WordOrFileEditor(Editor):
    """One of some words, or a file: a box to choose or type in, and a button to look for the file."""

    def __init__(self, words: typing.Sequence[str], help: str) -> None:
        super().__init__()
        self._words, self._caption = words, help
        self._box = QComboBox(editable=True)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.addItems(words)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        calm(self._box)
        browse = QToolButton()
        browse.setText("…")
        browse.setToolTip("Choose a file…")
        browse.setAccessibleName("Choose a file")
        browse.clicked.connect(self._browse)
        _fill(self, self._box, browse)
        self._box.activated.connect(self.changed)
        self._line = QLineEdit()
        self._box.setLineEdit(self._line)
        self._line.editingFinished.connect(self.changed)
        self._line.textChanged.connect(self._line.setToolTip)

    def value(self) -> str:
        """One of the words, or a path in full."""
        text = self._box.currentText().strip()
        return text if text in self._words or not text else str(Path(text).expanduser().absolute())

    def set_value(self, value: Any) -> None:
        self._box.setEditText(str(value))

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self._caption, self._box.currentText())
        if chosen:
            self._box.setEditText(chosen)
            self.changed.emit()


class _ShortDoubleSpinBox(QDoubleSpinBox):
    """Shows 0.0005 and 1000 both without trailing zeros."""

    def __init__(self) -> None:
        super().__init__(decimals=9)

    def textFromValue(self, value: float) -> str:
        return f"{value:.9f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:g}"


class _WheelFilter(QObject):
    """Lets the page scroll on while the wheel passes over a box that was not clicked."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def calm(box: QWidget) -> None:
    """Let the wheel change a box only once it was clicked."""
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.installEventFilter(_WheelFilter(box))


def _fill(editor: Editor, *widgets: QWidget) -> None:
    layout = QHBoxLayout(editor)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(widgets[0], 1)
    widgets[0].setMinimumWidth(NARROWEST)
    for widget in widgets[1:]:
        layout.addWidget(widget)
    editor.setFocusProxy(widgets[0])
