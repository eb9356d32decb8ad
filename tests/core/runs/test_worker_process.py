"""A process is ended only where it is the worker of the run, whatever the run's folder says."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from core.config import setting
from core.errors import StudioError
from core.runs.launch import start_worker
from core.runs.run_folder import RunFolder, State, Status
from core.runs.worker_process import end_worker, worker_of
from studio.runs.trash import move

WORKER = (
    "import os, sys, time; from pathlib import Path\n"
    "from core.runs.run_folder import RunFolder, State, Status\n"
    "folder = RunFolder(Path(sys.argv[1]))\n"
    "with folder.held_lock():\n"
    "    folder.write_status(Status(State.RUNNING, pid=os.getpid()))\n"
    "    print('held', flush=True); time.sleep(3600)"
)


@dataclass(frozen=True, kw_only=True)
class Example:
    rate: float = setting(0.5, "Step size")


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", "pretrain", Example())


@contextmanager
def process(*command: str) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", *command], stdout=subprocess.PIPE) as started:
        try:
            yield started
        finally:
            started.kill()


def test_a_number_in_a_file_ends_no_process(folder):
    with process("import time; time.sleep(3600)") as bystander:
        far = time.time() + 1e9
        for state in (State.QUEUED, State.RUNNING):
            folder.write_status(Status(state, pid=bystander.pid, updated=far))
            folder.ask_stop()
            assert worker_of(folder) is None
            with pytest.raises(StudioError, match="No process of this machine runs run; end it where"):
                end_worker(folder)
        assert bystander.poll() is None


def test_the_worker_that_holds_the_lock_is_ended(folder):
    with process(WORKER, str(folder.path)) as worker:
        assert worker.stdout.readline() == b"held\n"
        assert worker_of(folder) == worker.pid
        end_worker(folder)
        assert worker.wait(240) != 0
    assert worker_of(folder) is None


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can delete a file that is held")
def test_a_worker_whose_lock_was_deleted_still_has_the_run(folder, tmp_path):
    with process(WORKER, str(folder.path)) as worker:
        assert worker.stdout.readline() == b"held\n"
        for _ in range(2):  # looking makes the file again
            (folder.path / "lock").unlink()
            assert (folder.is_alive(), folder.status().state) == (True, State.RUNNING)
        with pytest.raises(StudioError, match="already running"):
            start_worker(folder)
        with pytest.raises(StudioError, match="already running in another process"), folder.held_lock():
            pass
        with pytest.raises(StudioError, match="still running; stop it before deleting it"):
            move(folder, RunFolder(tmp_path / "trash" / "run"))
        assert worker_of(folder) == worker.pid
        end_worker(folder)
        assert worker.wait(240) != 0
    assert folder.status().state is State.INTERRUPTED
    with folder.held_lock():
        assert folder.is_alive()
    assert not folder.is_alive()


@pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="the system does not tell who holds a lock")
def test_another_process_than_the_holder_of_the_lock_is_not_ended(folder):
    with process(WORKER, str(folder.path)) as worker, process("import time; time.sleep(3600)") as bystander:
        assert worker.stdout.readline() == b"held\n"
        folder.write_status(Status(State.RUNNING, pid=bystander.pid))
        assert worker_of(folder) is None
    folder.write_status(Status(State.RUNNING, pid=os.getpid()))
    with folder.held_lock():
        assert worker_of(folder) is None, "this very process holds the lock"
