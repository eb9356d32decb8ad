"""A project is built in steps behind a curtain; meanwhile the window answers, and nothing is reached."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QWidget,
)

from core.project.project import Project
from studio.app import Studio
from studio.window.main_window import WORKSPACES


def test_a_project_is_built_in_steps_between_which_the_window_answers(
    studio: Studio, small_project: Path, qtbot
):
    answered: list[bool] = []
    ticking = QTimer(interval=0)
    ticking.timeout.connect(lambda: answered.append(studio.session is not None))
    ticking.start()
    assert studio.begin_opening(small_project)
    assert studio.session is None
    assert studio.window.curtain.isVisible()
    qtbot.waitUntil(lambda: studio.session is not None)
    assert answered.count(False) >= 10
    assert studio.window.curtain.isVisible(), "until the panels have their places"
    qtbot.waitUntil(studio.window.curtain.isHidden)
    assert studio.session.view.clip.name == "birds"
    assert QApplication.overrideCursor() is None


def test_keys_reach_nothing_while_a_project_is_built(studio: Studio, small_project: Path, qtbot):
    class Seen(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.KeyPress and isinstance(watched, QWidget):
                reached.append(watched)
            return False

    def press() -> None:
        key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F24, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(studio.window.windowHandle(), key)

    reached: list[QWidget] = []
    seen = Seen()
    studio.begin_opening(small_project)
    QApplication.instance().installEventFilter(seen)
    press()
    assert reached == []
    studio._building.finish()
    press()
    QApplication.instance().removeEventFilter(seen)
    assert reached != []


def test_a_project_that_is_still_being_built_can_be_closed(studio: Studio, small_project: Path, qtbot):
    steps = 0
    while studio.session is None:
        studio.begin_opening(small_project)
        for _ in range(steps):
            studio._building._take_step()
            if studio.session is not None:
                break
        else:
            studio.close_project()
            assert studio.window.panels.docks == {}
            assert QApplication.overrideCursor() is None
            Project.open(small_project).close()  # nobody holds it any more
        steps += 1
    assert steps > 10
    assert studio.session.view.clip.name == "birds"


def test_another_project_takes_the_place_of_one_that_is_being_built(
    studio: Studio, small_project: Path, tmp_path: Path, qtbot
):
    studio.begin_opening(small_project)
    assert studio.new_project(tmp_path / "second")
    Project.open(small_project).close()
    assert studio.session.document.project.path == (tmp_path / "second").resolve()


class _Windows(QObject):
    """Notes what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.add(f"{type(watched).__name__} {watched.toolTip()}")
        return False


def test_no_part_is_a_window_of_its_own_while_a_project_opens(studio: Studio, small_project, qapp, qtbot):
    windows = _Windows()
    qapp.installEventFilter(windows)
    try:
        assert studio.open_project(small_project)
        qtbot.waitUntil(studio.window.curtain.isHidden)
        for name in WORKSPACES:
            studio.window.show_workspace(name)
        assert windows.seen == set()
    finally:
        qapp.removeEventFilter(windows)
