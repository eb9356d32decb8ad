"""Painting that leaves the painter as it was."""

import contextlib
from collections.abc import Iterator

from PySide6.QtGui import QPainter


@contextlib.contextmanager
def saved(painter: QPainter) -> Iterator[None]:
    """Give the painter back as it was found, whatever happens in between.

    A painter that a delegate leaves saved brings the whole process down when it ends.
    """
    painter.save()
    try:
        yield
    finally:
        painter.restore()
