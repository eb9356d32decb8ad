import math

import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.evaluation.config import ProbeConfig
from core.evaluation.intervals import t_interval
from core.evaluation.probes import (
    ONE_SHOT_PENALTY,
    PENALTIES,
    accuracy,
    choose,
    fit_linear,
    nearest_neighbours,
    probe,
    usable_classes,
)


def clouds(generator, count, dimensions, spread):
    """Three classes around the first three axes."""
    labels = np.arange(count) % 3
    features = generator.normal(0, spread, (count, dimensions)) + np.eye(dimensions)[labels]
    return features.astype(np.float32), labels


@pytest.mark.parametrize(("dimensions", "least"), [(5, 0.97), (200, 0.7)])
def test_clouds_apart_are_told_apart_and_noise_is_not(dimensions, least):
    generator = np.random.default_rng(0)
    train, test = (clouds(generator, count, dimensions, 0.1) for count in (60, 300))
    assert probe(*train, *test, generator).accuracy > least
    noise, noise_too = (generator.normal(size=(count, dimensions)).astype(np.float32) for count in (60, 300))
    assert 0.2 < probe(noise, train[1], noise_too, test[1], generator).accuracy < 0.47


@pytest.mark.parametrize("dimensions", [5, 200])
def test_features_that_training_never_saw_move_change_nothing(dimensions):
    """As of units that are dead on the training images: standardising them would blow the test ones up."""
    train, labels = clouds(np.random.default_rng(0), 60, dimensions, 0.3)
    test, test_labels = clouds(np.random.default_rng(1), 300, dimensions, 0.3)
    alone = probe(train, labels, test, test_labels, np.random.default_rng(2))
    neighbours = nearest_neighbours(train, labels, test, test_labels)
    train = np.hstack([train, np.zeros((60, 20), np.float32)])
    test = np.hstack([test, np.random.default_rng(3).normal(size=(300, 20)).astype(np.float32)])
    assert probe(train, labels, test, test_labels, np.random.default_rng(2)) == alone
    assert nearest_neighbours(train, labels, test, test_labels) == neighbours


@pytest.mark.parametrize(("count", "dimensions"), [(60, 5), (40, 120)])
@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_no_other_weights_have_a_smaller_loss(count, dimensions, penalty):
    """The loss is convex: it is least where torch says that its gradient vanishes."""
    features, labels = clouds(np.random.default_rng(1), count, dimensions, 0.5)
    features[:, 1] *= 1000
    fitted, taken = fit_linear(features, labels, np.random.default_rng(0), [penalty])
    assert taken == penalty
    points = torch.from_numpy(features).double()
    mean, deviation = points.mean(0), points.std(0, correction=0)
    weights = (torch.from_numpy(fitted.weights) * deviation[:, None]).requires_grad_()
    biases = (torch.from_numpy(fitted.biases) + mean @ torch.from_numpy(fitted.weights)).requires_grad_()
    scores = (points - mean) / deviation @ weights + biases
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels))
    (loss + penalty / 2 * weights.square().sum()).backward()
    assert max(weights.grad.abs().max(), biases.grad.abs().max()) < 2e-6


def slow_penalty(features, labels, fold):
    """Cross-validation word by word: torch's own L-BFGS on the features as they are."""
    points = torch.from_numpy((features - features.mean(0)) / features.std(0)).double()
    targets, losses = torch.from_numpy(labels), dict.fromkeys(PENALTIES, 0.0)
    for penalty in PENALTIES:
        for held_out in (torch.from_numpy(fold == number) for number in np.unique(fold)):
            weights = torch.zeros(points.shape[1] + 1, 3, dtype=torch.float64, requires_grad=True)
            optimizer = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

            def cross_entropy(rows, weights=weights):
                scores = points[rows] @ weights[:-1] + weights[-1]
                return torch.nn.functional.cross_entropy(scores, targets[rows])

            def closure(rows=~held_out, penalty=penalty, weights=weights, optimizer=optimizer):
                optimizer.zero_grad()
                loss = cross_entropy(rows) + penalty / 2 * weights[:-1].square().sum()
                loss.backward()
                return loss

            optimizer.step(closure)
            losses[penalty] += float(cross_entropy(held_out).detach()) * int(held_out.sum())
    return min(losses, key=losses.get)


@pytest.mark.parametrize(("seed", "spread"), [(0, 0.5), (1, 1.0), (2, 3.0)])
def test_the_penalty_is_the_one_that_held_out_images_ask_for(seed, spread):
    features, labels = clouds(np.random.default_rng(seed), 30, 20, spread)
    order, fold = np.random.default_rng(7), np.empty(30, int)
    for label in range(3):
        fold[order.permutation(np.flatnonzero(labels == label))] = np.arange(10) % 5
    _, penalty = fit_linear(features, labels, np.random.default_rng(7))
    assert penalty == slow_penalty(features, labels, fold)


def test_one_image_of_a_class_leaves_none_to_choose_a_penalty_by():
    features, labels = clouds(np.random.default_rng(0), 10, 8, 0.3)
    features, labels = features[:7], np.array([0, 1, 2, 0, 1, 0, 1])
    assert fit_linear(features, labels, np.random.default_rng(0))[1] == ONE_SHOT_PENALTY


def slow_neighbours(train, train_labels, test, neighbours):
    deviation = train.std(0)
    train, test = (train - train.mean(0)) / deviation, (test - train.mean(0)) / deviation
    found = []
    for one in test.astype(float):
        similarity = [one @ other / np.linalg.norm(one) / np.linalg.norm(other) for other in train]
        nearest = [int(train_labels[row]) for row in sorted(range(len(train)), key=lambda r: -similarity[r])]
        nearest = nearest[:neighbours]
        found.append(max(nearest, key=lambda label: (nearest.count(label), -nearest.index(label))))
    return np.array(found)


@pytest.mark.parametrize("neighbours", [1, 4, 5, 100])
def test_neighbours_vote_and_the_nearest_breaks_a_tie(neighbours):
    generator = np.random.default_rng(0)
    train, labels = clouds(generator, 30, 6, 1.0)
    test, test_labels = clouds(generator, 90, 6, 1.0)
    expected = (slow_neighbours(train, labels, test, neighbours) == test_labels).mean()
    found = nearest_neighbours(train, labels, test, test_labels, neighbours)
    assert found == pytest.approx(expected)
    assert 0.33 < found < 1 or neighbours == 100


def test_the_penalty_does_not_see_the_test_images():
    generator = np.random.default_rng(2)
    train = clouds(generator, 60, 50, 1.0)
    results = {
        probe(*train, *clouds(np.random.default_rng(seed), 30, 50, 1.0), np.random.default_rng(7)).penalty
        for seed in range(4)
    }
    assert len(results) == 1
    assert results < set(PENALTIES)


def test_accuracy_is_the_mean_over_classes_not_over_images():
    assert accuracy(np.zeros(10, int), np.array([0] * 9 + [1])) == pytest.approx(0.5)


def test_choosing_takes_so_many_of_each_class():
    labels = np.repeat([0, 1, 2], [5, 9, 3])
    chosen = choose(labels, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(np.bincount(labels[chosen]), [3, 3, 3])


def test_classes_with_too_few_images_are_left_out():
    train, test = np.array([0] * 5 + [1] * 2 + [2] * 6 + [3] * 6), np.array([0, 1, 2])
    np.testing.assert_array_equal(usable_classes(train, test, 5), [0, 2])
    with pytest.raises(StudioError, match="lower per_class"):
        usable_classes(train, test, 6)


def test_an_interval_is_the_one_of_the_tables():
    """t of a 95 % interval with 4 degrees of freedom is 2.776; the deviation of 1 … 5 is √2.5."""
    interval = t_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert interval.mean == 3
    assert interval.half == pytest.approx(2.776 * math.sqrt(2.5 / 5), rel=1e-3)
    assert math.isnan(t_interval([1.0]).half)


def test_a_probe_needs_one_set_of_images(tmp_path):
    for change in ({}, {"voc": tmp_path, "caltech101": tmp_path}):
        with pytest.raises(StudioError, match="needs one set of images"):
            ProbeConfig(**change)
    with pytest.raises(StudioError, match="shots must be at least 1"):
        ProbeConfig(voc=tmp_path, shots=(5, 0))
