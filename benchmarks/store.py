"""How fast the database is with many trajectories in it; JSON on standard output, times in milliseconds.

    python -m benchmarks.store [--clips 80] [--points 12500] [--frames 60] [--repeat 5]

It fills a project with `clips` x `points` point trajectories of `frames` observations each (a million, as
it stands; 0.8 GB on disk), and then measures `repeat` times each, wall time and the thread's own:

insert        `points` trajectories of one more clip, as one edit with its undo images, committed;
open          reading such a clip and sorting its observations by frame;
at_frame      which observations lie in a frame of an open clip;
split_undo    a split, committed, and taking it back, committed.

Edits are timed with the durability that a project has (`synchronous=FULL`: every commit waits for the
disk) and with `NORMAL`, which leaves the disk out.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import event

from core.datasets.clip import Clip
from core.project.project import Project
from core.trajectories import store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.journal import perform, undo
from core.trajectories.model import PointTrajectories
from core.trajectories.trajectory_edits import Split


def walks(points: int, frames: int, rng: np.random.Generator) -> PointTrajectories:
    """Points that walk about, all in every frame."""
    steps = rng.normal(0, 1.5, (points, frames, 2)).astype(np.float32)
    steps[:, 0] = rng.uniform(0, 480, (points, 2))
    errors = rng.uniform(0, 0.5, (points, frames)).astype(np.float32)
    return PointTrajectories.pack([0] * points, list(np.cumsum(steps, axis=1)), list(errors))


def timed(work: Callable[[int], Any], given: Sequence[int]) -> dict[str, float]:
    """Of one run with each number given, in milliseconds."""
    taken, busy = [], []
    for number in given:
        start, busy_before = time.perf_counter(), time.thread_time()
        work(number)
        taken.append((time.perf_counter() - start) * 1000)
        busy.append((time.thread_time() - busy_before) * 1000)
    figures = {"median": statistics.median(taken), "worst": max(taken), "cpu": statistics.median(busy)}
    return {name: round(value, 3) for name, value in figures.items()}


def open_clip(project: Project, clip_id: int) -> PointTrajectories:
    with project.reading() as connection:
        store.objects(connection, clip_id)
        points = store.points(connection, clip_id)
    points.at(0)
    return points


def set_durability(project: Project, level: str) -> None:
    """Have new connections wait for the disk (`FULL`) or not (`NORMAL`); the old ones are closed."""

    def configure(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA synchronous={level}")

    event.listen(project.engine, "connect", configure)
    project.engine.dispose()


def split_and_undo(project: Project, clip_id: int, trajectory_id: int, frame: int) -> None:
    with project.writing() as connection:
        perform(connection, Split(clip_id, trajectory_id, frame))
    with project.writing() as connection:
        undo(connection)


def measure(project: Project, clips: int, points: int, frames: int, repeat: int) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    names = [f"clip{number:03d}" for number in range(clips + repeat)]
    root = project.path / "frames"
    files = tuple(f"{frame:05d}.jpg" for frame in range(frames))
    empty = [Clip(name=n, dataset="frames", width=640, height=480, root=root, files=files) for n in names]
    with project.writing() as connection:
        perform(connection, AddClips([(clip, []) for clip in empty]))
        ids = [clip.id for clip in store.clips(connection)]
    some = walks(points, frames, rng)
    for clip_id in ids[:clips]:
        with project.writing() as connection:
            perform(connection, ReplacePoints({clip_id: some}))

    def insert(clip_id: int) -> None:
        with project.writing() as connection:
            perform(connection, ReplacePoints({clip_id: some}))

    def split(trajectory_id: int) -> None:
        split_and_undo(project, middle, trajectory_id, frames // 2)

    found: dict[str, Any] = {"insert": timed(insert, ids[clips:])}
    found["open"] = timed(lambda clip_id: open_clip(project, clip_id), ids[: clips : -(-clips // repeat)])
    middle = ids[clips // 2]
    opened = open_clip(project, middle)
    asked = rng.integers(0, frames, 1000).tolist()
    each = timed(lambda _: [opened.at(frame) for frame in asked], range(repeat))
    found["at_frame"] = {name: round(value / len(asked), 5) for name, value in each.items()}
    chosen = rng.choice(opened.ids, (2, 20 * repeat), replace=False).tolist()
    found["split_undo"] = {}
    for level, trajectory_ids in zip(("FULL", "NORMAL"), chosen, strict=True):
        set_durability(project, level)
        found["split_undo"][level] = timed(split, trajectory_ids)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=80)
    parser.add_argument("--points", type=int, default=12_500)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "project") as project:
        found = measure(project, args.clips, args.points, args.frames, args.repeat)
        found["trajectories"] = (args.clips + args.repeat) * args.points
        found["database_mb"] = round((project.path / "annotations.sqlite").stat().st_size / 1e6)
    print(json.dumps({**found, "load_average": load}, indent=2))


if __name__ == "__main__":
    main()
