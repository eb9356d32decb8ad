"""What the detector is to answer for which boxes.

Source: Girshick, ICCV 2015, Section 2.3, and `lib/roi_data_layer` of Fast R-CNN.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core import geometry

FOREGROUND_OVERLAP = 0.5
BACKGROUND_OVERLAP = 0.1
SMALLEST_DEVIATION = 0.01  # of deltas; a class whose boxes all fit exactly has none


@dataclass(frozen=True)
class LabelledBoxes:
    """The boxes of an image that a step may learn from: F foreground, then B background.

    Those that overlap every object by less than `BACKGROUND_OVERLAP` are never drawn, so they are not kept.

    Attributes:
        boxes: (F + B, 4) float32 pixels; of either kind the objects of the image first.
        labels: (F,) int64, the class of the nearest object, from 1.
        nearest: (F, 4) float32, the box of the nearest object.
    """

    boxes: np.ndarray
    labels: np.ndarray
    nearest: np.ndarray


@dataclass(frozen=True)
class BoxStatistics:
    """Mean and standard deviation of the deltas of each class, (classes + 1, 4) float32.

    The net learns deltas less their mean, divided by their deviation.
    """

    means: np.ndarray
    deviations: np.ndarray


def label(objects: np.ndarray, classes: np.ndarray, proposals: np.ndarray) -> LabelledBoxes:
    """Hold the objects of an image and its proposals against the objects.

    Args:
        objects: (G, 4) float32 pixels, at least one.
        classes: (G,) int64, from 1.
        proposals: (P, 4) float32 pixels.
    """
    boxes = np.concatenate([objects, proposals]).astype(np.float32)
    overlaps = geometry.iou(boxes[:, None], objects[None])
    nearest, most = overlaps.argmax(axis=1), overlaps.max(axis=1)
    foreground = np.flatnonzero(most >= FOREGROUND_OVERLAP)
    background = np.flatnonzero((most < FOREGROUND_OVERLAP) & (most >= BACKGROUND_OVERLAP))
    nearest = nearest[foreground]
    return LabelledBoxes(boxes[np.concatenate([foreground, background])], classes[nearest], objects[nearest])


def sample(labelled: LabelledBoxes, count: int, share: float, generator: np.random.Generator) -> np.ndarray:
    """Choose boxes of an image to learn from.

    Args:
        count: at most so many.
        share: of them, at most this part foreground: IoU of 0.5 or more.

    Returns:
        (S,) int64 into the boxes: foreground first, then background: IoU in [0.1, 0.5). Fewer than
        `count` where there are not enough.
    """
    foreground = len(labelled.labels)
    background = len(labelled.boxes) - foreground
    wanted = min(round(share * count), foreground)
    chosen = generator.choice(foreground, wanted, replace=False)
    others = generator.choice(background, min(count - wanted, background), replace=False)
    return np.concatenate([chosen, foreground + others]).astype(np.int64)


def encode(boxes: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Deltas that lead from boxes to targets: shift of the centre in box sizes, log of the ratio of sizes.

    Args:
        boxes, targets: (N, 4) float pixels, not empty. Widths are `x2 - x1` of our boxes; Fast R-CNN's
            are those of corner pixels, one less.

    Returns:
        (N, 4) float32: dx, dy, dw, dh. `decode` in `predict.py` is the inverse.
    """
    size, target_size = boxes[:, 2:] - boxes[:, :2], targets[:, 2:] - targets[:, :2]
    centre, target_centre = boxes[:, :2] + size / 2, targets[:, :2] + target_size / 2
    shift, ratio = (target_centre - centre) / size, np.log(target_size / size)
    return np.concatenate([shift, ratio], axis=1).astype(np.float32)


def box_statistics(images: Iterable[LabelledBoxes], classes: int) -> BoxStatistics:
    """Over all foreground boxes of all images and of their mirror images, the objects themselves included.

    A mirror image inverts dx and leaves the others. A class without any has mean 0 and deviation 1.
    """
    counts = np.zeros((classes + 1, 1))
    sums, squares = np.zeros((classes + 1, 4)), np.zeros((classes + 1, 4))
    for labelled in images:
        labels = labelled.labels
        deltas = encode(labelled.boxes[: len(labels)], labelled.nearest).astype(np.float64)
        np.add.at(counts, labels, 1)
        np.add.at(sums, labels, deltas)
        np.add.at(squares, labels, deltas**2)
    means = sums / np.maximum(counts, 1)
    means[:, 0] = 0  # dx and -dx
    deviations = np.sqrt(np.maximum(squares / np.maximum(counts, 1) - means**2, 0))
    deviations = np.where(counts > 0, np.maximum(deviations, SMALLEST_DEVIATION), 1.0)
    return BoxStatistics(means.astype(np.float32), deviations.astype(np.float32))
