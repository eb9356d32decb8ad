"""Which frame is best annotated next: ours against other choices, on DAVIS; JSON on standard output.

    python -m benchmarks.next_keyframe --data DIR [--added 4] [--side 320] [--sequences libby] [--starts 3]

Each object of DAVIS-2016 (`DIR/DAVIS`) begins with its masks in its first and its last frame and is
densified. Then one keyframe after the other is added, its mask taken from the truth, and filled anew. With
more starts, parts of each clip are gone through in the same way: from an earlier start to a later end.

- `ours`: `core.tracking.next_keyframe`, which sees what was filled so far;
- `mass`: halves what the span lacks in confidence that lacks most, summed over its frames;
- `told`: as `ours`, by the confidences alone, with no share of even spacing;
- `unsure`: the filled frame with the least confidence;
- `halving`: the middle of the longest span;
- `uniform`: as many frames as were added, evenly spaced; what the others do not know, it is given: how many
  there will be.

`after` k is the mean over starts of the mean IoU of all their frames, keyframes included, with k added, and
`above_uniform` by how much that lies above `uniform`, with half the width of the interval of 95 % (Student's
t over the starts, which share clips and are not quite independent).
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

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


def mass(filled: ObjectTrajectory, added: int) -> Chosen:
    others = ~np.isin(filled.origin, KEYFRAMES)
    frames, missing = filled.frames[others], 1.0 - filled.confidence[others].astype(float)
    span = np.searchsorted(filled.keyframes, frames)
    chosen = span == np.argmax(np.bincount(span, missing + 1e-9))
    sums = np.cumsum(missing[chosen] + 1e-9)
    return [*filled.keyframes.tolist(), int(frames[chosen][np.searchsorted(sums, sums[-1] / 2)])]


def told(filled: ObjectTrajectory, added: int) -> Chosen:
    best = next_keyframe(filled, spacing=0.0)
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
    "mass": mass,
    "told": told,
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
    known: dict[tuple[int, ...], tuple[ObjectTrajectory, float]] = {}

    def with_keys(keys: Chosen) -> tuple[ObjectTrajectory, float]:
        chosen = tuple(sorted(set(keys)))
        if chosen not in known:
            known[chosen] = densified(frames, truth, list(chosen), side)
        return known[chosen]

    found = {}
    for name, choose in CHOICES.items():
        filled, first = with_keys([seen[0], seen[-1]])
        means = [first]
        for added in range(1, most + 1):
            filled, mean = with_keys(choose(filled, added))
            means.append(mean)
        found[name] = means
    return found


def parts(frames: int, starts: int) -> list[range]:
    """The whole clip, and parts of two thirds of its frames, from one at its start to one at its end."""
    length = -(-2 * frames // 3)
    firsts = np.linspace(0, frames - length, max(starts - 1, 1)).round().astype(int).tolist()
    return [range(frames), *(range(first, first + length) for first in firsts[: starts - 1])]


def against(means: np.ndarray, others: np.ndarray) -> list[tuple[float, float]]:
    """Mean difference of (S, K) figures of the same starts, and half its interval of 95 %, K pairs."""
    by = means - others
    half = (
        stats.t.ppf(0.975, len(by) - 1) * by.std(axis=0, ddof=1) / np.sqrt(len(by))
        if len(by) > 1
        else by[0] * np.nan
    )
    return [(round(float(a), 4), round(float(b), 4)) for a, b in zip(by.mean(axis=0), half, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--added", type=int, default=4)
    parser.add_argument("--side", type=int, default=320, help="of frames, to which they are shrunk for flow")
    parser.add_argument("--sequences", nargs="*")
    parser.add_argument("--starts", type=int, default=1, help="parts of each clip, the first the whole of it")
    args = parser.parse_args()
    found = davis.find(args.data / "DAVIS", lambda *_: None)
    sequences: dict[str, dict[str, list[float]]] = {}
    for one in found.clips if found else ():
        if args.sequences and one.clip.name not in args.sequences:
            continue
        labels = {labels.frame: labels.labels for labels in davis.read_labels(one)}
        truth = [(labels[frame] > 0).astype(np.uint8) for frame in range(one.clip.frames)]
        with open_frames(one.clip) as frames:
            for part in parts(one.clip.frames, args.starts):
                images = [frames[frame] for frame in part]
                name = f"{one.clip.name} {part[0]}-{part[-1]}"
                sequences[name] = measured(images, [truth[frame] for frame in part], args.added, args.side)
                print(name, json.dumps(sequences[name]), file=sys.stderr, flush=True)
    of_each = {name: np.array([means[name] for means in sequences.values()]) for name in CHOICES}
    report: dict[str, Any] = {
        "after": {name: means.mean(axis=0).round(4).tolist() for name, means in of_each.items()},
        "above_uniform": {name: against(means, of_each["uniform"]) for name, means in of_each.items()},
    }
    print(json.dumps({"side": args.side, **report, "sequences": sequences}, indent=1))


if __name__ == "__main__":
    main()
