import numpy as np
import pytest
import torch

from core.detection.nms import nms, pairwise_iou


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
    for count in (1, 2, 7, 60, 250):
        low = generator.integers(0, 60, (count, 2))
        boxes = np.concatenate([low, low + generator.integers(1, 40, (count, 2))], axis=1)
        scores = generator.integers(0, 30, count) / 32  # ties
        kept = nms(torch.tensor(boxes, dtype=torch.float64), torch.tensor(scores), overlap)
        assert kept.tolist() == naive_nms(boxes.tolist(), scores.tolist(), overlap)


def test_a_chain_keeps_every_other_box():
    boxes = torch.tensor([[10.0 * i, 0, 10.0 * i + 30, 10] for i in range(7)])  # neighbours share one half
    assert nms(boxes, torch.linspace(1, 0, 7), 0.4).tolist() == [0, 2, 4, 6]


def test_no_boxes():
    assert nms(torch.zeros(0, 4), torch.zeros(0), 0.3).tolist() == []


def test_empty_boxes_overlap_nothing():
    empty = torch.tensor([[5.0, 5, 5, 5], [5, 5, 5, 5], [9, 9, 4, 4]])
    assert not pairwise_iou(empty, empty).any()
