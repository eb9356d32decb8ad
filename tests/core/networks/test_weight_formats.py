"""Each format is read by the program it is for, and calculates what our nets do, step by step."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open

from core.detection.detector_file import Detector
from core.detection.portable_detector import portable_detector
from core.detection.predict import decode
from core.errors import StudioError
from core.networks.config import WEIGHT_FORMATS
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.initialisation import initialise
from core.networks.portable import portable_trunk
from core.networks.sizes import TINY, ImageSize
from core.networks.trunk import Trunk, normalise
from core.networks.weight_formats import _WRITERS, write_weights
from core.networks.weights import load_trunk

NARROW = replace(TINY, widths=(6, 8, 8, 8, 8), fc=16, input_size=227, pads=(0, 1))
"""Of the paper's sides, so that RoIs are pooled to 6 × 6."""


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def trunk(network=TINY):
    net = Trunk(network)
    initialise(net, "kaiming", drawn(0))
    return net.eval()


@pytest.fixture(scope="module")
def detector():
    net = FastRCNN(trunk(NARROW), 3, drawn(1)).eval()
    with torch.no_grad():
        for head in (net.cls_score, net.bbox_pred):
            head.weight *= 30
    return Detector(net, ("cat", "dog", "sheep"), ImageSize(short_side=100, long_side=200), {})


def expected_of_trunk(net, patches):
    pool5 = net.pool5(net.features(normalise(patches)))
    return [pool5, *net.fully_connected(pool5)]


def expected_of_detector(net, image, boxes, scale):
    """As `judge` does, but for the cut at the border of the image."""
    with torch.no_grad():
        scores, deltas = net(normalise(image), rois_of([boxes], [scale]))
    return [scores.softmax(1), decode(boxes + 1e5, deltas, 10**6, 10**6) - 1e5]


def patches(count):
    return torch.rand(count, 3, 64, 64, generator=drawn(count)) * 255


def scene(height, width, count, scale):
    generator = np.random.default_rng(count)
    image = torch.from_numpy(generator.uniform(0, 255, (1, 3, height, width)).astype(np.float32))
    corners = np.sort(generator.uniform(-5, np.array([width, height]) / scale + 5, (count, 2, 2)), axis=1)
    return image, torch.from_numpy(corners.reshape(count, 4).astype(np.float32)), scale


SCENES = ((64, 80, 1, 1.0), (131, 300, 40, 2.5), (200, 97, 7, 0.37))


def test_every_format_has_a_writer():
    assert list(_WRITERS) == list(WEIGHT_FORMATS)


def test_safetensors_hold_the_weights_under_their_names_and_start_other_runs(tmp_path):
    net, path = trunk(), tmp_path / "new" / "trunk.safetensors"
    assert write_weights(portable_trunk(net, {"notes": '{"step": "9"}'}), "safetensors", path) is None
    with safe_open(path, framework="np") as file:
        words = file.metadata()
        np.testing.assert_array_equal(file.get_tensor("conv1.weight"), net.conv1.weight.detach().numpy())
    assert (words["kind"], words["network"], words["notes"]) == ("trunk", "tiny", '{"step": "9"}')
    assert "RGB, 0 to 255" in words["input images"]
    again = load_trunk(str(path), "tiny", drawn(9))
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in net.state_dict().items())


def test_a_state_dict_is_loaded_without_unpickling_code(tmp_path, detector):
    path = tmp_path / "detector.pt"
    write_weights(portable_detector(detector, {"classes": '["cat"]'}), "state-dict", path)
    code = (
        "import sys, torch; held = torch.load(sys.argv[1], weights_only=True); "
        "print(held['metadata']['kind'], held['state_dict']['cls_score.weight'].double().sum().item())"
    )
    said = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    kind, total = said.stdout.split()
    assert kind == "detector"
    assert float(total) == pytest.approx(detector.net.cls_score.weight.detach().double().sum().item())


def test_an_exported_trunk_calculates_the_same_bits(tmp_path):
    net, path = trunk(), tmp_path / "trunk.pt2"
    assert write_weights(portable_trunk(net, {}), "torch-export", path) == 0
    words = {"metadata.json": ""}
    read = torch.export.load(path, extra_files=words).module()
    assert json.loads(words["metadata.json"])["kind"] == "trunk"
    for count in (1, 2, 5):
        for found, expected in zip(read(patches(count)), expected_of_trunk(net, patches(count)), strict=True):
            assert torch.equal(found, expected)


def test_an_exported_detector_calculates_the_same_for_images_of_any_size(tmp_path, detector):
    path = tmp_path / "detector.pt2"
    assert write_weights(portable_detector(detector, {}), "torch-export", path) == 0
    read = torch.export.load(path).module()
    for image, boxes, scale in (scene(*each) for each in SCENES):
        probabilities, moved = read(image, boxes, torch.tensor([scale]))
        expected, places = expected_of_detector(detector.net, image, boxes, scale)
        assert torch.equal(probabilities, expected)
        torch.testing.assert_close(moved.detach(), places, rtol=0, atol=0.1)
        assert len(boxes) == 1 or expected.std(0).max() > 1e-3  # boxes are told apart


def session_of(path):
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_onnxruntime_calculates_a_trunk_for_any_number_of_patches(tmp_path):
    pytest.importorskip("onnxscript")
    net, path = trunk(), tmp_path / "trunk.onnx"
    assert 0 < write_weights(portable_trunk(net, {"notes": "{}"}), "onnx", path) < 1e-5
    session = session_of(path)
    assert [each.name for each in session.get_outputs()] == ["pool5", "fc6", "fc7"]
    assert session.get_modelmeta().custom_metadata_map["network"] == "tiny"
    for count in (1, 5):
        found = session.run(None, {"images": patches(count).numpy()})
        for values, expected in zip(found, expected_of_trunk(net, patches(count)), strict=True):
            np.testing.assert_allclose(values, expected.detach().numpy(), rtol=1e-4, atol=1e-4)


def test_onnxruntime_calculates_a_detector_for_images_of_any_size(tmp_path, detector):
    pytest.importorskip("onnxscript")
    path = tmp_path / "detector.onnx"
    assert 0 < write_weights(portable_detector(detector, {}), "onnx", path) < 1e-4
    session = session_of(path)
    for image, boxes, scale in (scene(*each) for each in SCENES):
        named = {"image": image.numpy(), "boxes": boxes.numpy(), "scale": np.array([scale], np.float32)}
        probabilities, moved = session.run(["probabilities", "moved"], named)
        expected, places = expected_of_detector(detector.net, image, boxes, scale)
        np.testing.assert_allclose(probabilities, expected, atol=1e-5)
        np.testing.assert_allclose(moved, places, rtol=0, atol=0.1)


def test_what_calculates_something_else_is_not_written(tmp_path):
    """A net that draws at random, as one that is left in training would."""
    net = portable_trunk(trunk(), {})
    net.net.train()
    with pytest.raises(StudioError, match="calculates another"):
        write_weights(net, "torch-export", tmp_path / "trunk.pt2")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="choose another"):
        write_weights(portable_trunk(trunk(), {}), "state-dict", tmp_path / "file" / "trunk.pt")
