"""Folders of images that a project knows: those that its newest runs used, else those of a sample."""

from collections.abc import Iterable
from pathlib import Path

from core.datasets.caltech101 import FOLDER
from core.project.project import Project
from studio.runs.run import Run
from studio.runs.runs import Runs


def voc_folder(runs: Runs, *jobs: str) -> Path:
    """The VOC data of the newest run of some jobs, else that of the sample; else an empty path."""
    found = _used(runs.for_job(*jobs), "voc")
    return next(filter(Path.is_dir, (*found, sample(runs.project) / "VOCdevkit")), Path())


def caltech101_folder(runs: Runs) -> Path | None:
    """Caltech-101, in the same way; None if there is none."""
    found = (*_used(runs.for_job("pretrain"), "images"), *_used(runs.for_job("table1"), "caltech101"))
    return next(filter(Path.is_dir, (*found, sample(runs.project) / FOLDER)), None)


def sample(project: Project) -> Path:
    """Where a sample project keeps what was drawn for it."""
    return project.path / "sample"


def _used(runs: Iterable[Run], setting: str) -> list[Path]:
    return [Path(run.settings[setting]) for run in runs if run.settings.get(setting)]
