import cv2
import numpy as np
import pytest
import torch

from core.detection.images import resized, scale_of, stacked

MEAN_RGB = (122.7717, 115.9465, 102.9801)  # Fast R-CNN, config.py: PIXEL_MEANS, there BGR


def test_the_shorter_side_decides_unless_the_longer_one_grows_too_long():
    assert scale_of(500, 375, 600, 1000) == pytest.approx(1.6)
    assert scale_of(800, 300, 600, 1000) == pytest.approx(1.25)


def test_enlarging_is_bilinear_as_in_opencv():
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    expected = cv2.resize(image.astype(np.float32) - np.float32(MEAN_RGB), (64, 48))
    np.testing.assert_allclose(
        resized(torch.from_numpy(image), 1.6).permute(1, 2, 0).numpy(), expected, atol=1e-3
    )


def test_shrinking_averages_over_all_pixels():
    stripes = np.zeros((40, 160, 3), np.uint8)
    stripes[:, 3::4] = 255  # one column in four, between the points that plain bilinear resizing looks at
    small = resized(torch.from_numpy(stripes), 0.25)
    assert small.shape == (3, 10, 40)
    expected = 255 / 4 - torch.tensor(MEAN_RGB)[:, None, None].expand(3, 10, 38)
    torch.testing.assert_close(small[:, :, 1:-1], expected, rtol=0, atol=0.01)


def test_images_are_stacked_with_the_mean_at_the_right_and_below():
    batch = stacked([torch.ones(3, 70, 50), torch.ones(3, 20, 90)])
    assert batch.shape == (2, 3, 70, 90)
    assert batch[0, :, :, :50].all()
    assert batch[1, :, :20].all()
    assert batch.sum() == 3 * (70 * 50 + 20 * 90)
    assert stacked([torch.ones(3, 4, 4)]).shape == (1, 3, 64, 64)
