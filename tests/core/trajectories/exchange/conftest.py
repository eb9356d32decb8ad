"""One clip with two points and three objects, odd enough to show what a format keeps."""

from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.geometry import encode_mask, mask_box
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review


@pytest.fixture
def clip() -> Clip:
    files = tuple(f"cars/{number}.jpg" for number in range(5))
    return Clip(name="cars", dataset="moseg", width=32, height=24, root=Path("nowhere"), files=files)


@pytest.fixture
def points() -> PointTrajectories:
    """Trajectory 11 in frames 0 to 2, trajectory 12 in frames 3 and 4."""
    return PointTrajectories(
        ids=np.array([11, 12]),
        first=np.array([0, 3], np.int32),
        offsets=np.array([0, 3, 5]),
        xy=np.array([[0.5, 0.5], [1.75, 2.1], [3, 4], [31.9, 23.9], [30.123456, 20]], np.float32),
        error=np.array([0, 0.25, np.nan, 0, 0.5], np.float32),
        origin=np.array([3, 3, 1, 3, 2], np.uint8),
        end_reason=np.array([3, 1], np.uint8),
        review=np.array([Review.OPEN, Review.REJECTED], np.uint8),
        labels=("", "7"),
    )


def mask(x: int, y: int) -> np.ndarray:
    """6 x 4 pixels without the first."""
    pixels = np.zeros((24, 32), bool)
    pixels[y : y + 4, x : x + 6] = True
    pixels[y, x] = False
    return pixels


@pytest.fixture
def objects() -> tuple[ObjectTrajectory, ...]:
    """A car in frames 0, 1, 3; a nameless box in frame 1; a cat in frame 3, in front of the car."""

    def trajectory(
        frames: list[int], masks: list[np.ndarray], with_masks: bool = True, label: str = ""
    ) -> ObjectTrajectory:
        return ObjectTrajectory(
            frames=np.array(frames, np.int32),
            boxes=np.array([mask_box(one) for one in masks], np.float32),
            origin=np.array([Origin.ANNOTATED, Origin.PROPAGATED, Origin.EDITED][: len(frames)], np.uint8),
            confidence=np.array([1, 0.5, 1][: len(frames)], np.float32),
            masks=tuple(encode_mask(one) if with_masks else None for one in masks),
            label=label,
            review=Review.ACCEPTED,
        )

    car = trajectory([0, 1, 3], [mask(2, 3), mask(4, 3), mask(8, 3)], label='car, "red"')
    return car, trajectory([1], [mask(20, 10)], with_masks=False), trajectory([3], [mask(10, 4)], label="cat")
