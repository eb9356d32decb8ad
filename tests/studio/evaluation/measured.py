"""A VOC set of noisy pictures, detections in it, and the run that measured them, as the job leaves it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from core.datasets.voc import CLASSES, VocImage, write_annotation
from core.evaluation import comp4
from core.evaluation.config import EvaluateConfig
from core.evaluation.voc_ap import Detections
from core.runs.run_folder import RunFolder, State
from core.worker import run_job
from tests.core.evaluation.crowds import random_detections, random_images

PICTURES, DETECTIONS = 30, 120
"""How many pictures, and detections of each class that has some."""

SIZE = (150, 140)
"""Width and height of each picture."""

UNSEEN = "sofa"
"""A class with objects of which nothing is detected."""

ABSENT = "dog"
"""A class without objects of which something is detected."""


def write_voc(root: Path, images: list[VocImage]) -> Path:
    """A VOCdevkit with these as the set `test` of 2007; the place of each object in its picture is bright."""
    folder = root / "VOCdevkit" / "VOC2007"
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for image in images:
        pixels = rng.integers(0, 90, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
        for one in image.objects:
            x1, y1, x2, y2 = one.box.astype(int).tolist()
            pixels[y1:y2, x1:x2] = 200
        cv2.imwrite(str(folder / "JPEGImages" / f"{image.id}.jpg"), pixels)
        write_annotation(image, folder)
    lines = "".join(f"{image.id}\n" for image in images)
    (folder / "ImageSets" / "Main" / "test.txt").write_text(lines)
    return folder.parent


def write_measured(root: Path, runs: Path, seed: int = 0) -> RunFolder:
    """A run of the job `evaluate` in a folder of runs, done; its VOC data and detections lie below `root`."""
    rng = np.random.default_rng(seed)
    images = [replace(one, width=SIZE[0], height=SIZE[1]) for one in random_images(rng, PICTURES)]
    images = [
        replace(one, objects=tuple(replace(each, box=np.round(each.box)) for each in one.objects))
        for one in images
    ]
    found = random_detections(rng, images, DETECTIONS)
    found[ABSENT] = found.pop(UNSEEN)
    detections = root / "detections"
    detections.mkdir()
    for name in CLASSES:
        comp4.write(detections / comp4.file_name("test", name), found.get(name, Detections.none()))
    config = EvaluateConfig(voc=write_voc(root, images), detections=detections)
    folder = RunFolder.create(runs / "20260101T000000000000-evaluate-0000", "evaluate", config)
    assert run_job(folder).state is State.DONE
    return folder
