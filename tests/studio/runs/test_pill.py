"""The pill says what runs; its list stops and resumes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QToolButton, QWidget

from core.project.project import Project
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig
from studio.runs.pill import JobsPill
from studio.runs.runs import Runs
from studio.window.preferences import PreferencesStore
from studio.window.settings import WindowSettings

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project") as project:
        yield project


@pytest.fixture
def running(project: Project) -> Iterator[RunFolder]:
    """A run whose lock is held here, 30 of 100 frames done."""
    folder = RunFolder.create(project.runs / "20260101T000000-track-0000", "track", TrackConfig())
    with folder.held_lock():
        folder.write_status(Status(State.RUNNING, 30, 100, "cars1", 120.0, updated=time.time()))
        yield folder


@pytest.fixture
def runs(project: Project, running: RunFolder, qtbot: Any) -> Iterator[Runs]:
    runs = Runs(project)
    yield runs
    runs.close()


@pytest.fixture
def pill(runs: Runs, tmp_path: Path, qtbot: Any) -> JobsPill:
    pill = JobsPill(runs, PreferencesStore(WindowSettings(tmp_path / "settings.ini")))
    qtbot.addWidget(pill)
    pill.show()
    return pill


def open_list(pill: JobsPill, qtbot: Any) -> None:
    qtbot.mouseClick(pill, LEFT)
    cards = [frame for frame in pill.list.findChildren(QFrame) if frame.property("role") == "card"]
    qtbot.waitUntil(lambda: bool(cards) and all(card.isVisible() for card in cards))


def visible_button(pill: JobsPill, text: str) -> QToolButton:
    found = [one for one in pill.list.findChildren(QToolButton) if one.text() == text and one.isVisible()]
    assert len(found) == 1
    return found[0]


def texts(widget: QWidget) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def test_the_pill_names_the_job_its_share_and_the_time_left(pill: JobsPill) -> None:
    assert pill.text() == "Track points · 30 % · 2 min left"


def test_the_list_opens_on_a_click_and_stops_a_run(pill: JobsPill, running: RunFolder, qtbot: Any) -> None:
    open_list(pill, qtbot)
    assert pill.list.isVisible()
    assert "cars1 · step 30 of 100 · 2 min left" in texts(pill.list)
    qtbot.mouseClick(visible_button(pill, "Stop"), LEFT)
    assert running.stop_asked()
    assert pill.text() == "Track points · stopping…"
    assert "stopping… 0 s" in texts(pill.list)


def test_a_failed_run_shows_its_sentence_and_can_be_resumed(
    pill: JobsPill, project: Project, runs: Runs, qtbot: Any
) -> None:
    failed = RunFolder.create(project.runs / "20260102T000000-track-0000", "track", TrackConfig())
    failed.write_status(Status(State.FAILED, 1, 2, error="Frame 3 is missing.", updated=time.time()))
    qtbot.waitUntil(lambda: len(runs.all) == 2)
    open_list(pill, qtbot)
    assert "Frame 3 is missing." in texts(pill.list)
    assert visible_button(pill, "Resume")


def test_the_end_of_the_last_job_is_told(pill: JobsPill, running: RunFolder, qtbot: Any) -> None:
    running.write_status(Status(State.DONE, 100, 100, updated=time.time()))
    qtbot.waitUntil(lambda: pill.text() == "No jobs running")


def test_clicking_a_name_chooses_the_run(pill: JobsPill, runs: Runs, qtbot: Any) -> None:
    open_list(pill, qtbot)
    with qtbot.waitSignal(pill.run_chosen) as chosen:
        qtbot.mouseClick(visible_button(pill, runs.all[0].title), LEFT)
    assert chosen.args == [runs.all[0]]
    assert not pill.list.isVisible()


def test_without_jobs_the_list_says_what_it_is_for(tmp_path: Path, qtbot: Any) -> None:
    with Project.create(tmp_path / "empty") as project:
        runs = Runs(project)
        pill = JobsPill(runs, PreferencesStore(WindowSettings(tmp_path / "settings.ini")))
        qtbot.addWidget(pill)
        qtbot.mouseClick(pill, LEFT)
        qtbot.waitUntil(lambda: "No jobs yet" in texts(pill.list))
        assert not [frame for frame in pill.list.findChildren(QFrame) if frame.property("role") == "card"]
        runs.close()
