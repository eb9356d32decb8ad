"""A project with seeds of two detectors that were measured, and a plain reading of what they found."""

import dataclasses
import json
import shutil
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from core.events import ClassAP, Filters
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder, State, Status
from core.trajectories import journal
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview, Split
from tests.core.evaluation.pictures_with_detections import small_voc, whole_run
from tests.studio.small_project import make_project

SEEDS = 2
CLASSES = ("car", "cat")

FACTS = {
    "network": "tiny",
    "scales": "single",
    "train_year": 2007,
    "train_set": "trainval",
    "schedule": "quick",
}


def make(root: Path) -> Path:
    """Two seeds each of `RandomNet` and `AssociationNet-obj`; a third pretraining came two edits later."""
    voc = small_voc(root / "VOCdevkit")
    path = make_project(root / "project", root / "frames")
    with Project.open(path) as project:
        for seed in range(SEEDS):
            start = launch.prepare(project, JOBS["pretrain"], PretrainConfig(regime="obj", seed=seed))
            _end_pretraining(start, seed)
            measure(root, project.runs, voc, 10 + seed, seed, str(start.path))
        for seed in range(SEEDS):
            measure(root, project.runs, voc, 20 + seed, seed, "random")
        with project.writing() as connection:
            for edit in (SetReview(1, (2,), Review.REJECTED), Split(1, 1, 6)):
                journal.perform(connection, edit)
        later = launch.prepare(project, JOBS["pretrain"], PretrainConfig(regime="objtr"))
        _end_pretraining(later, 9)
    return path


def _end_pretraining(folder: RunFolder, seed: int) -> None:
    file = folder.results / "filters" / "step-000000.npz"
    file.parent.mkdir(parents=True)
    np.savez(file, filters=np.random.default_rng(seed).normal(size=(24, 3, 7, 7)).astype(np.float32))
    folder.append(Filters(0, file.relative_to(folder.path).as_posix()))
    folder.write_status(Status(State.DONE, 10, 10, updated=time.time()))


def measure(root: Path, runs: Path, voc: Path, number: int, seed: int, init: str) -> RunFolder:
    """A run of the job `voc` in a folder of runs, done; what it is made from lies below `root`."""
    made = whole_run(root / "made" / str(number), voc, seed=number, init=init, **{"test_set": "test"})
    result = json.loads((made.results / "ap.json").read_text()) | FACTS | {"start": init}
    (made.results / "ap.json").write_text(json.dumps(result))
    config = dataclasses.replace(made.settings(JOBS["voc"].settings), seed=seed)
    folder = RunFolder.create(runs / f"202601{number}T000000000000-voc-00{number}", "voc", config)
    shutil.rmtree(folder.results)
    shutil.copytree(made.results, folder.results)
    for name, ap in result["ap"].items():
        objects = result["objects"][name]
        folder.append(ClassAP(name, float("nan") if ap is None else ap, objects))
    (folder.path / "provenance.json").write_text(json.dumps({"command": f"python main.py voc --seed {seed}"}))
    folder.write_status(Status(State.DONE, 10, 10, updated=time.time()))
    return folder


def runs_of(project: Path, start: str) -> list[Path]:
    """The runs of a start, `random` or another, by seed."""
    found = [path.parent for path in sorted(project.glob("runs/*-voc-*/config.toml"))]
    random = {path for path in found if 'init = "random"' in (path / "config.toml").read_text()}
    return [path for path in found if (path in random) == (start == "random")]


# --- a plain reading ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Judged:
    """A detection: its picture, its score, and the number of the object that it finds, or None."""

    image: str
    score: float
    finds: int | None


class PlainReading:
    """The annotations and comp4 files, read and judged by the devkit's rules without the program."""

    def __init__(self, root: Path) -> None:
        voc = root / "VOCdevkit" / "VOC2007"
        self.images = (voc / "ImageSets" / "Main" / "test.txt").read_text().split()
        self.objects = {id: _objects(voc / "Annotations" / f"{id}.xml") for id in self.images}

    def counted(self, name: str, image: str) -> int:
        """How many objects of a class a picture has, without difficult ones."""
        return sum(one[0] == name and not one[2] for one in self.objects[image])

    def detected(self, run: Path, name: str) -> list[tuple[float, str, list[float]]]:
        """Score, picture and box of each detection, surest first."""
        lines = (run / "results" / "detections" / f"comp4_det_test_{name}.txt").read_text().splitlines()
        read = [(float(f[0]), id, [float(v) for v in f[1:]]) for id, *f in map(str.split, lines)]
        return sorted(read, key=lambda one: -one[0])

    def judged(self, run: Path, name: str) -> list[Judged]:
        """The detections of a run, surest first, without those of difficult objects."""
        taken, found = set(), []
        for score, image, box in self.detected(run, name):
            own = [number for number, one in enumerate(self.objects[image]) if one[0] == name]
            best = max(own, key=lambda number: _overlap(box, self.objects[image][number][1]), default=None)
            hits = best is not None and _overlap(box, self.objects[image][best][1]) >= 0.5
            if hits and self.objects[image][best][2]:
                continue
            finds = best if hits and (image, best) not in taken else None
            taken.add((image, finds))
            found.append(Judged(image, score, finds))
        return found

    def ap(self, judged: list[Judged], name: str, images: list[str]) -> float:
        """At eleven points, over pictures that may be there several times, or not at all."""
        times = {id: images.count(id) for id in set(images)}
        total = sum(self.counted(name, id) for id in images)
        true, counted, curve = 0, 0, []
        for one in judged:
            weight = times.get(one.image, 0)
            true += weight * (one.finds is not None)
            counted += weight
            if weight:
                curve.append((true / total, true / counted))
        best = [
            max((precision for recall, precision in curve if recall >= point), default=0.0)
            for point in np.arange(0, 1.1, 0.1)  # as the devkit counts: 0.30000000000000004 is one of them
        ]
        return sum(best) / 11

    def mistakes(self, run: Path, image: str) -> int:
        """Objects missed and detections that are false, of as many of a class as it has objects in all."""
        count = 0
        for name in CLASSES:
            total = sum(self.counted(name, id) for id in self.images)
            surest = [one for one in self.judged(run, name)[:total] if one.image == image]
            true = sum(one.finds is not None for one in surest)
            count += self.counted(name, image) - true + len(surest) - true
        return count


def _objects(path: Path) -> list[tuple[str, list[float], bool]]:
    """Class, corners, and whether it is difficult."""
    sides = ("xmin", "ymin", "xmax", "ymax")
    return [
        (
            one.find("name").text,
            [float(one.find("bndbox").find(side).text) for side in sides],
            one.find("difficult").text == "1",
        )
        for one in ElementTree.parse(path).getroot().iter("object")
    ]


def _overlap(a: list[float], b: list[float]) -> float:
    """IoU of inclusive corners."""
    wide, high = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) + 1 for k in (0, 1))
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return wide * high / (sum(areas) - wide * high)
