"""The rows of Table 1: those that the paper prints, and runs of this program."""

import csv
import functools
import hashlib
import importlib.resources
import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import config
from core.datasets.class_list import shortened
from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation.ap_file import check_facts, read_facts
from core.evaluation.origin import fine_tuning_of
from core.evaluation.voc_ap import OVERLAP, metric_title
from core.networks.config import TRUNK_IN_RUN
from core.tensor_head import read_tensor_head
from core.trajectories.snapshot_head import read_head
from core.whole_file import open_file

HEADS = (
    *("aero", "bike", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("table", "dog", "horse", "mbike", "person", "plant", "sheep", "sofa", "train", "tv"),
)
"""The paper's short names of `CLASSES`."""

UNKNOWN = "not recorded"
"""Of a condition that a run does not name."""

_NAMES = {"association": "AssociationNet", "slowfeat": "SlowFeat", "contrastive": "Contrastive", "nce": "NCE"}
_BEYOND = ("nce",)
"""Methods that the paper knows nothing of."""

BEYOND = " (beyond the paper)"
"""The end of their rows' names."""

_SCALES = {"single": "one scale", "multi": "several scales (*SA)", UNKNOWN: "scales not recorded"}


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row of the table: average precisions, and all that they depend on.

    Attributes:
        start: how the trunk was pretrained, as the paper names it, such as `AssociationNet-objtr`.
        run: the name of the run's folder; None for a row that the paper prints.
        aps: percent by class, in the order of the classes, VOC's twenty but for a detector of its own; NaN
            where the test set has no such object.
        mean_ap: percent, over the classes that have objects.
        year, set: of VOC, what was measured on; 0 or `UNKNOWN` where that is not recorded.
        objects: of the set, difficult ones left out; None where that is not known.
        metric: of `core.evaluation.voc_ap.METRICS`.
        overlap: the smallest IoU of a correct detection.
        scales: of the images in fine-tuning, `single` or `multi`.
        network: its size: `paper`, `small` or `tiny`.
        train_set: what was fine-tuned on, such as `VOC 2007 trainval`.
        schedule: of fine-tuning, and its steps and learning rate where they are not the schedule's own.
        seed: of fine-tuning; None for a row that the paper prints, and where it is not recorded.
        recipe: a digest of all settings of fine-tuning and pretraining but seeds, places and devices, and of
            the revision of the trajectories, or of the weights that no run made; rows that differ in it are
            no repetitions of one another.
    """

    start: str
    run: str | None
    aps: Mapping[str, float]
    mean_ap: float
    year: int
    set: str
    objects: int | None
    metric: str
    scales: str
    network: str
    train_set: str
    schedule: str
    seed: int | None = None
    recipe: str = ""
    overlap: float = OVERLAP

    @property
    def is_quoted(self) -> bool:
        return self.run is None

    @property
    def name(self) -> str:
        """What the row is called: its start, and its run if it has one."""
        if self.run is None:
            return self.start
        return self.run if self.start == UNKNOWN else f"{self.start} ({self.run})"

    @property
    def part(self) -> str:
        """The part of the table that the row belongs to, such as `voc2007_sa`."""
        return part_of(self.year, self.scales)

    @property
    def part_title(self) -> str:
        """The same in words."""
        year = f"VOC {self.year}" if self.year else "VOC, year not recorded"
        return f"{year}, {_SCALES.get(self.scales, self.scales)}"

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that were looked for; Table 1 is of VOC's twenty alone."""
        return tuple(self.aps)

    def ap(self, name: str) -> float:
        """Percent; NaN also for a class that was not looked for."""
        return self.aps.get(name, math.nan)

    @property
    def measured(self) -> tuple[str, ...]:
        """The classes that the mean is over."""
        return tuple(name for name, ap in self.aps.items() if not math.isnan(ap))

    @property
    def measured_words(self) -> str:
        """What the mean is over, such as `mean of 19 classes; sheep has no test object`."""
        absent = [name for name in self.classes if name not in self.measured]
        if len(absent) > len(self.measured):
            return f"mean of {len(self.measured)} classes ({shortened(self.measured)})"
        have = "has" if len(absent) == 1 else "have"
        without = f"; {shortened(absent)} {have} no test object" if absent else ""
        return f"mean of {len(self.measured)} classes{without}"

    @property
    def conditions(self) -> str:
        """What was measured on and how, such as `VOC 2007 test at eleven points`."""
        year = self.year or f"of a year {UNKNOWN},"
        part = self.set if self.set != UNKNOWN else f"(set {UNKNOWN})"
        own = f", classes {shortened(self.classes)}" if self.classes != CLASSES else ""
        return f"VOC {year} {part} {metric_title(self.metric, self.overlap)}{own}"

    @property
    def source(self) -> str:
        """`paper` for what is quoted, else on what, how and with what it was measured."""
        if self.is_quoted:
            return "paper"
        objects = f"{self.objects:,} objects of " if self.objects is not None else ""
        trained = f"{self.network} network" if self.network != UNKNOWN else f"network {UNKNOWN}"
        on = f"training set {UNKNOWN}"
        if self.train_set != UNKNOWN:
            on = f"trained on {self.train_set} (schedule {self.schedule})"
        return f"measured on {objects}{self.conditions}; {trained}, {on}; {self.measured_words}"


def part_of(year: int, scales: str) -> str:
    """The part of the table, such as `voc2007_sa`, by the year measured on and the scales trained at."""
    return f"voc{year}" + {"single": "", "multi": "_sa"}.get(scales, "_unknown")


@functools.cache
def paper_rows() -> tuple[TableRow, ...]:
    """The sixteen rows of the paper, Section 4, Table 1.

    It names the years, the test sets and the scales. The metric is the one of VOC in that year, training
    set and schedule are those of the Fast R-CNN code that it used; VOC keeps the objects of its 2012 test
    set for itself.
    """
    protocols = {values.pop("setting"): values for values in _resource("table1_protocol.csv")}
    rows = []
    for values in _resource("table1.csv"):
        protocol = protocols[values["setting"]]
        rows.append(
            TableRow(
                start=values["network"],
                run=None,
                aps={name: float(values[head]) for name, head in zip(CLASSES, HEADS, strict=True)},
                mean_ap=float(values["mAP"]),
                year=int(protocol["year"]),
                set=protocol["set"],
                objects=int(protocol["objects"]) if protocol["objects"] else None,
                metric=protocol["metric"],
                scales=protocol["scales"],
                network=protocol["network_size"],
                train_set=protocol["train_set"],
                schedule=protocol["schedule"],
            )
        )
    return tuple(rows)


def parts() -> dict[str, str]:
    """The parts of the table that the paper has, and their titles."""
    return {row.part: row.part_title for row in paper_rows()}


def row_of_run(run: Path, start: str = "") -> TableRow:
    """The row of a run that evaluated on VOC.

    What `results/ap.json` does not name, as older versions wrote it, is looked up in the run's settings. The
    settings of fine-tuning are its own too; a run that only measured has those that came with the detections.

    Args:
        run: its folder.
        start: what the caller knows it began with; its recipe is then that of fine-tuning alone, so that the
            row stays as it is when its pretraining is moved or deleted.

    Raises:
        StudioError: the folder is no run, or its evaluation has not finished.
    """
    settings, path = config.settings_in(run), run / "results" / "ap.json"
    check_facts(settings, run / "config.toml")
    if not os.path.lexists(path):
        raise StudioError(f"{run} has no AP yet; let its evaluation finish, or leave it out.")
    result = read_facts(path)
    try:
        trained = settings if "init" in settings else fine_tuning_of(result)
        return TableRow(
            start=start or network_name(result.get("start", settings.get("init"))),
            run=run.absolute().name,
            aps={name: _percent(result["ap"].get(name)) for name in classes_of(result)},
            mean_ap=_percent(result["map"]),
            year=int(result.get("year", settings.get("year", 0))),
            set=str(result.get("set", settings.get("test_set", UNKNOWN))),
            objects=sum(result["objects"].values()),
            metric=str(result["metric"]),
            overlap=float(result.get("overlap", OVERLAP)),
            scales=str(result.get("scales", settings.get("scales", UNKNOWN))),
            network=str(result.get("network") or _network(run, settings)),
            train_set=_train_set(result, settings),
            schedule=_schedule(result, trained),
            seed=trained.get("seed"),
            recipe=_recipe(trained | {"init": "random"} if start else trained),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudioError(f"{path} is damaged; evaluate again.") from error


def network_name(init: str | None) -> str:
    """How a trunk was pretrained, as the paper names it.

    Args:
        init: `random`, the folder of a pretraining run, a weights file, or None where nothing is known.
    """
    if init is None:
        return UNKNOWN
    if init == "random":
        return "RandomNet"
    run = _pretraining(init)
    try:
        pretraining = config.settings_in(run)
        check_facts(pretraining, run / "config.toml")
    except StudioError:
        return run.stem  # a weights file, or a run that is gone
    if pretraining.get("method") == "caltech101":
        return "Caltech101Net"
    if pretraining.get("method") in _NAMES:
        beyond = BEYOND if pretraining["method"] in _BEYOND else ""
        return f"{_NAMES[pretraining['method']]}-{pretraining.get('regime')}{beyond}"
    return run.stem


def classes_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes that an `ap.json` is of, which names those that are not VOC's."""
    names = result.get("classes")
    return tuple(map(str, names)) if isinstance(names, list) and names else CLASSES


def measured_classes(rows: Sequence[TableRow]) -> tuple[str, ...]:
    """The classes that some row has an AP for, in the order of the rows' classes."""
    listed = dict.fromkeys(name for row in rows for name in row.classes)
    return tuple(name for name in listed if any(name in row.measured for row in rows))


def _network(run: Path, settings: Mapping[str, Any]) -> str:
    """The size of a run's network; where that was chosen by the device, its detector names it."""
    named = str(settings.get("network", UNKNOWN))
    if named != "auto":
        return named
    try:
        return read_tensor_head(run / "results" / "detector.safetensors").words.get("network", UNKNOWN)
    except StudioError:
        return UNKNOWN


def _train_set(result: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """What was fine-tuned on; of settings, `set` is that only where they have an `init` too."""
    if "train_set" in result and "train_year" in result:
        return f"VOC {result['train_year']} {result['train_set']}"
    return f"VOC {settings['year']} {settings['set']}" if "init" in settings else UNKNOWN


def _schedule(result: Mapping[str, Any], trained: Mapping[str, Any]) -> str:
    parts = [str(result.get("schedule", trained.get("schedule", UNKNOWN)))]
    parts += [f"{trained['steps']:,} steps"] if trained.get("steps") else []
    parts += [f"rate {trained['learning_rate']:g}"] if trained.get("learning_rate") else []
    parts += [words for name, words in _CHANGES.items() if trained.get(name)]
    return ", ".join(parts)


_CHANGES = {"calibrated": "calibrated", "scale_pixels": "conv1 scaled"}
"""Settings of fine-tuning that change how a start learns."""


_APART = ("seed", "init", "device", "cache", "voc", "images", "workers", "processes", "report_every")
"""Settings that do not make two runs unlike: places, devices, and the seed."""


def _recipe(trained: Mapping[str, Any]) -> str:
    """See `TableRow.recipe`."""
    init = str(trained.get("init", "random"))
    run = _pretraining(init)
    usual = ("classes", "voc")  # runs of older versions do not name it
    parts: list[Any] = [
        {name: value for name, value in trained.items() if name not in _APART and (name, value) != usual}
    ]
    if (run / "config.toml").is_file():
        before = config.settings_in(run)
        head = read_head(run / "snapshot")
        parts += [{name: value for name, value in before.items() if name not in _APART}]
        parts += [head.revision if head else None]
    elif init != "random":
        parts.append(_content(Path(init)))
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _pretraining(init: str) -> Path:
    """The run that a start is of, be it named by its folder or by the trunk in it; else the file itself."""
    path = Path(init)
    return path.parents[1] if path.parts[-2:] == TRUNK_IN_RUN.parts else path


def _content(weights: Path) -> str:
    """A digest of a file; its path where it is gone."""
    try:
        stat = weights.stat()
        return _digest(weights, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return str(weights)


@functools.lru_cache
def _digest(path: Path, size: int, changed: int) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _percent(value: float | None) -> float:
    return math.nan if value is None else 100 * float(value)


def _resource(name: str) -> list[dict[str, str]]:
    text = importlib.resources.files("resources").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))
