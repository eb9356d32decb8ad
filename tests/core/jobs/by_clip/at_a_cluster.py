"""A Dask cluster on this machine."""

import contextlib
import os
import subprocess
import sys
import time

import pytest

from core import agreements


@contextlib.contextmanager
def cluster(folder, workers=2, workers_find_us=True):
    """A Dask scheduler and workers on loopback: its address and their processes."""
    pytest.importorskip("distributed", reason="Dask is absent")
    known = folder / "scheduler.json"
    programs = [
        ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(known), "--no-show"],
        *workers * [["dask_worker", "--scheduler-file", str(known), "--nthreads", "1", "--no-nanny"]],
    ]
    running = []
    try:
        for program, *options in programs:
            command = [sys.executable, "-m", f"distributed.cli.{program}", *options, "--no-dashboard"]
            environment = with_us()
            if running and not workers_find_us:
                environment["PYTHONPATH"] = str(without_us(folder))
            with open(folder / f"{len(running)}.log", "wb") as log:
                running.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment))
            wait_for(known.exists)
        from distributed import Client

        with Client(scheduler_file=str(known)) as client:
            if workers:
                client.wait_for_workers(workers, timeout=240)
            address = client.scheduler.address
        agreements.agree(agreements.cluster(address).key)
        yield address, running
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def with_us():
    """An environment in which workers find this program."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "0"}


def without_us(folder):
    """A folder for the path of a program that is not to find this one, even where it is installed."""
    hook = "import sys\nsys.meta_path[:] = [one for one in sys.meta_path if 'editable' not in str(one)]\n"
    (folder / "sitecustomize.py").write_text(hook)
    return folder


def wait_for(condition, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
