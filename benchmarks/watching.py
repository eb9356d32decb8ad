"""What it costs a pretraining run to be watched: the same run, timed part by part.

    python -m benchmarks.watching --network tiny --steps 1000

Prints JSON: seconds of the whole loop; of each part of `Watch` how often it was called, its seconds and those
of CPU time; and the loop's time with all of it over the loop's time without. CPU time is of the loop's own
thread alone, so give torch one thread: on a machine with other work it is the fairer figure.
"""

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.pretraining import drawn_clips
from core.datasets.patches import PatchReader
from core.networks.initialisation import initialise
from core.networks.sizes import network_named
from core.networks.trunk import Trunk
from core.pairs.sampling import FrameGap
from core.pretraining.batches import drawn_once, patch_batches
from core.pretraining.config import PretrainConfig
from core.pretraining.loop import train
from core.pretraining.objectives import Association
from core.pretraining.record.probe_sample import choose
from core.pretraining.record.watch import Probe, Watch
from core.training.checkpoint import Resumed
from core.training.device import choose_device, prepare
from core.training.optimisation import sgd

PARTS = ("begin", "add", "report", "measured", "look", "write", "state", "arrays")


class Clocked(Watch):
    """Knows how long it took."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu_seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._inside = False
        for part in PARTS:
            setattr(self, part, self._clocked(part, getattr(self, part)))

    def _clocked(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            if self._inside:  # `report` writes, too
                return work(*args)
            began, self._inside = time.perf_counter(), True
            cpu = time.thread_time()
            try:
                return work(*args)
            finally:
                self._inside = False
                self.seconds[part] += time.perf_counter() - began
                self.cpu_seconds[part] += time.thread_time() - cpu
                self.calls[part] += 1

        return timed


def watched(config: PretrainConfig, clips: int, frames: int, folder: Path) -> dict[str, Any]:
    """Seconds of a run and of its watching."""
    device = choose_device(config.device)
    prepare(config.seed)
    network = network_named(config.network, device.type)
    trunk = Trunk(network, config.dropout)
    initialise(trunk, config.init, torch.Generator().manual_seed(0))
    objective = Association(trunk, config.head, torch.Generator().manual_seed(0)).to(device)
    objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = sgd(objective, config.momentum, config.weight_decay)
    whole = drawn_clips(folder, clips, frames)
    names = [clip.name for clip in whole.clips]
    training, kept = whole.of_clips(names[2:]), whole.of_clips(names[:2])
    with PatchReader(whole.clips, network.input_size, 4 << 30) as reader:
        parts = (
            patch_batches(one, config.method, config.regime, FrameGap(), reader) for one in (training, kept)
        )
        batches, others = parts
        held_out = drawn_once(others, config.held_out_count, config.batch, np.random.default_rng(1))
        sample = choose(training, kept, config.regime)
        pixels = reader.read(sample.clip, sample.frame, sample.box, np.zeros(len(sample.clip), bool))
        ids = np.concatenate([one.ids for one in training.sets(config.regime)])
        watch = Clocked(folder, config, device, ids, Probe(sample, np.arange(len(names)), pixels))
        batches.draw(config.batch, np.random.default_rng(2))
        began, cpu = time.perf_counter(), time.thread_time()
        generator = np.random.default_rng(0)
        for _ in train(
            objective, optimizer, batches, held_out, generator, config, Resumed(), folder, device, watch
        ):
            pass
        taken, cpu = time.perf_counter() - began, time.thread_time() - cpu
    size = sum(path.stat().st_size for path in (folder / "results").rglob("*") if path.is_file())
    return {
        "seconds": taken,
        "cpu_seconds": cpu,
        "watching": {
            part: [watch.calls[part], watch.seconds[part], watch.cpu_seconds[part]] for part in PARTS
        },
        "loop_over_unwatched": taken / (taken - sum(watch.seconds.values())),
        "loop_over_unwatched_of_cpu": cpu / (cpu - sum(watch.cpu_seconds.values())),
        "megabytes": size / 1e6,
        "device": str(device),
        "threads": torch.get_num_threads(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", default="tiny")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=40)
    args = parser.parse_args()
    config = PretrainConfig(network=args.network, batch=args.batch, steps=args.steps, device=args.device)
    with tempfile.TemporaryDirectory() as folder:
        report = watched(config, args.clips, args.frames, Path(folder))
    versions = {"torch": torch.__version__, "cores": os.cpu_count()}
    print(json.dumps(vars(args) | versions | report, indent=1))


if __name__ == "__main__":
    main()
