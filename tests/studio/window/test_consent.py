"""The window asks before it does what a project's files name."""

from pathlib import Path

import tomli_w
from PySide6.QtWidgets import QMessageBox

from core.agreements import NotAgreedError, cluster, is_agreed
from core.project.project import Project
from studio.app import Studio


def question(studio: Studio) -> QMessageBox:
    (box,) = [one for one in studio.window.findChildren(QMessageBox) if one.isVisible()]
    return box


def test_a_project_on_a_server_is_opened_once_the_person_agrees(studio: Studio, qtbot, tmp_path: Path):
    Project.create(tmp_path / "theirs").close()
    url = "postgresql://anna@127.0.0.1:9/tracks"  # nobody listens there
    values = {"format": 1, "name": "theirs", "database": url}
    (tmp_path / "theirs" / "project.toml").write_text(tomli_w.dumps(values))
    assert not studio.open_project(tmp_path / "theirs")
    asked = question(studio)
    assert "Connect to 127.0.0.1?" in asked.text()
    asked.button(QMessageBox.StandardButton.Cancel).click()
    qtbot.waitUntil(lambda: not studio.window.findChildren(QMessageBox))
    assert studio.session is None

    assert not studio.open_project(tmp_path / "theirs")
    question(studio).buttons()[0].click()
    qtbot.waitUntil(lambda: bool(studio.window.toasts.texts))
    assert "cannot be opened" in studio.window.toasts.texts[-1]


def test_what_waits_for_the_person_is_done_once_they_agree(studio: Studio, qtbot):
    done, matter = [], cluster("tcp://lab:8786")
    error = NotAgreedError(matter, lambda: done.append(is_agreed(matter.key)))
    studio.crashes.take(NotAgreedError, error, None)
    assert done == []
    yes = question(studio).buttons()[0]
    assert yes.text() == "&Trust it"
    yes.click()
    assert done == [True]
