import pytest
import torch

from core.networks.pair_head import PairHead


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(5, 4, generator=generator) for _ in range(4)]


@pytest.mark.parametrize("difference", ["signed", "abs"])
def test_the_head_is_linear_in_the_difference(features, difference):
    head = PairHead(4, difference, torch.Generator().manual_seed(0))
    a6, a7, c6, c7 = features
    logits = head((a6, a7), (c6, c7))
    weight, bias = head.classifier.weight, head.classifier.bias
    for row in range(5):
        d = torch.cat([a6[row] - c6[row], a7[row] - c7[row]])
        expected = weight @ (d.abs() if difference == "abs" else d) + bias
        torch.testing.assert_close(logits[row], expected)


def test_swapping_the_stacks_turns_signed_round_and_leaves_abs(features):
    a6, a7, c6, c7 = features
    for difference, sign in (("signed", -1), ("abs", 1)):
        head = PairHead(4, difference, torch.Generator().manual_seed(0))
        torch.testing.assert_close(head((c6, c7), (a6, a7)), sign * head((a6, a7), (c6, c7)))


def test_the_papers_head_has_16386_parameters():
    head = PairHead(4096, "signed", torch.Generator().manual_seed(0))
    assert sum(parameter.numel() for parameter in head.parameters()) == 16_386
    assert head.classifier.weight.std().item() == pytest.approx(0.01, rel=0.05)
