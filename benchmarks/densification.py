"""How well masks are carried between keyframes, against exact and real masks; JSON on standard output.

    python -m benchmarks.densification [--data DIR] [--every 3] [--methods vote nearest]

Drawn clips with exact masks; with `--data` also DAVIS-2016 (`DIR/DAVIS`, keyframes every 10 and 20
frames) and BMS-26 (`DIR/moseg_dataset`, each annotated frame hidden once and filled from its neighbours).
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
from core.trajectories.model import ObjectTrajectory, Origin

Score = tuple[float, float, float]
"""IoU of the mask (NaN without masks) and of the box, and the confidence (NaN where none is told)."""

NOTHING: Score = (0.0, 0.0, 0.0)


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

    def judge(
        self, one: ObjectTrajectory, frame: int, mask: np.ndarray | None, box: Any, sure: float
    ) -> Score:
        truth = self.truth[frame] == one.id
        if not truth.any():
            return NOTHING
        overlap = float("nan") if mask is None else (mask & truth).sum() / max(1, (mask | truth).sum())
        return float(overlap), float(iou(box, mask_box(truth))), sure


def vote(task: Task) -> dict[tuple[int, int], Score]:
    """The densifier."""
    span = (min(task.asked), max(task.asked))
    densifier = Densifier(task.frames, task.objects, DensifyConfig(span=span, min_confidence=0, threads=1))
    for _ in densifier.steps():
        pass
    scores = {}
    for one, found in zip(task.objects, densifier.trajectories(), strict=True):
        for frame in task.asked:
            at = found.place(frame)
            if at is not None:
                mask = decode_mask(found.masks[at] or b"", *task.size)
                sure = float(found.confidence[at])
                scores[one.id, frame] = task.judge(one, frame, mask, found.boxes[at], sure)
    return scores


def nearest(task: Task) -> dict[tuple[int, int], Score]:
    """The mask of the nearest keyframe, as it is."""
    scores = {}
    for one in task.objects:
        for frame in task.asked:
            at = int(np.abs(one.frames - frame).argmin())
            mask = given_mask(one, int(one.frames[at]), *task.size)
            scores[one.id, frame] = task.judge(one, frame, mask, one.boxes[at], float("nan"))
    return scores


def boxes(task: Task) -> dict[tuple[int, int], Score]:
    """Boxes at constant speed between keyframes."""
    scores = {}
    for one in task.objects:
        filled = interpolate_boxes(one.frames, one.boxes, np.array(task.asked))
        for frame, box in zip(task.asked, filled, strict=True):
            scores[one.id, frame] = task.judge(one, frame, None, box, float("nan"))
    return scores


def warped(task: Task, weigh: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> dict[Any, Score]:
    """Masks carried step by step from both keyframes beside a frame, blended by a weight.

    `weigh(confidence before, confidence after, time passed 0..1)` → share of the keyframe after.
    """
    scores: dict[Any, Score] = {}
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
                    scores[one.id, frame] = task.judge(one, frame, mask, box, float("nan"))
    return scores


def one_way(task: Task) -> dict[tuple[int, int], Score]:
    """The mask of the keyframe before, carried forward."""
    return warped(task, lambda before, after, time: np.zeros_like(before))


def weighted_warp(task: Task) -> dict[tuple[int, int], Score]:
    """From both sides, by nearness in time and confidence of the flow (floor 0.1)."""

    def share(before: np.ndarray, after: np.ndarray, time: float) -> np.ndarray:
        ahead, behind = np.maximum(before, 0.1) * (1 - time), np.maximum(after, 0.1) * time
        return behind / (ahead + behind)

    return warped(task, share)


METHODS: dict[str, Callable[[Task], dict[tuple[int, int], Score]]] = {
    "vote": vote,
    "nearest": nearest,
    "boxes": boxes,
    "one way": one_way,
    "weighted warp": weighted_warp,
}


def measure(name: str, tasks: list[Task], methods: list[str]) -> dict[str, dict[str, float]]:
    """Figures of one clip by method, over its objects seen in both keyframes beside the frame asked."""
    values = {}
    for method in methods:
        started = time.process_time()
        scores, filled = [], 0
        for task in tasks:
            found = METHODS[method](task)
            first, last = min(task.asked), max(task.asked)
            filled += sum(frame not in task.keys for frame in range(first, last + 1))
            for one in task.objects:
                for frame in task.asked:
                    before = max((key for key in task.keys if key < frame), default=None)
                    after = min((key for key in task.keys if key > frame), default=None)
                    beside = {before, after} <= set(one.frames.tolist())
                    if beside and (task.truth[frame] == one.id).any():
                        scores.append(found.get((one.id, frame), NOTHING))
        if scores:
            spent = 1000 * (time.process_time() - started) / max(filled, 1)
            values[method] = {**figures(np.array(scores)), "cpu_ms_a_frame": round(spent)}
            print(name, method, values[method], file=sys.stderr, flush=True)
    return values


def figures(scores: np.ndarray) -> dict[str, Any]:
    """Means and fifth percentile of `Score` rows; how confidence goes with the truth."""
    masks, box, sure = scores.T
    known = np.isfinite(masks) & np.isfinite(sure)
    return {
        "mask": round(float(masks.mean()), 4) if np.isfinite(masks).all() else None,
        "mask_p5": round(float(np.quantile(masks, 0.05)), 4) if np.isfinite(masks).all() else None,
        "box": round(float(box.mean()), 4),
        "box_p5": round(float(np.quantile(box, 0.05)), 4),
        "confidence_correlation": (
            round(float(np.corrcoef(masks[known], sure[known])[0, 1]), 3) if known.sum() > 2 else None
        ),
        "observations": len(scores),
    }


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


def mean_of(clips: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The mean over clips of their figures, by method."""
    methods = {method for clip in clips.values() for method in clip}
    means: dict[str, dict[str, float]] = {}
    for method in sorted(methods):
        rows = [clip[method] for clip in clips.values() if method in clip]
        means[method] = {
            name: round(float(np.mean([row[name] for row in rows])), 4)
            for name in ("mask", "mask_p5", "box", "box_p5", "cpu_ms_a_frame")
            if rows[0][name] is not None
        }
    return means


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--every", type=int, default=1, help="judge every n-th of the frames between")
    parser.add_argument("--data", type=Path, help="folder with DAVIS and moseg_dataset")
    parser.add_argument(
        "--only", nargs="*", choices=["drawn", "davis", "bms"], default=["drawn", "davis", "bms"]
    )
    args = parser.parse_args()
    report: dict[str, Any] = {}
    if "drawn" in args.only:
        kinds = {301: Effects(), 302: Effects(shadows=True, motion_blur=0.3), 303: Effects(parallax=True)}
        clips = {
            str(seed): measure(f"drawn {seed}", drawn(seed, effects, 20, args.every), args.methods)
            for seed, effects in kinds.items()
        }
        report["drawn, keyframes every 20"] = {"mean": mean_of(clips), "clips": clips}
    if args.data and "davis" in args.only:
        found = davis.find(args.data / "DAVIS", lambda *_: None)
        for gap in (10, 20):
            clips = {}
            for one in found.clips if found else ():
                truth = {labels.frame: labels.labels for labels in davis.read_labels(one)}
                with open_frames(one.clip) as frames:
                    task = _task(frames, truth, gap, args.every)
                    clips[one.clip.name] = measure(f"davis {gap} {one.clip.name}", [task], args.methods)
            report[f"DAVIS, keyframes every {gap}"] = {"mean": mean_of(clips), "clips": clips}
    if args.data and "bms" in args.only:
        found = moseg.find(args.data / "moseg_dataset", lambda *_: None)
        clips = {}
        for one in found.clips if found else ():
            truth = {labels.frame: labels.labels for labels in moseg.read_labels(one)}
            with open_frames(one.clip) as frames:
                tasks = hidden_in_turn(frames, truth)
                clips[one.clip.name] = measure(f"bms {one.clip.name}", tasks, args.methods)
        report["BMS-26, each annotated frame hidden in turn"] = {"mean": mean_of(clips), "clips": clips}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
