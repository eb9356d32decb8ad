"""Whether an object that no track follows is named by how its points move; JSON on standard output.

    python -m benchmarks.movers --data DIR [--clips libby cars9] [--preset fast]

DAVIS-2016 (`DIR/DAVIS`) and BMS-26 (`DIR/moseg_dataset`), the first 60 frames of each clip. Points are
tracked; the objects are those of the ground truth. `false`: groups that are named though all objects are
followed, most of their frames within those that are annotated. Of each object that is annotated over ten
frames or more, the track is left out: it is `named` where the box of a group overlaps its own by an IoU of
`SAME` in some annotated frame. The settings were chosen on BMS-26.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.densification import given
from benchmarks.stabilising import clips
from core.datasets.found import FoundClip
from core.datasets.reading import open_frames
from core.geometry import iou
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.tracking.movers import Mover, movers
from core.trajectories.model import ObjectTrajectory

FRAMES = 60
SAME = 0.3
LONG = 10


def overlap(one: Mover, other: ObjectTrajectory) -> float:
    """The largest IoU of the boxes of a group and an object in a frame of both; 0 where they never meet."""
    frames, of_group, of_object = np.intersect1d(one.frames, other.frames, return_indices=True)
    return float(iou(one.boxes[of_group], other.boxes[of_object]).max()) if len(frames) else 0.0


def measured(found: FoundClip, truth: dict[int, np.ndarray], preset: str) -> dict[str, object]:
    """One clip."""
    clip, count = found.clip, min(FRAMES, found.clip.frames)
    truth = {frame: labels for frame, labels in truth.items() if frame < count}
    with open_frames(clip) as images:
        tracker = FlowTracker([images[frame] for frame in range(count)], TrackConfig(preset=preset))
    for _ in tracker.steps():
        pass
    points = tracker.trajectories()
    numbers = sorted(set(np.concatenate([np.unique(labels) for labels in truth.values()]).tolist()) - {0})
    objects = [given(truth, sorted(truth), number) for number in numbers]
    complete = movers(points, objects, clip.width, clip.height)
    wrong = [one for one in complete if np.mean(one.frames <= max(truth)) > 0.5]
    left_out = [one for one in objects if one.frames[-1] - one.frames[0] >= LONG - 1]
    named = 0
    for one in left_out:
        others = [other for other in objects if other.id != one.id]
        named += any(overlap(group, one) >= SAME for group in movers(points, others, clip.width, clip.height))
    return {"points": len(points), "objects": len(left_out), "named": named, "false": len(wrong)}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--clips", nargs="*", default=())
    parser.add_argument("--preset", default="fast")
    args = parser.parse_args(words)
    report: dict[str, dict[str, dict[str, object]]] = {}
    for found, truth in clips(args.data, args.clips):
        one = measured(found, truth, args.preset)
        report.setdefault(found.clip.dataset, {})[found.clip.name] = one
        print(found.clip.name, json.dumps(one), file=sys.stderr, flush=True)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
