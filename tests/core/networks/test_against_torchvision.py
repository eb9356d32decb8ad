"""RoI pooling and suppression against torchvision's, where that is installed; the program does without it."""

import warnings

import numpy as np
import pytest
import torch

from core.detection.nms import nms
from core.networks.roi_pool import roi_max_pool
from tests.core.networks.rois import random_rois
from tests.devices import DEVICES

try:
    with warnings.catch_warnings(action="ignore"):  # about parts of it that nothing here uses
        from torchvision import ops
except (ImportError, RuntimeError) as error:  # not installed, or built for another torch
    pytest.skip(f"torchvision cannot be used here: {error}", allow_module_level=True)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("height", "width", "size"), [(38, 63, 6), (13, 17, 6), (9, 5, 7), (1, 1, 2)])
def test_rois_are_pooled_and_gradients_flow_as_in_torchvision(height, width, size, device):
    generator = np.random.default_rng(height)
    values = generator.integers(-3, 4, (2, 16, height, width))  # few, so that bins hold ties
    rois = random_rois(generator, 200, 2, width * 16, height * 16).to(device)
    ours, theirs = (
        torch.tensor(values, dtype=torch.float32, device=device, requires_grad=True) for _ in range(2)
    )
    pooled, expected = roi_max_pool(ours, rois, size), ops.roi_pool(theirs, rois, size, 1 / 16)
    assert torch.equal(pooled, expected)
    weights = torch.tensor(generator.normal(size=pooled.shape), dtype=torch.float32, device=device)
    (pooled * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("overlap", [0.1, 0.3, 0.7])
def test_boxes_are_suppressed_as_in_torchvision(overlap, device):
    """It suppresses beyond an overlap, we from it on as Fast R-CNN does; here none is just that much."""
    generator = np.random.default_rng(0)
    for count in (1, 30, 400):
        low = generator.uniform(0, 60, (count, 2))
        corners = np.concatenate([low, low + generator.uniform(1, 40, (count, 2))], axis=1)
        boxes = torch.tensor(corners, dtype=torch.float32, device=device)
        scores = torch.tensor(generator.permutation(count), dtype=torch.float32, device=device)
        order = scores.argsort(descending=True)
        assert order[nms(boxes[order], overlap)].tolist() == ops.nms(boxes, scores, overlap).tolist()
