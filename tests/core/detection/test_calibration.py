"""The boxes that a trunk is calibrated on, and what that does to it."""

import cv2
import numpy as np
import pytest
import torch

from core.detection.batches import TrainingImage
from core.detection.calibration import OBJECTS, PATCHES, calibrate_on, calibration_patches
from core.networks.initialisation import initialise
from core.networks.sizes import TINY
from core.networks.trunk import Trunk, normalise

SHADES = (40, 120, 200)


@pytest.fixture
def images(tmp_path):
    """Three grey images, each of its own shade, with an object all white and proposals beside it."""
    made = []
    for number, shade in enumerate(SHADES):
        pixels = np.full((60, 80, 3), shade, np.uint8)
        pixels[10:30, 10:30] = 255
        cv2.imwrite(str(tmp_path / f"{number}.png"), pixels)
        proposals = np.array([[40, 10, 70, 50], [32, 31, 80, 60]], np.float32)
        objects = np.array([[10, 10, 30, 30]], np.float32)
        made.append(TrainingImage(tmp_path / f"{number}.png", objects, np.array([1]), proposals))
    return made


def test_patches_are_objects_and_proposals_of_all_images(images):
    patches = calibration_patches(images, 16, seed=0)
    assert patches.shape == (PATCHES, 16, 16, 3)
    values = patches.reshape(PATCHES, -1)
    assert (values == values[:, :1]).all()  # each box is of one shade
    shades, counts = np.unique(values[:, 0], return_counts=True)
    assert shades.tolist() == [*SHADES, 255]
    assert abs(counts[-1] / PATCHES - OBJECTS) < 0.1
    np.testing.assert_array_equal(patches, calibration_patches(images, 16, seed=0))
    assert (patches != calibration_patches(images, 16, seed=1)).any()


def test_an_image_without_proposals_gives_its_objects(images):
    bare = [TrainingImage(one.path, one.objects, one.classes, one.proposals[:0]) for one in images]
    assert (calibration_patches(bare, 16, seed=0) == 255).all()


def test_every_channel_has_mean_0_and_variance_1_over_the_patches(images):
    generator = np.random.default_rng(0)
    for image in images:
        coarse = generator.integers(0, 256, (12, 16, 3), np.uint8)
        cv2.imwrite(str(image.path), cv2.resize(coarse, (80, 60), interpolation=cv2.INTER_CUBIC))
    trunk = Trunk(TINY, dropout=0.5)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    with torch.no_grad():
        trunk.conv3.weight.mul_(30)  # as a pretraining may leave it
        trunk.fc6.bias.add_(7)
    calibrate_on(trunk, images, seed=3)
    seen = {}
    for name in ("conv3", "fc7"):
        getattr(trunk, name).register_forward_hook(
            lambda module, given, output, name=name: seen.__setitem__(
                name, output.transpose(0, 1).flatten(1).clone()
            )
        )
    trunk.eval()
    with torch.no_grad():
        patches = torch.from_numpy(calibration_patches(images, TINY.input_size, seed=3)).permute(0, 3, 1, 2)
        trunk(normalise(patches))
    for values in seen.values():
        torch.testing.assert_close(values.mean(1), torch.zeros(len(values)), atol=1e-3, rtol=0)
        torch.testing.assert_close(values.std(1), torch.ones(len(values)), atol=1e-2, rtol=0)
