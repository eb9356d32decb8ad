"""How a run ends, whatever happens to its job."""

import errno
import math
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from core import worker
from core.config import setting
from core.datasets.clip import Clip
from core.errors import StudioError
from core.events import Log, Metric, Progress
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from core.stop_signals import NUMBERS
from core.tracking.config import TrackConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.snapshot import read_snapshot
from core.version import code_version
from tests.bad_disks import full_disk, read_only


@dataclass(frozen=True, kw_only=True)
class Example:
    rate: float = setting(0.5, "Step size")


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", "example", Example())


class Saving:
    """A job that counts, and remembers that it was closed."""

    def __init__(self, steps=3, pause=0.0):
        self.steps, self.pause, self.saved = steps, pause, 0

    def run(self):
        try:
            for step in range(1, self.steps + 1):
                time.sleep(self.pause)
                yield Progress(step, self.steps, "counting")
        finally:
            self.saved += 1


def follow(job, folder, seen=None):
    return worker.follow(job, folder, (lambda event: None) if seen is None else seen.append)


def test_a_job_that_ends_is_done_and_its_events_lie_in_the_folder(folder):
    job, seen = Saving(), []
    status = follow(job.run(), folder, seen)
    assert (status.state, status.step, status.total, status.what) == (State.DONE, 3, 3, "counting")
    assert folder.status() == status
    assert folder.events()[0] == seen == [Progress(k, 3, "counting") for k in (1, 2, 3)]
    assert not folder.is_alive()


def test_a_job_that_is_asked_to_stop_saves_after_the_event_it_is_at(folder):
    job = Saving(100)

    def on_event(event):
        if event.step == 2:
            folder.ask_stop()

    status = worker.follow(job.run(), folder, on_event)
    assert (status.state, status.step, job.saved) == (State.STOPPED, 2, 1)
    assert not folder.stop_asked()  # so that it can be resumed


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_asks_for_a_stop_and_the_handlers_come_back(folder, number):
    job, before = Saving(100), signal.getsignal(number)

    def on_event(event):
        if event.step == 4:
            os.kill(os.getpid(), number)

    status = worker.follow(job.run(), folder, on_event)
    assert (status.state, status.step, job.saved) == (State.STOPPED, 4, 1)
    assert signal.getsignal(number) is before


def test_a_second_interrupt_does_not_wait(folder):
    def stubborn():
        yield Progress(1, 2)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
        yield Progress(2, 2)

    with pytest.raises(KeyboardInterrupt):
        follow(stubborn(), folder)
    assert folder.status().state is State.STOPPED


def test_what_the_user_can_put_right_is_the_runs_sentence(folder):
    def job():
        yield Log("start")
        raise StudioError("There is no clip; import one.")

    status = follow(job(), folder)
    assert (status.state, status.error) == (State.FAILED, "There is no clip; import one.")
    assert folder.status() == status


def test_a_bug_leaves_its_traceback_in_the_log_and_is_raised(folder):
    def job():
        yield Progress(1, 2)
        raise ZeroDivisionError("by hand")

    with pytest.raises(ZeroDivisionError):
        follow(job(), folder)
    status = folder.status()
    assert status.state is State.FAILED
    assert "ZeroDivisionError; see" in status.error
    assert "by hand" in (folder.path / "worker.log").read_text()


def test_a_job_that_fails_to_save_has_failed(folder):
    def job():
        try:
            while True:
                folder.ask_stop()
                yield Progress(1, 2)
        finally:
            raise StudioError("The checkpoint cannot be written; free some space.")

    status = follow(job(), folder)
    assert (status.state, status.error) == (
        State.FAILED,
        "The checkpoint cannot be written; free some space.",
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "takes no more (No space left on device); free space and resume the run."),
        (errno.EROFS, "can only be read (Read-only file system); make it writable and resume the run."),
        (errno.EIO, "does not answer as it should (Input/output error); see that it is connected and"),
        (errno.EACCES, "cannot be used (Permission denied); see that it may be read and written, and resume"),
    ],
)
def test_a_disk_that_refuses_is_one_sentence_and_the_job_has_saved(folder, number, words):
    def job():
        try:
            yield Progress(1, 2)
            raise OSError(number, os.strerror(number))
        finally:
            saved.append(True)

    saved = []
    status = follow(job(), folder)
    assert (status.state, saved) == (State.FAILED, [True])
    assert words in status.error
    assert "Traceback" in (folder.path / "worker.log").read_text()


def out_of_memory_of_torch():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def out_of_memory_of_a_library():
    raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")


def more_than_a_cpu_has():
    torch.empty(1 << 60, dtype=torch.uint8)


def an_immense_array():
    np.empty(1 << 60, np.uint8)


def no_process_more():
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


@pytest.mark.parametrize(
    ("fails", "memory"),
    [
        (out_of_memory_of_torch, "GPU memory"),
        (out_of_memory_of_a_library, "GPU memory"),
        (more_than_a_cpu_has, "memory"),
        (an_immense_array, "memory"),
        (no_process_more, "memory"),
    ],
)
@pytest.mark.parametrize(
    ("name", "settings", "asked"),
    [
        ("pretrain", PretrainConfig(), "run it again with a smaller batch or a smaller network"),
        ("track", TrackConfig(), "run it again with a smaller max_side or fewer workers"),
        ("example", Example(), "close other programs and run it again"),
    ],
)
def test_memory_that_runs_out_is_one_sentence_that_says_what_to_do(
    tmp_path, fails, memory, name, settings, asked
):
    folder = RunFolder.create(tmp_path / "run", name, settings)

    def job():
        yield Progress(12, 600, "Training")
        fails()

    status = follow(job(), folder)
    title = JOBS[name].title if name in JOBS else name
    on_cpu = " or device cpu" if memory == "GPU memory" and name != "example" else ""
    assert status.state is State.FAILED
    assert status.error == f"{title} ran out of {memory} at step 12 of 600 (Training); {asked}{on_cpu}."
    assert folder.status() == status
    log = (folder.path / "worker.log").read_text()
    assert "Traceback" in log
    assert fails.__name__ in log


def test_an_error_that_only_speaks_of_memory_is_a_bug(folder):
    def job():
        yield Progress(1, 2)
        raise RuntimeError("memory format is not channels_last")

    with pytest.raises(RuntimeError):
        follow(job(), folder)
    assert "RuntimeError; see" in folder.status().error


def test_a_disk_that_takes_no_more_events_fails_the_run_and_keeps_whole_lines(folder):
    job = Saving(1000)
    with full_disk(5000):
        status = follow(job.run(), folder)
    assert status.state is State.FAILED
    assert "free space and resume" in status.error
    assert job.saved == 1
    text = (folder.path / "events.jsonl").read_text()
    assert text.endswith("\n")
    assert len(folder.events()[0]) == len(text.splitlines())


def test_a_run_whose_events_cannot_be_written_says_that_it_failed(folder):
    folder.append(Log("before"))
    with read_only(folder.path / "events.jsonl"):
        status = follow(Saving().run(), folder)
    assert status.state is State.FAILED
    assert (
        "events.jsonl cannot be used (Permission denied); see that it may be read and written" in status.error
    )


def test_an_end_is_noted_though_the_request_to_stop_cannot_be_cleared(folder):
    folder.ask_stop()
    with read_only(folder.path / "control"):
        assert follow(Saving().run(), folder).state is State.STOPPED
    assert folder.status().state is State.STOPPED


def test_not_a_number_is_an_event_like_others(folder):
    follow(iter_of(Metric("loss", 1, math.nan)), folder)
    (event,) = folder.events()[0]
    assert math.isnan(event.value)


def iter_of(*events):
    yield from events


def test_the_status_stays_fresh_through_a_long_step_and_says_how_long_it_will_take(folder):
    took, seen = [], []

    def job():
        began = time.monotonic()
        yield Progress(10, 100)
        time.sleep(0.5)
        yield Progress(20, 100)
        took.append(time.monotonic() - began)
        until = began + 240
        while len({status.updated for status in seen if status.step == 20}) < 3 and time.monotonic() < until:
            time.sleep(0.25)
            seen.append(folder.status())

    follow(job(), folder)
    last = seen[-1]
    assert 8 * 0.5 <= last.eta <= 8 * took[0]  # eighty more, where ten took so long
    assert {status.state for status in seen} == {State.RUNNING}
    assert len({status.updated for status in seen if status.step == 20}) == 3
    assert worker.HEARTBEAT < 2


def test_a_run_that_is_running_is_not_run_twice_and_not_disturbed(folder):
    started, go_on = threading.Event(), threading.Event()

    def job():
        yield Progress(1, 2)
        started.set()
        go_on.wait(240)
        yield Progress(2, 2)

    thread = threading.Thread(target=follow, args=(job(), folder))
    thread.start()
    assert started.wait(240)
    with pytest.raises(StudioError, match="already running"):
        launch.start_worker(folder)
    command = [sys.executable, "-m", "core.worker", str(folder.path)]
    second = subprocess.run(command, check=False)
    assert second.returncode == 1
    assert "already running in another process" in (folder.path / "worker.log").read_text()
    assert folder.status().state is State.RUNNING
    go_on.set()
    thread.join()
    assert folder.status().state is State.DONE


def test_a_worker_is_a_process_of_its_own_that_says_how_it_ended(folder):
    process = launch.start_worker(folder)
    if sys.platform != "win32":
        assert os.getsid(process.pid) == process.pid
    assert process.wait(240) == 1
    status = folder.status()
    assert status.state is State.FAILED
    assert "names an unknown job 'example'" in status.error


def test_a_prepared_run_knows_its_trajectories_and_what_it_runs_on(tmp_path):
    clip = Clip(name="a", dataset="frames", width=8, height=6, root=Path("/data"), files=("0.png", "1.png"))
    with Project.create(tmp_path / "p") as project:
        with project.writing() as connection:
            journal.perform(connection, AddClips([(clip, []), (Clip(**{**vars(clip), "name": "b"}), [])]))
        with project.reading() as connection:
            chosen = store.clip(connection, "b")
        folder = launch.prepare(project, JOBS["track"], Example(), [chosen])
        assert folder.path.parent == project.runs
        assert [one.clip.name for one in read_snapshot(folder.snapshot).clips] == ["b"]
        everything = launch.prepare_at(tmp_path / "out", JOBS["track"], Example(), project)
        assert [one.clip.name for one in read_snapshot(everything.snapshot).clips] == ["a", "b"]
        without = launch.prepare(project, JOBS["voc"], Example(), [], tmp_path / "elsewhere")
        assert without.path.parent == tmp_path / "elsewhere"
        assert list(without.snapshot.iterdir()) == []
    text = (folder.path / "environment.json").read_text()
    assert code_version() in text
    assert '"torch"' in text


def test_preparing_a_run_imports_no_torch():
    code = "import sys, core.runs.launch as l; l.environment(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
