"""Cyclic garbage, collected in the window's thread alone."""

import gc

from PySide6.QtCore import QObject, QTimer

PERIOD = 1000
"""Milliseconds between two looks whether there is enough to collect."""


class WindowGarbage(QObject):
    """Collects in the window's thread, as often as Python would, until it is closed.

    Python collects in whatever thread makes an object next. Where that is one that reads files, and the
    garbage holds Qt objects or connections, Qt takes a lock there and then asks for Python's, while the
    window's thread holds Python's and waits for that lock: the window stands still for ever, or crashes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_automatic = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD)
        self._timer.timeout.connect(collect_due)
        self._timer.start()

    def close(self) -> None:
        """Leave collecting to Python again, if it was."""
        self._timer.stop()
        if self._was_automatic:
            gc.enable()


def collect_due() -> None:
    """Collect the generations that have grown beyond Python's thresholds."""
    young, middle, old = (
        count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)
    )
    if young:
        gc.collect(2 if middle and old else 1 if middle else 0)
