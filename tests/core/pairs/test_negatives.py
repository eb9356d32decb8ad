import numpy as np
import pytest

from core import geometry
from core.pairs.negatives import negative_boxes


@pytest.mark.parametrize("scales", [(0.7, 1.4), (1.0, 1.0)])
def test_every_negative_overlaps_by_more_than_nothing_and_less_than_half(scales):
    generator = np.random.default_rng(0)
    corner = generator.uniform(-30, 600, (50_000, 2))
    side = np.exp(generator.uniform(np.log(1), np.log(500), (50_000, 2)))
    boxes = np.concatenate([corner, corner + side], axis=1).astype(np.float32)
    negatives = negative_boxes(boxes, np.full((50_000, 2), (640, 480)), scales, generator)
    overlap = geometry.iou(boxes, negatives)
    assert overlap.min() > 0.04
    assert overlap.max() < 0.46
    assert 0.2 < overlap.mean() < 0.3  # all of the interval is used
    factor = np.sqrt(geometry.areas(negatives) / geometry.areas(boxes))
    assert factor.min() >= scales[0] - 1e-2
    assert factor.max() <= scales[1] + 1e-2


def test_negatives_go_in_every_direction():
    boxes = np.tile(np.array([[200, 200, 300, 300]], np.float32), (2_000, 1))
    negatives = negative_boxes(boxes, np.full((2_000, 2), 500), (1.0, 1.0), np.random.default_rng(1))
    shift = (negatives - boxes)[:, :2]
    quadrants = (shift[:, 0] > 0) * 2 + (shift[:, 1] > 0)
    assert (np.bincount(quadrants, minlength=4) > 400).all()


def test_a_negative_stays_inside_the_frame_where_its_box_does():
    boxes = np.tile(np.array([[5, 100, 105, 200]], np.float32), (2_000, 1))  # at the left border
    negatives = negative_boxes(boxes, np.full((2_000, 2), (640, 480)), (1.0, 1.0), np.random.default_rng(2))
    assert (negatives[:, 0] < 0).mean() < 0.02
    own = np.tile(np.array([[-20, 100, 80, 200]], np.float32), (2_000, 1))  # a fifth beyond it
    negatives = negative_boxes(own, np.full((2_000, 2), (640, 480)), (1.0, 1.0), np.random.default_rng(2))
    assert (negatives[:, 0] < -20.01).mean() < 0.02


def test_no_boxes_give_no_negatives():
    empty = np.zeros((0, 4), np.float32)
    assert negative_boxes(empty, np.zeros((0, 2)), (0.7, 1.4), np.random.default_rng(0)).shape == (0, 4)
