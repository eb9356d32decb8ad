"""Garbage is collected in the window's thread, whatever threads do meanwhile."""

import gc
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studio.app import Studio
from studio.background import Background
from studio.garbage import WindowGarbage
from studio.window.settings import WindowSettings


class Cycle:
    """Garbage as soon as it is made; tells which thread collects it."""

    def __init__(self, told: list[int]) -> None:
        self._me, self._told = self, told

    def __del__(self) -> None:
        self._told.append(threading.get_ident())


def make_garbage(told: list[int]) -> None:
    """Far more of it than Python lets lie."""
    for _ in range(20 * gc.get_threshold()[0]):
        Cycle(told)


@pytest.fixture
def automatic() -> Any:
    gc.enable()
    yield
    gc.disable()


def test_python_collects_in_a_thread_unless_told_otherwise(automatic: Any, qtbot: Any) -> None:
    told: list[int] = []
    work = Background()
    with qtbot.waitSignal(work.done):
        work.start(lambda report: make_garbage(told))
    work.close()
    assert told
    assert threading.get_ident() not in told


def test_it_is_collected_in_the_window_s_thread_alone(automatic: Any, qtbot: Any) -> None:
    garbage, told = WindowGarbage(), []  # type: ignore[var-annotated]
    work = Background()
    with qtbot.waitSignal(work.done):
        work.start(lambda report: make_garbage(told))
    work.close()
    qtbot.waitUntil(lambda: len(told) >= 20 * gc.get_threshold()[0])
    assert set(told) == {threading.get_ident()}
    assert not gc.isenabled()
    garbage.close()
    assert gc.isenabled()


def test_the_window_sees_to_it_while_it_is_open(
    automatic: Any, qtbot: Any, qapp: QApplication, tmp_path: Path
) -> None:
    studio = Studio(qapp, WindowSettings(tmp_path / "settings.ini"), tmp_path / "log")
    studio.window.show()
    qtbot.waitExposed(studio.window)
    assert not gc.isenabled()
    studio.window.close()
    studio.window.deleteLater()
    assert gc.isenabled()
