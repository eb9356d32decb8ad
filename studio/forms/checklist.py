"""An editor of a setting that names some of a few things."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel

from studio import theme
from studio.forms.setting_editors import Editor


class Checklist(Editor):
    """A check box for each of the things, with a few words beside it or below."""

    def __init__(
        self,
        choices: Mapping[str, tuple[str, str, str]],
        headings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """A list in which nothing is checked.

        Args:
            choices: what is chosen → its text, a few words beside it, and a sentence in its tooltip.
            headings: what is chosen → a line above it.
        """
        super().__init__()
        self._kept: frozenset[str] = frozenset()
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(theme.SPACE // 2)
        grid.setColumnStretch(1, 1)
        for name, (text, words, tip) in choices.items():
            if name in headings:
                grid.addWidget(_quiet(headings[name]), grid.rowCount(), 0, 1, 2)
            row = grid.rowCount()
            box, beside = QCheckBox(text), _quiet(words)
            box.setObjectName(f"choice_{name}")
            for widget in (box, beside):
                widget.setToolTip(tip)
            grid.addWidget(box, row, 0)
            grid.addWidget(beside, row, 1)
            box.toggled.connect(self.changed)
            self.boxes[name] = box
        first = next(iter(self.boxes.values()), None)
        if first is not None:
            self.setFocusProxy(first)

    def value(self) -> tuple[str, ...]:
        """What is checked, in the order of the list."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def set_value(self, value: Any) -> None:
        chosen: Sequence[str] = value
        for name, box in self.boxes.items():
            box.setChecked(name in chosen or name in self._kept)

    def keep(self, names: Collection[str]) -> None:
        """Check some and let nobody take them away; the others are free."""
        self._kept = frozenset(names)
        for name, box in self.boxes.items():
            box.setEnabled(name not in self._kept)
        self.set_value(self.value())


def _quiet(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setProperty("quiet", True)
    return label
