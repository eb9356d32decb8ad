"""One frame seen from the keyframes beside it: where its objects are, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import mask_box
from core.tracking.composition import pull, pull_nearest
from core.tracking.spans import Span
from core.tracking.voting import NARROW, WIDE, Voter, vote, vote_at_two_sizes

FLOOR = 0.1
"""Least confidence that a keyframe weighs with, so that nearness in time always counts."""

MARGIN = 38
"""Pixels around an object that are looked at."""

SMALL = 30
"""Pixels: an object whose area is below this squared is searched for nearer by and at full size only."""


@dataclass(frozen=True, eq=False)
class Key:
    """A keyframe.

    Attributes:
        masks: (H, W) float32 in 0..1, by object.
        colours: (H, W, 3) uint8, by `lab`.
        numbers: (H, W) uint16, the masks as one image: 1 for the first object, and so on.
    """

    masks: dict[int, np.ndarray]
    colours: np.ndarray
    numbers: np.ndarray

    @staticmethod
    def of(masks: dict[int, np.ndarray], colours: np.ndarray) -> "Key":
        numbers = np.zeros(colours.shape[:2], np.uint16)
        for number, mask in enumerate(masks.values(), 1):
            numbers[mask > 0.5] = number
        return Key(masks, colours, numbers)


@dataclass(frozen=True, eq=False)
class View:
    """A keyframe as a frame sees it.

    Attributes:
        displacement: (H, W, 2) float32, pixels, from the frame to the keyframe.
        confidence: (H, W) float32 in 0..1, of the displacement.
        nearness: 1 at the keyframe, 0 at the other one.
    """

    key: Key
    displacement: np.ndarray
    confidence: np.ndarray
    nearness: float


@dataclass(frozen=True, eq=False)
class Label:
    """How likely (0..255) an object covers the pixels of a part of a frame, from column x and row y on."""

    x: int
    y: int
    probability: np.ndarray
    confidence: float

    @property
    def mask(self) -> np.ndarray:
        """(h, w) bool: where the object is likelier than not."""
        return self.probability > 127

    def at_size(
        self, working: tuple[int, int], size: tuple[int, int]
    ) -> tuple[tuple[slice, slice], np.ndarray]:
        """The part and its probabilities (0..1, float32) in frames of another height and width."""
        high, wide = self.probability.shape
        rows = [round(edge * size[0] / working[0]) for edge in (self.y, self.y + high)]
        columns = [round(edge * size[1] / working[1]) for edge in (self.x, self.x + wide)]
        values: np.ndarray = self.probability.astype(np.float32) / 255
        if working != size:
            values = cv2.resize(values, (columns[1] - columns[0], rows[1] - rows[0]))
        return np.s_[rows[0] : rows[1], columns[0] : columns[1]], values


@dataclass(frozen=True, eq=False)
class Filled:
    """What was found at one frame of a span; the frames of a span come last one first.

    Attributes:
        labels: by place of the object.
        doubtful: places of the objects of which methods of densification disagree.
    """

    span: Span
    frame: int
    labels: dict[int, Label]
    doubtful: frozenset[int] = frozenset()


def label_objects(colours: np.ndarray, views: Sequence[View]) -> dict[int, Label]:
    """What the keyframes say about a frame, by object; nothing of one that is not seen.

    Args:
        colours: (H, W, 3) uint8, by `lab`, the frame.
        views: of one or two keyframes, of the same objects.
    """
    return {place: _label(colours, views, place, box) for place, box in _boxes(views).items()}


def _boxes(views: Sequence[View]) -> dict[int, np.ndarray]:
    """By object, the box (4,) that holds what each keyframe says of it."""
    boxes: dict[int, np.ndarray] = {}
    for view in views:
        numbers = pull_nearest(view.key.numbers, view.displacement)
        for number, place in enumerate(view.key.masks, 1):
            box = mask_box(numbers == number)
            if box is not None:
                other = boxes.get(place, box)
                boxes[place] = np.r_[np.minimum(box, other)[:2], np.maximum(box, other)[2:]]
    return boxes


def _label(colours: np.ndarray, views: Sequence[View], place: int, box: np.ndarray) -> Label:
    """One object, in and around a box."""
    height, width = colours.shape[:2]
    x1, y1 = (max(int(corner) - MARGIN, 0) for corner in box[:2])
    x2, y2 = min(int(box[2]) + MARGIN, width), min(int(box[3]) + MARGIN, height)
    part = np.s_[y1:y2, x1:x2]
    voters = [
        Voter(
            pull(view.key.colours, view.displacement[part], x1, y1),
            pull(view.key.masks[place], view.displacement[part], x1, y1),
            np.maximum(view.confidence[part], FLOOR) * np.float32(view.nearness),
        )
        for view in views
    ]
    area = np.mean([voter.mask.sum() for voter in voters])
    if area < SMALL**2:
        probability = vote(colours[part], voters, NARROW)
    else:
        probability = vote_at_two_sizes(colours[part], voters, WIDE)
    covered = probability > 0.5
    confidence = _expected_overlap(probability, covered)
    if len(views) == 1 and covered.any():  # no other keyframe that could object: the flow's word counts
        confidence *= float(views[0].confidence[part][covered].mean())
    return Label(x1, y1, np.rint(255 * probability).astype(np.uint8), min(1.0, confidence))


def _expected_overlap(probability: np.ndarray, covered: np.ndarray) -> float:
    """IoU to be expected of a mask with the truth, were the pixels independent of each other."""
    union = int(covered.sum()) + float(probability[~covered].sum())
    return float(probability[covered].sum()) / union if union else 0.0
