import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.cli import main
from core.detection import detector_file
from core.detection.targets import BoxStatistics
from core.networks import weights
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import ImageSize
from core.networks.weights import load_trunk, save_trunk


@pytest.fixture
def pretrained(tmp_path):
    trunk = load_trunk("random", "tiny", torch.Generator().manual_seed(1))
    save_trunk(trunk, tmp_path / "pretrained" / weights.IN_RUN, {"method": "association", "step": "7"})
    return tmp_path / "pretrained"


@pytest.fixture
def finetuned(tmp_path):
    generator = torch.Generator().manual_seed(1)
    net = FastRCNN(load_trunk("random", "tiny", generator), 2, generator)
    statistics = BoxStatistics(np.full((3, 4), 0.5, np.float32), np.full((3, 4), 2.0, np.float32))
    size = ImageSize(short_side=100, long_side=200)
    path = tmp_path / "finetuned" / detector_file.IN_RUN
    detector_file.save_detector(path, net, statistics, ("cat", "dog"), size, {"init": '"random"'})
    return tmp_path / "finetuned"


def exported(tmp_path, run, format, name):
    out = tmp_path / "for others" / name
    words = ["export-weights", "--run", run, "--format", format, "--out", out, "--json", tmp_path / "said"]
    assert main([str(word) for word in words]) == 0
    values = json.loads((tmp_path / "said").read_text())
    assert (values["file"], values["bytes"]) == (str(out), out.stat().st_size)
    return out, values


def test_a_trunk_leaves_its_run_with_what_is_known_of_it(tmp_path, pretrained, capsys):
    out, values = exported(tmp_path, pretrained, "safetensors", "trunk.safetensors")
    assert (values["kind"], values["network"], values["largest_difference"]) == ("trunk", "tiny", None)
    assert values["parameters"] == sum(each.numel() for each in load_file(out).values())
    assert "The tiny trunk is in" in capsys.readouterr().out
    again, _ = exported(tmp_path, out, "state-dict", "trunk.pt")  # from the file that was exported
    assert json.loads(torch.load(again, weights_only=True)["metadata"]["notes"])["method"] == "association"
    assert load_trunk(str(out), None, torch.Generator()).network.name == "tiny"


def test_a_detector_leaves_its_run_with_its_classes(tmp_path, finetuned):
    out, values = exported(tmp_path, finetuned, "safetensors", "detector.safetensors")
    assert values["kind"] == "detector"
    assert detector_file.load_detector(out).classes == ("cat", "dog")
    out, values = exported(tmp_path, finetuned, "state-dict", "detector.pt")
    held = torch.load(out, weights_only=True)
    assert json.loads(held["metadata"]["classes"]) == ["cat", "dog"]
    assert "short side of 100 pixels" in held["metadata"]["input image"]
    expected = detector_file.load_detector(finetuned).net.state_dict()["bbox_pred.weight"]
    assert torch.equal(held["state_dict"]["bbox_pred.weight"], expected)


def test_a_whole_computation_says_how_exact_it_is(tmp_path, pretrained, capsys):
    _, values = exported(tmp_path, pretrained, "torch-export", "trunk.pt2")
    assert values["largest_difference"] == 0
    assert values["outputs"]["fc7"].startswith("(N, 256)")
    assert "calculates what the trunk does" in capsys.readouterr().out


def test_what_cannot_be_exported_is_one_sentence(tmp_path, pretrained, capsys):
    def refused(run, out):
        words = ["export-weights", "--run", run, "--format", "state-dict", "--out", out]
        assert main([str(word) for word in words]) == 1
        return capsys.readouterr().err

    (tmp_path / "empty").mkdir()
    assert "no trained weights yet" in refused(tmp_path / "empty", tmp_path / "a.pt")
    assert "choose another place" in refused(pretrained, tmp_path)
    (tmp_path / "foreign.safetensors").write_bytes(b"nothing of the kind")
    assert "choose another one" in refused(tmp_path / "foreign.safetensors", tmp_path / "a.pt")
    assert not (tmp_path / "a.pt").exists()
