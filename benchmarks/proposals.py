"""How well proposals cover the objects of VOC; JSON on standard output.

    python -m benchmarks.proposals --voc VOCdevkit [--set test] [--mode rcnn] [--images 50]

Of the first `images` images under 500 px wide and of the first that are wider, each: boxes an image, the
share of objects (not marked difficult) that a box overlaps by an IoU of 0.5 and of 0.7, their mean best
overlap, and seconds of one core an image.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core import geometry
from core.datasets.image import read_image
from core.datasets.voc import VocImage, read_split
from core.detection.config import MODES
from core.detection.proposals import SEARCHED_WIDTH, propose


def covered(images: Sequence[VocImage], mode: str) -> dict[str, float]:
    counts, overlaps, start = [], [], time.process_time()
    for image in images:
        boxes = propose(read_image(image.path), mode)
        counts.append(len(boxes))
        objects = [thing.box for thing in image.objects if not thing.difficult]
        overlaps += [geometry.iou(boxes, box[None]).max() for box in objects]
    best = np.array(overlaps)
    figures = {
        "boxes": np.mean(counts),
        "recall_0.5": (best >= 0.5).mean(),
        "recall_0.7": (best >= 0.7).mean(),
        "mean_best_overlap": best.mean(),
        "seconds": (time.process_time() - start) / len(images),
    }
    return {
        "images": len(images),
        "objects": len(best),
        **{name: round(float(value), 3) for name, value in figures.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--voc", type=Path, required=True)
    parser.add_argument("--set", default="test")
    parser.add_argument("--mode", choices=MODES, default="rcnn")
    parser.add_argument("--images", type=int, default=50)
    args = parser.parse_args()
    images = read_split(args.voc, 2007, args.set)
    parts = {
        "narrow": [image for image in images if image.width < SEARCHED_WIDTH],
        "wide": [image for image in images if image.width >= SEARCHED_WIDTH],
    }
    print(json.dumps({name: covered(part[: args.images], args.mode) for name, part in parts.items()}))


if __name__ == "__main__":
    main()
