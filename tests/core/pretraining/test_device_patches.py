import cv2
import numpy as np
import pytest
import torch

from core.datasets.clip import Clip
from core.datasets.patches import PatchReader
from core.errors import StudioError
from core.pairs.jitter import colour_maps
from core.pretraining.device_patches import DevicePatchReader, cut_boxes
from tests.devices import DEVICES, Waits


@pytest.fixture
def clips(tmp_path):
    """Two clips of 5 images, 160 × 120 and 90 × 200."""
    generator, made = np.random.default_rng(0), []
    for number, (width, height) in enumerate([(160, 120), (90, 200)]):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        files = tuple(f"{frame}.png" for frame in range(5))
        for name in files:
            image = cv2.resize(generator.integers(0, 256, (20, 20, 3), np.uint8), (width, height))
            cv2.imwrite(str(folder / name), cv2.add(image, generator.integers(0, 40, image.shape, np.uint8)))
        made.append(
            Clip(name=f"{number}", dataset="frames", width=width, height=height, root=folder, files=files)
        )
    return made


def boxes_of(generator, count, smallest, largest):
    """Boxes in and around the frames of `clips`."""
    corner = generator.uniform(-30, 90, (count, 2))
    box = np.concatenate([corner, corner + generator.uniform(smallest, largest, (count, 2))], axis=1)
    return (
        generator.integers(0, 2, count),
        generator.integers(0, 5, count),
        box.astype(np.float32),
        generator.random(count) < 0.5,
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("smallest", "largest"), [(1, 40), (64, 64.4), (66, 140), (100, 300), (30, 100)])
def test_patches_are_those_of_the_cpu_path_to_one_grey_level(clips, device, smallest, largest):
    drawn = boxes_of(np.random.default_rng(1), 60, smallest, largest)
    with PatchReader(clips, 64) as plain, DevicePatchReader(clips, 64, torch.device(device)) as reader:
        patches = reader.read(*drawn)
        assert patches.device.type == device
        difference = plain.read(*drawn).astype(int) - patches.cpu().numpy()
    assert np.abs(difference).max() <= 1
    assert np.abs(difference).mean() < 0.15


@pytest.mark.parametrize("device", DEVICES)
def test_colours_change_as_on_the_cpu_path_to_one_grey_level(clips, device):
    generator = np.random.default_rng(2)
    drawn, colours = boxes_of(generator, 20, 40, 90), colour_maps((20,), 0.4, generator)
    with PatchReader(clips, 64) as plain, DevicePatchReader(clips, 64, torch.device(device)) as reader:
        ours, theirs = reader.read(*drawn, colours).cpu().numpy(), plain.read(*drawn, colours)
        as_they_are = plain.read(*drawn)
    allowed = np.abs(colours[:, :, :3]).sum(axis=2).max() + 1  # a grey level before the colours change
    assert np.abs(ours.astype(int) - theirs).max() <= allowed
    assert np.abs(ours.astype(int) - theirs).mean() < 0.2
    assert np.abs(as_they_are.astype(int) - theirs).mean() > 10


@pytest.mark.parametrize("budget", [1, 160 * 120 * 3 * 3, 1 << 30])
def test_frames_that_do_not_fit_make_room_and_the_patches_are_the_same(clips, budget):
    generator, cpu = np.random.default_rng(2), torch.device("cpu")
    with DevicePatchReader(clips, 32, cpu, budget) as small, DevicePatchReader(clips, 32, cpu) as large:
        for _ in range(5):
            drawn = boxes_of(generator, 30, 20, 100)
            assert torch.equal(small.read(*drawn), large.read(*drawn))


def test_a_frame_is_decoded_once(clips):
    drawn = boxes_of(np.random.default_rng(3), 30, 20, 100)
    with DevicePatchReader(clips, 32, torch.device("cpu")) as reader:
        first = reader.read(*drawn)
        for clip in clips:
            for name in clip.files:
                (clip.root / name).unlink()
        assert torch.equal(reader.read(*drawn), first)


def test_a_frame_that_cannot_be_read_is_named(clips):
    (clips[1].root / "3.png").unlink()
    box = np.array([[0, 0, 9, 9]], np.float32)
    arguments = np.array([1]), np.array([3]), box, np.array([False])
    with (
        DevicePatchReader(clips, 32, torch.device("cpu")) as reader,
        pytest.raises(StudioError, match=r"3\.png"),
    ):
        reader.read(*arguments)


def test_cutting_never_waits_for_the_device():
    block = torch.randint(0, 256, (3 * 40 * 30,), dtype=torch.uint8)
    boxes = torch.tensor([[0, 40, 30, -3, 2, 25, 28, 1], [0, 40, 30, 5, 5, 9, 35, 0]])
    with Waits() as waits:
        cut_boxes(block, boxes, 16, 64)
    assert not waits.names
    with Waits() as waits:
        boxes.sum().item()
    assert waits.names == {"_local_scalar_dense"}
