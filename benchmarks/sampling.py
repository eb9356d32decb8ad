"""How fast pairs and triplets are drawn, without their pixels; JSON on standard output, a second of CPU each.

    python -m benchmarks.sampling [--clips 40] [--points 300] [--frames 60] [--batch 64]

`clips` clips of 640 x 480 with `points` point trajectories and ten objects each, all in every frame.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.pairs.sampling import FrameGap, PairSampler, TripletSampler
from core.pairs.training_set import build_training_set
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.snapshot import ClipSnapshot, Snapshot

OBJECTS = 10
SECONDS = 2.0


def snapshot(clips: int, points: int, frames: int) -> Snapshot:
    rng = np.random.default_rng(0)
    files = tuple(f"{number}.png" for number in range(frames))
    contents = []
    for place in range(clips):
        clip = Clip(
            id=place + 1, name=f"{place}", dataset="frames", width=640, height=480, root=Path(), files=files
        )
        walks = rng.uniform((60, 60), (580, 420), (points, 1, 2)) + rng.normal(0, 9, (points, frames, 2))
        objects = []
        for _ in range(OBJECTS):
            centre = rng.uniform((100, 100), (540, 380)) + np.cumsum(rng.normal(0, 1, (frames, 2)), axis=0)
            objects.append(
                ObjectTrajectory(
                    frames=np.arange(frames, dtype=np.int32),
                    boxes=np.concatenate([centre - 40, centre + 40], axis=1).astype(np.float32),
                    origin=np.full(frames, Origin.ANNOTATED, np.uint8),
                    confidence=np.ones(frames, np.float32),
                    masks=(None,) * frames,
                )
            )
        contents.append(ClipSnapshot(clip, PointTrajectories.pack([0] * points, list(walks)), tuple(objects)))
    return Snapshot(tuple(contents), revision=0, project="")


def drawn_a_second(sampler: PairSampler | TripletSampler, batch: int) -> int:
    """Drawn in a second of this process's CPU time."""
    rng, count = np.random.default_rng(0), 0
    sampler.draw(batch, rng)
    began = time.process_time()
    while time.process_time() - began < SECONDS:
        sampler.draw(batch, rng)
        count += batch
    return round(count / (time.process_time() - began))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    training_set = build_training_set(snapshot(args.clips, args.points, args.frames))
    report: dict[str, object] = vars(args).copy()
    for regime in ("obj", "tr", "objtr"):
        report[regime] = {
            "pairs": drawn_a_second(PairSampler(training_set, regime, FrameGap()), args.batch),
            "triplets": drawn_a_second(TripletSampler(training_set, regime, FrameGap()), args.batch),
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
