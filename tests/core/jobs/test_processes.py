"""Several processes train as one does: real workers, joined by Gloo."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.errors import StudioError
from core.events import Metric
from core.jobs.processes import group_of
from core.networks.weights import IN_RUN
from core.pretraining.record.pair_log import PairLog
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from core.training.group import Group
from core.version import ROOT
from tests.core.jobs.test_pretrain import SMALL, new_run, write_snapshot_of

ALONE = dataclasses.replace(SMALL, steps=12)
TOGETHER = dataclasses.replace(ALONE, processes=2)
LONG = dataclasses.replace(TOGETHER, steps=100_000, report_every=1, checkpoint_every=5)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return write_snapshot_of(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory, snapshot):
    folder = new_run(tmp_path_factory.mktemp("runs") / "alone", snapshot, ALONE)
    assert work(folder) == 0
    return folder


def work(folder: RunFolder) -> int:
    return launch.start_worker(folder, threads=1).wait(240)


def curves(folder: RunFolder) -> dict[tuple[str, int], float]:
    events = [event for event in folder.events()[0] if isinstance(event, Metric)]
    known = ("loss", "accuracy", "held_out_accuracy", "learning_rate")
    return {(event.name, event.step): event.value for event in events if event.name in known}


def assert_as_alone(folder: RunFolder, alone: RunFolder) -> None:
    assert curves(folder) == pytest.approx(curves(alone), rel=1e-4)
    logs = PairLog(folder.path), PairLog(alone.path)
    assert logs[0].steps.tolist() == logs[1].steps.tolist() == list(range(1, ALONE.steps + 1))
    for step in (1, ALONE.steps):
        (drawn, losses, scores), (other, *values) = (log.batch(step) for log in logs)
        np.testing.assert_array_equal(drawn.box, other.box)
        np.testing.assert_allclose([losses, scores], values, rtol=1e-3)
    ours, theirs = load_file(folder.path / IN_RUN), load_file(alone.path / IN_RUN)
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, rtol=1e-4, atol=1e-5)


def test_two_processes_give_the_losses_and_the_weights_of_one(tmp_path, snapshot, alone):
    folder = new_run(tmp_path / "run", snapshot, TOGETHER)
    assert work(folder) == 0
    assert_as_alone(folder, alone)
    steps = [event.step for event in folder.events()[0] if isinstance(event, Metric) and event.name == "loss"]
    assert steps == sorted(set(steps))  # one process wrote


def test_torchrun_starts_them_too(tmp_path, snapshot, alone):
    folder = new_run(tmp_path / "run", snapshot, ALONE)
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "core.worker", str(folder.path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert folder.status().state is State.DONE
    assert_as_alone(folder, alone)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_lost_process_ends_the_run_in_a_sentence_and_it_can_be_resumed(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, LONG)
    worker = launch.start_worker(folder, threads=1)
    wait_for_step(folder, 6)
    (other,) = children(worker.pid)
    os.kill(other, signal.SIGKILL)
    assert worker.wait(240) == 1
    status = folder.status()
    assert status.state is State.FAILED
    assert "One of the 2 processes of this run ended" in status.error
    assert "resume the run" in status.error
    assert not alive(other)

    before = status.step
    worker = launch.start_worker(folder, threads=1)
    wait_for_step(folder, before + 3)
    (other,) = children(worker.pid)
    folder.ask_stop()
    assert worker.wait(240) == 0
    assert folder.status().state is State.STOPPED
    assert not alive(other)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_the_others_do_not_outlive_the_first(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, LONG)
    worker = launch.start_worker(folder, threads=1)
    wait_for_step(folder, 3)
    (other,) = children(worker.pid)
    worker.kill()
    worker.wait()
    end = time.monotonic() + 240
    while alive(other):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert folder.status().state is State.INTERRUPTED


def test_another_whose_first_has_gone_does_not_wait_for_it(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, LONG)
    joined = {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    with socket.socket() as nobody:  # the port is taken, and no one answers
        nobody.bind(("127.0.0.1", 0))
        nobody.listen()
        joined["MASTER_PORT"] = str(nobody.getsockname()[1])
        command = [sys.executable, "-m", "core.worker", str(folder.path)]
        subprocess.run(command, cwd=ROOT, env=launch.worker_environment() | joined, timeout=240, check=True)


def test_a_batch_that_cannot_be_shared_out_is_a_sentence(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, ALONE)
    with (
        pytest.raises(
            StudioError, match="A batch of 8 cannot be shared out to 3 processes; choose a multiple"
        ),
        group_of(folder, 3, 8, torch.device("cpu")),
    ):
        pass


def test_a_method_that_compares_the_whole_batch_trains_in_one_process(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(TOGETHER, method="nce"))
    assert work(folder) == 1
    assert "set processes to 1" in folder.status().error


def test_the_parts_of_a_batch_are_the_whole_of_it():
    parts = [Group(rank, 4).part(8) for rank in range(4)]
    assert [index for part in parts for index in range(8)[part]] == list(range(8))


def wait_for_step(folder: RunFolder, step: int) -> None:
    end = time.monotonic() + 240
    while folder.status().step < step:
        assert time.monotonic() < end, (folder.path / "worker.log").read_text()
        time.sleep(0.05)


def children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in text.split()]


def alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
