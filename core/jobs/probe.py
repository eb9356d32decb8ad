"""The job that probes a trunk on Caltech-101 or on VOC objects; leaves `results/probe.json`."""

import json
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import torch

from core.atomic_file import write_atomically
from core.datasets.caltech101 import read_caltech101
from core.datasets.voc import CLASSES, read_split
from core.evaluation.config import ProbeConfig
from core.evaluation.probes import (
    BATCH,
    LabelledBox,
    ProbeScore,
    choose,
    features,
    objects_of,
    probe,
    usable_classes,
)
from core.events import Event, Log, Metric, Progress
from core.networks.sizes import network_named
from core.networks.trunk import Trunk
from core.networks.weights import load_trunk
from core.runs.run_folder import RunFolder
from core.training.device import choose_device, prepare


def run(folder: RunFolder, config: ProbeConfig) -> Generator[Event, None, None]:
    """Probe in a run folder; Metric `probe_accuracy` is the mean over classes of each split."""
    device = choose_device(config.device)
    prepare(config.seed)
    trunk = _trunk(config, device)
    boxes, is_test, names = _boxes(config)
    labels = np.array([one.label for one in boxes])
    generator = np.random.default_rng(config.seed)

    chosen = [
        choose(np.where(is_test, -1, labels), config.per_class, generator) & ~is_test
        for _ in range(config.splits)
    ]
    # Caltech-101 has no test set: what is not chosen for training tests.
    tested = [is_test if is_test.any() else ~train for train in chosen]
    used = np.flatnonzero(np.any([*chosen, *tested], axis=0))
    found = yield from _features(trunk, [boxes[row] for row in used], config.layer, device)
    targets = torch.from_numpy(labels[used])

    scores = []
    for split, (train, test) in enumerate(zip(chosen, tested, strict=True), start=1):
        train, test = train[used], test[used]
        scores.append(probe(found[train], targets[train], found[test], targets[test], generator))
        yield Metric("probe_accuracy", split, scores[-1].accuracy)
    result = _result(config, trunk, names, scores, int(tested[-1].sum()))
    write_atomically(folder.results / "probe.json", json.dumps(result, indent=1).encode())
    yield Log(
        f"A linear classifier on {config.layer} of the {trunk.network.name} network classifies "
        f"{result['accuracy']:.1%} correctly, of {len(names)} classes (chance {1 / len(names):.1%})."
    )


def _features(
    trunk: Trunk, boxes: Sequence[LabelledBox], layer: str, device: torch.device
) -> Generator[Event, None, torch.Tensor]:
    """The features of boxes, (N, D), with progress."""
    found = []
    for done, batch in enumerate(features(trunk, boxes, layer, device), start=1):
        found.append(batch)
        yield Progress(min(done * BATCH, len(boxes)), len(boxes), f"Computing {layer}")
    return torch.cat(found)


def _result(
    config: ProbeConfig, trunk: Trunk, names: Sequence[str], scores: Sequence[ProbeScore], test_images: int
) -> dict[str, Any]:
    """What `probe.json` holds; `standard_deviation` is null for one split."""
    accuracies = np.array([score.accuracy for score in scores])
    return {
        "set": "caltech101" if config.caltech101 else f"voc{config.year}",
        "init": config.init,
        "network": trunk.network.name,
        "layer": config.layer,
        "accuracy": float(accuracies.mean()),
        "standard_deviation": float(accuracies.std(ddof=1)) if len(accuracies) > 1 else None,
        "splits": accuracies.tolist(),
        "penalties": [score.penalty for score in scores],
        "chance": 1 / len(names),
        "classes": list(names),
        "per_class": config.per_class,
        "test_images": test_images,
    }


def _trunk(config: ProbeConfig, device: torch.device) -> Trunk:
    network = network_named(config.network, device.type).name if config.init == "random" else None
    generator = torch.Generator().manual_seed(config.seed)
    trunk = load_trunk(config.init, network, generator, initialisation=config.initialisation)
    return trunk.to(device)


def _boxes(config: ProbeConfig) -> tuple[list[LabelledBox], np.ndarray, list[str]]:
    """What is to be named, which of it only tests (N,) bool, and the names of its classes."""
    if config.caltech101:
        images = read_caltech101(config.caltech101)
        boxes = [
            LabelledBox(path, int(label)) for path, label in zip(images.paths, images.labels, strict=True)
        ]
        train, test, names = images.labels, images.labels, images.names
        is_test = np.zeros(len(boxes), bool)
        needed = config.per_class + 1
    else:
        assert config.voc is not None  # ProbeConfig sees to it
        parts = [objects_of(read_split(config.voc, config.year, name)) for name in ("trainval", "test")]
        boxes, names = parts[0] + parts[1], CLASSES
        is_test = np.arange(len(boxes)) >= len(parts[0])
        train, test = (np.array([one.label for one in part]) for part in parts)
        needed = config.per_class
    kept = usable_classes(train, test, needed)
    place = {int(label): number for number, label in enumerate(kept)}
    rows = [row for row, one in enumerate(boxes) if one.label in place]
    renamed = [LabelledBox(boxes[row].path, place[boxes[row].label], boxes[row].box) for row in rows]
    return renamed, is_test[rows], [names[label] for label in kept]
