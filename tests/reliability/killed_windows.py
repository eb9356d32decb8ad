"""The real window killed while a training runs, and opened again: the run is found with its whole curve."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.events import Metric
from core.runs.run_folder import RunFolder
from core.version import ROOT
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import scratch
from tests.reliability.jobs_base import make_jobs_base

PATIENCE = 150.0
"""Seconds until a window must have shown what it should."""


def windows(seconds: float, seed: int) -> Row:
    """Each window that comes after a killed one shows every step once, and the worker goes on."""
    failures, rounds, early = [], 0, 0
    with scratch() as folder:
        project = make_jobs_base(folder) / "project"
        first = _window("tests.end_to_end.window_until_killed", project, folder / "settings.ini", 100_000)
        try:
            assert _until(lambda: _losses(project) >= 5), "the training did not begin"
        finally:
            _kill(first)
        (run,) = (RunFolder(path) for path in (project / "runs").iterdir())
        try:
            for one in seeds(seconds, seed):
                rng = np.random.default_rng(one)
                out = folder / f"{one}.txt"
                window = _window("tests.reliability.window_again", project, folder / "settings.ini", out)
                if rng.random() < 0.3:  # while it opens
                    time.sleep(rng.uniform(0, 4))
                    early += 1
                elif not _until(lambda out=out, window=window: out.exists() or window.poll() is not None):
                    failures.append(failed(one, "the window did not answer"))
                elif not out.exists() or out.read_text() != "whole":
                    said = out.read_text() if out.exists() else f"the window ended with {window.poll()}"
                    failures.append(failed(one, said))
                _kill(window)
                rounds += 1
                if not run.is_alive():
                    failures.append(failed(one, f"the worker is gone: {run.status()}"))
                    break
            steps = _losses(project)
        finally:
            if run.is_alive():
                os.kill(run.status().pid, signal.SIGKILL)
    return Row(rounds, tuple(failures), f"one run of {steps:,} steps, {early} windows killed as they opened")


def _window(module: str, *words: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", module, *map(str, words)], cwd=ROOT)


def _kill(window: "subprocess.Popen[bytes]") -> None:
    window.kill()
    window.wait()


def _until(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def _losses(project: Path) -> int:
    runs = [path for path in (project / "runs").iterdir() if (path / "events.jsonl").is_file()]
    events = [event for path in runs for event, _ in RunFolder(path).all_events()]
    return sum(isinstance(event, Metric) and event.name == "loss" for event in events)


ATTACKS = (Attack("killed-windows", windows, 1.0),)
