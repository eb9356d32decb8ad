"""What pretraining costs beside its steps: JSON on standard output.

    python -m benchmarks.pretraining [--networks tiny] [--batch 64] [--steps 40] [--regime objtr]
        [--device cpu] [--bfloat16] [--clips 8] [--frames 40] [--share 0.25] [--seconds 4]
        [--part loop cutting] [--profile] [--compiled]

Clips of 640 x 480 as JPEG files, drawn for it, with 200 point trajectories and ten objects each.

`loop`: the whole loop, which draws, cuts, learns, reports and records, over the bare step, which only learns,
on one batch that is ready; by turns in the same run, wall and CPU seconds, with as many threads as
OMP_NUM_THREADS says; on a GPU also the share of what it multiplies in bfloat16. `--bfloat16` lets a CPU
compute in it. `--profile` adds what the operations of a step take; `--compiled` compiles the network for a
GPU. `cutting`: patches drawn and cut in a second of CPU time when all frames are kept decoded and when only
a `share` of their bytes is, with clips that take turns and without; measured for so many seconds.
"""

import argparse
import contextlib
import copy
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
from torch.profiler import profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.sampling import snapshot
from core.config import DEVICES
from core.datasets.patches import PatchReader
from core.events import Progress
from core.networks.initialisation import initialise
from core.networks.sizes import NETWORKS, network_named
from core.networks.trunk import Trunk
from core.pairs.sampling import FrameGap
from core.pairs.training_set import TrainingSet, build_training_set
from core.pretraining.batches import PatchBatches, Reader, patch_batches
from core.pretraining.config import PretrainConfig
from core.pretraining.device_patches import DevicePatchReader
from core.pretraining.loop import on_device, take_step, train
from core.pretraining.objectives import Association
from core.pretraining.record.watch import Watch
from core.training.checkpoint import Resumed
from core.training.device import choose_device, compile_for_gpu, prepare
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


def reader_on(
    training_set: TrainingSet, size: int, device: torch.device, budget: int
) -> PatchReader | DevicePatchReader:
    """Cuts patches where it trains."""
    if device.type == "cuda":
        return DevicePatchReader(training_set.clips, size, device, budget)
    return PatchReader(training_set.clips, size, budget)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def loop_over_step(
    batches: PatchBatches, trajectories: np.ndarray, config: PretrainConfig, folder: Path, profiled: bool
) -> dict[str, Any]:
    """Seconds a step of the loop and of the bare step, medians over rounds that take turns."""
    device = choose_device(config.device)
    prepare(config.seed, deterministic=config.deterministic)
    network = network_named(config.network, device.type)
    generator = np.random.default_rng(0)
    trunk = Trunk(network, config.dropout)
    initialise(trunk, config.init, torch.Generator().manual_seed(0))
    objective = Association(trunk, config.head, torch.Generator().manual_seed(0)).to(device)
    objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    counted = flops(objective, config)
    if config.compiled:
        compile_for_gpu(objective)
    optimizer = sgd(objective, config.momentum, config.weight_decay)
    steps = config.steps
    assert steps % config.report_every == 0
    whole = replace(config, steps=steps * (ROUNDS + 1))
    ready = batches.draw(config.batch, np.random.default_rng(1))
    images, labels = on_device(ready, device)
    taken: dict[str, list[tuple[float, float]]] = {"loop": [], "step": []}
    watch = Watch(folder, whole, device, trajectories)
    training = train(objective, optimizer, batches, (), generator, whole, Resumed(), folder, device, watch)

    def waited() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    def looped() -> None:
        for event in training:
            if isinstance(event, Progress) and event.step % steps == 0:
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
    rate = counted / each["loop"]["wall_seconds"]
    more: dict[str, Any] = {"flops_a_second": rate}
    if device.type == "cuda":
        more["share_of_bfloat16_peak"] = rate / peak(device)
        more["card"] = torch.cuda.get_device_name(device)
    if profiled:
        with profile() as seen:
            bare()
        more["profile"] = operations(seen, steps, device)
    return {
        **each,
        **more,
        "loop_over_step": each["loop"]["wall_seconds"] / each["step"]["wall_seconds"],
        "loop_over_step_of_cpu": each["loop"]["cpu_seconds"] / each["step"]["cpu_seconds"],
        "pairs_a_second": config.batch / each["loop"]["wall_seconds"],
        "threads": torch.get_num_threads(),
    }


def flops(objective: Association, config: PretrainConfig) -> float:
    """Operations of one step, counted on a CPU in one of two pairs."""
    tried, size = copy.deepcopy(objective).cpu(), objective.trunk.network.input_size
    with FlopCounterMode(display=False) as counter:
        tried(torch.zeros(4, 3, size, size), torch.tensor([0, 1])).loss.backward()
    return counter.get_total_flops() * config.batch / 2


def peak(device: torch.device) -> float:
    """Operations a second of products of large bfloat16 matrices."""
    one = torch.ones(8192, 8192, dtype=torch.bfloat16, device=device)
    seconds = []
    for _ in range(12):
        torch.cuda.synchronize(device)
        began = time.perf_counter()
        one @ one
        torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - began)
    return float(2 * 8192**3 / statistics.median(seconds[2:]))


def operations(seen: Any, steps: int, device: torch.device) -> list[dict[str, Any]]:
    """The operations that take longest, with milliseconds a step."""
    on = "self_device_time_total" if device.type == "cuda" else "self_cpu_time_total"
    ordered = sorted(seen.key_averages(), key=lambda one: -getattr(one, on))
    return [
        {"operation": one.key, "milliseconds": getattr(one, on) / 1000 / steps, "calls": one.count / steps}
        for one in ordered[:30]
    ]


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
    parser.add_argument("--networks", nargs="+", default=["tiny"], choices=tuple(NETWORKS))
    parser.add_argument("--device", default="cpu", choices=DEVICES)
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40, help="a multiple of ten")
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
        everything = args.clips * args.frames * 640 * 480 * 3
        device = choose_device(args.device)

        def batches(reader: Reader, frame_bytes: int | None = None) -> PatchBatches:
            return patch_batches(training_set, "association", args.regime, FrameGap(), reader, frame_bytes)

        for name in args.networks:
            size = NETWORKS[name].input_size
            config = PretrainConfig(
                network=name,
                batch=args.batch,
                steps=args.steps,
                device=args.device,
                amp_on_cpu=args.bfloat16,
                compiled=args.compiled,
                checkpoint_every=10**9,
            )
            part: dict[str, Any] = {}
            report[name] = part
            if "loop" in args.part:
                ids = np.concatenate([one.ids for one in training_set.sets(args.regime)])
                with reader_on(training_set, size, device, 2 * everything) as reader:
                    folder = Path(written)
                    part["loop"] = loop_over_step(batches(reader), ids, config, folder, args.profile)
            if "cutting" in args.part:
                for what, share, visited in (
                    ("all kept", 2.0, False),
                    ("a share kept", args.share, True),
                    ("a share kept, all clips at a time", args.share, False),
                ):
                    budget = int(share * everything)
                    with PatchReader(training_set.clips, size, budget) as plain:
                        drawing = batches(plain, budget if visited else None)
                        cut_a_second(drawing, 1024, 4.0)  # fills the cache
                        part[what] = cut_a_second(drawing, args.batch, args.seconds)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
