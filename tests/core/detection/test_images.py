import cv2
import numpy as np
import pytest
import torch

from core.detection.images import resized, scale_of, stacked
from core.networks.trunk import MEAN_RGB

CPU = torch.device("cpu")


def test_the_shorter_side_decides_unless_the_longer_one_grows_too_long():
    assert scale_of(500, 375, 600, 1000) == pytest.approx(1.6)
    assert scale_of(800, 300, 600, 1000) == pytest.approx(1.25)


def test_enlarging_is_bilinear_as_in_opencv():
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    expected = cv2.resize(image.astype(np.float32) - np.float32(MEAN_RGB), (64, 48))
    np.testing.assert_allclose(resized(image, 1.6, CPU).permute(1, 2, 0).numpy(), expected, atol=1e-3)


def test_images_are_stacked_with_the_mean_at_the_right_and_below():
    batch = stacked([torch.ones(3, 70, 50), torch.ones(3, 20, 90)])
    assert batch.shape == (2, 3, 70, 90)
    assert batch[0, :, :, :50].all()
    assert batch[1, :, :20].all()
    assert batch.sum() == 3 * (70 * 50 + 20 * 90)
    assert stacked([torch.ones(3, 4, 4)]).shape == (1, 3, 64, 64)
