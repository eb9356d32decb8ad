"""How fast detections are measured, beside a plain loop over them; JSON on standard output.

    python -m benchmarks.voc_evaluation [--detections 250000] [--seed 0]

Drawn detections in the 4,952 pictures of VOC 2007 test, which has 12,032 objects, by class as there. Of each
class there are as many detections as of any other; half of them lie in pictures that hold the class, where a
detector's surest are. Seconds of one core: to read the comp4 files (`read`), to match the detections with
objects and average (`match`), and both (`all`). The loop is Girshick's `voc_eval.py`, with the devkit's `>=`
and stable order; both must find the same AP.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.voc import CLASSES
from core.evaluation import comp4
from core.evaluation.voc_ap import METRICS, Detections, Objects, evaluate

PICTURES = 4952
OBJECTS = (
    285,
    337,
    459,
    263,
    469,
    213,
    1201,
    358,
    756,
    244,
    206,
    489,
    348,
    325,
    4528,
    480,
    242,
    239,
    282,
    308,
)
"""Of each class in VOC 2007 test, without the difficult ones."""

METRIC = "voc07_11point"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--detections", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    ids = np.array([f"{number:06d}" for number in range(1, PICTURES + 1)])
    truth, files = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name, count in zip(CLASSES, OBJECTS, strict=True):
            truth[name], detections = _drawn(rng, ids, count, args.detections // len(CLASSES))
            files[name] = Path(folder) / comp4.file_name("test", name)
            comp4.write(files[name], detections)
        ours, our_seconds = _measured(_read_all, _match_all, files, truth)
        loops, loop_seconds = _measured(_loop_read_all, _loop_match_all, files, truth)
    if not np.allclose(ours, loops, atol=1e-9):
        raise SystemExit(f"They disagree: {ours} and {loops}.")
    ratios = {name: round(loop_seconds[name] / seconds, 1) for name, seconds in our_seconds.items()}
    figures = {"detections": args.detections, "map": round(float(np.mean(ours)), 4)}
    print(json.dumps(figures | {"seconds": our_seconds, "loop_seconds": loop_seconds, "ratio": ratios}))


def _measured(
    read: Callable[[Mapping[str, Path]], Any],
    match: Callable[[Any, Mapping[str, Mapping[str, Objects]]], list[float]],
    files: Mapping[str, Path],
    truth: Mapping[str, Mapping[str, Objects]],
) -> tuple[list[float], dict[str, float]]:
    start = time.process_time()
    found = read(files)
    between = time.process_time()
    aps = match(found, truth)
    end = time.process_time()
    spent = {"read": between - start, "match": end - between, "all": end - start}
    return aps, {name: round(seconds, 3) for name, seconds in spent.items()}


def _drawn(
    rng: np.random.Generator, ids: np.ndarray, count: int, detections: int
) -> tuple[dict[str, Objects], Detections]:
    """Objects, a tenth of them difficult besides, and detections of a class."""
    pictures, boxes = rng.integers(0, len(ids), count + count // 10), _boxes(rng, count + count // 10)
    difficult = np.arange(len(boxes)) >= count
    held = {
        str(ids[picture]): Objects(boxes[pictures == picture], difficult[pictures == picture])
        for picture in np.unique(pictures)
    }
    near = rng.integers(0, len(boxes), detections // 2)
    moved = boxes[near] + rng.normal(0, 15, (len(near), 4)).astype(np.float32)
    elsewhere = detections - len(near)
    return held, Detections(
        ids[np.concatenate([pictures[near], rng.integers(0, len(ids), elsewhere)])],
        rng.random(detections, np.float32),
        np.concatenate([moved, _boxes(rng, elsewhere)]),
    )


def _boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corners, sides = rng.uniform(0, 250, (count, 2)), rng.uniform(20, 240, (count, 2))
    return np.concatenate([corners, corners + sides], axis=1).round(1).astype(np.float32)


def _read_all(files: Mapping[str, Path]) -> dict[str, Detections]:
    return {name: comp4.read(path) for name, path in files.items()}


def _match_all(found: Mapping[str, Detections], truth: Mapping[str, Mapping[str, Objects]]) -> list[float]:
    return [result.ap for result in evaluate(found, truth, METRIC).classes.values()]


def _loop_read_all(files: Mapping[str, Path]) -> dict[str, tuple[list[str], np.ndarray, np.ndarray]]:
    found = {}
    for name, path in files.items():
        with open(path, encoding="ascii") as file:
            fields = [line.strip().split(" ") for line in file]
        scores = np.array([float(each[1]) for each in fields])
        found[name] = [each[0] for each in fields], scores, np.array([[*map(float, e[2:])] for e in fields])
    return found


def _loop_match_all(
    found: Mapping[str, tuple[list[str], np.ndarray, np.ndarray]],
    truth: Mapping[str, Mapping[str, Objects]],
) -> list[float]:
    return [_loop(*found[name], truth[name]) for name in truth]


def _loop(images: list[str], scores: np.ndarray, boxes: np.ndarray, truth: Mapping[str, Objects]) -> float:
    corners = {image: np.add(objects.boxes, [1.0, 1, 0, 0]) for image, objects in truth.items()}
    seen = {image: [False] * len(objects.boxes) for image, objects in truth.items()}
    count = sum(np.count_nonzero(~objects.difficult) for objects in truth.values())
    order = np.argsort(-scores, kind="stable")
    true, false = np.zeros(len(order)), np.zeros(len(order))
    for place, row in enumerate(order):
        image, box, best = images[row], boxes[row], -np.inf
        if image in truth:
            objects = corners[image]
            wide = np.minimum(objects[:, 2], box[2]) - np.maximum(objects[:, 0], box[0]) + 1
            high = np.minimum(objects[:, 3], box[3]) - np.maximum(objects[:, 1], box[1]) + 1
            shared = np.maximum(wide, 0.0) * np.maximum(high, 0.0)
            own = (box[2] - box[0] + 1) * (box[3] - box[1] + 1)
            areas = (objects[:, 2] - objects[:, 0] + 1) * (objects[:, 3] - objects[:, 1] + 1)
            overlaps = shared / (own + areas - shared)
            best, nearest = np.max(overlaps), int(np.argmax(overlaps))
        if best < 0.5:
            false[place] = 1
        elif not truth[image].difficult[nearest]:
            (false if seen[image][nearest] else true)[place] = 1
            seen[image][nearest] = True
    true, false = np.cumsum(true), np.cumsum(false)
    recall, precision = true / count, true / np.maximum(true + false, np.finfo(float).eps)
    return METRICS[METRIC].average(recall, precision)


if __name__ == "__main__":
    main()
