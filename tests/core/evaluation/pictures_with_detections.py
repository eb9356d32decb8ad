"""A small drawn VOC with comp4 files of it, and runs that measured them."""

from pathlib import Path

import numpy as np

from core.datasets.voc import read_split
from core.detection.config import VocConfig
from core.evaluation import comp4
from core.evaluation.config import EvaluateConfig
from core.evaluation.voc_ap import Detections
from core.jobs import evaluate
from core.runs.run_folder import RunFolder
from tests.small_data import write_voc


def write_detections(folder: Path, voc: Path, seed: int = 0) -> Path:
    """comp4 files of cars and cats in the test set: near objects, of either class, and anywhere."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for name in ("car", "cat"):
        ids, boxes = [], []
        for image in read_split(voc, 2007, "test"):
            for each in image.objects:
                ids.append(image.id)
                boxes.append(each.box + rng.normal(0, 4, 4))
            ids += [image.id] * 3
            corners = rng.uniform(0, 60, (3, 2))
            boxes += list(np.concatenate([corners, corners + rng.uniform(10, 30, (3, 2))], axis=1))
        found = Detections(np.array(ids), rng.random(len(ids)), np.array(boxes))
        comp4.write(folder / comp4.file_name("test", name), found)
    return folder


def measured(path: Path, voc: Path, detections: Path, **settings: object) -> RunFolder:
    """The run of an evaluation of these files."""
    config = EvaluateConfig(voc=voc, detections=detections, **settings)
    folder = RunFolder.create(path, "evaluate", config)
    for _ in evaluate.run(folder, config):
        pass
    return folder


def whole_run(path: Path, voc: Path, seed: int = 0, **settings: object) -> RunFolder:
    """A run of the job `voc`, as it is left when it is done, but for its detector."""
    folder = RunFolder.create(path, "voc", VocConfig(voc=voc, **settings))
    write_detections(folder.results / "detections", voc, seed)
    files = folder.results / "detections"
    evaluation = measured(path.with_name(f"{path.name}-evaluation"), voc, files)
    for name in ("ap.json", "pr.npz"):
        (folder.results / name).write_bytes((evaluation.results / name).read_bytes())
    return folder


def small_voc(folder: Path) -> Path:
    return write_voc(folder, train=2, test=12)
