"""The check of the open project, as a person asks for it in the menu Help."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from studio.app import NO_PROJECT, Studio

LEFT = Qt.MouseButton.LeftButton


def test_a_whole_project_is_told_so_and_again_after_a_frame_is_gone(
    open_studio: Studio, small_project: Path, tmp_path: Path, qtbot
):
    open_studio.window.commands["check_project"].trigger()
    window = open_studio._check
    qtbot.waitUntil(window.copy_button.isEnabled)
    assert window.words.text() == "The project is whole: its database, its runs and its frames."
    assert not window.list.isVisible()
    (tmp_path / "frames" / "cars" / "004.png").unlink()
    (small_project / "runs" / "a folder").mkdir()
    qtbot.mouseClick(window.again_button, LEFT)
    assert not window.again_button.isEnabled()
    qtbot.waitUntil(window.copy_button.isEnabled)
    assert window.words.text() == "2 things are wrong."
    run, frame = window.list.toPlainText().split("\n\n")
    assert "a folder is no run" in run
    assert "004.png" in frame
    qtbot.mouseClick(window.copy_button, LEFT)
    assert QGuiApplication.clipboard().text() == f"2 things are wrong.\n{run}\n\n{frame}"
    open_studio.close_project()
    assert open_studio._check is None


def test_without_a_project_it_says_why_not(studio: Studio):
    assert studio.window.commands.reason("check_project") == NO_PROJECT
