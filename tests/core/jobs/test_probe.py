import json

import cv2
import numpy as np
import pytest
import torch

from core import jobs
from core.datasets.voc import VocImage, VocObject, write_annotation
from core.evaluation.config import ProbeConfig
from core.evaluation.intervals import t_interval
from core.events import Log, Metric, Progress
from core.networks.weights import IN_RUN, load_trunk, save_trunk
from core.runs.run_folder import RunFolder

BOTH = (("linear", 6), ("knn", 6))
COLOURS = {"cat": (200, 60, 60), "dog": (60, 200, 60), "sheep": (60, 60, 200)}


def image(generator, colour):
    return np.clip(generator.normal(colour, 40, (60, 80, 3)), 0, 255).astype(np.uint8)


@pytest.fixture
def caltech(tmp_path):
    generator = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        folder = tmp_path / "101_ObjectCategories" / name
        folder.mkdir(parents=True)
        for number in range(10):
            assert cv2.imwrite(str(folder / f"image_{number:04d}.jpg"), image(generator, colour))
    return tmp_path


@pytest.fixture
def voc(tmp_path):
    generator = np.random.default_rng(0)
    folder = tmp_path / "VOCdevkit" / "VOC2007"
    for name in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / name).mkdir(parents=True)
    ids = {"trainval": [], "test": []}
    for number in range(30):
        part, id = ("trainval" if number < 24 else "test"), f"{number:06d}"
        ids[part].append(id)
        name = list(COLOURS)[number % 3]
        path = folder / "JPEGImages" / f"{id}.jpg"
        pixels = np.full((100, 120, 3), 128, np.uint8)
        pixels[20:80, 20:100] = image(generator, COLOURS[name])
        assert cv2.imwrite(str(path), pixels)
        box = np.array([20, 20, 100, 80], np.float32)
        objects = (VocObject(name, box, False, False), VocObject("person", box, True, False))
        write_annotation(VocImage(id, path, 120, 100, objects), folder)
    for part, names in ids.items():
        (folder / "ImageSets" / "Main" / f"{part}.txt").write_text("\n".join(names) + "\n")
    return tmp_path / "VOCdevkit"


def test_no_more_objects_are_looked_at_than_train_or_test(tmp_path, voc):
    config = ProbeConfig(voc=voc, network="tiny", device="cpu", per_class=2, splits=1, shots=())
    events = jobs.run(RunFolder.create(tmp_path / "run", "probe", config))
    first = next(event for event in events if isinstance(event, Progress))
    assert (first.step, first.total) == (3 * 2 + 6, 3 * 2 + 6)


def result_of(path, config):
    folder = RunFolder.create(path, "probe", config)
    events = list(jobs.run(folder))
    assert any(isinstance(event, Progress) for event in events)
    result = json.loads((folder.results / "probe.json").read_text())
    metrics = [(event.name, event.value) for event in events if isinstance(event, Metric)]
    assert sorted(metrics) == sorted(
        (f"{row['classifier']}/{row['per_class']}/{row['layer']}", accuracy)
        for row in result["results"]
        for accuracy in row["accuracies"]
    )
    return result


@pytest.mark.parametrize("layer", ["pool5", "fc6", "fc7"])
def test_colours_are_told_apart_by_a_random_trunk(tmp_path, caltech, layer):
    config = ProbeConfig(caltech101=caltech, network="tiny", device="cpu", layer=layer, per_class=6)
    result = result_of(tmp_path / "run", config)
    assert result["accuracy"] > 0.9
    assert result["chance"] == pytest.approx(1 / 3)
    assert result["classes"] == ["cat", "dog", "sheep"]
    assert result["test_images"] == 12
    assert result["layer"] == layer
    rows = [(row["layer"], row["classifier"], row["per_class"]) for row in result["results"]]
    assert rows == [(layer, name, count) for name, count in [*BOTH, ("linear", 1), ("linear", 5)]]


def test_each_layer_is_probed_with_all_labels_and_with_few(tmp_path, caltech):
    words = {"network": "tiny", "device": "cpu", "per_class": 6, "shots": (2, 10), "draws": 4}
    config = ProbeConfig(caltech101=caltech, **words)
    events = list(jobs.run(RunFolder.create(tmp_path / "run", "probe", config)))
    result = json.loads((tmp_path / "run" / "results" / "probe.json").read_text())
    rows = {(row["layer"], row["classifier"], row["per_class"]): row for row in result["results"]}
    assert list(rows) == [
        (layer, name, count) for layer in ("pool5", "fc6", "fc7") for name, count in [*BOTH, ("linear", 2)]
    ]
    for (_, _, count), row in rows.items():
        assert len(row["accuracies"]) == (4 if count == 2 else 3)
        assert row["mean"] == pytest.approx(np.mean(row["accuracies"]))
        assert row["half"] == pytest.approx(t_interval(row["accuracies"]).half)
    assert (result["layer"], result["accuracy"]) == ("pool5", rows["pool5", "linear", 6]["mean"])
    [said] = [event.text for event in events if isinstance(event, Log) and "Not probed" in event.text]
    assert "10 images" in said  # a class has 10, and one must be left to test


def test_objects_of_voc_are_named_and_difficult_ones_left_out(tmp_path, voc):
    trunk = load_trunk("random", "tiny", torch.Generator().manual_seed(1))
    save_trunk(trunk, tmp_path / "pretrained" / IN_RUN)
    config = ProbeConfig(voc=voc, init=str(tmp_path / "pretrained"), device="cpu", per_class=6)
    result = result_of(tmp_path / "run", config)
    assert result["classes"] == ["cat", "dog", "sheep"]
    assert result["test_images"] == 6
    assert result["accuracy"] > 0.8
    assert result["network"] == "tiny"
