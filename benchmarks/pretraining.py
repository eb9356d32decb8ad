"""What pretraining costs beside its steps: JSON on standard output.

    python -m benchmarks.pretraining [--network tiny] [--batch 64] [--steps 40] [--regime objtr]
        [--clips 8] [--frames 40] [--share 0.25] [--seconds 4] [--part loop cutting]

Clips of 640 x 480 as JPEG files, drawn for it, with 200 point trajectories and six objects each.

`loop`: the whole loop, which draws, cuts, learns and reports, over the bare step, which only learns, on one
batch that is ready; by turns in the same run, wall and CPU seconds, with as many threads as OMP_NUM_THREADS
says. `cutting`: patches drawn and cut in a second of CPU time, when all frames are kept decoded and when
only a `share` of their bytes is, with clips that take turns and without; measured for so many seconds.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.sampling import snapshot
from core.datasets.patches import PatchReader
from core.events import Progress
from core.networks.initialisation import initialise
from core.networks.sizes import network_named
from core.networks.trunk import Trunk
from core.pairs.sampling import FrameGap
from core.pairs.training_set import TrainingSet, build_training_set
from core.pretraining.batches import PatchBatches, patch_batches
from core.pretraining.config import PretrainConfig
from core.pretraining.loop import take_step, train
from core.pretraining.objectives import Association
from core.pretraining.watch import Watch
from core.training.checkpoint import Resumed
from core.training.device import choose_device, prepare
from core.training.optimisation import sgd

POINTS = 200
ROUNDS = 5


def drawn_clips(folder: Path, clips: int, frames: int) -> TrainingSet:
    """Clips on disk and what is drawn from them."""
    drawn = snapshot(clips, POINTS, frames)
    rng = np.random.default_rng(0)
    contents = []
    for content in drawn.clips:
        root = folder / content.clip.name
        root.mkdir()
        coarse = rng.integers(0, 256, (60, 80 + frames, 3), np.uint8)
        files = tuple(f"{number:03d}.jpg" for number in range(frames))
        for number, name in enumerate(files):
            frame = cv2.resize(coarse[:, number : number + 80], (640, 480), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(root / name), cv2.add(frame, rng.integers(0, 12, frame.shape, np.uint8)))
        contents.append(replace(content, clip=replace(content.clip, root=root, files=files)))
    return build_training_set(replace(drawn, clips=tuple(contents)))


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def loop_over_step(
    batches: PatchBatches, trajectories: np.ndarray, config: PretrainConfig, folder: Path
) -> dict[str, Any]:
    """Seconds a step of the loop and of the bare step, medians over rounds that take turns."""
    device = choose_device(config.device)
    prepare(config.seed)
    network = network_named(config.network, device.type)
    generator = np.random.default_rng(0)
    trunk = Trunk(network, config.dropout)
    initialise(trunk, config.init, torch.Generator().manual_seed(0))
    objective = Association(trunk, config.head, torch.Generator().manual_seed(0)).to(device)
    objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = sgd(objective, config.momentum, config.weight_decay)
    steps = config.steps
    whole = replace(config, steps=steps * (ROUNDS + 1))
    ready = batches.draw(config.batch, np.random.default_rng(1))
    images = torch.from_numpy(ready.patches).to(device).permute(0, 3, 1, 2)
    labels = torch.from_numpy(ready.labels).to(device)
    taken: dict[str, list[tuple[float, float]]] = {"loop": [], "step": []}
    watch = Watch(folder, whole, device, trajectories)
    training = train(objective, optimizer, batches, (), generator, whole, Resumed(), folder, device, watch)

    def waited() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    def looped() -> None:
        done = 0
        for event in training:
            done += isinstance(event, Progress)
            if done == steps:
                break
        waited()

    def bare() -> None:
        for _ in range(steps):
            take_step(objective, optimizer, images, labels, 1e-4, config, device)
        waited()

    with contextlib.closing(training):
        looped()  # so that all is warm: caches of frames as well
        bare()
        for _ in range(ROUNDS):
            taken["loop"].append(timed(looped))
            taken["step"].append(timed(bare))
    each = {
        what: {
            "wall_seconds": statistics.median(wall for wall, _ in times) / steps,
            "cpu_seconds": statistics.median(cpu for _, cpu in times) / steps,
        }
        for what, times in taken.items()
    }
    return {
        **each,
        "loop_over_step": each["loop"]["wall_seconds"] / each["step"]["wall_seconds"],
        "loop_over_step_of_cpu": each["loop"]["cpu_seconds"] / each["step"]["cpu_seconds"],
        "pairs_a_second": config.batch / each["loop"]["wall_seconds"],
        "threads": torch.get_num_threads(),
    }


def cut_a_second(batches: PatchBatches, batch: int, seconds: float) -> int:
    """Patches drawn and cut in a second of CPU time, all threads' together."""
    rng, count = np.random.default_rng(0), 0
    batches.draw(batch, rng)
    began = time.process_time()
    while time.process_time() - began < seconds:
        count += len(batches.draw(batch, rng).patches)
    return round(count / (time.process_time() - began))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", default="tiny")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--regime", default="objtr")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--part", nargs="+", default=["loop", "cutting"])
    args = parser.parse_args()
    report: dict[str, Any] = vars(args).copy() | {"torch": torch.__version__, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as written:
        training_set = drawn_clips(Path(written), args.clips, args.frames)
        size = network_named(args.network, "cpu").input_size
        everything = args.clips * args.frames * 640 * 480 * 3

        def batches(reader: PatchReader, frame_bytes: int | None = None) -> PatchBatches:
            return patch_batches(training_set, "association", args.regime, FrameGap(), reader, frame_bytes)

        if "loop" in args.part:
            config = PretrainConfig(
                network=args.network, batch=args.batch, steps=args.steps, device="cpu", checkpoint_every=10**9
            )
            ids = np.concatenate([one.ids for one in training_set.sets(args.regime)])
            with PatchReader(training_set.clips, size) as reader:
                report["loop"] = loop_over_step(batches(reader), ids, config, Path(written))
        if "cutting" in args.part:
            for name, share, visited in (
                ("all kept", 2.0, False),
                ("a share kept", args.share, True),
                ("a share kept, all clips at a time", args.share, False),
            ):
                budget = int(share * everything)
                with PatchReader(training_set.clips, size, budget) as reader:
                    drawing = batches(reader, budget if visited else None)
                    cut_a_second(drawing, 1024, 4.0)  # fills the cache
                    report[name] = cut_a_second(drawing, args.batch, args.seconds)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
