"""How long trails of what stands still are, drawn as they are and as if the camera had stood still; JSON.

    python -m benchmarks.stabilising --data DIR [--clips libby cars9] [--trail 16] [--preset fast]

DAVIS-2016 (`DIR/DAVIS`) and BMS-26 (`DIR/moseg_dataset`). Points are tracked, and those that never lie on an
annotated object count as background. `shown` and `stabilised` are the median length in pixels of the paths
of background points over the frames before, in the middle of the clip; `objects_…` those of the objects'. A
path is as long as the way along it. `step_ms` is CPU time to tell the motion between two frames.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.datasets import davis, moseg
from core.datasets.found import FoundClip
from core.datasets.reading import open_frames
from core.overlay.trails import trails
from core.tracking.camera_motion import CameraMotion
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.trajectories.model import PointTrajectories

FRAMES = 40
"""From the middle of a clip, as many as are tracked."""


def clips(data: Path, wanted: Sequence[str]) -> Iterator[tuple[FoundClip, dict[int, np.ndarray]]]:
    """Clips with their label pictures by frame."""
    for reader, place in ((davis, data / "DAVIS"), (moseg, data / "moseg_dataset")):
        found = reader.find(place, lambda done, total, what: None)
        for clip in found.clips if found is not None else ():
            if not wanted or clip.clip.name in wanted:
                yield clip, {one.frame: one.labels for one in reader.read_labels(clip)}


def on_objects(points: PointTrajectories, truth: dict[int, np.ndarray], first: int) -> np.ndarray:
    """(N,) bool, which points ever lie on an annotated object; `first`: the frame that was tracked first."""
    found = np.zeros(len(points), bool)
    for frame, labels in truth.items():
        rows = points.at(frame - first)
        x, y = np.floor(points.xy[rows]).astype(int).T
        height, width = labels.shape
        found[points.owner[rows]] |= labels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] != 0
    return found


def lengths(lines: np.ndarray) -> float:
    """The median way along (K, L, 2) paths, in pixels."""
    ways = np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(axis=1)
    return round(float(np.median(ways)), 2) if len(ways) else float("nan")


def measure(found: FoundClip, truth: dict[int, np.ndarray], trail: int, preset: str) -> dict[str, object]:
    """One clip."""
    first = max(0, (found.clip.frames - FRAMES) // 2)
    count = min(FRAMES, found.clip.frames - first)
    with open_frames(found.clip) as images:
        frames = [images[frame] for frame in range(first, first + count)]
    tracker = FlowTracker(frames, TrackConfig(preset=preset))
    for _ in tracker.steps():
        pass
    points = tracker.trajectories()
    motion, started = CameraMotion(points), time.process_time()
    for step in range(count - 1):
        motion.estimate(step)
    spent = time.process_time() - started
    moving, middle = on_objects(points, truth, first), min(count - 1, max(trail, count // 2))
    places = np.flatnonzero((points.first <= middle - trail // 2) & (middle <= points.last))
    result: dict[str, object] = {"clip": found.clip.name, "points": len(points), "frame": first + middle}
    for kind, some in (("", places[~moving[places]]), ("objects_", places[moving[places]])):
        result[f"{kind}shown"] = lengths(trails(points, some, middle, trail, 0))
        result[f"{kind}stabilised"] = lengths(trails(points, some, middle, trail, 0, motion))
    return result | {"step_ms": round(1000 * spent / max(count - 1, 1), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", nargs="*", default=[])
    parser.add_argument("--trail", type=int, default=16)
    parser.add_argument("--preset", default="fast")
    args = parser.parse_args()
    measured = [
        measure(found, truth, args.trail, args.preset) for found, truth in clips(args.data, args.clips)
    ]
    json.dump({"trail": args.trail, "preset": args.preset, "clips": measured}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
