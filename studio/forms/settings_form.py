"""A settings dataclass as a form: one row a field, the advanced ones folded away."""

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core import config
from core.errors import StudioError
from studio import theme
from studio.forms.setting_editors import Editor, editor_for
from studio.wrapped_label import WrappedLabel

Settings = TypeVar("Settings")

_SPELLED = {"voc": "VOC", "amp": "AMP", "rois": "RoIs", "caltech101": "Caltech-101"}

ROW = 24
"""Pixels of a row's height at least, so that none moves when a button to reset it comes."""


class SettingsForm(QWidget, Generic[Settings]):
    """Edits settings of one dataclass; says what is wrong with them as they change.

    A field that differs from its default is bold and can be reset.

    Signals:
        changed(): a person changed a field.
    """

    changed = Signal()

    def __init__(
        self,
        cls: type[Settings],
        editors: Mapping[str, Editor] | None = None,
        hidden: tuple[str, ...] = (),
        explained: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """A form that shows the defaults.

        Args:
            cls: a dataclass whose fields are made by `core.config.setting`.
            editors: field → an editor of its own kind; the others follow from the annotations.
            hidden: fields without a row, kept at their defaults.
            explained: the help of a field stands below it, not only in its tooltip.
        """
        super().__init__(parent)
        self._cls = cls
        kinds = typing.get_type_hints(cls)
        self._rows: dict[str, _Row] = {}
        basic, self._advanced = QFormLayout(), QWidget()
        self._advanced.setObjectName("advanced_settings")
        advanced = QFormLayout(self._advanced)
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]
            if field.name in hidden:
                continue
            editor = (editors or {}).get(field.name) or editor_for(field, kinds[field.name])
            row = _Row(field, editor, takes_none=type(None) in typing.get_args(kinds[field.name]))
            self._rows[field.name] = row
            form = advanced if field.metadata.get("advanced") else basic
            form.addRow(row.label, row)
            if explained:
                form.addRow("", _explanation(field))
            row.changed.connect(self._check)
            row.changed.connect(self.changed)
        for layout in (basic, advanced):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
            layout.setVerticalSpacing(theme.SPACE // 4)
        self._align_labels()
        self._fold = QToolButton()
        self._fold.setObjectName("advanced_fold")
        self._fold.setCheckable(True)
        self._fold.setAutoRaise(True)
        self._fold.setArrowType(Qt.ArrowType.RightArrow)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._fold.toggled.connect(self._unfold)
        self._advanced.hide()
        self._problem = WrappedLabel()
        self._problem.setObjectName("form_problem")
        self._problem.setProperty("role", "error")
        self._problem.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(basic)
        outer.addWidget(self._fold)
        self._fold.setVisible(advanced.rowCount() > 0)  # a window of its own before, which closes open forms
        outer.addWidget(self._advanced)
        outer.addWidget(self._problem)
        outer.addStretch(1)
        self._check()

    def _align_labels(self) -> None:
        """One column of labels, those of the advanced fields too; wide enough for bold ones."""
        labels = [row.label for row in self._rows.values()]
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        width = max((QFontMetrics(bold).horizontalAdvance(label.text()) for label in labels), default=0)
        for row in self._rows.values():
            row.label.setMinimumSize(width, max(row.sizeHint().height(), ROW))

    def editor(self, name: str) -> Editor:
        """The editor of a field."""
        return self._rows[name].editor

    def value(self) -> Settings:
        """The settings as chosen.

        Raises:
            StudioError: they contradict each other; the form shows the sentence too.
        """
        return config.from_dict(self._cls, self._plain())

    def set_value(self, settings: Settings) -> None:
        """Show settings; unfolds the advanced ones if any of them differs from its default."""
        for name, row in self._rows.items():
            row.show_value(getattr(settings, name))
        if any(row.is_advanced and row.is_changed for row in self._rows.values()):
            self._fold.setChecked(True)
        self._check()

    def has(self, name: str) -> bool:
        """Whether there is a row for a field."""
        return name in self._rows

    def set_default(self, name: str, value: Any) -> None:
        """Give a field another default; it shows it unless a person chose something else."""
        self._rows[name].set_default(value)
        self._check()

    def values(self) -> dict[str, Any]:
        """What differs from its default as plain values, for `show_values`."""
        chosen = config.as_dict(self.value())
        return {name: value for name, value in chosen.items() if self._rows[name].is_changed}

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show what `values` gave once; fields that are gone since, or take other values now, are left."""
        known = {name: value for name, value in values.items() if name in self._rows}
        try:
            self.set_value(config.from_dict(self._cls, {**self._plain(), **known}))
        except StudioError:
            return  # of another version
        self.changed.emit()

    def problem(self) -> str:
        """What is wrong with the settings as chosen; empty if nothing."""
        try:
            self.value()
        except StudioError as error:
            return str(error)
        return ""

    def _plain(self) -> dict[str, Any]:
        values = {name: row.value() for name, row in self._rows.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _check(self) -> None:
        problem = self.problem()
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        changed = sum(row.is_advanced and row.is_changed for row in self._rows.values())
        self._fold.setText(f"Advanced · {changed} changed" if changed else "Advanced")

    def _unfold(self, unfolded: bool) -> None:
        self._advanced.setVisible(unfolded)
        self._fold.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)


class _Row(QWidget):
    """A label, an editor and a button that resets to the default; bold while it differs from it."""

    changed = Signal()

    def __init__(self, field: "dataclasses.Field[Any]", editor: Editor, takes_none: bool) -> None:
        super().__init__()
        self.editor = editor
        self.is_advanced = bool(field.metadata.get("advanced"))
        self._field, self._default, self._takes_none = field, field.default, takes_none
        spelled = " ".join(_SPELLED.get(word, word) for word in field.name.split("_"))
        text = field.metadata.get("label") or spelled
        self.label = QLabel(text[:1].upper() + text[1:])
        editor.setObjectName(f"setting_{field.name}")
        for named in filter(None, (editor, editor.focusProxy())):
            named.setAccessibleName(text)
        self.label.setBuddy(editor)
        self._reset = QToolButton()
        self._reset.setText("↺")
        self._reset.setAutoRaise(True)
        self._reset.setFixedSize(ROW, ROW)
        self._reset.setAccessibleName(f"Reset {text}")
        self._reset.clicked.connect(self._reset_to_default)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(editor, 1)
        layout.addWidget(self._reset)
        editor.changed.connect(self._mark)
        editor.changed.connect(self.changed)
        self.show_value(self._default)
        self.set_default(self._default)

    @property
    def is_changed(self) -> bool:
        return bool(self.value() != self._default)

    def value(self) -> Any:
        """What is chosen; an empty path where None is not allowed is `Path()`."""
        value = self.editor.value()
        return self._default if value is None and not self._takes_none else value

    def set_default(self, value: Any) -> None:
        if not self.is_changed:
            self.show_value(value)
        self._default = value
        help = _help(self._field, value)
        for widget in (self.label, self.editor):
            widget.setToolTip(help)
        self._reset.setToolTip(f"Back to the default, {_shown(value)}")
        self._mark()

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.editor):
            self.editor.set_value(value)
        self._mark()

    def _mark(self) -> None:
        theme.embolden(self.label, self.is_changed)
        self._reset.setVisible(self.is_changed)

    def _reset_to_default(self) -> None:
        self.show_value(self._default)
        self.changed.emit()


def _explanation(field: "dataclasses.Field[Any]") -> QLabel:
    text = QLabel(f"{field.metadata['help']}.", wordWrap=True)
    text.setProperty("quiet", True)
    text.setContentsMargins(0, 0, 0, theme.SPACE)
    return text


def _help(field: "dataclasses.Field[Any]", default: Any) -> str:
    rule = field.metadata
    low, high = rule.get("minimum"), rule.get("maximum")
    lines = [rule.get("help", "")]
    if low is not None and high is not None:
        lines.append(f"From {low:g} to {high:g}.")
    elif low is not None:
        lines.append(f"At least {low:g}.")
    elif high is not None:
        lines.append(f"At most {high:g}.")
    lines.append(f"Default: {_shown(default)}.")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value in (None, "", Path()):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
