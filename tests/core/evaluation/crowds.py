"""Random pictures of objects of a few classes, and detections near them, for the explanations of AP."""

from pathlib import Path

import numpy as np

from core.datasets.voc import VocImage, VocObject
from core.evaluation.voc_ap import Detections

NAMES = ("car", "bus", "cat", "sofa")
"""Of which car and bus are similar."""


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corners = rng.uniform(0, 70, (count, 2))
    return np.concatenate([corners, corners + rng.uniform(8, 60, (count, 2))], axis=1)


def random_images(rng: np.random.Generator, count: int, names: tuple[str, ...] = NAMES) -> list[VocImage]:
    images = []
    for number in range(count):
        boxes = random_boxes(rng, rng.integers(0, 6)).astype(np.float32)
        objects = tuple(
            VocObject(str(rng.choice(names)), box, bool(rng.random() < 0.2), bool(rng.random() < 0.3))
            for box in boxes
        )
        images.append(VocImage(f"{number:06}", Path(f"{number:06}.jpg"), 130, 130, objects))
    return images


def random_detections(
    rng: np.random.Generator, images: list[VocImage], count: int, names: tuple[str, ...] = NAMES
) -> dict[str, Detections]:
    """A half of them near an object, of any class; scores are coarse, so that many are equal."""
    found = {}
    for name in names:
        ids, boxes = [], random_boxes(rng, count)
        for row in range(count):
            image = images[rng.integers(len(images))]
            ids.append(image.id)
            if image.objects and rng.random() < 0.6:
                boxes[row] = image.objects[rng.integers(len(image.objects))].box + rng.normal(0, 5, 4)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        scores = rng.integers(0, 40, count) / 40
        found[name] = Detections(np.array(ids, np.str_), scores, boxes)
    return found
