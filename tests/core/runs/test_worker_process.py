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
from core.runs.run_folder import RunFolder, State, Status
from core.runs.worker_process import end_worker, worker_of

WORKER = (
    "import os, sys, time; from pathlib import Path\n"
    "from core.runs.run_folder import RunFolder, State, Status\n"
    "folder = RunFolder(Path(sys.argv[1]))\n"
    "with folder.held_lock():\n"
    "    folder.write_status(Status(State.RUNNING, pid=os.getpid()))\n"
    "    print('held', flush=True); time.sleep(60)"
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
    with process("import time; time.sleep(60)") as bystander:
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
        assert worker.wait(5) != 0
    assert worker_of(folder) is None


@pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="the system does not tell who holds a lock")
def test_another_process_than_the_holder_of_the_lock_is_not_ended(folder):
    with process(WORKER, str(folder.path)) as worker, process("import time; time.sleep(60)") as bystander:
        assert worker.stdout.readline() == b"held\n"
        folder.write_status(Status(State.RUNNING, pid=bystander.pid))
        assert worker_of(folder) is None
    folder.write_status(Status(State.RUNNING, pid=os.getpid()))
    with folder.held_lock():
        assert worker_of(folder) is None, "this very process holds the lock"
