import math

import numpy as np
import pytest
import torch

from core.networks.roi_pool import LARGEST_OVERHANG, roi_max_pool
from core.networks.sizes import NETWORKS
from tests.core.networks.rois import random_rois
from tests.devices import DEVICES


def c_round(value):
    return math.copysign(math.floor(abs(value) + 0.5), value)


def plain_loop(features, rois, size, scale):
    """Caffe's ROIPooling, bin by bin; returns the maxima and, per output, the cell that gave it or None."""
    _, channels, height, width = features.shape
    out = np.zeros((len(rois), channels, size, size), np.float32)
    cells = {}
    for r, (image, *corners) in enumerate(rois.tolist()):
        x1, y1, x2, y2 = (int(c_round(np.float32(c) * np.float32(scale))) for c in corners)
        bin_h = np.float32(max(y2 - y1 + 1, 1)) / np.float32(size)
        bin_w = np.float32(max(x2 - x1 + 1, 1)) / np.float32(size)
        for c in range(channels):
            for ph in range(size):
                for pw in range(size):
                    top = min(max(math.floor(np.float32(ph) * bin_h) + y1, 0), height)
                    left = min(max(math.floor(np.float32(pw) * bin_w) + x1, 0), width)
                    bottom = min(max(math.ceil(np.float32(ph + 1) * bin_h) + y1, 0), height)
                    right = min(max(math.ceil(np.float32(pw + 1) * bin_w) + x1, 0), width)
                    best, cell = -np.inf, None
                    for h in range(top, bottom):
                        for w in range(left, right):
                            if features[int(image), c, h, w] > best:
                                best, cell = float(features[int(image), c, h, w]), (h, w)
                    out[r, c, ph, pw] = 0.0 if cell is None else best
                    cells[r, c, ph, pw] = cell
    return out, cells


@pytest.mark.parametrize(
    ("height", "width", "size"), [(13, 17, 6), (1, 1, 6), (2, 31, 2), (9, 5, 7), (24, 3, 4)]
)
@pytest.mark.parametrize("device", DEVICES)
def test_random_rois_agree_with_a_plain_loop_gradients_included(height, width, size, device):
    generator = np.random.default_rng(height * width)
    # few distinct values, so that bins hold ties
    features = torch.tensor(generator.integers(-3, 4, (2, 3, height, width)), dtype=torch.float32)
    rois = random_rois(generator, 40, 2, width * 16, height * 16)
    expected, cells = plain_loop(features.numpy(), rois, size, 1 / 16)

    features, there = features.to(device).requires_grad_(), rois.to(device)
    pooled = roi_max_pool(features, there, size)
    np.testing.assert_array_equal(pooled.detach().cpu().numpy(), expected)
    np.testing.assert_array_equal(roi_max_pool(features.detach(), there, size).cpu().numpy(), expected)

    weights = torch.tensor(generator.normal(size=expected.shape), dtype=torch.float32)
    (pooled * weights.to(device)).sum().backward()
    gradient = np.zeros(features.shape, np.float64)
    for (r, c, ph, pw), cell in cells.items():
        if cell is not None:
            gradient[int(rois[r, 0]), c, cell[0], cell[1]] += float(weights[r, c, ph, pw])
    np.testing.assert_allclose(features.grad.cpu().numpy(), gradient, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 6, 7])
def test_rois_as_long_as_the_image_agree_with_a_plain_loop_at_every_map_size(size):
    generator = np.random.default_rng(size)
    for height in range(1, 72):
        features = torch.tensor(generator.integers(0, 9, (1, 1, height, 3)), dtype=torch.float32)
        over = 16 * LARGEST_OVERHANG
        low = generator.integers(0, over, 3)
        rois = torch.tensor([[0, 0, -y, 40, 16 * (height - 1) + over - y] for y in low], dtype=torch.float32)
        expected, _ = plain_loop(features.numpy(), rois, size, 1 / 16)
        np.testing.assert_array_equal(roi_max_pool(features, rois, size).numpy(), expected)
        pooled = roi_max_pool(features.requires_grad_(), rois, size)
        np.testing.assert_array_equal(pooled.detach().numpy(), expected)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
def test_no_box_inside_an_image_is_longer_than_the_overhang_allows(network):
    for side in range(64, 2500):
        cells = round(side / 16 + 1e-6) + 1  # halves are rounded up
        assert cells <= network.map_size(side) + LARGEST_OVERHANG


def test_of_equal_maxima_the_first_row_by_row_receives_the_gradient_zeros_of_either_sign_too():
    features = torch.tensor([[[[-0.0, 0.0], [0.0, -0.0]]]]).requires_grad_()
    roi_max_pool(features, torch.tensor([[0.0, 0, 0, 16, 16]]), 1).sum().backward()
    assert features.grad.flatten().tolist() == [1, 0, 0, 0]
    features = torch.tensor([[[[-2.0, -1.0], [-3.0, -1.0]]]]).requires_grad_()
    pooled = roi_max_pool(features, torch.tensor([[0.0, 0, 0, 16, 16]]), 1)
    pooled.sum().backward()
    assert pooled.item() == -1
    assert features.grad.flatten().tolist() == [0, 1, 0, 0]


def test_a_map_that_is_no_longer_numbers_gives_no_numbers():
    pooled = roi_max_pool(torch.full((1, 1, 2, 2), torch.nan).requires_grad_(), torch.zeros(1, 5), 1)
    assert pooled.isnan().all()


def test_nothing_in_it_depends_on_values_so_that_it_can_be_exported():
    class Pool(torch.nn.Module):
        def forward(self, features, rois):
            return roi_max_pool(features, rois, 6)

    generator = np.random.default_rng(0)
    features = torch.rand(1, 4, 13, 17)
    many, few = (random_rois(generator, count, 1, 200, 150) for count in (40, 7))
    count = torch.export.Dim("count", min=2, max=4000)
    exported = torch.export.export(Pool(), (features, few), dynamic_shapes=(None, {0: count})).module()
    assert torch.equal(exported(features, many), roi_max_pool(features, many, 6))


@pytest.mark.parametrize("device", DEVICES)
def test_the_gradient_is_the_same_to_the_last_bit_every_time(device):
    rois = random_rois(np.random.default_rng(0), 300, 2, 160, 160).to(device)
    features = torch.rand(2, 32, 10, 10, device=device, requires_grad=True)
    pooled = roi_max_pool(features, rois, 6)
    weights = torch.randn_like(pooled)
    first, *others = (torch.autograd.grad(pooled, features, weights, retain_graph=True)[0] for _ in range(5))
    for gradient in others:
        assert torch.equal(gradient, first)


def test_a_roi_inside_the_map_is_adaptive_max_pooling():
    generator = torch.Generator().manual_seed(3)
    features = torch.rand(1, 8, 38, 50, generator=generator)
    rois = torch.tensor([[0, 32, 16, 32 + 16 * 28, 16 + 16 * 12]], dtype=torch.float32)
    crop = features[:, :, 1:14, 2:31]
    torch.testing.assert_close(
        roi_max_pool(features, rois, 6), torch.nn.functional.adaptive_max_pool2d(crop, 6), rtol=0, atol=0
    )


def test_halves_are_rounded_away_from_zero():
    features = torch.arange(5.0).reshape(1, 1, 1, 5)
    # 8 / 16 = .5 → cell 1; 24 / 16 = 1.5 → 2; 40 / 16 = 2.5 → 3 (to even it would be 0, 2 and 2)
    for corner, cell in ((7.9, 0), (8, 1), (24, 2), (40, 3)):
        assert roi_max_pool(features, torch.tensor([[0, corner, 0, corner, 0]]), 1).item() == cell


def test_no_rois_and_rois_off_the_map():
    features = torch.rand(1, 4, 6, 6, requires_grad=True)
    assert roi_max_pool(features, torch.zeros(0, 5), 6).shape == (0, 4, 6, 6)
    outside = roi_max_pool(features, torch.tensor([[0.0, 500, 500, 600, 600]]), 6)
    assert not outside.any()
    outside.sum().backward()
    assert not features.grad.any()
