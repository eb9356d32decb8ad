import numpy as np
import pytest
import torch

from core import geometry
from core.detection.predict import decode
from core.detection.targets import box_statistics, encode, label, sample

OBJECTS = np.array([[0, 0, 10, 10], [20, 20, 60, 40]], np.float32)
CLASSES = np.array([3, 7])


def test_boxes_are_held_against_the_nearest_object_and_the_objects_come_first():
    # IoU with the first .5, .3; with the second .75; with neither enough; and just a tenth
    proposals = np.array(
        [
            [0, 0, 10, 5],
            [0, 0, 10, 3],
            [30, 20, 60, 40],
            [100, 100, 110, 110],
            [0, 0, 10, 1],
            [0, 0, 10, 0.9],
        ],
        np.float32,
    )
    labelled = label(OBJECTS, CLASSES, proposals)
    np.testing.assert_array_equal(labelled.boxes, np.concatenate([OBJECTS, proposals[[0, 2, 1, 4]]]))
    assert labelled.labels.tolist() == [3, 7, 3, 7]
    np.testing.assert_array_equal(labelled.nearest, OBJECTS[[0, 1, 0, 1]])
    assert labelled.boxes.dtype == np.float32


def test_a_quarter_is_foreground_and_the_rest_overlaps_a_little():
    generator = np.random.default_rng(0)
    low = generator.uniform(0, 40, (400, 2))
    proposals = np.concatenate([low, low + generator.uniform(5, 40, (400, 2))], axis=1).astype(np.float32)
    labelled = label(OBJECTS, CLASSES, proposals)
    for _ in range(20):
        chosen = sample(labelled, 32, 0.25, generator)
        overlaps = geometry.iou(labelled.boxes[chosen, None], OBJECTS).max(axis=1)
        assert len(chosen) == len(set(chosen.tolist())) == 32
        assert (overlaps[:8] >= 0.5).all()
        assert ((overlaps[8:] >= 0.1) & (overlaps[8:] < 0.5)).all()


def test_too_few_boxes_give_a_smaller_sample():
    labelled = label(OBJECTS, CLASSES, np.array([[0, 0, 10, 4], [90, 90, 95, 95]], np.float32))
    assert sorted(sample(labelled, 64, 0.25, np.random.default_rng(0)).tolist()) == [0, 1, 2]


def test_deltas_worked_by_hand_and_inverted():
    boxes = np.array([[0, 0, 10, 20]], np.float32)
    targets = np.array([[5, 5, 25, 15]], np.float32)
    deltas = encode(boxes, targets)  # centres (5, 10) and (15, 10), sizes (10, 20) and (20, 10)
    np.testing.assert_allclose(deltas, [[1, 0, np.log(2), -np.log(2)]], rtol=1e-6)
    decoded = decode(torch.from_numpy(boxes), torch.from_numpy(deltas)[:, None], width=100, height=12)
    np.testing.assert_allclose(decoded[:, 0].numpy(), [[5, 5, 25, 12]], rtol=1e-5)

    generator = np.random.default_rng(1)
    low = generator.uniform(10, 50, (2, 100, 2))
    first, second = np.concatenate([low, low + generator.uniform(1, 40, low.shape)], axis=2).astype(
        np.float32
    )
    back = decode(torch.from_numpy(first), torch.from_numpy(encode(first, second))[:, None], 200, 200)
    np.testing.assert_allclose(back[:, 0].numpy(), second, atol=1e-3)


def test_statistics_worked_by_hand():
    # class 3: its object itself, and a box of 10 × 8 that misses the lowest 2 rows (IoU .8, centre 1 higher);
    # a box with an IoU of .4 does not count. Class 7: its object and one twice as far to the right (IoU .5).
    proposals = np.array([[0, 0, 10, 8], [0, 0, 10, 4], [20, 20, 100, 40]], np.float32)
    statistics = box_statistics([label(OBJECTS, CLASSES, proposals)], classes=8)
    higher, taller = 1 / 8, np.log(10 / 8)
    np.testing.assert_allclose(statistics.means[3], [0, higher / 2, 0, taller / 2], atol=1e-6)
    np.testing.assert_allclose(statistics.deviations[3], [0.01, higher / 2, 0.01, taller / 2], rtol=1e-5)
    further, narrower = -20 / 80, np.log(40 / 80)
    # mirrored, the second lies as far to the left
    np.testing.assert_allclose(statistics.means[7], [0, 0, narrower / 2, 0], atol=1e-6)
    either_side = np.sqrt(further**2 / 2)
    np.testing.assert_allclose(statistics.deviations[7], [either_side, 0.01, -narrower / 2, 0.01], rtol=1e-5)
    assert not statistics.means[[0, 1, 2, 4, 5, 6, 8]].any()
    assert (statistics.deviations[[0, 1, 2, 4, 5, 6, 8]] == 1).all()


def test_statistics_are_over_the_boxes_of_all_images_and_of_their_mirror_images():
    generator = np.random.default_rng(2)
    aside = np.array([2, 0, 2, 0])  # further to the right, as no mirrored set of boxes can be
    jitters = [OBJECTS[1] + generator.normal(aside, 3, (60, 4)).astype(np.float32) for _ in range(5)]
    images = [label(OBJECTS[1:], CLASSES[1:], boxes) for boxes in jitters]
    deltas = []
    for x1, y1, x2, y2 in np.concatenate([np.concatenate([OBJECTS[1:], boxes]) for boxes in jitters]):
        shared = max(0, min(x2, 60) - max(x1, 20)) * max(0, min(y2, 40) - max(y1, 20))
        if shared / ((x2 - x1) * (y2 - y1) + 800 - shared) >= 0.5:
            dx, dy = (40 - (x1 + x2) / 2) / (x2 - x1), (30 - (y1 + y2) / 2) / (y2 - y1)
            sizes = np.log(40 / (x2 - x1)), np.log(20 / (y2 - y1))
            deltas += [(dx, dy, *sizes), (-dx, dy, *sizes)]
    assert 300 < len(deltas) < 10 * 61
    statistics = box_statistics(images, classes=8)
    np.testing.assert_allclose(statistics.means[7], np.mean(deltas, axis=0), atol=1e-5)
    np.testing.assert_allclose(statistics.deviations[7], np.std(deltas, axis=0), rtol=1e-3)


def test_boxes_that_all_fit_exactly_do_not_divide_by_nothing():
    statistics = box_statistics([label(OBJECTS, CLASSES, np.zeros((0, 4), np.float32))], classes=8)
    assert statistics.deviations.min() == pytest.approx(0.01)
