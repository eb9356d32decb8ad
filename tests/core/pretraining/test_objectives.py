import pytest
import torch

from core.networks.initialisation import initialise
from core.networks.trunk import PAPER, TINY, Trunk, normalise
from core.pretraining.objectives import Association, Classification, Contrastive, SlowFeat
from core.training.optimisation import set_learning_rate, sgd


def trunk_of(shape):
    trunk = Trunk(shape, dropout=0.0)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    return trunk


def images_of(shape, count):
    side = shape.input_size
    pixels = torch.randint(0, 256, (count, side, side, 3), generator=torch.Generator().manual_seed(1))
    return normalise(pixels.to(torch.uint8).permute(0, 3, 1, 2))


def test_one_training_step_of_the_paper_network_moves_every_layer():
    objective = Association(trunk_of(PAPER), "signed", torch.Generator().manual_seed(0))
    objective.to(memory_format=torch.channels_last)
    before = {name: parameter.detach().clone() for name, parameter in objective.named_parameters()}
    optimizer = sgd(objective, momentum=0.9, weight_decay=5e-4)
    set_learning_rate(optimizer, 0.01)
    loss, _ = objective(images_of(PAPER, 2), torch.tensor([1]))
    loss.backward()
    optimizer.step()
    assert 0 < loss.item() < 10
    for name, parameter in objective.named_parameters():
        assert not torch.equal(parameter, before[name]), name


@pytest.mark.parametrize("difference", ["signed", "abs"])
def test_association_compares_each_anchor_with_its_own_candidate(difference):
    objective = Association(trunk_of(TINY), difference, torch.Generator().manual_seed(0))
    images, same = images_of(TINY, 6), torch.tensor([1, 0, 1])
    loss, right = objective(images, same)
    one_by_one = []
    for pair in range(3):
        anchor, candidate = (objective.trunk(images[2 * pair + k : 2 * pair + k + 1]) for k in (0, 1))
        one_by_one.append(objective.head(anchor, candidate)[0])
    expected = torch.stack(
        [-row.log_softmax(0)[label] for row, label in zip(one_by_one, same, strict=True)]
    ).mean()
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-5)
    hits = [int(row.argmax()) == int(label) for row, label in zip(one_by_one, same, strict=True)]
    assert right.item() == pytest.approx(sum(hits) / 3)


def test_slowfeat_is_right_where_the_positive_is_the_nearer():
    objective = SlowFeat(trunk_of(TINY), margin=1.0)
    a, b = images_of(TINY, 2)
    _, right = objective(torch.stack([a, a, b, b, b, a, a, b, a]), torch.zeros(3, dtype=torch.int64))
    assert right.item() == pytest.approx(
        2 / 3
    )  # (a, a, b) and (b, b, a) are ranked rightly, (a, b, a) wrongly


def test_contrastive_is_right_where_the_distance_is_on_the_labels_side():
    objective = Contrastive(trunk_of(TINY), margin=1e-3)
    a, b = images_of(TINY, 2)
    images = torch.stack([a, a, a, b])
    assert objective(images, torch.tensor([1, 0]))[1].item() == 1
    assert objective(images, torch.tensor([0, 1]))[1].item() == 0


def test_classification_scores_each_image():
    objective = Classification(trunk_of(TINY), 7, torch.Generator().manual_seed(0))
    images = images_of(TINY, 4)
    logits = objective.classifier(objective.trunk(images)[1])
    loss, right = objective(images, logits.argmax(dim=1))
    assert right.item() == 1
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits, logits.argmax(dim=1)))
