"""How well suggested objects agree with annotated ones; JSON on standard output.

    python -m benchmarks.suggested_masks --data DIR [--clips libby cars9] [--preset fast] [--seeds 0 1]

`real`: DAVIS-2016 (`DIR/DAVIS`) and BMS-26 (`DIR/moseg_dataset`), the first 60 frames of each clip. `J` of an
object: the mean IoU over the annotated frames in which it or the suggestion is, of the suggestion that has
most. `recall`: the share of objects with a J of at least .5 and of .75. `false`: suggestions whose J with
every object is below .5. Without `--data`, `drawn` alone: the clips of the sample for some seeds, with exact
masks. `precision`: the share of suggestions with a J of .5 with some object. `to_first_s`: CPU time until the
suggestions are there, tracking included; `rank`: the place of the first right one in their order, from 1.
Settings were chosen on the drawn clips of seeds 0 to 2 and on the real ones that `CHOSEN_ON` names; the
figures of the others, which are reported apart, were seen meanwhile.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.stabilising import clips
from core.datasets.reading import open_frames
from core.datasets.sample import sample_clips
from core.geometry import decode_mask
from core.motion_segmentation.config import SuggestConfig
from core.motion_segmentation.grouping import group_points
from core.motion_segmentation.objects import ObjectFinder
from core.tracking.config import TrackConfig
from core.tracking.flow_stream import Images
from core.tracking.linking import FlowTracker
from core.trajectories.model import ObjectTrajectory

FRAMES = 60

CHOSEN_ON = ("cars2", "cars6", "cars8", "marple10", "marple13", "blackswan", "car-shadow")
"""Real clips that settings were chosen on."""

RIGHT, GOOD = 0.5, 0.75


def suggested(frames: Images, config: SuggestConfig) -> list[ObjectTrajectory]:
    """What the job `suggest` finds in frames that have no points yet."""
    tracker = FlowTracker(frames, TrackConfig(preset=config.preset))
    for _ in tracker.steps():
        pass
    points = tracker.trajectories()
    height, width = frames[0].shape[:2]
    grouping = group_points(points, width, height, config)
    finder = ObjectFinder(frames, points, grouping, config)
    for _ in finder.steps():
        pass
    return finder.trajectories()


def overlaps(found: Sequence[ObjectTrajectory], truth: Mapping[int, np.ndarray]) -> np.ndarray:
    """(F, O) float64: J of each suggestion with each annotated object."""
    numbers = sorted(set(np.concatenate([np.unique(labels) for labels in truth.values()]).tolist()) - {0})
    both, either = np.zeros((2, len(found), len(numbers), len(truth)))
    for row, one in enumerate(found):
        for at, (frame, labels) in enumerate(truth.items()):
            place, runs = one.place(frame), None
            if place is not None:
                runs = one.masks[place]
            mask = decode_mask(runs, *labels.shape) if runs else np.zeros(labels.shape, bool)
            for column, number in enumerate(numbers):
                there = labels == number
                both[row, column, at] = (mask & there).sum()
                either[row, column, at] = (mask | there).sum()
    seen = either > 0
    shares = np.divide(both, either, out=np.zeros_like(both), where=seen)
    return np.asarray(shares.sum(axis=2) / np.maximum(seen.sum(axis=2), 1))


def judged(frames: Images, truth: Mapping[int, np.ndarray], config: SuggestConfig) -> dict[str, Any]:
    """One clip."""
    started = time.process_time()
    found = suggested(frames, config)
    spent = time.process_time() - started
    J = overlaps(found, truth)
    best = J.max(axis=0, initial=0)
    right = np.flatnonzero(J.max(axis=1, initial=0) >= RIGHT)
    return {
        "objects": len(best),
        "suggested": len(found),
        "J": [round(float(value), 3) for value in best],
        "recalled": int((best >= RIGHT).sum()),
        "recalled_well": int((best >= GOOD).sum()),
        "false": len(found) - len(right),
        "rank": int(right[0]) + 1 if len(right) else None,
        "to_first_s": round(spent, 1),
    }


def together(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What several clips come to."""
    objects, suggestions = (sum(row[name] for row in rows) for name in ("objects", "suggested"))
    wrong = sum(row["false"] for row in rows)
    return {
        "objects": objects,
        "J": round(float(np.mean([J for row in rows for J in row["J"]])), 3),
        "recall": round(sum(row["recalled"] for row in rows) / max(objects, 1), 3),
        "recall_75": round(sum(row["recalled_well"] for row in rows) / max(objects, 1), 3),
        "precision": round(1 - wrong / max(suggestions, 1), 3),
        "false_a_clip": round(wrong / len(rows), 2),
        "to_first_s": round(float(np.mean([row["to_first_s"] for row in rows])), 1),
    }


def real(data: Path, wanted: Sequence[str], config: SuggestConfig) -> dict[str, Any]:
    """Figure 2: by dataset, each clip, those that settings were chosen on, the others, and all together."""
    report: dict[str, Any] = {}
    for found, truth in clips(data, wanted):
        count = min(FRAMES, found.clip.frames)
        with open_frames(found.clip) as images:
            frames = [images[frame] for frame in range(count)]
        row = judged(frames, {frame: labels for frame, labels in truth.items() if frame < count}, config)
        report.setdefault(found.clip.dataset, {})[found.clip.name] = row
        print(found.clip.name, json.dumps(row), file=sys.stderr, flush=True)
    return {dataset: rows | summaries(rows) for dataset, rows in report.items()}


def summaries(rows: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What clips come to, in halves and all together."""
    halves = {
        "chosen on": [row for name, row in rows.items() if name in CHOSEN_ON],
        "others": [row for name, row in rows.items() if name not in CHOSEN_ON],
        "together": list(rows.values()),
    }
    return {half: together(some) for half, some in halves.items() if some}


def drawn(seeds: Sequence[int], config: SuggestConfig) -> dict[str, Any]:
    """Figure 3: the clips of the sample."""
    rows = {}
    for seed in seeds:
        for name, clip in sample_clips(seed):
            row = judged(list(clip.frames), dict(enumerate(clip.labels)), config)
            rows[f"{name}, seed {seed}"] = row
            print(name, seed, json.dumps(row), file=sys.stderr, flush=True)
    return {**rows, "together": together(list(rows.values()))}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--clips", nargs="*", default=())
    parser.add_argument("--preset", default="quality")
    parser.add_argument("--seeds", nargs="*", type=int, default=(0, 1, 2))
    args = parser.parse_args(words)
    config = SuggestConfig(preset=args.preset)
    report = {"drawn": drawn(args.seeds, config)} if args.seeds else {}
    if args.data is not None:
        report["real"] = real(args.data, args.clips, config)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
