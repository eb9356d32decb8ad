"""A run whose detections were measured: all that explains its AP, read from its folder."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.atomic_file import write_atomically
from core.datasets.class_list import of_classes
from core.datasets.voc import CLASSES, KeptSet, VocImage
from core.detection import given_boxes
from core.detection.config import MODES
from core.detection.proposal_file import Proposals
from core.detection.proposals import cached_boxes
from core.errors import StudioError
from core.evaluation import comp4, origin
from core.evaluation.ap_file import read_facts
from core.evaluation.diagnosis import ClassDiagnosis, Diagnosis, diagnose
from core.evaluation.table1 import classes_of
from core.evaluation.voc_ap import OVERLAP, Detections
from core.record_file import read_record
from core.runs.run_folder import RunFolder

_SOURCE = "measured_from.json"
"""In the results of a run whose detections lie elsewhere: the folders of VOC and of the comp4 files."""


def name_source(run: RunFolder, voc: Path, detections: Path) -> None:
    """Say in a run what its AP was measured from.

    Raises:
        OSError: the run's folder cannot be written.
    """
    source = {"voc": str(voc.absolute()), "detections": str(detections.absolute())}
    write_atomically(run.results / _SOURCE, json.dumps(source, indent=1).encode())


@dataclass(frozen=True)
class MeasuredRun:
    """What was detected in a set of VOC, and how it was measured.

    Attributes:
        folder: of the run: of the job `voc`, `detect`, `evaluate` or `finetune`.
        voc: folder of the VOC data.
        year, set: of VOC, what was measured on.
        metric: one of `voc_ap.METRICS`.
        overlap: the smallest IoU of a correct detection.
        files: folder of the comp4 files.
        images: of the set, with their objects of the classes, but those without annotation; the pictures may
            be absent.
        listed: ids of all images of the set.
        classes: that were measured.
    """

    folder: RunFolder
    voc: Path
    year: int
    set: str
    metric: str
    overlap: float
    files: Path
    images: tuple[VocImage, ...]
    listed: frozenset[str]
    classes: tuple[str, ...] = CLASSES

    @classmethod
    def open(cls, run: Path, voc: Path | None = None, sets: KeptSet | None = None) -> "MeasuredRun":
        """A run that holds `results/ap.json`, with the annotations of its set.

        Args:
            run: its folder.
            voc: folder of the VOC data where it is no longer where the run found it.
            sets: reads the set, which runs that are opened one after another may share.

        Raises:
            StudioError: the run was not measured, its detections are gone, or the VOC data are.
        """
        folder = RunFolder.open(run)
        settings, result, source = folder.settings_as_written(), _result(folder), _source(folder)
        measured_set = "test_set" if folder.job == "voc" else "set"
        try:
            year = int(result.get("year") or settings["year"])
            set_name = str(result.get("set") or settings[measured_set])
            overlap = float(result.get("overlap") or OVERLAP)
        except (KeyError, TypeError, ValueError) as error:
            raise StudioError(
                f"{folder.results / 'ap.json'} does not say what was measured; evaluate again."
            ) from error
        files = _files(folder, settings, source)
        classes = classes_of(result)
        if not comp4.files_of(files, set_name, classes):
            raise StudioError(
                f"The detections of {folder.name} are no longer in {files}; detect and evaluate again."
            )
        place = voc or Path(source.voc or str(settings.get("voc", "")))
        if not place.is_dir():
            raise StudioError(f"The VOC data of {folder.name} are no longer in {place}; put the folder back.")
        images = (sets or KeptSet()).read(place, year, set_name)
        annotated = of_classes((image for image in images if image.annotated), classes)
        if not annotated:
            raise StudioError(f"{set_name} has no annotations in {place}; put them back.")
        listed = frozenset(image.id for image in images)
        metric = str(result["metric"])
        return cls(folder, place, year, set_name, metric, overlap, files, annotated, listed, classes)

    def detections(self, name: str) -> Detections:
        """Of one class, in its `images`; none where there is no file of it.

        Raises:
            StudioError: the file is damaged, or of another set.
        """
        path = comp4.files_of(self.files, self.set, (name,)).get(name)
        if path is None:
            return Detections.none()
        return comp4.read(path, self.listed).within({image.id for image in self.images})

    def diagnosis(self, on_class: Callable[[ClassDiagnosis], None] | None = None) -> Diagnosis:
        """Why its AP is what it is; takes seconds. `on_class` is called as classes finish.

        Raises:
            StudioError: a file of detections is damaged or of another set.
        """
        detections = {name: self.detections(name) for name in self.classes}
        return diagnose(self.images, detections, self.metric, self.overlap, on_class, self.classes)

    def proposals(self, image: str) -> np.ndarray | None:
        """The boxes that the detector chose from in an image, (M, 4) float32 pixels; None where not kept."""
        if self._proposal_file is not None:
            try:
                return self._proposal_file[image]
            except StudioError:
                return None
        settings = self.folder.settings_as_written()
        mode = str(self._facts.get("proposals", settings.get("mode", "")))
        path = next((each.path for each in self.images if each.id == image), None)
        if path is None or mode not in MODES:
            return None
        kept = (cached_boxes(path, mode, cache) for cache in self._caches(settings))
        return next((boxes for boxes in kept if boxes is not None), None)

    @cached_property
    def _facts(self) -> dict[str, Any]:
        return origin.read(self.files, self.set)

    @cached_property
    def _proposal_file(self) -> Proposals | None:
        settings = self.folder.settings_as_written()
        name = {"voc": "test_proposals", "detect": "proposals"}.get(self.folder.job, "")
        named = settings.get(name) or self._facts.get("proposals")
        if not named or named in MODES:
            return None
        try:
            return given_boxes.load(Path(str(named)))
        except StudioError:
            return None

    def _caches(self, settings: Mapping[str, Any]) -> list[Path]:
        """Where the boxes of its images may be kept: as it says, in itself, in the run that detected."""
        caches = [Path(str(settings["cache"]))] if settings.get("cache") else []
        caches.append(self.folder.path / "cache")
        if self._facts.get("run"):
            caches.append(Path(str(self._facts["run"])) / "cache")
        return caches


def _result(folder: RunFolder) -> dict[str, Any]:
    path = folder.results / "ap.json"
    if not os.path.lexists(path):
        raise StudioError(f"{folder.name} was not measured; evaluate its detections first.")
    result = read_facts(path)
    if not result.get("metric"):
        raise StudioError(f"{path} does not say what was measured; evaluate again.")
    return result


@dataclass(frozen=True)
class _Source:
    """What `name_source` said; empty where nothing did."""

    voc: str = ""
    detections: str = ""


def _source(folder: RunFolder) -> _Source:
    try:
        return read_record(_Source, folder.results / _SOURCE)
    except StudioError:
        return _Source()


def _files(folder: RunFolder, settings: Mapping[str, Any], source: _Source) -> Path:
    """The folder of the comp4 files: that which was measured, or what the settings say, or in the results."""
    setting = {"evaluate": "detections", "detect": "out"}.get(folder.job, "")
    named = source.detections or settings.get(setting)
    return Path(str(named)) if named else folder.results / "detections"
