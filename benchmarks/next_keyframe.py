"""Which frame is best annotated next: ours against other choices, on DAVIS; JSON on standard output.

    python -m benchmarks.next_keyframe --data DIR [--added 4] [--side 320] [--sequences libby dog]

Each object of DAVIS-2016 (`DIR/DAVIS`) begins with its masks in its first and its last frame and is
densified. Then one keyframe after the other is added, its mask taken from the truth, and filled anew:

- `ours`: `core.tracking.next_keyframe`, which sees what was filled so far;
- `unsure`: the filled frame with the least confidence;
- `halving`: the middle of the longest span;
- `uniform`: as many frames as were added, evenly spaced; what the others do not know, it is given: how many
  there will be.

`after` k is the mean over sequences of the mean IoU of all their frames, keyframes included, with k added.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.densification import given
from core.datasets import davis
from core.datasets.reading import open_frames
from core.geometry import decode_mask
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images
from core.tracking.next_keyframe import next_keyframe
from core.trajectories.model import KEYFRAMES, ObjectTrajectory

Chosen = list[int]


def ours(filled: ObjectTrajectory, added: int) -> Chosen:
    best = next_keyframe(filled)
    assert best is not None
    return [*filled.keyframes.tolist(), best.frame]


def unsure(filled: ObjectTrajectory, added: int) -> Chosen:
    others = ~np.isin(filled.origin, KEYFRAMES)
    worst = filled.frames[others][int(np.argmin(filled.confidence[others]))]
    return [*filled.keyframes.tolist(), int(worst)]


def halving(filled: ObjectTrajectory, added: int) -> Chosen:
    keys = filled.keyframes
    longest = int(np.argmax(np.diff(keys)))
    return [*keys.tolist(), int(keys[longest : longest + 2].mean())]


def uniform(filled: ObjectTrajectory, added: int) -> Chosen:
    first, last = int(filled.frames[0]), int(filled.frames[-1])
    return np.linspace(first, last, added + 2).round().astype(int).tolist()


CHOICES: dict[str, Callable[[ObjectTrajectory, int], Chosen]] = {
    "ours": ours,
    "unsure": unsure,
    "halving": halving,
    "uniform": uniform,
}


def densified(
    frames: Images, truth: Sequence[np.ndarray], keys: Chosen, side: int
) -> tuple[ObjectTrajectory, float]:
    """The object 1, filled between keyframes, and the mean IoU of all frames in which it is."""
    one = given(dict(enumerate(truth)), sorted(set(keys)), 1)
    densifier = Densifier(frames, [one], DensifyConfig(min_confidence=0, threads=1, max_side=side))
    for _ in densifier.steps():
        pass
    filled = _joined(one, densifier.trajectories()[0])
    overlaps = []
    for frame, labels in enumerate(truth):
        right, at = labels == 1, filled.place(frame)
        if right.any():
            mask = decode_mask(filled.masks[at] or b"", *right.shape) if at is not None else right & False
            overlaps.append((mask & right).sum() / (mask | right).sum())
    return filled, float(np.mean(overlaps))


def _joined(given: ObjectTrajectory, filled: ObjectTrajectory) -> ObjectTrajectory:
    """Keyframes and what was filled between them, by frame."""
    frames = np.concatenate([given.frames, filled.frames])
    order = np.argsort(frames)
    masks = [*given.masks, *filled.masks]
    return ObjectTrajectory(
        frames=frames[order],
        boxes=np.concatenate([given.boxes, filled.boxes])[order],
        origin=np.concatenate([given.origin, filled.origin])[order],
        confidence=np.concatenate([given.confidence, filled.confidence])[order],
        masks=tuple(masks[place] for place in order.tolist()),
    )


def measured(frames: Images, truth: Sequence[np.ndarray], most: int, side: int) -> dict[str, list[float]]:
    """By choice, the mean IoU with 0 … `most` keyframes added."""
    seen = [frame for frame, labels in enumerate(truth) if (labels == 1).any()]
    start, first = densified(frames, truth, [seen[0], seen[-1]], side)
    found = {}
    for name, choose in CHOICES.items():
        filled, means = start, [first]
        for added in range(1, most + 1):
            filled, mean = densified(frames, truth, choose(filled, added), side)
            means.append(mean)
        found[name] = means
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--added", type=int, default=4)
    parser.add_argument("--side", type=int, default=320, help="of frames, to which they are shrunk for flow")
    parser.add_argument("--sequences", nargs="*")
    args = parser.parse_args()
    found = davis.find(args.data / "DAVIS", lambda *_: None)
    sequences: dict[str, dict[str, list[float]]] = {}
    for one in found.clips if found else ():
        if args.sequences and one.clip.name not in args.sequences:
            continue
        labels = {labels.frame: labels.labels for labels in davis.read_labels(one)}
        truth = [(labels[frame] > 0).astype(np.uint8) for frame in range(one.clip.frames)]
        with open_frames(one.clip) as frames:
            sequences[one.clip.name] = measured(frames, truth, args.added, args.side)
        print(one.clip.name, json.dumps(sequences[one.clip.name]), file=sys.stderr, flush=True)
    report: dict[str, Any] = {}
    for name in CHOICES:
        of_each = np.array([means[name] for means in sequences.values()])
        report[name] = of_each.mean(axis=0).round(4).tolist()
    print(json.dumps({"side": args.side, "after": report, "sequences": sequences}, indent=1))


if __name__ == "__main__":
    main()
