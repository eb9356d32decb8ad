"""Sentences of several lines, in which a long name or path may break too."""

import re

from PySide6.QtWidgets import QLabel, QWidget

LONGEST = 20
"""Letters of a word that is never broken."""

_BREAK = "\u200b"
"""A space of no width."""

_LONG_WORD = re.compile(rf"\S{{{LONGEST + 1},}}")
_PART = re.compile(rf".{{0,{LONGEST - 1}}}[/\\_.:-]|.{{1,{LONGEST}}}")

_PERCENT = re.compile(r"(?<=\d) %")


class WrappedLabel(QLabel):
    """Wraps between words and within long ones: no name makes the window wider, or is cut off."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._whole = text
        super().setText(breakable(text))

    def text(self) -> str:
        """What was set, without the places where it may break."""
        return self._whole

    def clear(self) -> None:
        self.setText("")


def breakable(text: str) -> str:
    """A text whose long words may break, after the signs that part names and paths where they have any.

    A number and its % stay together.
    """
    return _LONG_WORD.sub(lambda word: _BREAK.join(_PART.findall(word[0])), _PERCENT.sub("\u00a0%", text))
