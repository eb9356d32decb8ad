"""The job that probes a trunk on Caltech-101 or on VOC objects; leaves `results/probe.json`."""

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.atomic_file import write_atomically
from core.datasets.caltech101 import read_caltech101
from core.datasets.class_list import chosen_classes, of_classes
from core.datasets.voc import read_split
from core.datasets.voc_remarks import remarks_on
from core.evaluation.config import ProbeConfig
from core.evaluation.intervals import t_interval
from core.evaluation.probe_features import BATCH, LabelledBox, features, objects_of
from core.evaluation.probes import choose, nearest_neighbours, probe, usable_classes
from core.events import Event, Log, Metric, Progress
from core.networks.sizes import network_named
from core.networks.trunk import Trunk
from core.networks.weights import load_trunk
from core.percent import percent
from core.runs.run_folder import RunFolder
from core.training.device import choose_device, prepare


@dataclass(frozen=True, eq=False)
class _Split:
    """Which boxes train and which test, (N,) bool each; `per_class` of each class train."""

    per_class: int
    train: np.ndarray
    test: np.ndarray


def run(folder: RunFolder, config: ProbeConfig) -> Generator[Event, None, None]:
    """Probe in a run folder.

    Metrics, such as `linear/10/pool5`: the accuracy, mean over classes, of a classifier that was trained
    on so many images of each class; the step is the number of their random choice, from 1.
    """
    device = choose_device(config.device)
    prepare(config.seed)
    trunk = _trunk(config, device)
    boxes, is_test, names, remarks = _boxes(config)
    for remark in remarks:
        yield Log(remark)
    labels = np.array([one.label for one in boxes])
    generator = np.random.default_rng(config.seed)

    splits = list(_splits(config, labels, is_test, generator))
    for shot in sorted({*config.shots} - {split.per_class for split in splits}):
        yield Log(f"Not probed with {shot} images of each class, as one has fewer; choose other shots.")
    used = np.flatnonzero(np.any([split.train | split.test for split in splits], axis=0))
    found = yield from _features(trunk, [boxes[row] for row in used], config.layers, device)

    results: dict[str, dict[str, Any]] = {}
    for done, (layer, split) in enumerate((layer, split) for layer in config.layers for split in splits):
        yield Progress(done, len(config.layers) * len(splits), f"Classifying by {layer}")
        train, test = split.train[used], split.test[used]
        parts = (found[layer][train], labels[used][train], found[layer][test], labels[used][test])
        score = probe(*parts, generator)
        measured: list[tuple[str, float, float | None]] = [("linear", score.accuracy, score.penalty)]
        if split.per_class == config.per_class:
            measured.append(("knn", nearest_neighbours(*parts, config.neighbours), None))
        for classifier, accuracy, penalty in measured:
            name = f"{classifier}/{split.per_class}/{layer}"
            what = {"layer": layer, "classifier": classifier, "per_class": split.per_class}
            row = results.setdefault(name, {**what, "accuracies": [], "penalties": []})
            row["accuracies"].append(accuracy)
            row["penalties"].append(penalty)
            yield Metric(name, len(row["accuracies"]), accuracy)
    result = _result(config, trunk, names, list(results.values()), int(splits[0].test.sum()))
    write_atomically(folder.results / "probe.json", json.dumps(result, indent=1).encode())
    yield Log(
        f"A linear classifier on {result['layer']} of the {trunk.network.name} network classifies "
        f"{percent(result['accuracy'], 1)} correctly, of {len(names)} classes "
        f"(chance {percent(1 / len(names), 1)})."
    )


def _splits(
    config: ProbeConfig, labels: np.ndarray, is_test: np.ndarray, generator: np.random.Generator
) -> Iterator[_Split]:
    """Random choices of training images; a number of them that a class does not have is left out."""
    trainable = np.where(is_test, -1, labels)
    has_test_set = bool(is_test.any())
    # Caltech-101 has no test set: what is not chosen for training tests.
    most = int(np.bincount(labels[~is_test]).min()) - (0 if has_test_set else 1)
    shots = [shot for shot in sorted({*config.shots} - {config.per_class}) if shot <= most]
    for per_class, count in [(config.per_class, config.splits), *((shot, config.draws) for shot in shots)]:
        for _ in range(count):
            train = choose(trainable, per_class, generator) & ~is_test
            yield _Split(per_class, train, is_test if has_test_set else ~train)


def _features(
    trunk: Trunk, boxes: Sequence[LabelledBox], layers: Sequence[str], device: torch.device
) -> Generator[Event, None, dict[str, np.ndarray]]:
    """The features of boxes, for each layer (N, D), with progress."""
    found = []
    for done, batch in enumerate(features(trunk, boxes, layers, device), start=1):
        found.append(batch)
        yield Progress(min(done * BATCH, len(boxes)), len(boxes), f"Computing {', '.join(layers)}")
    return {layer: np.concatenate([batch[layer] for batch in found]) for layer in layers}


def _result(
    config: ProbeConfig, trunk: Trunk, names: Sequence[str], results: list[dict[str, Any]], test_images: int
) -> dict[str, Any]:
    """What `probe.json` holds; what one split cannot say, such as `half`, is null.

    `results` are by layer, classifier and images of a class, with the mean of their `accuracies` and the
    half width of its 95 % t-interval over the random choices of training images. `accuracy` … `splits` are
    those of the first: the linear classifier on the lowest layer.
    """
    for row in results:
        interval = t_interval(row["accuracies"])
        row["mean"], row["half"] = interval.mean, interval.half if interval.count > 1 else None
    first = results[0]
    accuracies = np.array(first["accuracies"])
    return {
        "set": "caltech101" if config.caltech101 else f"voc{config.year}",
        "init": config.init,
        "seed": config.seed,
        "network": trunk.network.name,
        "layer": first["layer"],
        "accuracy": first["mean"],
        "standard_deviation": float(accuracies.std(ddof=1)) if len(accuracies) > 1 else None,
        "splits": first["accuracies"],
        "penalties": first["penalties"],
        "chance": 1 / len(names),
        "classes": list(names),
        "per_class": config.per_class,
        "neighbours": config.neighbours,
        "test_images": test_images,
        "results": results,
    }


def _trunk(config: ProbeConfig, device: torch.device) -> Trunk:
    network = network_named(config.network, device.type).name if config.init == "random" else None
    generator = torch.Generator().manual_seed(config.seed)
    trunk = load_trunk(config.init, network, generator, initialisation=config.initialisation)
    return trunk.to(device)


def _boxes(config: ProbeConfig) -> tuple[list[LabelledBox], np.ndarray, list[str], list[str]]:
    """What is to be named, which of it only tests (N,) bool, the names of its classes, and remarks on it."""
    if config.caltech101:
        images = read_caltech101(config.caltech101)
        boxes = [
            LabelledBox(path, int(label)) for path, label in zip(images.paths, images.labels, strict=True)
        ]
        train, test, names = images.labels, images.labels, images.names
        is_test = np.zeros(len(boxes), bool)
        needed, remarks = config.per_class + 1, [f"Probing on {len(boxes):,} images{images.without}."]
    else:
        assert config.voc is not None  # ProbeConfig sees to it
        sets = [read_split(config.voc, config.year, name) for name in ("trainval", "test")]
        names = classes = chosen_classes(config.classes, sets[0], "trainval")
        parts = [objects_of(of_classes(one, classes), classes) for one in sets]
        boxes = parts[0] + parts[1]
        is_test = np.arange(len(boxes)) >= len(parts[0])
        train, test = (np.array([one.label for one in part]) for part in parts)
        needed = config.per_class
        named = zip(("trainval", "test"), sets, strict=True)
        remarks = [remark for name, one in named for remark in remarks_on(one, name, classes)]
    kept = usable_classes(train, test, needed)
    place = {int(label): number for number, label in enumerate(kept)}
    rows = [row for row, one in enumerate(boxes) if one.label in place]
    renamed = [LabelledBox(boxes[row].path, place[boxes[row].label], boxes[row].box) for row in rows]
    return renamed, is_test[rows], [names[label] for label in kept], remarks
