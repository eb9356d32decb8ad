"""What it costs that rows are held against the rules before they are stored; JSON on standard output.

    python -m benchmarks.rules [--tracks 12500] [--points 12500] [--clips 16] [--frames 60] [--edits 200]
        [--rounds 5]

Seconds of CPU with the rules and without them, by turns in one process, `rounds` times each; of edits,
milliseconds each:

boxes       `tracks` objects of `frames` boxes each, imported as one edit;
points      `points` points of `frames` observations each, in each of `clips` clips, one edit a clip;
new_object  an object of one box, committed;
move        a box of it set elsewhere, committed.

Edits are timed with `synchronous=NORMAL`, which leaves the disk out.
"""

import argparse
import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.exchange import HEIGHT, WIDTH, tracks
from benchmarks.store import set_durability, walks
from core.datasets.clip import Clip
from core.project.project import Project
from core.trajectories import held_rows, store, written
from core.trajectories.bulk_edits import AddClips, AddTrajectories, ReplacePoints
from core.trajectories.journal import Edit, perform
from core.trajectories.model import PointTrajectories
from core.trajectories.observation_edits import AddObject, SetObservation

KINDS = ("boxes", "points", "new_object", "move")


@contextlib.contextmanager
def unruled() -> Iterator[None]:
    """A block in which nothing that is written is held against any rule."""
    with (
        mock.patch.object(written, "hold"),
        mock.patch.object(held_rows, "hold"),
        mock.patch.object(written.Written, "finish"),
    ):
        yield


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(folder: Path, objects: Any, some: PointTrajectories, clips: int, edits: int) -> dict[str, float]:
    """Seconds by kind, in a project of its own; milliseconds an edit."""
    nothing = PointTrajectories.pack([], [])
    files = tuple(f"{number:05}.png" for number in range(int(some.lengths[0])))
    box = np.array([10, 10, 60, 80], np.float32)
    with Project.create(folder) as project:
        set_durability(project, "NORMAL")

        def write(edit: Edit) -> None:
            with project.writing() as connection:
                perform(connection, edit)

        names = [f"clip{number:03d}" for number in range(clips + 1)]
        empty = [
            Clip(name=name, dataset="frames", width=WIDTH, height=HEIGHT, root=folder, files=files)
            for name in names
        ]
        write(AddClips([(clip, []) for clip in empty]))
        with project.reading() as connection:
            first, *others = (clip.id for clip in store.clips(connection))
        found = {"boxes": seconds(lambda: write(AddTrajectories(first, nothing, objects, "a file")))}
        found["points"] = seconds(lambda: [write(ReplacePoints({clip: some})) for clip in others])
        new = [AddObject(first, "car", 3, box) for _ in range(edits)]
        found["new_object"] = seconds(lambda: [write(edit) for edit in new]) / edits * 1000
        with project.reading() as connection:
            ids = sorted(one.id for one in store.objects(connection, first))[-edits:]
        moves = [SetObservation(first, id, 3, box + 1, None) for id in ids]
        found["move"] = seconds(lambda: [write(edit) for edit in moves]) / edits * 1000
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("tracks", 12_500), ("points", 12_500), ("clips", 16), ("frames", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    objects = tracks(args.tracks, args.frames, masks=False)
    some = walks(args.points, args.frames, np.random.default_rng(0))
    found: dict[str, list[dict[str, float]]] = {"with": [], "without": []}
    for _ in range(args.rounds):
        for name, around in (("with", contextlib.nullcontext), ("without", unruled)):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, around():
                measured = measure(Path(folder) / "p", objects, some, args.clips, args.edits)
                found[name].append(measured)
    figures: dict[str, Any] = {
        kind: {
            **{name: [round(one[kind], 3) for one in rounds] for name, rounds in found.items()},
            "more": f"{100 * (_median(found['with'], kind) / _median(found['without'], kind) - 1):+.1f} %",
        }
        for kind in KINDS
    }
    print(json.dumps({"asked": vars(args), "cpu": figures}))


def _median(rounds: list[dict[str, float]], kind: str) -> float:
    return statistics.median(one[kind] for one in rounds)


if __name__ == "__main__":
    main()
