"""A project as large as a year of work makes it, drawn at once: for `benchmarks.editor` and to try by hand.

    python -m benchmarks.large_project DIR [--clips 80] [--points 1000000] [--objects 2500] [--frames 60]

It makes DIR/frames, one folder of pictures that all clips show, and DIR/project: half a minute and 0.9 GB
as it stands. Points and objects are shared out evenly, each in every frame.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.project.project import Project
from core.trajectories import store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.journal import perform
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.observation_edits import MovePoint

WIDTH, HEIGHT = 854, 480

EDITS = 300
"""Small edits at the end, as a day's work leaves them."""


def draw_frames(folder: Path, frames: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Pictures of noise that moves to the right; their names."""
    folder.mkdir(parents=True)
    small = rng.integers(0, 256, (HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    picture = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    names = tuple(f"{number:04d}.jpg" for number in range(frames))
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.roll(picture, 3 * number, axis=1))
    return names


def walks(points: int, frames: int, rng: np.random.Generator) -> PointTrajectories:
    """Points that walk about in the picture, all in every frame."""
    starts = rng.uniform((0, 0), (WIDTH, HEIGHT), (points, 1, 2))
    paths = np.clip(starts + np.cumsum(rng.normal(0, 1.5, (points, frames, 2)), axis=1), 0, (WIDTH, HEIGHT))
    return PointTrajectories.pack(
        [0] * points, list(paths), list(np.abs(rng.normal(0, 0.5, (points, frames))))
    )


def movers(objects: int, frames: int, rng: np.random.Generator) -> list[ObjectTrajectory]:
    """Boxes with masks that fill them, keyframes in every tenth frame."""
    found = []
    for number in range(objects):
        x, y = rng.integers(0, (WIDTH - 160, HEIGHT - 60))
        lefts = np.clip(x + np.arange(frames), 0, WIDTH - 60)
        boxes = np.stack([lefts, np.full(frames, y), lefts + 60, np.full(frames, y + 60)], 1)
        origin = np.full(frames, Origin.PROPAGATED, np.uint8)
        origin[::10] = Origin.ANNOTATED
        found.append(
            ObjectTrajectory(
                label=f"kind {number % 12}",
                frames=np.arange(frames, dtype=np.int32),
                boxes=boxes.astype(np.float32),
                origin=origin,
                confidence=rng.uniform(0.5, 1, frames).astype(np.float32),
                masks=tuple(_filled(int(left), int(y)) for left in lefts),
            )
        )
    return found


def _filled(left: int, top: int) -> bytes:
    """Runs, column by column, of a mask that fills 60 x 60 pixels."""
    before = left * HEIGHT + top
    after = WIDTH * HEIGHT - before - 59 * HEIGHT - 60
    return np.array([before, *[60, HEIGHT - 60] * 59, 60, after], "<u4").tobytes()


def make_project(
    folder: Path, clips: int, points: int, objects: int, frames: int, edits: int = EDITS
) -> Path:
    """The project, closed; `points` and `objects` are those of all clips together."""
    rng = np.random.default_rng(0)
    names = draw_frames(folder / "frames", frames, rng)
    found = [
        Clip(
            name=f"clip{number:03d}",
            dataset="frames",
            width=WIDTH,
            height=HEIGHT,
            root=folder / "frames",
            files=names,
        )
        for number in range(clips)
    ]
    shares = np.diff(np.linspace(0, objects, clips + 1).astype(int))
    with Project.create(folder / "project") as project:
        for clip, share in zip(found, shares.tolist(), strict=True):
            with project.writing() as connection:
                perform(connection, AddClips([(clip, movers(share, frames, rng))]))
        with project.reading() as connection:
            ids = [clip.id for clip in store.clips(connection)]
        some = walks(points // clips, frames, rng)
        for clip_id in ids:
            with project.writing() as connection:
                perform(connection, ReplacePoints({clip_id: some}))
        with project.reading() as connection:
            first = store.points(connection, ids[0]).ids[:edits].tolist() if len(some) else []
        for number, track in enumerate(first):
            with project.writing() as connection:
                perform(connection, MovePoint(ids[0], track, number % frames, 20.0 + number, 30.0))
    return folder / "project"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--clips", type=int, default=80)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--objects", type=int, default=2_500)
    parser.add_argument("--frames", type=int, default=60)
    args = parser.parse_args()
    print(make_project(args.folder, args.clips, args.points, args.objects, args.frames))


if __name__ == "__main__":
    main()
