import copy

import numpy as np
import pytest
import torch

from core.detection.predict import Asked, Rules, detect
from core.detection.set_detection import NEAR, detect_set, ready
from core.networks.fast_rcnn import FastRCNN
from core.networks.initialisation import initialise
from core.networks.sizes import TINY, ImageSize
from core.networks.trunk import Trunk
from tests.devices import DEVICES, Waits

SIZE = ImageSize(short_side=90, long_side=150)
CPU = torch.device("cpu")
RULES = Rules(cap=20)


@pytest.fixture(scope="module")
def net():
    generator = torch.Generator().manual_seed(0)
    trunk = Trunk(TINY)
    initialise(trunk, "kaiming", generator)
    made = FastRCNN(trunk, 3, generator)
    with torch.no_grad():  # so that scores are apart and boxes move
        made.cls_score.weight *= 30
        made.bbox_pred.weight *= 100
    return made.eval()


@pytest.fixture(scope="module")
def pictures():
    """More than are looked through at once, of three sizes in turn; the fourth has no proposals."""
    generator, made = np.random.default_rng(0), []
    for number in range(NEAR + 4):
        height, width = [(60, 80), (80, 60), (60, 81)][number % 3]
        corner = generator.uniform(0, 40, (0 if number == 3 else 30, 2))
        boxes = np.concatenate([corner, corner + generator.uniform(5, 20, corner.shape)], axis=1)
        made.append(
            (generator.integers(0, 256, (height, width, 3), dtype=np.uint8), boxes.astype(np.float32))
        )
    return made


def all_ready(pictures, device=CPU):
    return (ready(pixels, boxes, SIZE, device) for pixels, boxes in pictures)


def assert_alike(found, expected, rtol, atol):
    assert len(found) == len(expected) == NEAR + 4
    for ours, plain in zip(found, expected, strict=True):
        for one, other in zip(ours, plain, strict=True):
            np.testing.assert_allclose(one.candidates, other.candidates, rtol=rtol)
            np.testing.assert_allclose(one.scores, other.scores, rtol=rtol)
            np.testing.assert_allclose(one.boxes, other.boxes, rtol=rtol, atol=atol)


@pytest.fixture(scope="module")
def one_by_one(net, pictures):
    return [detect(net, pixels, boxes, SIZE, CPU, RULES) for pixels, boxes in pictures]


def test_one_at_a_time_to_the_last_bit(net, pictures, one_by_one):
    assert_alike(list(detect_set(net, all_ready(pictures), CPU, RULES)), one_by_one, 0, 0)
    assert not one_by_one[3][0].scores.size


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("at_once", [2, 4, 99])
def test_several_at_once_are_detected_in_as_alone_but_for_rounding(
    net, pictures, one_by_one, device, at_once
):
    there, seen = copy.deepcopy(net).to(device), []
    there.trunk.conv1.register_forward_pre_hook(lambda _module, given: seen.append(given[0].shape))
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # whose rounding changes the order
        found = list(
            detect_set(there, all_ready(pictures, torch.device(device)), torch.device(device), RULES, at_once)
        )
    assert_alike(found, one_by_one, 1e-3 if device == "cuda" else 1e-4, 0.05)
    assert max(shape[0] for shape in seen) == min(at_once, 9)
    assert {tuple(shape[2:]) for shape in seen} == {(90, 120), (120, 90), (90, 122)}  # none was padded


def test_nothing_waits_for_the_device_before_the_answer(net, pictures):
    some = list(all_ready(pictures[:4:3]))
    with Waits() as waits:
        asked = Asked(net, some, CPU, RULES)
    assert not waits.names
    assert {"argsort", "amax", "softmax"} <= waits.all  # so all of it was seen
    assert [len(each) for each in asked.answer()] == [3, 3]


def test_on_a_cpu_each_is_detected_in_before_the_next_is_read(net, pictures):
    read = []

    def reading():
        for picture in all_ready(pictures):
            read.append(picture)
            yield picture

    found = detect_set(net, reading(), CPU, RULES)
    next(found)
    assert len(read) == 1


def test_where_memory_does_not_hold_several_they_go_one_after_the_other(net, pictures, one_by_one):
    small, tried = copy.deepcopy(net), []

    def run_out(_module, given):
        tried.append(len(given[0]))
        if len(given[0]) > 1:
            raise MemoryError

    small.trunk.conv1.register_forward_pre_hook(run_out)
    assert_alike(list(detect_set(small, all_ready(pictures), CPU, RULES, 4)), one_by_one, 0, 0)
    assert set(tried) == {1, 2, 3, 4} or set(tried) == {1, 2, 4}

    def never(_module, _given):
        raise MemoryError

    small.trunk.conv1.register_forward_pre_hook(never)
    with pytest.raises(MemoryError):
        list(detect_set(small, all_ready(pictures), CPU, RULES, 1))


def test_detections_in_bfloat16_are_close_to_those_in_float32(net, pictures, one_by_one):
    half = list(detect_set(net, all_ready(pictures), CPU, Rules(cap=20, amp_on_cpu=True)))
    differing = 0
    for ours, exact in zip(half, one_by_one, strict=True):
        for one, other in zip(ours, exact, strict=True):
            np.testing.assert_allclose(one.candidates, other.candidates, rtol=0.1, atol=0.03)
            differing += not np.array_equal(one.candidates, other.candidates)
    assert differing > 50
