"""What a big import costs; JSON on standard output, seconds of CPU and how many rows that is.

    python -m benchmarks.exchange [--format coco] [--tracks 12500] [--frames 60] [--masks]

write      the file is written by our own exporter;
read       it is read, checked and joined to trajectories;
database   they are stored as one edit that can be taken back;
undo       the edit is taken back.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.datasets.clip import Clip
from core.geometry import encode_mask
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, AddTrajectories
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

T = TypeVar("T")
WIDTH, HEIGHT = 640, 480


def measured(taken: dict[str, float], name: str, work: Callable[[], T]) -> T:
    began = time.process_time()
    result = work()
    taken[name] = round(time.process_time() - began, 2)
    return result


def tracks(count: int, frames: int, masks: bool) -> list[ObjectTrajectory]:
    """Objects of 20 x 30 pixels that walk to the right, of four names."""
    rng = np.random.default_rng(0)
    objects = []
    for number in range(count):
        x = rng.uniform(0, WIDTH - 100) + np.arange(frames)
        y = np.full(frames, rng.uniform(0, HEIGHT - 40))
        boxes = np.column_stack([x, y, x + 20, y + 30]).astype(np.float32)
        objects.append(
            ObjectTrajectory(
                frames=np.arange(frames, dtype=np.int32),
                boxes=boxes,
                origin=np.full(frames, Origin.ANNOTATED, np.uint8),
                confidence=np.ones(frames, np.float32),
                masks=tuple(_disc(box) for box in boxes) if masks else (None,) * frames,
                label=("car", "person", "dog", "")[number % 4],
            )
        )
    return objects


def _disc(box: np.ndarray) -> bytes:
    x1, y1, x2, y2 = box
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    across, down = (columns + 0.5 - (x1 + x2) / 2) / (x2 - x1), (rows + 0.5 - (y1 + y2) / 2) / (y2 - y1)
    return encode_mask(across**2 + down**2 < 0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", default="coco")
    parser.add_argument("--tracks", type=int, default=12_500)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--masks", action="store_true")
    args = parser.parse_args()
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = tuple(f"{number:05}.png" for number in range(args.frames))
        clip = Clip(name="many", dataset="frames", width=WIDTH, height=HEIGHT, root=folder, files=files)
        objects = tracks(args.tracks, args.frames, args.masks)
        nothing = PointTrajectories.pack([], [])
        path = measured(taken, "write", lambda: export_clip(args.format, clip, nothing, objects, folder))
        with Project.create(folder / "project") as project:
            with project.writing() as connection:
                journal.perform(connection, AddClips([(clip, [])]))
                clip = store.clips(connection)[0]
            points, objects, _ = measured(taken, "read", lambda: import_tracks(args.format, path, clip))

            def add() -> None:
                with project.writing() as connection:
                    journal.perform(connection, AddTrajectories(clip.id, points, objects, path.name))

            def undo() -> None:
                with project.writing() as connection:
                    journal.undo(connection)

            measured(taken, "database", add)
            measured(taken, "undo", undo)
    taken["in all"] = round(taken["read"] + taken["database"], 2)
    rows = sum(len(one.frames) for one in objects)
    print(json.dumps({"format": args.format, "tracks": len(objects), "rows": rows, "cpu_seconds": taken}))


if __name__ == "__main__":
    main()
