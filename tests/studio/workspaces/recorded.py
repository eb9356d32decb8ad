"""Run folders as real jobs leave them, written through `RunFolder`: for views, which only read them."""

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.voc import CLASSES
from core.detection.config import VocConfig
from core.events import ClassAP, Filters, Log, Metric
from core.pretraining.config import PretrainConfig
from core.runs.run_folder import RunFolder, State, Status
from studio.runs.reader import read_head, status_of
from studio.runs.run import Run


def pretraining(parent: Path, stamp: str, settings: PretrainConfig, steps: int = 100) -> RunFolder:
    """A finished pretraining run: loss falls from 1, accuracy rises, filters at step 0 and at the end."""
    folder = RunFolder.create(parent / f"{stamp}-pretrain-0000", "pretrain", settings)
    for step in range(10, steps + 1, 10):
        folder.append(Metric("loss", step, 10 / step))
        folder.append(Metric("accuracy", step, 0.5 + 0.4 * step / steps))
        if step % 50 == 0:
            folder.append(Metric("held_out_accuracy", step, 0.5 + 0.2 * step / steps))
    (folder.results / "filters").mkdir()
    for step in (0, steps):
        path = folder.results / "filters" / f"step-{step:06d}.npz"
        filters = np.random.default_rng(step).normal(size=(24, 3, 7, 7)).astype(np.float32)
        np.savez(path, filters=filters)
        folder.append(Filters(step, path.relative_to(folder.path).as_posix()))
    folder.append(Log("Training the tiny network."))
    folder.append(Log("A frame was dark.", "warning"))
    end(folder, State.DONE, steps)
    return folder


def evaluation(
    parent: Path, stamp: str, aps: dict[str, float], measured: tuple[str, ...] = CLASSES, **settings: Any
) -> RunFolder:
    """A finished run of the job `voc` that measured these classes; others of `measured` have no objects."""
    config = VocConfig(**settings)
    folder = RunFolder.create(parent / f"{stamp}-voc-0000", "voc", config)
    folder.append(Metric("loss", 10, 2.0))
    folder.append(Metric("loss", 20, 1.0))
    curves = {}
    for name in measured:
        folder.append(ClassAP(name, aps.get(name, math.nan), 10 if name in aps else 0))
        curves[f"{name}_recall"] = np.array([0.1, 0.2], np.float32)
        curves[f"{name}_precision"] = np.array([1.0, aps.get(name, 0.0)], np.float32)
    np.savez(folder.results / "pr.npz", **curves)
    result = {
        "metric": "voc07_11point" if config.year == 2007 else "voc10_area",
        "year": config.year,
        "set": config.test_set,
        "network": "tiny",
        "scales": config.scales,
        "train_year": config.year,
        "train_set": config.set,
        "start": config.init,
        "schedule": "quick",
        **({} if measured == CLASSES else {"classes": list(measured)}),
        "ap": {name: aps.get(name) for name in measured},
        "map": sum(aps.values()) / len(aps),
        "objects": {name: 10 if name in aps else 0 for name in measured},
    }
    (folder.results / "ap.json").write_text(json.dumps(result))
    end(folder, State.DONE, 40)
    return folder


def end(folder: RunFolder, state: State, step: int, error: str = "") -> None:
    """Write down how a run ended."""
    folder.write_status(Status(state, step, step, error=error, updated=time.time()))


def run_of(folder: RunFolder) -> Run:
    """A run as the window knows it, without what it reported."""
    head = read_head(folder)
    run = Run(head.job, head.settings, folder)
    run.status = status_of(folder)
    return run
