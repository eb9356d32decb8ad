"""A snapshot with every irregularity the samplers must bear."""

from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.snapshot import ClipSnapshot, Snapshot


def make_clip(place: int, frames: int, width: int = 320, height: int = 240) -> Clip:
    files = tuple(f"{frame:03d}.png" for frame in range(frames))
    return Clip(
        id=place + 1,
        name=f"clip{place}",
        dataset="frames",
        width=width,
        height=height,
        root=Path("."),
        files=files,
    )


def make_object(
    id: int, frames: np.ndarray, boxes: np.ndarray, review: int = Review.OPEN
) -> ObjectTrajectory:
    return ObjectTrajectory(
        id=id,
        frames=np.asarray(frames, np.int32),
        boxes=np.asarray(boxes, np.float32),
        origin=np.full(len(frames), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
        review=review,
    )


def make_points(first_id: int, first: list[int], paths: list[np.ndarray]) -> PointTrajectories:
    points = PointTrajectories.pack(first, paths)
    points.ids[:] = np.arange(first_id, first_id + len(points))
    return points


def walk(generator: np.random.Generator, length: int, width: int, height: int) -> np.ndarray:
    path = generator.uniform((5, 5), (width - 5, height - 5)) + np.cumsum(
        generator.normal(0, 2, (length, 2)), 0
    )
    return np.clip(path, 0, (width, height))


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """Six clips: objects with gaps and near borders, a rejected one, points, one clip without objects."""
    generator = np.random.default_rng(5)
    contents = []
    for place, (frames, width, height) in enumerate(
        [(40, 320, 240), (30, 160, 120), (60, 640, 480), (12, 320, 240), (25, 320, 240), (8, 90, 80)]
    ):
        clip = make_clip(place, frames, width, height)
        objects = []
        for number in range(0 if place == 4 else 3):
            seen = np.flatnonzero(generator.random(frames) < 0.8)
            centre = walk(generator, len(seen), width, height)
            half = generator.uniform(6, 50, 2) * generator.uniform(0.8, 1.2, (len(seen), 2))
            boxes = np.concatenate([centre - half, centre + half], axis=1)
            review = Review.REJECTED if number == 2 else Review.ACCEPTED
            objects.append(make_object(100 * place + number + 1, seen, boxes, review))
        starts = generator.integers(0, frames // 2, 20).tolist()
        lengths = [int(generator.integers(1, frames - start + 1)) for start in starts]
        points = make_points(
            1000 * (place + 1), starts, [walk(generator, length, width, height) for length in lengths]
        )
        points.review[3] = Review.REJECTED
        contents.append(ClipSnapshot(clip, points, tuple(objects)))
    return Snapshot(tuple(contents), revision=7, project="project")
