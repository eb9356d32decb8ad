from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core import geometry
from core.datasets.voc import VocImage, VocObject
from core.detection.batches import TrainingImage, entries_of, make_batch, mirror, training_images
from core.detection.config import FinetuneConfig
from core.detection.pictures import Pictures
from core.detection.predict import decode
from core.detection.proposal_file import Proposals
from core.detection.targets import BoxStatistics
from core.errors import StudioError
from core.networks.sizes import ImageSize

SIZE = ImageSize(short_side=120, long_side=400)
STATISTICS = BoxStatistics(np.full((21, 4), 0.1, np.float32), np.full((21, 4), 0.5, np.float32))
CPU = torch.device("cpu")


def voc_object(box, name="dog", difficult=False):
    return VocObject(name, np.array(box, np.float32), difficult, False)


@pytest.fixture
def images(tmp_path):
    """Three images, black but for a white object; proposals all about it."""
    made = []
    generator = np.random.default_rng(0)
    for number in range(3):
        box = np.array([10 + 5 * number, 8, 40 + 5 * number, 48], np.float32)
        pixels = np.zeros((60, 80, 3), np.uint8)
        pixels[8:48, int(box[0]) : int(box[2])] = 255
        cv2.imwrite(str(tmp_path / f"{number}.png"), pixels)
        proposals = (box + generator.uniform(-7, 7, (50, 4))).astype(np.float32)
        made.append(TrainingImage(tmp_path / f"{number}.png", box[None], np.array([12]), proposals))
    return made


def test_a_pass_shows_everything_once_in_an_order_of_its_own():
    steps = [entries_of(step, 10, 2, seed=3).tolist() for step in range(10)]
    first, second = np.concatenate(steps[:5]).tolist(), np.concatenate(steps[5:]).tolist()
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    odd = np.concatenate([entries_of(step, 11, 2, seed=3) for step in range(5)])
    assert len(np.unique(odd)) == 10
    assert entries_of(4, 1, 2, seed=0).tolist() == [0]


def test_a_mirrored_box_lies_where_its_pixels_went():
    mask = np.zeros((5, 9), bool)
    mask[1:3, 2:6] = True
    box = geometry.mask_box(mask)
    np.testing.assert_array_equal(mirror(box[None], 9)[0], geometry.mask_box(mask[:, ::-1]))


def test_targets_lead_to_the_object_in_the_very_pixels_of_the_batch(images):
    config = FinetuneConfig(rois_per_image=32)
    for step in range(3):
        batch = make_batch(images, STATISTICS, config, SIZE, step, Pictures(CPU))
        assert batch.images.shape == (2, 3, 120, 160)
        assert len(batch.rois) == len(batch.labels) == len(batch.targets)
        assert 2 <= (batch.labels == 12).sum() <= 16
        for roi, label, target in zip(batch.rois, batch.labels, batch.targets, strict=True):
            if label == 0:
                assert not target.any()
                continue
            # the RoI as a box of the image before it was enlarged by 2, moved as the target says
            box = roi[None, 1:] / 2 + torch.tensor([0, 0, 1, 1])
            moved = decode(box, (target * 0.5 + 0.1)[None, None], 80, 60)[0, 0]
            white = batch.images[int(roi[0])].mean(0) > 255 / 2 - (122.7717 + 115.9465 + 102.9801) / 3
            torch.testing.assert_close(moved, torch.from_numpy(geometry.mask_box(white.numpy())) / 2)


def test_a_batch_depends_on_seed_and_step_alone(images):
    config = FinetuneConfig()
    first, again, other = (
        make_batch(images, STATISTICS, c, SIZE, 5, Pictures(CPU))
        for c in (config, config, replace(config, seed=1))
    )
    torch.testing.assert_close(first.rois, again.rois, rtol=0, atol=0)
    torch.testing.assert_close(first.images, again.images, rtol=0, atol=0)
    assert first.rois.shape != other.rois.shape or not torch.equal(first.rois, other.rois)


def test_several_scales_are_drawn(images):
    config = FinetuneConfig(scales="multi", images_per_step=1)
    heights = {
        make_batch(images, STATISTICS, config, SIZE, step, Pictures(CPU)).images.shape[2]
        for step in range(40)
    }
    assert heights == {96, 115, 138, 173, 240}


def test_what_lies_outside_of_its_picture_is_not_learnt():
    proposals = Proposals.of({"a": np.zeros((0, 4)), "b": np.zeros((0, 4))})
    outside = voc_object([20, 0, 30, 5]), voc_object([-5, 2, 0.5, 6])
    reaching = voc_object([-1, 2, 12, 6], "tvmonitor")
    images = (
        VocImage("a", Path("a"), 9, 8, (*outside, reaching)),
        VocImage("b", Path("b"), 9, 8, outside),
    )
    (one,) = training_images(images, proposals, difficult=True)
    assert one.classes.tolist() == [20]
    np.testing.assert_array_equal(one.objects, np.array([[0, 2, 9, 6]], np.float32))


def test_classes_are_numbered_in_the_order_of_their_list():
    proposals = Proposals.of({"a": np.zeros((0, 4))})
    objects = (voc_object([0, 0, 5, 5], "helmet"), voc_object([5, 5, 9, 9], "head"))
    (one,) = training_images(
        (VocImage("a", Path("a"), 9, 9, objects),), proposals, True, ("head", "person", "helmet")
    )
    assert one.classes.tolist() == [3, 1]


def test_objects_marked_difficult_are_learnt_if_asked_for():
    proposals = Proposals.of({"a": np.zeros((0, 4)), "b": np.zeros((0, 4))})
    easy, hard = voc_object([0, 0, 5, 5]), voc_object([5, 5, 9, 9], "tvmonitor", difficult=True)
    set_of_two = (VocImage("a", Path("a"), 9, 9, (easy, hard)), VocImage("b", Path("b"), 9, 9, (hard,)))
    both = training_images(set_of_two, proposals, difficult=True)
    assert [image.classes.tolist() for image in both] == [[12, 20], [20]]
    (one,) = training_images(set_of_two, proposals, difficult=False)
    np.testing.assert_array_equal(one.objects, [[0, 0, 5, 5]])
    with pytest.raises(StudioError, match="No image of this set"):
        training_images(set_of_two[1:], proposals, difficult=False)
