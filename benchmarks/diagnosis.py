"""How long it takes to explain AP, as many detections as a detector leaves on VOC 2007 test; JSON out.

    python -m benchmarks.diagnosis [--images 4952] [--detections 250000] [--voc VOCdevkit]

The pictures hold objects as VOC 2007 test does (2.4 in a picture, a third of them people); a part of the
detections lies near them, the others anywhere. Seconds of one core: of the evaluation alone
(`voc_ap.evaluate`), of all of the diagnosis, and of its parts. With `--voc` the same on the objects of its
2007 test set. `exact` says whether every curve and AP is exactly that of the evaluation.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.datasets.voc import CLASSES, VocImage, VocObject, read_split
from core.evaluation.bootstrap import draw_pictures, resampled_aps
from core.evaluation.diagnosis import diagnose
from core.evaluation.judging import SetObjects, judge
from core.evaluation.missed import ClassObjects
from core.evaluation.repairs import gains
from core.evaluation.verdicts import Verdict
from core.evaluation.voc_ap import Detections, evaluate, truth_of

Value = TypeVar("Value")

METRIC = "voc07_11point"


def drawn_images(rng: np.random.Generator, count: int) -> list[VocImage]:
    weights = np.where(np.array(CLASSES) == "person", 9.5, 1.0)
    images = []
    for number in range(count):
        objects = []
        for name in rng.choice(CLASSES, rng.poisson(2.4), p=weights / weights.sum()):
            corner, size = rng.uniform(0, 300, 2), rng.uniform(20, 200, 2)
            box = np.concatenate([corner, corner + size]).astype(np.float32)
            objects.append(VocObject(str(name), box, rng.random() < 0.15, rng.random() < 0.3))
        images.append(VocImage(f"{number:06}", Path("absent.jpg"), 500, 375, tuple(objects)))
    return images


def drawn_detections(
    rng: np.random.Generator, images: Sequence[VocImage], count: int
) -> dict[str, Detections]:
    """A detection near each object, surer than most; the others anywhere."""
    found = {}
    for name in CLASSES:
        near = [(image.id, each.box) for image in images for each in image.objects if each.name == name]
        left = max(0, count // len(CLASSES) - len(near))
        corners, sizes = rng.uniform(0, 300, (left, 2)), rng.uniform(20, 200, (left, 2))
        boxes = np.concatenate([corners, corners + sizes], axis=1)
        moved = np.array([box for _, box in near]).reshape(-1, 4) + rng.normal(0, 15, (len(near), 4))
        ids = np.array([image.id for image in images])[rng.integers(0, len(images), left)]
        found[name] = Detections(
            np.concatenate([ids, [id for id, _ in near]]).astype(np.str_),
            np.concatenate([rng.beta(1, 6, left), rng.beta(2, 2, len(near))]),
            np.concatenate([boxes, moved]),
        )
    return found


def timed(work: Callable[[], Value]) -> tuple[float, Value]:
    start = time.process_time()
    value = work()
    return round(time.process_time() - start, 3), value


def measured(images: Sequence[VocImage], found: Mapping[str, Detections]) -> dict[str, object]:
    truth = truth_of(images)
    evaluation, expected = timed(lambda: evaluate(found, truth, METRIC))
    whole, diagnosis = timed(lambda: diagnose(images, found, METRIC))
    objects = SetObjects.of(images)
    judging, judged = timed(lambda: {name: judge(name, found[name], objects, 0.5) for name in found})
    only = {name: each for name, (each, _) in judged.items()}
    repairing, _ = timed(lambda: gains(only, objects, METRIC, 0.5))
    missing, _ = timed(
        lambda: [
            ClassObjects.read(name, *each, objects).missed(each[0], 0.5) for name, each in judged.items()
        ]
    )

    def resample() -> None:
        times = draw_pictures(len(images))
        for each in diagnosis.classes.values():
            counted = ~each.detections.are(Verdict.IGNORED)
            per_picture = np.bincount(objects.pictures[each.found.rows], minlength=len(images))
            true = each.detections.are(Verdict.TRUE)[counted]
            resampled_aps(each.detections.pictures[counted], true, per_picture, times, METRIC)

    resampling, _ = timed(resample)
    exact = all(
        np.array_equal(each.detections.recall, expected.classes[name].recall, equal_nan=True)
        and np.array_equal(each.detections.precision, expected.classes[name].precision)
        and (each.ap == expected.classes[name].ap or not each.objects)
        for name, each in diagnosis.classes.items()
    )
    return {
        "images": len(images),
        "objects": sum(each.objects for each in diagnosis.classes.values()),
        "detections": sum(len(each.scores) for each in found.values()),
        "map": round(diagnosis.mean_ap, 4),
        "interval": [round(diagnosis.mean_interval.low, 4), round(diagnosis.mean_interval.high, 4)],
        "exact": exact,
        "seconds": {
            "evaluation": evaluation,
            "diagnosis": whole,
            "judging": judging,
            "repairs": repairing,
            "missed": missing,
            "resamples": resampling,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=4952)
    parser.add_argument("--detections", type=int, default=250_000)
    parser.add_argument("--voc", type=Path)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    images = drawn_images(rng, args.images)
    result = {"drawn": measured(images, drawn_detections(rng, images, args.detections))}
    if args.voc:
        real = read_split(args.voc, 2007, "test")
        result["real"] = measured(real, drawn_detections(rng, real, 20 * len(CLASSES) * len(real) // 8))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
