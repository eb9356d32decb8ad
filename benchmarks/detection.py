"""How fast a detector trains and detects, and what all of Table 1 would take; JSON on standard output.

    python -m benchmarks.detection --voc VOCdevkit --proposals F --test-proposals F [--network tiny]
        [--device auto] [--steps 20] [--rounds 3] [--images 30] [--no-amp] [--bfloat16] [--detector RUN]
        [--pretraining-step SECONDS]

`loop` is the training loop on pictures of a set that were decoded before, `bare` those steps on batches that
are ready on the device; by the clock and in CPU seconds of all threads, medians of rounds that take turns.
`neither` is the part of a bare step's time that is neither convolution nor fully connected; `milliseconds`
says where the time goes. `test` is of the job's detection, reading included, with one picture at a time and
with several. `agreement` holds detections in bfloat16 against those in float32; with `--detector`, of a
detector that learnt something, by their mean AP on those pictures too. `nms` is of 2,000 boxes, and of 100
boxes of each of 20 classes at once. `--bfloat16` lets a CPU compute in it.

`table1_hours` is arithmetic on these figures: the paper's 16 cells with one seed, 40,000 steps each, without
the search for proposals and without evaluation; with `--pretraining-step`, the seconds of a step of
pretraining by `benchmarks.pretraining`, six pretrainings of 100,000 steps are counted too.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.step_parts import where_time_goes
from core.datasets.image import read_image
from core.datasets.voc import CLASSES, VocImage, read_split
from core.detection.batches import RoIBatch, TrainingImage, make_batch, training_images
from core.detection.config import SCHEDULES, DetectConfig, FinetuneConfig
from core.detection.detector_file import load_detector
from core.detection.loop import finetune, learn
from core.detection.nms import nms
from core.detection.pictures import Pictures
from core.detection.predict import Detected, Prepared, Rules
from core.detection.proposal_file import Proposals
from core.detection.set_detection import AT_ONCE, detect_set, ready
from core.detection.targets import box_statistics
from core.evaluation.voc_ap import evaluate, metric_of, truth_of
from core.events import Metric
from core.jobs.detect import AHEAD, detections_of_class
from core.matrix import entries as matrix
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import ImageSize, network_named
from core.networks.weights import load_trunk
from core.training.ahead import mapped_ahead
from core.training.checkpoint import Resumed, save_checkpoint
from core.training.device import choose_device, prepare
from core.training.optimisation import set_learning_rate, sgd
from core.usable_cores import usable_cores

YEAR = 2007
PICTURES = 200
"""Pictures that the loop learns from, at most: all are decoded before it is timed."""

READY = 20
"""Batches that are made ready for bare steps at a time."""

FILLING = 0.5
"""Seconds in which the loop makes the batches that it has ahead, before bare steps are timed."""

CELLS = {"single": 7, "multi": 7, "voc2012": 2}
"""Of the paper's Table 1."""

TESTED = {"single": 4_952, "multi": 4_952, "voc2012": 10_991}
"""Pictures of the test sets."""

PRETRAININGS = 6
"""All networks of the table but RandomNet."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voc", type=Path, required=True, metavar="DIR")
    parser.add_argument("--proposals", type=Path, required=True, metavar="FILE", help="of trainval")
    parser.add_argument("--test-proposals", type=Path, required=True, metavar="FILE")
    parser.add_argument("--network", default="tiny")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=30)
    parser.add_argument("--amp", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--detector", type=Path, metavar="RUN", help="that is compared with itself")
    parser.add_argument("--pretraining-step", type=float, metavar="SECONDS")
    args = parser.parse_args()

    device = choose_device(args.device)
    prepare(0)
    images = training_images(
        read_split(args.voc, YEAR, "trainval"), Proposals.load(args.proposals), difficult=True
    )
    found: dict[str, Any] = {
        "network": args.network,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "bfloat16": args.amp if device.type == "cuda" else args.bfloat16,
    }
    for scales in ("single", "multi"):
        config = FinetuneConfig(
            voc=args.voc,
            network=args.network,
            device=args.device,
            scales=scales,
            steps=args.steps * (args.rounds + 1),
            report_every=args.steps,
            checkpoint_every=10**9,
            amp=args.amp,
            amp_on_cpu=args.bfloat16,
        ).settled(network_named(args.network, device.type))
        found[scales] = _training(config, images[:PICTURES], args.rounds, device)
    found["test"] = _testing(args, config.image_size, device)
    found["agreement"] = _agreement(args, config.image_size, device)
    found["nms"] = _suppression(device)
    found["table1_hours"] = _table1_hours(found, args.pretraining_step)
    print(json.dumps(found, indent=1))


def _training(
    config: FinetuneConfig, images: Sequence[TrainingImage], rounds: int, device: torch.device
) -> dict[str, Any]:
    """Steps a second of the loop and of bare steps, and where a bare step's time goes."""
    net = new_net(config.network).to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = sgd(net, config.momentum, config.weight_decay)
    set_learning_rate(optimizer, 1e-4)
    held = _timed(lambda: [image.labelled for image in images], device) / len(images)
    statistics_of_boxes = box_statistics((image.labelled for image in images), net.classes)
    pictures = Pictures.within(device, config.picture_bytes)
    decoded = _timed(lambda: [pictures.read(image.path) for image in images], device) / len(images)
    make = partial(make_batch, images, statistics_of_boxes, config, config.image_size, pictures=pictures)
    steps, began = config.report_every, Resumed(settings={"report_every": config.report_every})
    taken: dict[str, list[np.ndarray]] = {"loop": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        training = finetune(
            *(net, optimizer, images, statistics_of_boxes, config, config.image_size, began),
            *(Path(folder), device, pictures),
        )

        def loop() -> None:
            next(event for event in training if isinstance(event, Metric) and event.name == "loss")

        for number in range(rounds + 1):
            taken["loop"].append(_taken(loop, device) / steps)
            time.sleep(FILLING)
            bare = np.zeros(2)
            for first in range(number * steps, (number + 1) * steps, READY):
                batches = [make(step) for step in range(first, min(first + READY, (number + 1) * steps))]
                bare += _taken(partial(bare_steps, net, optimizer, batches, config, device), device)
            taken["bare"].append(bare / steps)
        training.close()
        saved = _timed(lambda: save_checkpoint(Path(folder), 1, net, optimizer, {}, config), device)
    # Those of the first round warmed up.
    of_loop, of_bare = (np.median(each[1:], axis=0) for each in taken.values())
    profiled = partial(bare_steps, net, optimizer, batches, config, device)
    return {
        "iterations_a_second": round(1 / of_loop[0], 2),
        "bare_iterations_a_second": round(1 / of_bare[0], 2),
        "loop_by_bare": round(of_loop[0] / of_bare[0], 3),
        "loop_by_bare_of_cpu": round(of_loop[1] / of_bare[1], 3),
        "checkpoint_seconds": round(saved, 2),
        "first_visit_milliseconds": {
            "decoding": round(1000 * decoded, 2),
            "labelling": round(1000 * held, 2),
        },
        **where_time_goes(profiled, len(batches), device),
    }


def bare_steps(
    net: FastRCNN,
    optimizer: torch.optim.Optimizer,
    batches: Sequence[RoIBatch],
    config: FinetuneConfig,
    device: torch.device,
) -> None:
    """Training steps on ready batches."""
    net.train()
    for batch in batches:
        learn(net, batch, config, device)
        optimizer.step()


def _testing(args: argparse.Namespace, size: ImageSize, device: torch.device) -> dict[str, float]:
    net = new_net(args.network).to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    rules = Rules(amp=args.amp, amp_on_cpu=args.bfloat16)
    images = read_split(args.voc, YEAR, "test")[: args.images]
    proposals = Proposals.load(args.test_proposals)
    some = _read(images[:3], proposals, size, device)
    list(detect_set(net, some, device, rules))  # warms up
    taken: dict[int, list[float]] = {1: [], AT_ONCE: []}
    for _ in range(args.rounds):
        for at_once, times in taken.items():
            times.append(
                _timed(partial(_detect, net, images, proposals, size, device, rules, at_once), device)
            )
    rates = {at_once: len(images) / statistics.median(times) for at_once, times in taken.items()}
    return {
        "images_a_second_one_at_once": round(rates[1], 2),
        "images_a_second": round(rates[AT_ONCE if device.type == "cuda" else 1], 2),
        f"images_a_second_{AT_ONCE}_at_once": round(rates[AT_ONCE], 2),
        "boxes_an_image": float(np.mean([len(proposals[image.id]) for image in images]).round()),
    }


def _detect(
    net: FastRCNN,
    images: Sequence[VocImage],
    proposals: Proposals,
    size: ImageSize,
    device: torch.device,
    rules: Rules,
    at_once: int = 0,
) -> list[list[Detected]]:
    """What the job does, reading included."""
    return list(detect_set(net, _read(images, proposals, size, device), device, rules, at_once))


def _read(
    images: Sequence[VocImage], proposals: Proposals, size: ImageSize, device: torch.device
) -> Iterator[Prepared]:
    def read(image: VocImage) -> Prepared:
        return ready(read_image(image.path), proposals[image.id], size, device)

    return mapped_ahead(read, images, usable_cores(), AHEAD)


def _agreement(args: argparse.Namespace, size: ImageSize, device: torch.device) -> dict[str, Any]:
    """Scores in bfloat16 less those in float32, rank by rank, and what either makes of mean AP."""
    net = new_net(args.network)
    if args.detector:
        detector = load_detector(args.detector)
        net, size = detector.net, detector.size
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images = read_split(args.voc, YEAR, "test")[: args.images]
    proposals = Proposals.load(args.test_proposals)
    exact, half = (
        _detect(net, images, proposals, size, device, Rules(amp=in_half, amp_on_cpu=in_half))
        for in_half in (False, True)
    )
    apart = [
        np.abs(one.candidates - other.candidates)
        for each in zip(exact, half, strict=True)
        for one, other in zip(*each, strict=True)
    ]
    found = {
        "images": len(images),
        "largest_difference_of_scores": round(float(max(each.max(initial=0) for each in apart)), 5),
        "mean_difference_of_scores": round(float(np.concatenate(apart).mean()), 6),
    }
    if args.detector:
        found["map_float32"], found["map_bfloat16"] = (_mean_ap(images, each) for each in (exact, half))
    return found


def _mean_ap(images: Sequence[VocImage], found: Sequence[Sequence[Detected]]) -> float:
    detections = {
        name: detections_of_class(images, [each[place] for each in found], DetectConfig().set_cap)
        for place, name in enumerate(CLASSES)
    }
    result = evaluate(detections, truth_of(images), metric_of("auto", YEAR).name)
    return round(100 * result.mean_ap, 2)


def _suppression(device: torch.device, repeat: int = 20) -> dict[str, float]:
    """Milliseconds of non-maximum suppression on the device, from an IoU of 0.3 on."""
    generator = torch.Generator().manual_seed(0)
    start = torch.rand(2000, 2, generator=generator) * 400
    boxes = torch.cat([start, start + 20 + torch.rand(2000, 2, generator=generator) * 150], dim=1)
    alone = partial(nms, boxes.to(device), 0.3)
    by_class = partial(nms, boxes.reshape(20, 100, 4), 0.3)  # on the CPU, as in detection
    each = {"2000_boxes": alone, "20_classes_of_100": by_class}
    return {
        name: round(1000 * min(_timed(work, device) for _ in range(repeat)), 2) for name, work in each.items()
    }


def _table1_hours(found: dict[str, Any], pretraining_step: float | None) -> dict[str, float]:
    """Hours of one seed: from the rates of the loop and of detection."""
    steps = SCHEDULES["seed_40k"].steps
    whole = matrix.SCHEDULES["paper"]
    saved = steps / whole.fine_tuning["checkpoint_every"]
    each = {name: found["multi" if name == "multi" else "single"] for name in CELLS}
    seconds = {
        "training": sum(CELLS[name] * steps / one["iterations_a_second"] for name, one in each.items()),
        "checkpoints": sum(CELLS[name] * saved * one["checkpoint_seconds"] for name, one in each.items()),
        "detection": sum(count * TESTED[name] for name, count in CELLS.items())
        / found["test"]["images_a_second"],
    }
    if pretraining_step:
        seconds["pretraining"] = PRETRAININGS * pretraining_step * whole.pretraining["steps"]
    seconds["all"] = sum(seconds.values())
    return {name: round(value / 3600, 2) for name, value in seconds.items()}


def _timed(work: Callable[[], object], device: torch.device) -> float:
    """Seconds by the clock, until a GPU is done too."""
    return float(_taken(work, device)[0])


def _taken(work: Callable[[], object], device: torch.device) -> np.ndarray:
    """(2,) seconds by the clock and of all threads on the CPU, until a GPU is done too."""
    start = np.array([time.perf_counter(), time.process_time()])
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return np.array([time.perf_counter(), time.process_time()]) - start


def new_net(network: str) -> FastRCNN:
    """A detector with random weights."""
    generator = torch.Generator().manual_seed(0)
    return FastRCNN(load_trunk("random", network, generator), len(CLASSES), generator)


if __name__ == "__main__":
    main()
