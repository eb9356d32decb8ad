"""Following runs: real folders, real processes, real kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import config
from core.config import setting
from core.evaluation.config import EvaluateConfig
from core.events import Log, Metric
from core.jobs import result_edit
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig
from studio.runs.run import Run
from studio.runs.runs import Runs
from tests.studio.drawn_project import add_drawn_clips

ROOT = Path(__file__).parents[3]
WORKER = Path(__file__).with_name("slow_worker.py")


@dataclass(frozen=True, kw_only=True)
class Settings:
    network: str = setting("tiny", "Which network")

    def __post_init__(self) -> None:
        config.check(self)


@pytest.fixture
def work() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts a worker on a run folder: first step, last step, seconds between."""
    children: list[subprocess.Popen[bytes]] = []

    def start(folder: RunFolder, first: int, last: int, pause: float) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(WORKER), str(folder.path), str(first), str(last), str(pause)]
        children.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}))
        return children[-1]

    yield start
    for child in children:
        child.kill()
        child.wait()


def new_folder(project: Project, job: str = "pretrain") -> RunFolder:
    return RunFolder.create_in(project.runs, job, Settings())


def only(runs: Runs) -> Run:
    assert len(runs.all) == 1
    return runs.all[0]


def is_running(runs: Runs, steps: int) -> Callable[[], bool]:
    return lambda: bool(runs.all) and len(only(runs).curve("loss")) >= steps


class Ends:
    """Counts how often each run was said to have ended."""

    def __init__(self, runs: Runs) -> None:
        self.states: list[State] = []
        runs.finished.connect(lambda run: self.states.append(run.state))


def test_a_run_is_followed_while_another_process_runs_it(
    project: Project, follow: Any, work: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    runs = follow()
    ends = Ends(runs)
    work(folder, 1, 60, 0.01)
    qtbot.waitUntil(lambda: ends.states == [State.DONE])
    run = only(runs)
    np.testing.assert_array_equal(run.curve("loss").steps, np.arange(1, 61))
    np.testing.assert_allclose(run.curve("loss").values, 1 / np.arange(1, 61))
    assert [one.step for one in run.filters] == [10, 20, 30, 40, 50, 60]
    assert run.class_aps["cat"].ap == 1.0
    assert run.log[-1] == Log("at step 60")
    assert run.title == "Pretrain · tiny"
    assert run.fraction == 1.0


def test_a_new_window_finds_the_run_alive_and_its_curve_whole(
    project: Project, follow: Any, work: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    first = follow()
    work(folder, 1, 10**9, 0.005)
    qtbot.waitUntil(is_running(first, 40))
    first.close()
    qtbot.wait(300)  # the run goes on while nobody looks
    second = follow()
    qtbot.waitUntil(is_running(second, 80))
    run = only(second)
    assert run.state is State.RUNNING
    steps = run.curve("loss").steps
    np.testing.assert_array_equal(steps, np.arange(1, len(steps) + 1))


def test_a_killed_worker_leaves_an_interrupted_run_and_ends_it_once(
    project: Project, follow: Any, work: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    runs = follow()
    ends = Ends(runs)
    child = work(folder, 1, 10**9, 0.005)
    qtbot.waitUntil(is_running(runs, 20))
    qtbot.waitUntil(lambda: only(runs).state is State.RUNNING)
    child.send_signal(signal.SIGKILL)
    qtbot.waitUntil(lambda: ends.states == [State.INTERRUPTED])
    qtbot.wait(1500)  # a scan and more
    assert ends.states == [State.INTERRUPTED]
    assert only(runs).status.error == "The worker ended before it could save; resume the run."


def test_a_run_that_was_interrupted_before_is_shown_so_and_not_ended_again(
    project: Project, follow: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    folder.append(Metric("loss", 1, 0.5))
    folder.write_status(Status(State.RUNNING, 1, 10, updated=time.time()))
    runs = follow()
    ends = Ends(runs)
    qtbot.waitUntil(is_running(runs, 1))
    assert only(runs).state is State.INTERRUPTED
    assert ends.states == []


def test_asking_to_stop_leaves_a_request_and_the_run_shows_as_stopping(
    project: Project, follow: Any, work: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    runs = follow()
    ends = Ends(runs)
    worker = work(folder, 1, 10**9, 0.02)
    qtbot.waitUntil(is_running(runs, 5))
    run = only(runs)
    worker.send_signal(signal.SIGSTOP)  # it looks when the test has looked
    runs.stop(run)
    assert folder.stop_asked()
    assert run.is_stopping
    assert not runs.can_kill(run)
    worker.send_signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: ends.states == [State.STOPPED])
    assert not run.is_stopping


def test_a_run_that_does_not_stop_can_be_killed_after_a_while(
    project: Project, follow: Any, work: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    runs = follow()
    ends = Ends(runs)
    worker = work(folder, 1, 10**9, 0.02)
    qtbot.waitUntil(is_running(runs, 1))
    worker.send_signal(signal.SIGSTOP)
    folder.ask_stop()
    asked = folder.path / "control" / "stop.json"
    os.utime(asked, (time.time() - 11, time.time() - 11))
    qtbot.waitUntil(lambda: runs.can_kill(only(runs)))
    runs.kill(only(runs))
    qtbot.waitUntil(lambda: ends.states == [State.INTERRUPTED])
    assert not runs.can_kill(only(runs))


def test_a_file_cut_back_on_resume_is_read_again_from_its_start(
    project: Project, follow: Any, work: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    runs = follow()
    child = work(folder, 1, 10**9, 0.003)
    qtbot.waitUntil(is_running(runs, 60))
    child.kill()
    child.wait()
    folder.cut_events_after(30)
    for step in range(31, 2000):  # grows past the old length before anyone looks
        folder.append(Metric("loss", step, -1.0))
    folder.write_status(Status(State.DONE, 1999, 1999, updated=time.time()))
    qtbot.waitUntil(lambda: only(runs).state is State.DONE)
    qtbot.waitUntil(lambda: len(only(runs).curve("loss")) == 1999)
    steps, values = only(runs).curve("loss").steps, only(runs).curve("loss").values
    np.testing.assert_array_equal(steps, np.arange(1, 2000))
    assert (values[30:] == -1).all()


def test_a_line_still_being_written_is_left_for_the_next_look(
    project: Project, follow: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    folder.write_status(Status(State.RUNNING, updated=time.time()))
    with folder.held_lock():
        runs = follow()
        with open(folder.path / "events.jsonl", "ab", buffering=0) as file:
            file.write(b'{"event": "Metric", "time": 1.0, "name": "loss", "st')
            qtbot.waitUntil(lambda: bool(runs.all))
            qtbot.wait(300)
            assert len(only(runs).curve("loss")) == 0
            file.write(b'ep": 4, "value": null}\n')
        qtbot.waitUntil(is_running(runs, 1))
        assert only(runs).curve("loss").steps[0] == 4
        assert np.isnan(only(runs).curve("loss").values[0])


def test_a_job_that_cannot_run_fails_once_with_its_sentence(
    project: Project, follow: Any, qtbot: Any
) -> None:
    runs = follow()
    ends = Ends(runs)
    run = runs.start("evaluate", EvaluateConfig(voc=project.path / "nowhere"))
    assert run in runs.all
    assert run.is_active
    qtbot.waitUntil(lambda: ends.states == [State.FAILED])
    assert "nowhere" in run.status.error
    assert run.folder is not None
    assert len(runs.all) == 1


def test_a_worker_that_dies_before_the_run_began_fails_it_once(
    project: Project, follow: Any, qtbot: Any
) -> None:
    runs = follow()
    ends = Ends(runs)
    ready: list[bool] = []
    runs.start_when(lambda: bool(ready))
    run = runs.start("evaluate", EvaluateConfig(voc=project.path / "nowhere"))
    qtbot.waitUntil(lambda: run.folder is not None)
    assert run.folder is not None
    (run.folder.path / "config.toml").unlink()
    ready.append(True)
    qtbot.waitUntil(lambda: ends.states == [State.FAILED])


def test_a_run_whose_folder_cannot_be_made_ends_once_as_failed(
    project: Project, follow: Any, qtbot: Any
) -> None:
    project.runs.rmdir()
    project.runs.write_text("not a folder")
    runs = follow()
    ends = Ends(runs)
    run = runs.start("track", Settings())
    qtbot.waitUntil(lambda: ends.states == [State.FAILED])
    assert run.status.error.startswith("Cannot make the run folder")
    assert run.folder is None


def test_deleting_moves_a_run_to_the_trash_and_restoring_brings_it_back(
    project: Project, follow: Any, qtbot: Any
) -> None:
    folder = new_folder(project)
    folder.append(Metric("loss", 1, 0.5))
    folder.write_status(Status(State.DONE, updated=time.time()))
    runs = follow()
    qtbot.waitUntil(is_running(runs, 1))
    run = only(runs)
    with qtbot.waitSignal(runs.removed):
        runs.delete(run)
    assert runs.all == []
    assert not folder.path.exists()
    assert (project.path / "trash" / folder.name / "config.toml").is_file()
    with qtbot.waitSignal(runs.added):
        runs.restore(run)
    assert runs.all == [run]
    qtbot.wait(1500)
    assert runs.all == [run]
    assert len(run.curve("loss")) == 1


def test_a_run_removed_by_someone_else_leaves_the_list(project: Project, follow: Any, qtbot: Any) -> None:
    folder = new_folder(project)
    folder.write_status(Status(State.DONE, updated=time.time()))
    runs = follow()
    qtbot.waitUntil(lambda: len(runs.all) == 1)
    qtbot.wait(300)
    folder.path.rename(project.path / "elsewhere")
    qtbot.waitUntil(lambda: runs.all == [])


def test_runs_are_listed_newest_first_and_by_job(project: Project, follow: Any, qtbot: Any) -> None:
    for stamp, job in (("20260101T000000", "voc"), ("20260102T000000", "pretrain")):
        RunFolder.create(project.runs / f"{stamp}-{job}-0000", job, Settings())
    runs = follow()
    qtbot.waitUntil(lambda: len(runs.all) == 2)
    assert [run.job for run in runs.all] == ["pretrain", "voc"]
    assert [run.job for run in runs.for_job("voc", "finetune")] == ["voc"]


def test_a_tracking_run_ends_once_with_results(
    project: Project, follow: Any, tmp_path: Path, qtbot: Any
) -> None:
    add_drawn_clips(project, tmp_path / "frames", count=1)
    runs = follow()
    ends = Ends(runs)
    run = runs.start("track", TrackConfig(spacing=16, min_length=2, threads=1))
    qtbot.waitUntil(lambda: ends.states == [State.DONE])
    assert run.folder is not None
    assert len(result_edit(run.folder).points) == 1
    assert run.clips == ("drawn0",)
    assert runs.all == [run]


def test_a_training_run_that_was_killed_goes_on_from_its_checkpoint(
    project: Project, follow: Any, tmp_path: Path, qtbot: Any
) -> None:
    add_drawn_clips(project, tmp_path / "frames")
    runs = follow()
    ends = Ends(runs)
    often = {"report_every": 1, "checkpoint_every": 10, "held_out_every": 100, "filters_every": 100}
    settings = PretrainConfig(regime="tr", network="tiny", steps=10**6, batch=8, patch_size=32, **often)
    run = runs.start("pretrain", settings)
    qtbot.waitUntil(lambda: len(run.curve("loss")) >= 12)
    before = run.curve("loss").values[:10].copy()
    runs.kill(run)
    qtbot.waitUntil(lambda: ends.states == [State.INTERRUPTED])
    assert "ended with code -9 before it could save" in run.status.error
    last = len(run.curve("loss")) + 20
    runs.resume(run, steps=last)
    qtbot.waitUntil(lambda: ends.states == [State.INTERRUPTED, State.DONE], timeout=600_000)
    np.testing.assert_array_equal(run.curve("loss").steps, np.arange(1, last + 1))
    np.testing.assert_array_equal(run.curve("loss").values[:10], before)
