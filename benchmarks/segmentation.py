"""How well an object is cut out by clicks, strokes and a rough box, against exact masks; prints JSON.

    python -m benchmarks.segmentation --data DIR [--every 10] [--clicks 5] [--methods cut grabcut]

Of every n-th annotated frame of DAVIS-2016 and BMS-26 (`DIR/DAVIS`, `DIR/moseg_dataset`) each object is asked
for by one click in its middle, by one stroke along it, and by its box, each side off by up to a tenth of the
box. Then the largest error is corrected again and again, by a click in its middle or by a stroke along it.
`iou` is the mean over objects, first without corrections; times are CPU milliseconds of one thread for each
answer, as a person waits for them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from core.datasets import davis, moseg
from core.datasets.reading import open_frames
from core.geometry import mask_box
from core.segmentation.segmenter import Prompts, Segmented, Segmenter
from core.segmentation.superpixel_cut import SuperpixelCut

SETS = {"DAVIS": (davis, "DAVIS"), "BMS-26": (moseg, "moseg_dataset")}
SMALLEST, LARGEST = 300, 0.6  # pixels, and share of the frame


class GrabCut:
    """OpenCV's, on a crop of `side` pixels: within the box all is likely the object, around it likely not."""

    def __init__(self, side: int = 192) -> None:
        self._side = side

    def segment(self, image: np.ndarray, prompts: Prompts) -> Segmented:
        height, width = image.shape[:2]
        box = prompts.box
        if box is None and prompts.mask is not None:
            box = mask_box(prompts.mask)
        if box is None:
            radius = 0.14 * np.sqrt(height * width)
            box = np.concatenate((prompts.points[0] - radius, prompts.points[0] + radius))
        size = box[2:] - box[:2]
        low = np.maximum(box[:2] - 0.35 * size.max(), 0).astype(int)
        high = np.minimum(np.ceil(box[2:] + 0.35 * size.max()), (width, height)).astype(int)
        crop = image[low[1] : high[1], low[0] : high[0]]
        scale = min(1.0, self._side / max(crop.shape[:2]))
        small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        kinds = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
        for grown, kind in ((0.12, cv2.GC_PR_BGD), (0.0, cv2.GC_PR_FGD)):
            x1, y1 = np.maximum((box[:2] - grown * size - low) * scale, 0).round().astype(int)
            x2, y2 = np.maximum((box[2:] + grown * size - low) * scale, 0).round().astype(int)
            kinds[y1:y2, x1:x2] = kind
        if prompts.mask is not None:
            cut = prompts.mask[low[1] : high[1], low[0] : high[0]].astype(np.float32)
            before = cv2.resize(cut, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.5
            kinds = np.where(before, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        for (x, y), inside in zip(prompts.points, prompts.inside, strict=True):
            at = int((x - low[0]) * scale), int((y - low[1]) * scale)
            cv2.circle(kinds, at, 4, cv2.GC_FGD if inside else cv2.GC_BGD, -1)
        cv2.setRNGSeed(0)
        cv2.grabCut(small, kinds, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
        found = np.isin(kinds, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
        mask = np.zeros((height, width), bool)
        large = cv2.resize(found, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        mask[low[1] : high[1], low[0] : high[0]] = large > 0.5
        return Segmented(mask, 1.0)


METHODS = {"cut": SuperpixelCut, "grabcut": GrabCut}

Mark = Callable[[np.ndarray], tuple[np.ndarray, float]]
"""What a person draws on an error (H, W) bool: the corners of a line, (M, 2), and how deep it lies."""


def objects(data: Path, name: str, every: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames (H, W, 3) uint8 RGB with the mask (H, W) bool of one object."""
    reader, folder = SETS[name]
    found = reader.find(data / folder, lambda *_: None)
    for one in found.clips if found else ():
        labelled = list(reader.read_labels(one))[:: every if name == "DAVIS" else max(every // 2, 1)]
        with open_frames(one.clip) as frames:
            for labels in labelled:
                for number in np.unique(labels.labels):
                    mask = labels.labels == number
                    if number and SMALLEST <= mask.sum() <= LARGEST * mask.size:
                        yield frames[labels.frame], mask


def middle(mask: np.ndarray) -> tuple[np.ndarray, float]:
    """The place (2,) deepest in a mask, and its depth in pixels."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return np.array((column + 0.5, row + 0.5), np.float32), float(depth.max())


def click(mask: np.ndarray) -> tuple[np.ndarray, float]:
    """The line of a click, (1, 2), on the deepest place of a mask; its depth."""
    place, depth = middle(mask)
    return place[None], depth


def stroke(mask: np.ndarray) -> tuple[np.ndarray, float]:
    """A line (2, 2) through the deepest place of a mask, as long as it stays well inside; its depth."""
    place, depth = middle(mask)
    inside = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1] > 0.4 * depth
    _, parts = cv2.connectedComponents(inside.astype(np.uint8))
    around = np.argwhere(parts == parts[int(place[1]), int(place[0])])[:, ::-1] + 0.5 - place
    along = np.linalg.eigh(around.T @ around)[1][:, -1]
    ends = []
    for way in (-along, along):
        reach = 0
        while _covers(inside, place + (reach + 1) * way):
            reach += 1
        ends.append(place + reach * way)
    return np.array(ends, np.float32), depth


def _covers(mask: np.ndarray, place: np.ndarray) -> bool:
    column, row = np.floor(place).astype(int)
    return 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and bool(mask[row, column])


def answers(
    method: Segmenter, image: np.ndarray, truth: np.ndarray, first: Prompts, clicks: int, mark: Mark
) -> tuple[list[float], list[float]]:
    """IoU and CPU milliseconds of the first answer and of those after marks on the largest error."""
    prompts, overlaps, times = first, [], []
    for _ in range(clicks + 1):
        began = time.process_time()
        found = method.segment(image, prompts).mask
        times.append(1000 * (time.process_time() - began))
        overlaps.append(float((found & truth).sum() / (found | truth).sum()))
        missing, too_much = mark(truth & ~found), mark(found & ~truth)
        place = missing if missing[1] >= too_much[1] else too_much
        prompts = prompts.with_stroke(place[0], inside=place is missing).correcting(found)
    return overlaps, times


def measure(name: str, data: Path, every: int, clicks: int, methods: list[str]) -> dict[str, object]:
    """Of one set, by method and first prompt."""
    results: dict[str, dict[str, list[tuple[list[float], list[float]]]]] = {}
    random = np.random.default_rng(0)
    for image, truth in objects(data, name, every):
        box = mask_box(truth)
        assert box is not None
        off = random.uniform(-0.1, 0.1, 4) * np.tile(box[2:] - box[:2], 2)
        rough = np.clip(box + off, 0, (*truth.shape[::-1],) * 2).astype(np.float32)
        ways = {
            "click, clicks": (Prompts().with_point(*middle(truth)[0], inside=True), click),
            "box, clicks": (Prompts().with_box(rough), click),
            "box, strokes": (Prompts().with_box(rough), stroke),
            "stroke, strokes": (Prompts().with_stroke(stroke(truth)[0], inside=True), stroke),
        }
        for method in methods:
            for kind, (first, mark) in ways.items():
                found = answers(METHODS[method](), image, truth, first, clicks, mark)
                results.setdefault(method, {}).setdefault(kind, []).append(found)
    return {
        method: {
            kind: {
                "objects": len(found),
                "iou": np.mean([one[0] for one in found], axis=0).round(3).tolist(),
                "ms_median": round(float(np.median([one[1] for one in found])), 1),
                "ms_p95": round(float(np.percentile([one[1] for one in found], 95)), 1),
            }
            for kind, found in by_kind.items()
        }
        for method, by_kind in results.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with DAVIS and moseg_dataset")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    result = {
        name: measure(name, asked.data, asked.every, asked.clicks, asked.methods) for name in asked.sets
    }
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
