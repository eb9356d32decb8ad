"""How fast a detector trains and detects; JSON on standard output.

    python -m benchmarks.detection --voc VOCdevkit --proposals F --test-proposals F [--network tiny]
        [--device auto] [--steps 30] [--images 30] [--no-amp]

`loop` is the training loop on the pictures of a set, `bare` the same steps on batches that are ready on the
device; both by the clock, in turns. `neither` is the part of a bare step's time that is neither convolution
nor fully connected, by torch's profiler. Pictures a second are of the job's detection, reading included.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from core.datasets.image import read_image
from core.datasets.voc import CLASSES, read_split
from core.detection.batches import RoIBatch, TrainingImage, make_batch, training_images
from core.detection.config import FinetuneConfig
from core.detection.loop import finetune
from core.detection.losses import detection_losses
from core.detection.predict import detect
from core.detection.proposal_file import Proposals
from core.detection.targets import box_statistics
from core.events import Metric
from core.networks.fast_rcnn import FastRCNN
from core.networks.sizes import network_named
from core.networks.weights import load_trunk
from core.training.checkpoint import Resumed
from core.training.device import choose_device, mixed_precision, prepare
from core.training.optimisation import sgd

YEAR = 2007
READY = 4
"""Batches that bare steps go through in turn."""

MATRIX = ("conv", "mm", "linear")
"""In the names of operations and kernels that are convolutions or fully connected layers."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voc", type=Path, required=True, metavar="DIR")
    parser.add_argument("--proposals", type=Path, required=True, metavar="FILE", help="of trainval")
    parser.add_argument("--test-proposals", type=Path, required=True, metavar="FILE")
    parser.add_argument("--network", default="tiny")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--images", type=int, default=30)
    parser.add_argument("--amp", action=argparse.BooleanOptionalAction, default=True)
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
    }
    for scales in ("single", "multi"):
        config = FinetuneConfig(
            voc=args.voc,
            network=args.network,
            device=args.device,
            scales=scales,
            steps=2 * args.steps,
            report_every=args.steps,
            amp=args.amp,
        ).settled(network_named(args.network, device.type))
        found[scales] = _training(config, images, args.steps, device)
    found["test"] = _testing(args, device)
    print(json.dumps(found, indent=1))


def _training(
    config: FinetuneConfig, images: Sequence[TrainingImage], steps: int, device: torch.device
) -> dict[str, Any]:
    """Steps a second of the loop and of bare steps, and where a bare step's time goes."""
    net = new_net(config).to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = sgd(net, config.momentum, config.weight_decay)
    statistics = box_statistics((image.labelled for image in images), net.classes)
    size = config.image_size
    ready = [make_batch(images, statistics, config, size, step, device) for step in range(READY)]
    bare_steps(net, optimizer, ready, config, device, 2)
    start = time.perf_counter()
    bare_steps(net, optimizer, ready, config, device, steps)
    bare = (time.perf_counter() - start) / steps

    began = Resumed(settings={"report_every": steps})
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for event in finetune(net, optimizer, images, statistics, config, size, began, Path(folder), device):
            if isinstance(event, Metric) and event.name == "loss":
                times.append(time.perf_counter())
                if len(times) == 2:
                    break
    loop = (times[1] - times[0]) / steps
    return {
        "iterations_a_second": round(1 / loop, 2),
        "bare_iterations_a_second": round(1 / bare, 2),
        "loop_by_bare": round(loop / bare, 3),
        "neither": round(_neither(net, optimizer, ready, config, device), 3),
    }


def bare_steps(
    net: FastRCNN,
    optimizer: torch.optim.Optimizer,
    ready: Sequence[RoIBatch],
    config: FinetuneConfig,
    device: torch.device,
    steps: int,
) -> None:
    """Training steps on ready batches; waits for the device."""
    net.train()
    for step in range(steps):
        batch = ready[step % len(ready)]
        with mixed_precision(device, config.amp):
            scores, deltas = net(batch.images, batch.rois)
        of_classes, of_boxes = detection_losses(scores, deltas, batch.labels, batch.targets)
        optimizer.zero_grad(set_to_none=True)
        (of_classes + of_boxes).backward()
        if config.largest_gradient:
            nn.utils.clip_grad_norm_(net.parameters(), config.largest_gradient)
        optimizer.step()
    if device.type == "cuda":
        torch.cuda.synchronize()


def _neither(
    net: FastRCNN,
    optimizer: torch.optim.Optimizer,
    ready: Sequence[RoIBatch],
    config: FinetuneConfig,
    device: torch.device,
) -> float:
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    with profile(activities=activities) as profiler:
        bare_steps(net, optimizer, ready, config, device, READY)
    spent = dict(_self_times(profiler, device))
    return 1 - sum(value for name, value in spent.items() if _is_matrix(name)) / sum(spent.values())


def _self_times(profiler: profile, device: torch.device) -> Iterator[tuple[str, float]]:
    """Microseconds of each operation itself: on the device where that is a GPU."""
    for event in profiler.key_averages():
        on_gpu = device.type == "cuda"
        yield event.key, event.self_device_time_total if on_gpu else event.self_cpu_time_total


def _is_matrix(name: str) -> bool:
    return any(part in name.lower() for part in (*MATRIX, "gemm", "cutlass", "cudnn", "wgrad", "dgrad"))


def _testing(args: argparse.Namespace, device: torch.device) -> dict[str, float]:
    config = FinetuneConfig(voc=args.voc, network=args.network).settled(
        network_named(args.network, device.type)
    )
    net = new_net(config).to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images = read_split(args.voc, YEAR, "test")
    proposals = Proposals.load(args.test_proposals)
    count = min(args.images, len(images) - 1)
    boxes = []
    start = 0.0
    for number, image in enumerate(images[: count + 1]):
        if number == 1:  # the first warms up
            start = time.perf_counter()
        boxes.append(len(proposals[image.id]))
        detect(net, read_image(image.path), proposals[image.id], config.image_size, device, amp=args.amp)
    seconds = time.perf_counter() - start
    return {"images_a_second": round(count / seconds, 2), "boxes_an_image": float(np.mean(boxes).round())}


def new_net(config: FinetuneConfig) -> FastRCNN:
    """A detector with random weights."""
    generator = torch.Generator().manual_seed(config.seed)
    return FastRCNN(load_trunk("random", config.network, generator), len(CLASSES), generator)


if __name__ == "__main__":
    main()
