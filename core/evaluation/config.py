"""Settings of evaluation: average precision on VOC, and probes."""

from dataclasses import dataclass
from pathlib import Path

from core import config
from core.config import DEVICES, setting
from core.datasets.class_list import ANNOTATIONS, VOC, WORDS
from core.errors import StudioError
from core.evaluation.voc_ap import METRICS, OVERLAP
from core.networks.sizes import AUTO, network_choices

LAYERS = ("pool5", "fc6", "fc7")
"""Layers of a trunk whose features can be probed, lowest first."""

LAST_YEAR = 2100
"""Of sets that people name `VOC<year>`; VOC's own last one is 2012."""

AUTO_CLASSES = "auto"
"""The classes of the detector that detected."""

METRIC_CHOICES = ("auto", *METRICS)
METRIC_HELP = (
    "How AP is measured: "
    + "; ".join(
        f"{metric.name} is {metric.what}, which auto takes for VOC {metric.years[0]} to {metric.years[-1]}"
        for metric in METRICS.values()
    )
    + ", and for later years"
)


@dataclass(frozen=True, kw_only=True)
class VocData:
    """Which images of VOC a job works on."""

    voc: Path = setting(Path(), "Folder of the VOC data, the one that holds VOC2007 or VOC2012")
    year: int = setting(2007, "Year of the VOC data, such as 2007 or 2012", minimum=2007, maximum=LAST_YEAR)
    set: str = setting("test", "Image set, a list of ImageSets/Main; all where there are no lists")


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(VocData):
    """Settings of the job `evaluate`."""

    set: str = setting("test", "Image set that was detected in")
    detections: Path = setting(Path(), "Folder of the comp4 files")
    classes: str = setting(
        AUTO_CLASSES,
        f"Classes to measure: {AUTO_CLASSES} takes those of the detector, and VOC's twenty for files of "
        f"other programs; {VOC}, {ANNOTATIONS}, or a text file with a name a line",
        words=(AUTO_CLASSES, *WORDS),
    )
    metric: str = setting("auto", METRIC_HELP, choices=METRIC_CHOICES, auto="by year")
    overlap: float = setting(
        OVERLAP,
        "Smallest overlap (IoU) of a correct detection with its object; VOC's is 0.5",
        minimum=0.05,
        maximum=1,
        advanced=True,
    )
    archive: Path | None = setting(
        None,
        "Also pack the files for VOC's evaluation server, such as results.tar.gz; "
        "all that can be done for a set without annotations, as the test set of 2012",
        advanced=True,
    )

    def __post_init__(self) -> None:
        config.check(self)


@dataclass(frozen=True, kw_only=True)
class ProbeConfig:
    """Probes: how well simple classifiers name images from the features of a frozen trunk."""

    init: str = setting(
        "random", "Which trunk: random, a .safetensors file or the folder of a pretraining run", start=True
    )
    network: str = setting(
        "auto",
        f"Which network a random trunk is; {AUTO}",
        choices=network_choices,
        auto="by device",
    )
    caltech101: Path | None = setting(None, "Probe on whole images of this Caltech-101")
    voc: Path | None = setting(None, "Probe on objects cut out of this VOCdevkit")
    year: int = setting(2007, "Year of the VOC data", minimum=2007, maximum=LAST_YEAR)
    classes: str = setting(
        VOC,
        f"Classes of the objects: {VOC} for VOC's twenty, {ANNOTATIONS} for those that the annotations name, "
        "or a text file with a name a line",
        words=WORDS,
    )
    layer: str = setting("all", "Features to probe", choices=("all", *LAYERS))
    per_class: int = setting(
        10, "Images of each class to train the classifiers on", minimum=2, maximum=100_000
    )
    splits: int = setting(3, "Random choices of these images; results are averaged", minimum=1, maximum=1_000)
    neighbours: int = setting(
        5, "How many nearest training images vote in the k-NN probe", minimum=1, maximum=100_000
    )
    shots: tuple[int, ...] = setting(
        (1, 5, 15), "Images of each class of the probes with few labels, which are linear"
    )
    draws: int = setting(
        5, "Random choices of these images for each number of them", minimum=1, maximum=1_000
    )
    seed: int = setting(0, "Decides the choices and a random trunk's weights", minimum=0)
    device: str = setting("auto", "Where to compute", choices=DEVICES)
    initialisation: str = setting(
        "kaiming", "How a random trunk starts", choices=("caffe", "kaiming", "xavier"), advanced=True
    )

    def __post_init__(self) -> None:
        config.check(self)
        if (self.caltech101 is None) == (self.voc is None):
            raise StudioError(
                "A probe needs one set of images; name either a Caltech-101 or a VOCdevkit folder."
            )
        if min(self.shots, default=1) < 1:
            raise StudioError(f"shots must be at least 1, not {min(self.shots)}.")

    @property
    def layers(self) -> tuple[str, ...]:
        """Those that are probed, lowest first."""
        return LAYERS if self.layer == "all" else (self.layer,)
