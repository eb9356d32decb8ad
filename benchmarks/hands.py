"""Keys and mouse at the real window, counted, and how long its thread computed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

NONE = Qt.KeyboardModifier.NoModifier

WAIT = 300.0
"""Seconds that anything may take."""


@dataclass
class Effort:
    """What a way through the sample took.

    Attributes:
        keys, mouse: pressed keys; clicks and drags.
        frames: how often a frame was looked at that was not the last one looked at.
        cpu: seconds that the window's thread computed.
        items: of the queue that were answered.
    """

    keys: int = 0
    mouse: int = 0
    frames: int = 0
    cpu: float = 0.0
    items: int = 0

    def since(self, other: "Effort") -> dict[str, Any]:
        """What came on top of another."""
        return {
            "keys": self.keys - other.keys,
            "mouse": self.mouse - other.mouse,
            "frames": self.frames - other.frames,
            "items": self.items - other.items,
        }


class Hands:
    """Keys and mouse at the window, counted; waits as `QtBot` does, whose three methods have its names."""

    def __init__(self) -> None:
        self.effort = Effort()

    def keyClick(self, widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.effort.keys += 1
        self._spend(lambda: QTest.keyClick(widget, key, modifier))

    def mouseClick(
        self,
        widget: QWidget,
        button: Qt.MouseButton,
        modifier: Qt.KeyboardModifier = NONE,
        pos: QPoint | None = None,
    ) -> None:
        self.effort.mouse += 1
        self._spend(lambda: QTest.mouseClick(widget, button, modifier, pos or widget.rect().center()))

    def waitUntil(self, done: Callable[[], bool], timeout: int = 0) -> None:
        until = time.monotonic() + WAIT
        while not done():
            if time.monotonic() > until:
                raise TimeoutError("The window did not come to rest.")
            self._spend(QApplication.processEvents)
            time.sleep(0.001)

    def waitExposed(self, window: QWidget) -> None:
        self.waitUntil(window.isVisible)

    def _spend(self, work: Callable[[], object]) -> None:
        began = time.thread_time()
        work()
        self.effort.cpu += time.thread_time() - began
