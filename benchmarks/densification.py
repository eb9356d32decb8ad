"""How well masks are carried between keyframes, against exact and real masks; JSON on standard output.

    python -m benchmarks.densification --data DIR [--every 3] [--sequences libby dog] [--methods ours nearest]

DAVIS-2016 (`DIR/DAVIS`, keyframes every 10 and 20 frames) and BMS-26 (`DIR/moseg_dataset`, each annotated
frame hidden once and filled from its neighbours); without `--data` drawn clips with exact masks. Every
method is judged on the same frames and objects. `mask` is the mean over sequences of their mean IoU and
`mask_p5` the fifth percentile of all observations; boxes alone count as filled rectangles. Times are CPU
time per frame filled, decoding and flow included.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.datasets import davis, moseg
from core.datasets.reading import open_frames
from core.datasets.synthetic import Effects, render_clip
from core.geometry import decode_mask, encode_mask, iou, mask_box
from core.tracking.boxes import interpolate_boxes
from core.tracking.composition import Composition, pull
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images, stream
from core.tracking.linking import PLAIN
from core.tracking.spans import given_mask
from core.trajectories.model import Flag, ObjectTrajectory, Origin

CHOSEN_ON = {
    "DAVIS": "settings of the vote: libby and two more of these four; flags: all four, also every 40 frames",
    "BMS-26": "the search for small objects: all; flags: all, also over spans of 40 to 110 frames",
    "drawn": "nothing",
}
"""The sequences that settings of ours were chosen on; the other methods have none but the floor of 0.1."""

BAD = 0.6
"""A mask whose IoU is below should have been flagged."""


class Score(NamedTuple):
    """How well an object was filled in a frame.

    Attributes:
        mask, box: IoU; 0 where nothing was found.
        confidence: NaN where there is none.
        flagged: by the densifier; 0 or 1.
        box_differs: the box has an IoU below 0.5 with that between its keyframes' boxes; 0 or 1.
    """

    mask: float = 0.0
    box: float = 0.0
    confidence: float = float("nan")
    flagged: float = 0.0
    box_differs: float = 0.0


Scores = dict[tuple[int, int], Score]
"""By id of the object and frame."""


def given(truth: dict[int, np.ndarray], keys: Sequence[int], number: int) -> ObjectTrajectory:
    """An object as its benchmark annotates it, at some frames; `truth` has (H, W) labels by frame."""
    there = {key: mask for key in keys if (mask := truth[key] == number).any()}
    return ObjectTrajectory(
        frames=np.array(list(there), np.int32),
        boxes=np.array([mask_box(mask) for mask in there.values()], np.float32).reshape(-1, 4),
        origin=np.full(len(there), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(there), np.float32),
        masks=tuple(encode_mask(mask) for mask in there.values()),
        id=number,
    )


class Task:
    """A clip, its objects at their keyframes, and the frames to be judged with their truth."""

    def __init__(
        self, frames: Images, truth: dict[int, np.ndarray], keys: list[int], asked: list[int]
    ) -> None:
        numbers = sorted(set(np.unique(np.concatenate([truth[key].ravel() for key in keys]))) - {0})
        self.frames, self.truth, self.keys, self.asked = frames, truth, keys, asked
        self.objects = [given(truth, keys, int(number)) for number in numbers]
        self.size = next(iter(truth.values())).shape

    def judge(self, one: ObjectTrajectory, frame: int, mask: np.ndarray, box: np.ndarray) -> Score:
        truth = self.truth[frame] == one.id
        true_box = mask_box(truth)
        if true_box is None:
            return Score()
        overlap = (mask & truth).sum() / (mask | truth).sum()
        linear = interpolate_boxes(one.frames, one.boxes, np.array([frame]))[0]
        differs = float(iou(box, linear) < 0.5)
        return Score(float(overlap), float(iou(box, true_box)), box_differs=differs)


def densified(task: Task, method: str) -> Scores:
    """The densifier."""
    span = (min(task.asked), max(task.asked))
    config = DensifyConfig(method=method, span=span, min_confidence=0, threads=1)
    densifier = Densifier(task.frames, task.objects, config)
    for _ in densifier.steps():
        pass
    scores: Scores = {}
    for one, found in zip(task.objects, densifier.trajectories(), strict=True):
        for frame in task.asked:
            at = found.place(frame)
            if at is not None:
                mask = decode_mask(found.masks[at] or b"", *task.size)
                score = task.judge(one, frame, mask, found.boxes[at])
                sure, flagged = float(found.confidence[at]), float(found.flags[at] & Flag.DISAGREES)
                scores[one.id, frame] = score._replace(confidence=sure, flagged=flagged)
    return scores


def ours(task: Task) -> Scores:
    """Composed flow to both keyframes and a vote over what is found there."""
    return densified(task, "flow")


def shapes(task: Task) -> Scores:
    """The shape between the two keyframes, without flow."""
    return densified(task, "shape")


def nearest(task: Task) -> Scores:
    """The mask of the nearest keyframe, as it is."""
    scores: Scores = {}
    for one in task.objects:
        for frame in task.asked:
            at = int(np.abs(one.frames - frame).argmin())
            mask = given_mask(one, int(one.frames[at]), *task.size)
            scores[one.id, frame] = task.judge(one, frame, mask, one.boxes[at])
    return scores


def boxes(task: Task) -> Scores:
    """Boxes at constant speed between keyframes, filled."""
    scores: Scores = {}
    for one in task.objects:
        filled = interpolate_boxes(one.frames, one.boxes, np.array(task.asked))
        for frame, box in zip(task.asked, filled, strict=True):
            x1, y1, x2, y2 = np.rint(box).astype(int)
            mask = np.zeros(task.size, bool)
            mask[y1:y2, x1:x2] = True
            scores[one.id, frame] = task.judge(one, frame, mask, box)
    return scores


def warped(task: Task, weigh: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> Scores:
    """Masks carried step by step from both keyframes beside a frame, blended by a weight.

    `weigh(confidence before, confidence after, time passed 0..1)` → share of the keyframe after.
    """
    scores: Scores = {}
    keys = np.array(task.keys)
    for first, last in itertools.pairwise(keys):
        asked = [frame for frame in task.asked if first < frame < last]
        if not asked:
            continue
        part = [task.frames[frame] for frame in range(first, last + 1)]
        flows = [now.flows[1] for now in stream(part, {1: PLAIN}, 1, 960) if now.flows]
        ways = []
        for key, links in ((first, flows), (last, [(back, out) for out, back in reversed(flows)])):
            masks = [given_mask(one, int(key), *task.size).astype(np.float32) for one in task.objects]
            path, way = Composition(*task.size), []
            for out, back in links:
                path.step(back, out)
                masks = [pull(mask, back) for mask in masks]
                way.append((masks, path.confidence.copy()))
            ways.append(way)
        for frame in asked:
            ahead, behind = ways[0][frame - first - 1], ways[1][last - frame - 1]
            share = weigh(ahead[1], behind[1], (frame - first) / (last - first))
            for place, one in enumerate(task.objects):
                mask = ahead[0][place] * (1 - share) + behind[0][place] * share > 0.5
                box = mask_box(mask)
                if box is not None:
                    scores[one.id, frame] = task.judge(one, frame, mask, box)
    return scores


def one_way(task: Task) -> Scores:
    """The mask of the keyframe before, carried forward."""
    return warped(task, lambda before, after, time: np.zeros_like(before))


def weighted_warp(task: Task) -> Scores:
    """From both sides, by nearness in time and confidence of the flow (floor 0.1)."""

    def share(before: np.ndarray, after: np.ndarray, time: float) -> np.ndarray:
        ahead, behind = np.maximum(before, 0.1) * (1 - time), np.maximum(after, 0.1) * time
        return behind / (ahead + behind)

    return warped(task, share)


METHODS: dict[str, Callable[[Task], Scores]] = {
    "nearest": nearest,
    "one-way-warp": one_way,
    "linear-boxes": boxes,
    "shapes": shapes,
    "weighted-warp": weighted_warp,
    "ours": ours,
}


class Measured(NamedTuple):
    """A method on a sequence: the scores of its observations, the CPU time in ms and the frames filled."""

    scores: list[Score]
    spent: float
    frames: int


def measure(name: str, tasks: list[Task], methods: list[str]) -> dict[str, Measured]:
    """By method, over a sequence's objects seen in both keyframes beside the frame asked."""
    measured = {}
    for method in methods:
        started, scores, filled = time.process_time(), [], 0
        for task in tasks:
            found = METHODS[method](task)
            first, last = min(task.asked), max(task.asked)
            filled += sum(frame not in task.keys for frame in range(first, last + 1))
            scores += [
                found.get((one.id, frame), Score())
                for one in task.objects
                for frame in task.asked
                if {
                    max(key for key in task.keys if key < frame),
                    min(key for key in task.keys if key > frame),
                }
                <= set(one.frames.tolist())
                and (task.truth[frame] == one.id).any()
            ]
        if scores:
            measured[method] = Measured(scores, 1000 * (time.process_time() - started), filled)
            mean = np.mean([score.mask for score in scores])
            print(f"{name:>24} {method:>14} {mean:.4f}", file=sys.stderr, flush=True)
    return measured


def summary(sequences: dict[str, dict[str, Measured]], chosen_on: str) -> dict[str, Any]:
    """The table of a data set by method, and what the flags of ours are worth."""
    methods = list(dict.fromkeys(method for found in sequences.values() for method in found))
    table = {}
    for method in methods:
        found = {name: of[method] for name, of in sequences.items() if method in of}
        rows = {name: np.array(one.scores) for name, one in found.items()}
        masks, boxed, sure = np.concatenate(list(rows.values())).T[:3]
        table[method] = {
            "mask": mean_of(row[:, 0].mean() for row in rows.values()),
            "mask_p5": rounded(np.quantile(masks, 0.05)),
            "box": mean_of(row[:, 1].mean() for row in rows.values()),
            "box_p5": rounded(np.quantile(boxed, 0.05)),
            "cpu_ms_a_frame": round(sum(one.spent for one in found.values()) / frames_of(found.values())),
            "observations": len(masks),
            "by_sequence": {name: rounded(row[:, 0].mean()) for name, row in rows.items()},
        }
        if np.isfinite(sure).sum() > 2:
            known = np.isfinite(sure)
            table[method]["confidence_correlation"] = rounded(np.corrcoef(masks[known], sure[known])[0, 1])
    report: dict[str, Any] = {"settings_chosen_on": chosen_on, "methods": table}
    if "ours" in methods:
        scores = np.array([score for of in sequences.values() if "ours" in of for score in of["ours"].scores])
        bad = scores[:, 0] < BAD
        report[f"flags, for masks with an IoU below {BAD}"] = {
            "ours": worth(scores[:, 3] > 0, bad),
            "box differs from the linear one": worth(scores[:, 4] > 0, bad),
        }
    return report


def worth(flagged: np.ndarray, bad: np.ndarray) -> dict[str, Any]:
    """How many of the flagged are bad, and how many of the bad are flagged."""
    hits = int((flagged & bad).sum())
    return {
        "flagged": int(flagged.sum()),
        "bad": int(bad.sum()),
        "precision": rounded(hits / flagged.sum()) if flagged.any() else None,
        "recall": rounded(hits / bad.sum()) if bad.any() else None,
    }


def frames_of(found: Iterable[Measured]) -> int:
    return max(1, sum(one.frames for one in found))


def mean_of(values: Iterable[Any]) -> float:
    return rounded(np.mean(list(values)))


def rounded(value: Any) -> float:
    return round(float(value), 4)


def drawn(seed: int, effects: Effects, gap: int, every: int) -> list[Task]:
    clip = render_clip(seed, 41, 640, 480, objects=4, effects=effects)
    return [_task(clip.frames, dict(enumerate(clip.labels)), gap, every)]


def _task(frames: Images, truth: dict[int, np.ndarray], gap: int, every: int) -> Task:
    last = len(frames) - 1
    keys = sorted({*range(0, last, gap), last})
    return Task(frames, truth, keys, [frame for frame in range(last) if frame not in keys][1::every])


def hidden_in_turn(frames: Images, truth: dict[int, np.ndarray]) -> list[Task]:
    """Each annotated frame between two others, at most 40 frames apart, to be filled from those two."""
    shown = sorted(truth)
    return [
        Task(frames, truth, [before, after], [hidden])
        for before, hidden, after in zip(shown, shown[1:], shown[2:], strict=False)
        if after - before <= 40
    ]


def davis_sequences(data: Path, gap: int, every: int) -> Iterator[tuple[str, list[Task]]]:
    found = davis.find(data / "DAVIS", lambda *_: None)
    for one in found.clips if found else ():
        truth = {labels.frame: labels.labels for labels in davis.read_labels(one)}
        with open_frames(one.clip) as frames:
            yield one.clip.name, [_task(frames, truth, gap, every)]


def bms_sequences(data: Path) -> Iterator[tuple[str, list[Task]]]:
    found = moseg.find(data / "moseg_dataset", lambda *_: None)
    for one in found.clips if found else ():
        truth = {labels.frame: labels.labels for labels in moseg.read_labels(one)}
        with open_frames(one.clip) as frames:
            yield one.clip.name, hidden_in_turn(frames, truth)


def drawn_sequences(every: int) -> Iterator[tuple[str, list[Task]]]:
    kinds = {301: Effects(), 302: Effects(shadows=True, motion_blur=0.3), 303: Effects(parallax=True)}
    for seed, effects in kinds.items():
        yield str(seed), drawn(seed, effects, 20, every)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--every", type=int, default=3, help="judge every n-th of the frames between (3)")
    parser.add_argument("--data", type=Path, help="folder with DAVIS and moseg_dataset")
    parser.add_argument("--sequences", nargs="+", metavar="NAME", help="only these; all unless given")
    args = parser.parse_args()
    sets = [("drawn, keyframes every 20", CHOSEN_ON["drawn"], drawn_sequences(args.every))]
    if args.data:
        sets = [
            (f"DAVIS, keyframes every {gap}", CHOSEN_ON["DAVIS"], davis_sequences(args.data, gap, args.every))
            for gap in (10, 20)
        ]
        hidden = "BMS-26, each annotated frame hidden in turn"
        sets.append((hidden, CHOSEN_ON["BMS-26"], bms_sequences(args.data)))
    report: dict[str, Any] = {
        "judged": f"one in {args.every} frames between of DAVIS and drawn clips, all hidden ones of BMS-26"
    }
    for name, chosen_on, sequences in sets:
        measured = {
            sequence: measure(f"{name[:12]} {sequence}", tasks, args.methods)
            for sequence, tasks in sequences
            if not args.sequences or sequence in args.sequences
        }
        if any(measured.values()):
            report[name] = summary(measured, chosen_on)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
