from dataclasses import replace

import numpy as np
import pytest
import torch

from core.datasets.image import read_image
from core.datasets.voc import CLASSES, read_split
from core.detection.config import DetectConfig
from core.detection.detector_file import load_detector, save_detector
from core.detection.proposal_file import Proposals
from core.detection.targets import BoxStatistics
from core.evaluation import comp4
from core.jobs import run
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import ImageSize
from core.networks.weights import load_trunk
from core.runs.run_folder import RunFolder
from tests.core.detection import plain_detection
from tests.small_data import write_voc


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a run over two images with a detector that learnt nothing, and 140 proposals each."""
    folder = tmp_path_factory.mktemp("data")
    generator = torch.Generator().manual_seed(0)
    net = FastRCNN(load_trunk("random", "tiny", generator), 20, generator)
    with torch.no_grad():  # so that scores are apart and boxes move, some beyond the border
        net.cls_score.weight *= 30
        net.bbox_pred.weight *= 100
    flat = BoxStatistics(np.zeros((21, 4), np.float32), np.ones((21, 4), np.float32))
    path = folder / "detector.safetensors"
    save_detector(path, net, flat, CLASSES, ImageSize(short_side=90, long_side=200), {})
    voc = write_voc(folder, train=0, test=2)
    numbers, proposals = np.random.default_rng(0), {}
    for image in read_split(voc, 2007, "test"):
        corner = numbers.uniform(0, (90, 60), (140, 2))
        proposals[image.id] = np.concatenate([corner, corner + numbers.uniform(5, 30, (140, 2))], axis=1)
    Proposals.of(proposals).save(folder / "boxes.npz")
    return DetectConfig(run=path, voc=voc, proposals=folder / "boxes.npz", device="cpu")


@pytest.mark.parametrize(
    ("change", "overlap", "image_cap", "set_cap"),
    [
        ({}, 0.3, 100, 40),  # Fast R-CNN, lib/fast_rcnn/test.py and config.py
        ({"overlap": 0.6, "image_cap": 30, "set_cap": 25}, 0.6, 30, 25),
    ],
)
def test_the_job_detects_what_fast_rcnn_s_test_does(tmp_path, settings, change, overlap, image_cap, set_cap):
    """Of a class, the `image_cap` surest in each image, of these the `set_cap` an image surest in the set,
    and of these what is left of suppression from an IoU of `overlap` on."""
    folder = RunFolder.create(tmp_path / "run", "detect", replace(settings, **change))
    list(run(folder))
    net, images = load_detector(settings.run).net.eval(), read_split(settings.voc, 2007, "test")
    proposals = Proposals.load(settings.proposals)
    outputs = [
        plain_detection.outputs(net, read_image(each.path), proposals[each.id], 90, 200) for each in images
    ]
    for number, name in enumerate(CLASSES, start=1):
        surest = [plain_detection.surest(p[:, number], boxes[:, number], image_cap) for p, boxes in outputs]
        limit = sorted((score for each in surest for score, _ in each), reverse=True)[2 * set_cap - 1]
        expected = [
            (image.id, score, *box)
            for image, each in zip(images, surest, strict=True)
            for score, box in plain_detection.suppressed([one for one in each if one[0] >= limit], overlap)
        ]
        found = comp4.read(folder.results / "detections" / f"comp4_det_test_{name}.txt")
        assert 10 < len(found.scores) < 80
        assert found.images.tolist() == [row[0] for row in expected]
        np.testing.assert_allclose(found.scores, [row[1] for row in expected], rtol=1e-3)
        np.testing.assert_allclose(found.boxes, [row[2:] for row in expected], atol=0.02)
