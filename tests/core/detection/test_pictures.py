import contextlib
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core import free_memory
from core.datasets.voc import CLASSES
from core.detection import pictures as module
from core.detection.batches import TrainingImage, make_batch
from core.detection.config import FinetuneConfig
from core.detection.pictures import Pictures
from core.detection.targets import box_statistics
from core.errors import StudioError
from core.networks.sizes import ImageSize
from tests.core.detection import plain_batches
from tests.devices import DEVICES, Waits

SIZE = ImageSize(short_side=90, long_side=150)
CPU = torch.device("cpu")
BYTES = 3 * 60 * 81
"""Of a picture."""


@pytest.fixture
def images(tmp_path):
    """Five pictures of noise, two objects in each, with proposals near them and elsewhere."""
    generator, made = np.random.default_rng(0), []
    for number in range(5):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), generator.integers(0, 256, (60, 81, 3), np.uint8))
        corner = generator.uniform(0, 20, (2, 2))
        objects = np.concatenate([corner, corner + generator.uniform(15, 40, (2, 2))], 1).astype(np.float32)
        near = objects[generator.integers(0, 2, 60)] + generator.normal(0, 5, (60, 4))
        far = np.tile([0.5, 50, 8, 58], (20, 1))
        proposals = np.concatenate([near, far]).astype(np.float32)
        made.append(TrainingImage(path, objects, np.array([3, 1 + number]), proposals))
    return made


def keeping(count):
    """Room for so many of the pictures."""
    return Pictures(CPU, in_memory=count * BYTES + 7)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("scales", ["single", "multi"])
@pytest.mark.parametrize("short_side", [90, 45])
@pytest.mark.parametrize("kept", [0, 2, 5])
def test_batches_are_those_made_with_nothing_kept(images, device, scales, short_side, kept):
    statistics = box_statistics((image.labelled for image in images), len(CLASSES))
    config = FinetuneConfig(scales=scales, rois_per_image=16, images_per_step=3, seed=4)
    size = replace(SIZE, short_side=short_side)
    pictures = Pictures(torch.device(device), on_device=kept * BYTES // 2, in_memory=kept * BYTES // 2)
    for step in range(8):
        batch = make_batch(images, statistics, config, size, step, pictures)
        expected = plain_batches.batch(images, statistics, config, size, step)
        for ours, plain in zip(batch.tensors[1:4], expected[1:], strict=True):
            assert ours.dtype == plain.dtype
            assert torch.equal(ours.cpu(), plain)
        if device == "cpu":
            assert torch.equal(batch.images, expected[0])
        torch.testing.assert_close(batch.images.cpu(), expected[0], rtol=0, atol=1e-3)
        assert torch.equal(batch.foreground.cpu(), torch.nonzero(expected[2])[:, 0])


def test_pictures_are_kept_while_there_is_room_and_the_others_decoded_at_each_visit(images):
    pictures = keeping(3)
    first = [pictures.read(image.path) for image in images]
    for image in images:
        image.path.unlink()
    for image, pixels in zip(images[:3], first, strict=False):
        assert torch.equal(pictures.read(image.path), pixels)
    for image in images[3:]:
        with pytest.raises(StudioError, match=image.path.name):
            pictures.read(image.path)


def test_no_more_is_kept_than_a_share_of_the_free_memory(images, tmp_path, monkeypatch):
    monkeypatch.setattr(free_memory, "LINUX", tmp_path / "meminfo")
    monkeypatch.setattr(free_memory, "GROUP", tmp_path / "no group")
    free_memory.LINUX.write_text(f"MemAvailable: {5 * BYTES // 1024} kB\n")
    pictures = Pictures.within(CPU, 1 << 30)
    for image in images:
        pictures.read(image.path)
    for image in images:
        image.path.unlink()
    for image in images[:2]:
        pictures.read(image.path)
    with pytest.raises(StudioError):
        pictures.read(images[2].path)


def test_nothing_more_is_kept_once_others_took_the_memory(images, tmp_path, monkeypatch):
    monkeypatch.setattr(free_memory, "LINUX", tmp_path / "meminfo")
    monkeypatch.setattr(free_memory, "GROUP", tmp_path / "no group")
    monkeypatch.setattr(module, "LOOK", BYTES)
    free_memory.LINUX.write_text(f"MemAvailable: {20 * BYTES // 1024} kB\n")
    pictures = Pictures.within(CPU, 1 << 30)
    for image in images[:2]:
        pictures.read(image.path)
    free_memory.LINUX.write_text(f"MemAvailable: {9 * BYTES // 1024} kB\n")
    for image in images[2:]:
        pictures.read(image.path)
    free_memory.LINUX.write_text(f"MemAvailable: {20 * BYTES // 1024} kB\n")
    for image in images:
        image.path.unlink()
    kept = []
    for image in images:
        with contextlib.suppress(StudioError):
            pictures.read(image.path)
            kept.append(image)
    assert kept == images[: len(kept)]
    assert len(kept) in (2, 3)  # one is kept between two looks


def test_where_memory_runs_out_the_pictures_make_room_once(images):
    pictures = keeping(5)
    pictures.read(images[0].path)
    ends = [MemoryError(), None]

    def work():
        if end := ends.pop(0):
            raise end
        return "done"

    assert pictures.making_room(work) == "done"
    images[0].path.unlink()
    with pytest.raises(StudioError):  # it is not kept any more
        pictures.read(images[0].path)
    pictures.read(images[1].path)
    assert not pictures.let_go()  # and none is again
    ends[:] = [torch.OutOfMemoryError("CUDA out of memory"), None]
    with pytest.raises(torch.OutOfMemoryError):  # nothing that could make room
        pictures.making_room(work)
    ends[:] = [RuntimeError("a bug"), None]
    with pytest.raises(RuntimeError, match="a bug"):
        keeping(5).making_room(work)


def test_making_a_batch_of_kept_pictures_waits_for_nothing(images):
    statistics = box_statistics((image.labelled for image in images), len(CLASSES))
    pictures = keeping(5)
    with Waits() as waits:
        make_batch(images, statistics, FinetuneConfig(), SIZE, 0, pictures)
    assert not waits.names
    assert "upsample_bilinear2d" in waits.all  # so the pictures were seen to be resized


def test_what_proposals_show_is_worked_out_once(images):
    assert images[0].labelled is images[0].labelled
