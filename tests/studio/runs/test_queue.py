"""One job at a time: the others wait in line, in an order that a person chooses and a restart keeps."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from core.evaluation.config import EvaluateConfig
from core.networks.config import ExportWeightsConfig
from core.project.project import Project
from core.runs.run_folder import RunFolder, State, Status
from core.runs.waiting import place_of
from core.tracking.config import TrackConfig
from studio.runs.pill import JobsPill
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import state_words
from studio.window.preferences import PreferencesStore
from studio.window.settings import WindowSettings

ABSENT = EvaluateConfig(voc=Path("/nowhere/at/all"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project") as project:
        yield project


@pytest.fixture
def busy(project: Project) -> Iterator[RunFolder]:
    """A run that goes on: its lock is held here."""
    folder = RunFolder.create(project.runs / "20260101T000000-track-0000", "track", TrackConfig())
    with folder.held_lock():
        folder.write_status(Status(State.RUNNING, 30, 100, "cars1", 120.0, updated=time.time()))
        yield folder


@pytest.fixture
def runs(project: Project, busy: RunFolder, qtbot: Any) -> Iterator[Runs]:
    runs = Runs(project)
    yield runs
    runs.close()


def start(runs: Runs, qtbot: Any, count: int) -> list[Run]:
    """Runs that will fail as soon as they may begin."""
    made = [runs.start("evaluate", ABSENT, clips=()) for _ in range(count)]
    qtbot.waitUntil(lambda: len(runs.queue.runs) == count)
    return made


def test_others_wait_while_one_runs_and_say_their_place(runs: Runs, qtbot: Any):
    first, second = start(runs, qtbot, 2)
    assert runs.queue.runs == [first, second]
    said = [state_words(run) for run in (first, second)]
    assert said == ["queued · next in line", "queued · number 2 in line"]
    assert first.is_active
    assert place_of(first.folder) < place_of(second.folder)
    qtbot.wait(1200)  # longer than a look
    assert (first.state, second.state) == (State.QUEUED, State.QUEUED)


def test_a_restart_keeps_the_line_and_the_next_starts_when_the_one_before_it_ends(
    runs: Runs, project: Project, busy: RunFolder, qtbot: Any
):
    first, second = start(runs, qtbot, 2)
    runs.move(second, -1)
    assert [second.turn, first.turn] == [1, 2]
    names = [second.name, first.name]
    runs.close()
    for run in (first, second):  # that a run never began is told after a minute, unless it waits
        run.folder.write_status(Status(updated=time.time() - 1000))
    again = Runs(project)
    try:
        assert [run.name for run in again.queue.runs] == names
        assert {run.state for run in again.queue.runs} == {State.QUEUED}
        ended: list[str] = []
        again.finished.connect(lambda run: ended.append(run.name))
        busy.write_status(Status(State.DONE, 100, 100, updated=time.time()))
        qtbot.waitUntil(lambda: ended == [busy.name, *names])
        assert {run.state for run in again.all if run.name in names} == {State.FAILED}
    finally:
        again.close()


def test_nothing_starts_before_the_project_is_ready(runs: Runs, busy: RunFolder, qtbot: Any):
    ready = [False]
    runs.start_when(lambda: ready[0])
    (run,) = start(runs, qtbot, 1)
    busy.write_status(Status(State.DONE, 100, 100, updated=time.time()))
    qtbot.waitUntil(lambda: runs.active() == [run])
    qtbot.wait(400)
    assert run.is_waiting
    ready[0] = True
    qtbot.waitUntil(lambda: run.state is State.FAILED)


def test_one_that_waits_is_cancelled_at_once_and_can_be_resumed(runs: Runs, qtbot: Any):
    first, second = start(runs, qtbot, 2)
    runs.stop(first)
    assert (first.state, first.is_waiting, second.turn) == (State.STOPPED, False, 1)
    assert first.folder.status().state is State.STOPPED
    runs.resume(first)
    qtbot.waitUntil(lambda: first.turn == 2)
    assert first.state is State.QUEUED


def test_what_passes_at_once_does_not_wait(runs: Runs, qtbot: Any, tmp_path: Path):
    settings = ExportWeightsConfig(run=tmp_path / "none", out=tmp_path / "out")
    run = runs.start("export-weights", settings, clips=())
    qtbot.waitUntil(lambda: run.state is State.FAILED)


def test_the_list_of_jobs_reorders_starts_and_cancels_what_waits(runs: Runs, qtbot: Any, tmp_path: Path):
    preferences = PreferencesStore(WindowSettings(tmp_path / "settings.ini"))
    pill = JobsPill(runs, preferences)
    qtbot.addWidget(pill)
    pill.show()
    first, second = start(runs, qtbot, 2)
    assert pill.text() == "Track points · 30 % · 2 min left · 2 queued"
    pill.click()

    def button(run: Run, text: str) -> QToolButton:
        row = pill.list._rows[run]
        (found,) = [one for one in row.findChildren(QToolButton) if one.text() == text]
        qtbot.waitUntil(found.isVisible)
        return found

    assert not button(first, "↑").isEnabled()
    assert not button(second, "↓").isEnabled()
    qtbot.mouseClick(button(second, "↑"), Qt.MouseButton.LeftButton)
    assert runs.queue.runs == [second, first]
    assert not button(second, "↑").isEnabled()
    qtbot.mouseClick(button(second, "Cancel"), Qt.MouseButton.LeftButton)
    assert runs.queue.runs == [first]
    assert button(second, "Resume").isEnabled()
    qtbot.mouseClick(button(first, "Start now"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: first.state is State.FAILED)
    assert runs.active()[0].name.startswith("2026")
    pill.list.at_once.setValue(2)
    assert (preferences.now.jobs_at_once, runs.queue.at_once) == (2, 2)
    runs.resume(second)
    qtbot.waitUntil(lambda: second.state is State.FAILED)
    assert JobsPill(runs, preferences).list.at_once.value() == 2


def test_a_place_that_is_still_to_be_written_does_not_bring_a_cancelled_run_back(runs: Runs, qtbot: Any):
    first, second = start(runs, qtbot, 2)
    go_on = threading.Event()
    blocked = runs._start._thread.submit(go_on.wait, 240)
    runs.move(second, -1)
    runs.stop(second)
    go_on.set()
    blocked.result()
    runs._start._thread.submit(lambda: None).result()  # what was to be written before is written
    assert place_of(second.folder) is None
    assert second.folder.status().state is State.STOPPED
    assert runs.queue.runs == [first]
