import numpy as np
import pytest
import torch

from core.errors import StudioError
from core.evaluation.config import ProbeConfig
from core.evaluation.probes import PENALTIES, _fit, choose, probe, usable_classes


def clouds(generator, count, dimensions, spread):
    """Three classes around the first three axes."""
    labels = np.arange(count) % 3
    features = generator.normal(0, spread, (count, dimensions)) + np.eye(dimensions)[labels]
    return torch.from_numpy(features.astype(np.float32)), torch.from_numpy(labels)


@pytest.mark.parametrize(("dimensions", "least"), [(5, 0.97), (200, 0.7)])
def test_clouds_apart_are_told_apart_and_noise_is_not(dimensions, least):
    generator = np.random.default_rng(0)
    train, test = (clouds(generator, count, dimensions, 0.1) for count in (60, 300))
    assert probe(*train, *test, generator).accuracy > least
    noise, noise_too = (
        torch.randn(count, dimensions, generator=torch.Generator().manual_seed(count)) for count in (60, 300)
    )
    assert 0.2 < probe(noise, train[1], noise_too, test[1], generator).accuracy < 0.47


@pytest.mark.parametrize("dimensions", [5, 200])
def test_features_that_training_never_saw_move_change_nothing(dimensions):
    """As of units that are dead on the training images: standardising them would blow the test ones up."""
    train, labels = clouds(np.random.default_rng(0), 60, dimensions, 0.3)
    test, test_labels = clouds(np.random.default_rng(1), 300, dimensions, 0.3)
    alone = probe(train, labels, test, test_labels, np.random.default_rng(2))
    train = torch.cat([train, torch.zeros(60, 20)], dim=1)
    test = torch.cat([test, torch.randn(300, 20, generator=torch.Generator().manual_seed(0))], dim=1)
    assert probe(train, labels, test, test_labels, np.random.default_rng(2)) == alone


def test_turning_many_features_into_fewer_changes_nothing():
    generator = np.random.default_rng(0)
    train, labels = clouds(generator, 30, 80, 0.5)
    test, _ = clouds(generator, 50, 80, 0.5)
    basis = torch.linalg.svd(train, full_matrices=False).Vh
    whole, rotated = _fit(train, labels, 3, 0.1), _fit(train @ basis.T, labels, 3, 0.1)
    torch.testing.assert_close(
        test @ whole[:-1] + whole[-1], test @ basis.T @ rotated[:-1] + rotated[-1], rtol=1e-2, atol=1e-3
    )


def test_the_fit_is_where_the_gradient_vanishes():
    generator = np.random.default_rng(1)
    train, labels = clouds(generator, 40, 6, 0.5)
    weights = _fit(train, labels, 3, 0.1).requires_grad_()
    loss = torch.nn.functional.cross_entropy(train @ weights[:-1] + weights[-1], labels)
    (loss + 0.05 * weights[:-1].square().sum()).backward()
    assert weights.grad.abs().max() < 1e-4


def test_the_penalty_is_one_that_was_tried_and_does_not_see_the_test_images():
    generator = np.random.default_rng(2)
    train = clouds(generator, 60, 50, 1.0)
    results = {
        probe(*train, *clouds(np.random.default_rng(seed), 30, 50, 1.0), np.random.default_rng(7)).penalty
        for seed in range(4)
    }
    assert len(results) == 1
    assert results < set(PENALTIES)


def test_accuracy_is_the_mean_over_classes_not_over_images():
    train = torch.tensor([[-1.0], [-1.0], [-1.0], [1.0], [1.0], [1.0]]).repeat(2, 1)
    labels = torch.tensor([0, 0, 0, 1, 1, 1]).repeat(2)
    test = torch.tensor([[-1.0]] * 9 + [[-1.0]])  # nine of class 0 rightly, one of class 1 wrongly
    score = probe(train, labels, test, torch.tensor([0] * 9 + [1]), np.random.default_rng(0))
    assert score.accuracy == pytest.approx(0.5)


def test_choosing_takes_so_many_of_each_class():
    labels = np.repeat([0, 1, 2], [5, 9, 3])
    chosen = choose(labels, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(np.bincount(labels[chosen]), [3, 3, 3])


def test_classes_with_too_few_images_are_left_out():
    train, test = np.array([0] * 5 + [1] * 2 + [2] * 6 + [3] * 6), np.array([0, 1, 2])
    np.testing.assert_array_equal(usable_classes(train, test, 5), [0, 2])
    with pytest.raises(StudioError, match="lower per_class"):
        usable_classes(train, test, 6)


def test_a_probe_needs_one_set_of_images(tmp_path):
    for change in ({}, {"voc": tmp_path, "caltech101": tmp_path}):
        with pytest.raises(StudioError, match="needs one set of images"):
            ProbeConfig(**change)
