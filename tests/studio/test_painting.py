"""A painting that fails is one crash dialog and never the end of the process."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPainter, QPixmap

from studio.painting import saved

STUDIO = Path(__file__).parents[2] / "studio"


def test_a_painter_is_given_back_as_it_was_whatever_happens(qapp):
    pixmap = QPixmap(4, 4)
    with QPainter(pixmap) as painter:
        painter.setOpacity(0.5)
        with pytest.raises(ZeroDivisionError):
            _paint_badly(painter)
        assert painter.opacity() == 0.5
    assert not painter.isActive()


def _paint_badly(painter):
    with saved(painter):
        painter.setOpacity(1)
        painter.setPen(QColor("red"))
        1 / 0  # noqa: B018


def test_no_painting_is_left_saved_or_unended():
    for path in STUDIO.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "painting.py" or path.parent != STUDIO:
            assert "painter.save()" not in text, path
        assert not re.search(r"(?<!with )QPainter\(self", text), path
