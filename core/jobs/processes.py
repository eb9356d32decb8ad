"""Starting the processes that train a run together, and ending them with it.

`processes` of a job's settings starts them on this machine; on several machines
`torchrun … -m core.worker RUN` does, with the run's folder where all of them see it. The process of rank 0 is
the run's worker: it alone writes. The others draw the same batches, compute their parts, and end with it.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import torch
from torch import distributed

from core.errors import StudioError
from core.runs import launch
from core.runs.run_folder import RunFolder
from core.training.group import ALONE, Group
from core.version import ROOT

_PATIENCE = 20.0
"""Seconds that the others may take to end after the first."""

_LOOK = 1.0


@contextlib.contextmanager
def group_of(folder: RunFolder, processes: int, batch: int, device: torch.device) -> Iterator[Group]:
    """The group that trains a run; the processes that are missing are started, and ended with the block.

    Args:
        folder: of the run.
        processes: on this machine; what torchrun started counts instead, where it did.
        batch: pairs, triplets or images in a step, which the processes share.
        device: where this process computes; NCCL joins GPUs, Gloo anything.

    Raises:
        StudioError: the batch cannot be shared out; or another process of the run ended too early, and the
            run can be resumed.
    """
    if processes == 1 and "RANK" not in os.environ:
        yield ALONE
        return
    others: list[subprocess.Popen[bytes]] = []
    rank, size, address = 0, processes, "env://"
    if "RANK" in os.environ:
        rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if batch % size:
        raise StudioError(
            f"A batch of {batch} cannot be shared out to {size} processes; choose a multiple of {size}."
        )
    if "RANK" not in os.environ:
        port = _free_port()
        address = f"tcp://127.0.0.1:{port}"
        others = [_start(folder, k, size, port) for k in range(1, size)]
    try:
        if rank:
            _end_with_the_first(folder)
        backend = "nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, init_method=address, rank=rank, world_size=size)
        yield Group(rank, size)
    except RuntimeError as error:
        if _of_a_lost_process(error) or any(other.poll() for other in others):
            raise StudioError(
                f"One of the {size} processes of this run ended (its words are in "
                f"{folder.path / 'worker.log'}); resume the run to go on from its last checkpoint."
            ) from error
        raise
    finally:
        if distributed.is_initialized():
            with contextlib.suppress(RuntimeError):
                distributed.destroy_process_group()
        _end(others)


def _start(folder: RunFolder, rank: int, size: int, port: int) -> "subprocess.Popen[bytes]":
    environment = launch.worker_environment()
    environment |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
    environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with open(folder.path / "worker.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "core.worker", str(folder.path)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a terminal asks the first process alone to stop
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_the_first(folder: RunFolder) -> None:
    """Leave when rank 0 lets go of the run's lock, even out of a call that waits for it for ever.

    Rank 0 holds it before it starts others; torchrun starts all at once, and ends the others itself.
    """

    def look() -> None:
        while "TORCHELASTIC_RUN_ID" in os.environ and not folder.is_alive():
            time.sleep(_LOOK)
        while folder.is_alive():
            time.sleep(_LOOK)
        os._exit(0)

    threading.Thread(target=look, name="end with the first", daemon=True).start()


def _end(others: "list[subprocess.Popen[bytes]]") -> None:
    for other in others:
        other.terminate()
    for other in others:
        try:
            other.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            other.kill()
            other.wait()


def _of_a_lost_process(error: RuntimeError) -> bool:
    return isinstance(error, distributed.DistError) or "onnection" in str(error)
