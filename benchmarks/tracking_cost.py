"""What tracking points costs: time on one and on two cores, and memory over a long clip.

For `python -m benchmarks.tracking --speed --memory`. Times are medians of repetitions that take turns, so
that what else the machine does weighs on all alike; the load average is printed beside them.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.datasets import textures
from core.tracking.config import TrackConfig
from core.tracking.flow_stream import one_thread_in_opencv, stream
from core.tracking.linking import ESTIMATORS, FlowTracker
from core.tracking.optical_flow import follow

REPETITIONS = 5
LONG = 1000
"""Frames of the clip that memory is measured on."""


def load() -> list[float]:
    """The machine's load average over 1, 5 and 15 minutes; empty where the system does not say."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def cpu(work: Callable[[], Any]) -> float:
    """Seconds of all threads."""
    started = time.process_time()
    work()
    return time.process_time() - started


def wall(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def speed(preset: str, frames: np.ndarray) -> dict[str, Any]:
    """CPU a frame of the whole tracker and of its flow alone; wall time on two cores and on one.

    `two_threads_against_one` leaves both cores to one thread of flow and the thread that links, so it says
    less than `two_cores_against_one`, which is None where cores cannot be chosen.
    """

    def run(threads: int) -> None:
        for _ in FlowTracker(frames, TrackConfig(preset=preset, threads=threads)).steps():
            pass

    def flow() -> None:
        for _ in stream(frames, ESTIMATORS[preset], 1, 960):
            pass

    works: dict[str, Callable[[], float]] = {
        "whole": lambda: cpu(lambda: run(1)),
        "flow": lambda: cpu(flow),
        "one_thread": lambda: wall(lambda: run(1)),
        "two_threads": lambda: wall(lambda: run(2)),
    }
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        works["one_core"] = lambda: wall(lambda: on_cores(cores[:1], lambda: run(1)))
        works["two_cores"] = lambda: wall(lambda: on_cores(cores[:2], lambda: run(2)))
    run(2)
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPETITIONS):
        for name, work in works.items():
            taken[name].append(work())
    middle = {name: statistics.median(values) for name, values in taken.items()}
    return {
        "load_average": load(),
        "frames": len(frames),
        "cpu_ms_a_frame": round(1000 * middle["whole"] / len(frames), 1),
        "flow_cpu_ms_a_frame": round(1000 * middle["flow"] / len(frames), 1),
        "tracker_to_flow": round(middle["whole"] / middle["flow"], 3),
        "two_threads_against_one": round(middle["one_thread"] / middle["two_threads"], 2),
        "two_cores_against_one": round(middle["one_core"] / middle["two_cores"], 2)
        if "one_core" in middle
        else None,
    }


def on_cores(cores: list[int], work: Callable[[], Any]) -> None:
    """Do something on some cores alone; threads that it starts are bound to them too."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        work()
    finally:
        os.sched_setaffinity(0, before)


def linking_ms(points: int = 12_500) -> float:
    """Least CPU time to move so many points by one flow and test them."""
    rng = np.random.default_rng(0)
    forward = rng.normal(size=(480, 640, 2)).astype(np.float32)
    xy = rng.uniform((0, 0), (640, 480), (points, 2)).astype(np.float32)
    with one_thread_in_opencv():
        return round(1000 * min(cpu(lambda: follow(forward, -forward, xy)) for _ in range(30)), 3)


class Wandering:
    """Frames drawn when they are read: a camera wanders over a ground, and a patch of it drifts before it."""

    def __init__(self, frames: int) -> None:
        rng = np.random.default_rng(0)
        self._frames = frames
        self._ground = textures.leaves(rng, 900, 1100, textures.palette(rng, 0.3, 7))
        self._patch = textures.leaves(rng, 160, 160, textures.palette(rng, 0.8, 5))

    def __len__(self) -> int:
        return self._frames

    def __getitem__(self, frame: int, /) -> np.ndarray:
        if not 0 <= frame < self._frames:
            raise IndexError(frame)
        x, y = 230 + 180 * np.sin(frame / 57), 210 + 160 * np.sin(frame / 71)
        image = cv2.warpAffine(self._ground, np.array([[1, 0, -x], [0, 1, -y]]), (640, 480))
        left, top = 240 + int(200 * np.sin(frame / 83)), 160 + int(150 * np.cos(frame / 67))
        image[top : top + 160, left : left + 160] = self._patch
        noise = np.random.default_rng(frame).integers(-3, 4, image.shape, np.int16)
        return np.clip(image + noise, 0, 255).astype(np.uint8)


def memory(preset: str) -> dict[str, Any]:
    """Peak memory of a process of its own that tracks a long clip, drawn on the way."""
    command = [sys.executable, "-m", "benchmarks.tracking_cost", preset]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(result.stdout))


def track_long(preset: str) -> dict[str, Any]:
    tracker = FlowTracker(Wandering(LONG), TrackConfig(preset=preset))
    seconds = wall(lambda: [None for _ in tracker.steps()])
    points = tracker.trajectories()
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # Linux; `ru_maxrss` counts the parent
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return {
        "frames": LONG,
        "trajectories": len(points),
        "observations": len(points.xy),
        "peak_mb": round(peak / 1024, 1),
        "seconds": round(seconds, 1),
        "load_average": load(),
    }


if __name__ == "__main__":
    print(json.dumps(track_long(sys.argv[1])))
