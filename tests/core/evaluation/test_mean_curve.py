"""The mean of several curves of precision over recall."""

import numpy as np

from core.evaluation.mean_curve import mean_curve


def at(curve, recall):
    return float(curve[1][round(200 * recall)])


def test_one_curve_is_its_best_precision_at_a_recall_or_beyond():
    # three of four objects are found: by the first, the third and the fourth detection
    curve = mean_curve([(np.array([0.25, 0.25, 0.5, 0.75]), np.array([1.0, 0.5, 2 / 3, 0.75]))])
    assert [at(curve, recall) for recall in (0, 0.25, 0.3, 0.5, 0.75, 0.8, 1)] == [
        1,
        1,
        0.75,
        0.75,
        0.75,
        0,
        0,
    ]


def test_the_mean_is_taken_at_each_recall():
    curve = mean_curve([(np.array([0.5]), np.array([1.0])), (np.array([0.5, 1.0]), np.array([0.5, 0.5]))])
    assert [at(curve, recall) for recall in (0, 0.5, 0.6, 1)] == [0.75, 0.75, 0.25, 0.25]
    assert len(curve[0]) == len(curve[1]) == 201


def test_a_recall_that_is_not_exact_in_binary_is_reached():
    # the curves of a run are kept as float32: 0.3 is a little more than the point at 0.3, 0.7 a little less
    for recall in (0.3, 0.7):
        curve = mean_curve([(np.array([recall], np.float32), np.array([1.0], np.float32))])
        assert at(curve, recall) == 1
        assert at(curve, recall + 0.005) == 0


def test_no_detection_is_no_precision():
    assert not mean_curve([(np.zeros(0), np.zeros(0))])[1].any()
