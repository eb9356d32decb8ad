import math

import pytest
import torch

from core.pretraining.losses import (
    association_loss,
    contrastive_loss,
    distance,
    nce_logits,
    nce_loss,
    triplet_loss,
    usual_margin,
)


def test_association_loss_by_hand():
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    expected = (math.log(2) + -math.log(0.25)) / 2
    assert association_loss(logits, torch.tensor([1, 0])).mean().item() == pytest.approx(expected)


def test_triplet_loss_by_hand():
    anchor = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    positive = torch.tensor([[3.0, 4.0], [0.0, 1.0]])  # 5 and 1 away
    negative = torch.tensor([[0.0, 5.5], [0.0, 9.0]])  # 5.5 and 9 away
    assert triplet_loss(anchor, positive, negative, margin=1.0).tolist() == pytest.approx([0.5, 0])


def test_contrastive_loss_by_hand():
    first = torch.zeros(3, 2)
    second = torch.tensor([[3.0, 4.0], [0.0, 0.25], [3.0, 4.0]])
    same = torch.tensor([1, 0, 0])
    assert contrastive_loss(first, second, same, margin=1.0).tolist() == pytest.approx([5, 0.75, 0])


def test_the_distance_of_equal_features_has_a_gradient():
    a = torch.zeros(2, 3, requires_grad=True)
    distance(a, torch.zeros(2, 3)).sum().backward()
    assert torch.isfinite(a.grad).all()


def test_the_usual_margin_is_one_sixteenth_of_the_root_of_the_width():
    assert [usual_margin(width) for width in (256, 1024, 4096)] == [1, 2, 4]


def test_nce_is_what_a_slow_softmax_over_one_anchor_after_another_gives():
    generator = torch.Generator().manual_seed(0)
    anchor, positive, negative = (torch.randn(6, 4, generator=generator) for _ in range(3))
    trajectory, temperature = [7, 8, 7, 9, 8, 7], 0.5

    def cosine(a, b):
        return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))

    expected = []
    for own in range(6):
        others = [row for row in range(6) if trajectory[row] != trajectory[own]]
        compared = [positive[own], *(positive[row] for row in others), negative[own]]
        weights = [math.exp(cosine(anchor[own], patch) / temperature) for patch in compared]
        expected.append(-math.log(weights[0] / sum(weights)))
    logits = nce_logits(anchor, positive, negative, torch.tensor(trajectory), temperature)
    assert nce_loss(logits).tolist() == pytest.approx(expected, rel=1e-5)


def test_nce_has_a_gradient_where_features_are_zero():
    features = torch.zeros(3, 4, requires_grad=True)
    nce_loss(nce_logits(features, features, features, torch.arange(3), 0.1)).sum().backward()
    assert torch.isfinite(features.grad).all()
