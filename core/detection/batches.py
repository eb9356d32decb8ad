"""What one step of fine-tuning learns from.

Source: Girshick, ICCV 2015, Section 2.3; `lib/roi_data_layer` of Fast R-CNN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.datasets.voc import CLASSES, VocImage, within
from core.detection import images as detector_images
from core.detection.config import MULTIPLE_SCALES, FinetuneConfig
from core.detection.pictures import Pictures
from core.detection.proposal_file import Proposals
from core.detection.targets import BoxStatistics, LabelledBoxes, encode, label, sample
from core.errors import StudioError
from core.networks.fast_rcnn import rois_of
from core.networks.sizes import ImageSize


@dataclass(frozen=True)
class TrainingImage:
    """An image to learn from; boxes in its pixels.

    Attributes:
        path: the image file.
        objects: (G, 4) float32, at least one.
        classes: (G,) int64, from 1.
        proposals: (P, 4) float32.
    """

    path: Path
    objects: np.ndarray
    classes: np.ndarray
    proposals: np.ndarray

    @cached_property
    def labelled(self) -> LabelledBoxes:
        """What the proposals show; worked out once."""
        return label(self.objects, self.classes, self.proposals)


@dataclass(frozen=True)
class RoIBatch:
    """What one step learns from.

    Attributes:
        images: (N, 3, H, W) float32 from `normalise`.
        rois: (R, 5) float32 from `rois_of`.
        labels: (R,) int64, 0 for background.
        targets: (R, 4) float32, normalised deltas; 0 for background.
        foreground: (F,) int64, the rows that are not background.
    """

    images: Tensor
    rois: Tensor
    labels: Tensor
    targets: Tensor
    foreground: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self.images, self.rois, self.labels, self.targets, self.foreground


def training_images(
    images: Sequence[VocImage], proposals: Proposals, difficult: bool, classes: Sequence[str] = CLASSES
) -> tuple[TrainingImage, ...]:
    """Those images of a set that hold an object to learn; boxes are cut at the borders of their images.

    Args:
        images: with objects of the classes alone.
        difficult: take objects marked difficult for objects; else for nothing in particular.

    Raises:
        StudioError: no image holds any, or the proposals are of other images.
    """
    chosen = []
    for image in images:
        objects = [
            (classes.index(each.name) + 1, box)
            for each in image.objects
            if (difficult or not each.difficult) and (box := within(each.box, image)) is not None
        ]
        if objects:
            numbers, boxes = zip(*objects, strict=True)
            of_image = TrainingImage(image.path, np.stack(boxes), np.array(numbers), proposals[image.id])
            chosen.append(of_image)
    if not chosen:
        raise StudioError("No image of this set has an object to learn; choose a set with annotations.")
    return tuple(chosen)


def make_batch(
    images: Sequence[TrainingImage],
    statistics: BoxStatistics,
    config: FinetuneConfig,
    size: ImageSize,
    step: int,
    pictures: Pictures,
) -> RoIBatch:
    """The images and boxes of a step, on the device of `pictures`; which ones is up to seed and step alone.

    Every image is seen as it is and mirrored before any is seen again, in an order drawn again each time.
    """
    generator = np.random.default_rng([config.seed, 1, step])
    pixels, boxes, factors, labels, targets = [], [], [], [], []
    for entry in entries_of(step, 2 * len(images), config.images_per_step, config.seed).tolist():
        image, mirrored = images[entry % len(images)], entry >= len(images)
        labelled = image.labelled
        chosen = sample(labelled, config.rois_per_image, config.foreground, generator)
        foreground = chosen[chosen < len(labelled.labels)]
        chosen_boxes, nearest = labelled.boxes[chosen], labelled.nearest[foreground]
        picture = pictures.read(image.path)
        height, width = picture.shape[:2]
        if mirrored:
            picture = picture.flip(1)
            chosen_boxes, nearest = mirror(chosen_boxes, width), mirror(nearest, width)
        factor = _factor(width, height, config, size, generator)
        classes = labelled.labels[foreground]
        deltas = np.zeros((len(chosen), 4), np.float32)
        deltas[: len(foreground)] = (
            encode(chosen_boxes[: len(foreground)], nearest) - statistics.means[classes]
        ) / statistics.deviations[classes]
        pixels.append(detector_images.resized(picture, factor))
        boxes.append(torch.from_numpy(chosen_boxes))
        factors.append(factor)
        labels.append(np.concatenate([classes, np.zeros(len(chosen) - len(foreground), np.int64)]))
        targets.append(deltas)
    every_label = np.concatenate(labels)
    return RoIBatch(
        detector_images.stacked(pixels),
        pictures.sent(rois_of(boxes, factors)),
        pictures.sent(torch.from_numpy(every_label)),
        pictures.sent(torch.from_numpy(np.concatenate(targets))),
        pictures.sent(torch.from_numpy(np.flatnonzero(every_label))),
    )


def entries_of(step: int, count: int, per_step: int, seed: int) -> np.ndarray:
    """Which of `count` entries a step takes, in shuffled passes; a rest that fills no step is left out."""
    per_step = min(per_step, count)
    steps_per_pass = count // per_step
    place = step % steps_per_pass * per_step
    return _order(seed, step // steps_per_pass, count)[place : place + per_step]


@lru_cache(maxsize=2)
def _order(seed: int, number: int, count: int) -> np.ndarray:
    """The order of the entries in a pass."""
    return np.random.default_rng([seed, 0, number]).permutation(count)


def mirror(boxes: np.ndarray, width: int) -> np.ndarray:
    """(N, 4) boxes of the image mirrored left to right."""
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)


def _factor(
    width: int, height: int, config: FinetuneConfig, size: ImageSize, generator: np.random.Generator
) -> float:
    if config.scales == "single":
        return detector_images.scale_of(width, height, size.short_side, size.long_side)
    part = MULTIPLE_SCALES[generator.integers(len(MULTIPLE_SCALES))]
    return detector_images.scale_of(width, height, round(part * size.short_side), 2 * size.long_side)
