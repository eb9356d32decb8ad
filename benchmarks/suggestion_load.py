"""What it costs to group many points over many frames."""

import time
from pathlib import Path

import numpy as np

from core.motion_segmentation.grouping import group_points
from core.trajectories.model import PointTrajectories

POINTS, FRAMES, OBJECTS = 12_500, 500, 6


def drawn(seed: int = 0) -> PointTrajectories:
    """Points over all frames on a background that the camera pans over and on objects that swing about it."""
    random = np.random.default_rng(seed)
    start = random.random((POINTS, 2)) * (1280, 720)
    centres = random.random((OBJECTS, 2)) * (1280, 720)
    away = np.linalg.norm(start[:, None] - centres, axis=2)
    which = np.where(away.min(axis=1) < 80, away.argmin(axis=1), -1)
    times = np.arange(FRAMES)
    camera = np.stack((20 * np.sin(times / 40), 8 * np.cos(times / 55)), axis=1)
    paths = start[:, None] + camera
    for one in range(OBJECTS):
        own = np.stack((60 * np.sin(times / (15 + 4 * one)), 30 * np.cos(times / (18 + 3 * one))), axis=1)
        paths[which == one] += own
    paths += np.cumsum(random.normal(0, 0.03, paths.shape), axis=1)
    return PointTrajectories.pack([0] * POINTS, list(paths.astype(np.float32)))


def load() -> dict[str, object]:
    """CPU seconds, and the most memory that the process held, in megabytes, points included."""
    points = drawn()
    started = time.process_time()
    grouping = group_points(points, 1280, 720)
    seconds = time.process_time() - started
    return {
        "points": POINTS,
        "frames": FRAMES,
        "groups": int(grouping.groups.max()),
        "cpu_seconds": round(seconds, 1),
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> int | None:
    """None where the system does not say."""
    status = Path("/proc/self/status")  # Linux
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1000
