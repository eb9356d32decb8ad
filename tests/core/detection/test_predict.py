import copy

import numpy as np
import pytest
import torch

from core.detection.images import resized, scale_of, stacked
from core.detection.predict import Detected, Rules, decode, detect, judge, prepared, surest
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.initialisation import initialise
from core.networks.sizes import TINY, ImageSize
from core.networks.trunk import Trunk
from tests.core.detection import plain_detection
from tests.devices import DEVICES

SIZE = ImageSize(short_side=150, long_side=300)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def net():
    generator = torch.Generator().manual_seed(0)
    trunk = Trunk(TINY)
    initialise(trunk, "kaiming", generator)
    made = FastRCNN(trunk, 3, generator)
    with torch.no_grad():  # so that scores are apart and boxes move, some beyond the border
        made.cls_score.weight *= 30
        made.bbox_pred.weight *= 100
    return made.eval()


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (75, 100, 3), dtype=np.uint8)


def random_boxes(count):
    generator = np.random.default_rng(1)
    low = generator.uniform(0, 60, (count, 2))
    return np.concatenate([low, low + generator.uniform(1, 40, (count, 2))], axis=1).astype(np.float32)


@torch.inference_mode()
def test_pooling_equal_proposals_once_changes_nothing(net, image):
    proposals = random_boxes(300)
    ((scores, boxes),) = judge(net, [prepared(image, proposals, SIZE)], CPU, Rules())
    scale = scale_of(100, 75, SIZE.short_side, SIZE.long_side)
    every = torch.from_numpy(proposals)
    raw, deltas = net(stacked([resized(torch.from_numpy(image), scale)]), rois_of([every], [scale]))
    torch.testing.assert_close(scores, raw.softmax(dim=1), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(boxes, decode(every, deltas, 100, 75), rtol=1e-4, atol=1e-3)


def test_detections_are_sorted_apart_and_inside_the_image(net, image):
    found = detect(net, image, random_boxes(300), SIZE, CPU, Rules(cap=40))
    assert len(found) == 3
    for each in found:
        assert len(each.candidates) == 40
        assert 0 < len(each.scores) <= 40
        assert (np.diff(each.scores) <= 0).all()
        assert each.boxes.min() >= 0
        assert (each.boxes.max(axis=0) <= [100, 75, 100, 75]).all()


@pytest.mark.parametrize("device", DEVICES)
def test_every_device_detects_what_a_plain_loop_does(net, image, device):
    there, proposals = copy.deepcopy(net).to(device).train(), random_boxes(300)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # whose rounding changes the order
        found = detect(there, image, proposals, SIZE, torch.device(device), Rules(cap=40))
    probabilities, boxes = plain_detection.outputs(net, image, proposals, SIZE.short_side, SIZE.long_side)
    for number, each in enumerate(found, start=1):
        candidates = plain_detection.surest(probabilities[:, number], boxes[:, number], cap=40)
        kept = plain_detection.suppressed(candidates, 0.3)
        assert 5 < len(kept) < 40
        np.testing.assert_allclose(each.candidates, [score for score, _ in candidates], rtol=1e-3)
        np.testing.assert_allclose(each.scores, [score for score, _ in kept], rtol=1e-3)
        np.testing.assert_allclose(each.boxes, [box for _, box in kept], atol=0.05)


def test_an_image_without_proposals_has_no_detections(net, image):
    found = detect(net, image, np.zeros((0, 4), np.float32), SIZE, CPU)
    assert [each.boxes.shape for each in found] == [(0, 4)] * 3


def test_boxes_are_cut_at_every_border():
    deltas = torch.tensor([[[0.0, 0, 2, 2], [0.1, 0, 0, 0]]])
    boxes = decode(torch.tensor([[5.0, 10, 15, 20]]), deltas, width=40, height=30)
    torch.testing.assert_close(boxes, torch.tensor([[[0.0, 0, 40, 30], [6, 10, 16, 20]]]))


def test_wild_deltas_stay_finite():
    boxes = decode(torch.tensor([[0.0, 0, 10, 10]]), torch.full((1, 2, 4), 1e4), 50, 40)
    assert boxes.isfinite().all()


def test_the_score_that_the_surest_candidates_do_not_fall_below():
    found = [
        Detected(np.zeros(0), np.zeros((0, 4)), np.array(scores))
        for scores in ([0.9, 0.1], [0.5, 0.4, 0.3], [])
    ]
    assert surest(found, 3) == 0.4
    assert surest(found, 5) == -np.inf
    assert surest([], 5) == -np.inf
