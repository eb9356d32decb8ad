import numpy as np
import pytest
import torch

from core.detection.nms import AT_ONCE, nms, pairwise_iou


def naive_nms(boxes, scores, overlap):
    """Fast R-CNN's loop over 1-based inclusive corners, with its + 1."""
    corners = [(x1 + 1, y1 + 1, x2, y2) for x1, y1, x2, y2 in boxes]
    left = sorted(range(len(boxes)), key=lambda i: -scores[i])
    kept = []
    while left:
        first, *left = left
        kept.append(first)
        a = corners[first]
        survivors = []
        for i in left:
            b = corners[i]
            width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
            height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
            area = (a[2] - a[0] + 1) * (a[3] - a[1] + 1) + (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
            if width * height / (area - width * height) < overlap:
                survivors.append(i)
        left = survivors
    return kept


@pytest.mark.parametrize("overlap", [0.1, 0.3, 0.5, 0.9])
def test_random_boxes_agree_with_the_naive_loop(overlap):
    generator = np.random.default_rng(int(overlap * 10))
    for count in (1, 2, 7, 60, AT_ONCE, AT_ONCE + 1, 450):
        low = generator.integers(0, 60, (count, 2))
        boxes = np.concatenate([low, low + generator.integers(1, 40, (count, 2))], axis=1)
        scores = generator.integers(0, 30, count) / 32  # ties
        order = np.argsort(-scores, kind="stable")
        kept = nms(torch.tensor(boxes[order], dtype=torch.float64), overlap)
        assert order[kept.numpy()].tolist() == naive_nms(boxes.tolist(), scores.tolist(), overlap)


@pytest.mark.parametrize("count", [40, AT_ONCE + 30])
def test_classes_do_not_suppress_each_other(count):
    generator = torch.Generator().manual_seed(0)
    start = torch.rand(2, 3, count, 2, generator=generator) * 60
    boxes = torch.cat([start, start + 10 + 20 * torch.rand(start.shape, generator=generator)], dim=-1)
    kept = nms(boxes, 0.4)
    assert kept.shape == (2, 3, count)
    for of_class, each in zip(boxes.reshape(6, count, 4), kept.reshape(6, count), strict=True):
        assert torch.equal(each, nms(of_class, 0.4))
    assert len({tuple(each.tolist()) for each in kept.reshape(6, count)}) == 6


def test_a_chain_keeps_every_other_box():
    boxes = torch.tensor([[10.0 * i, 0, 10.0 * i + 30, 10] for i in range(7)])  # neighbours share one half
    assert nms(boxes, 0.4).tolist() == [True, False] * 3 + [True]


def test_no_boxes():
    assert nms(torch.zeros(3, 0, 4), 0.3).shape == (3, 0)


def test_empty_boxes_overlap_nothing():
    empty = torch.tensor([[5.0, 5, 5, 5], [5, 5, 5, 5], [9, 9, 4, 4]])
    assert not pairwise_iou(empty, empty).any()
