"""Settings of probes, and how AP is measured."""

from dataclasses import dataclass
from pathlib import Path

from core import config
from core.config import setting
from core.errors import StudioError
from core.evaluation.voc_ap import METRICS

METRIC_CHOICES = ("auto", *METRICS)
METRIC_HELP = "How AP is measured: " + "; ".join(
    f"{metric.name} is {metric.what}, which auto takes for VOC {metric.years[0]} to {metric.years[-1]}"
    for metric in METRICS.values()
)


@dataclass(frozen=True, kw_only=True)
class ProbeConfig:
    """A linear probe: how well a linear classifier names images from the features of a frozen trunk."""

    init: str = setting(
        "random", "Which trunk: random, a .safetensors file or the folder of a pretraining run", start=True
    )
    network: str = setting(
        "auto",
        "Which network a random trunk is; auto is the paper's on a GPU and the tiny one on a CPU",
        choices=("auto", "paper", "small", "tiny"),
    )
    caltech101: Path | None = setting(None, "Probe on whole images of this Caltech-101")
    voc: Path | None = setting(None, "Probe on objects cut out of this VOCdevkit")
    year: int = setting(2007, "Year of the VOC data")
    layer: str = setting("pool5", "Features to probe", choices=("pool5", "fc6", "fc7"))
    per_class: int = setting(10, "Images of each class to train the classifier on", minimum=2)
    splits: int = setting(3, "Random choices of these images; results are averaged", minimum=1)
    seed: int = setting(0, "Decides the choices and a random trunk's weights", minimum=0)
    device: str = setting("auto", "Where to compute", choices=("auto", "cpu", "cuda"))
    initialisation: str = setting(
        "kaiming", "How a random trunk starts", choices=("caffe", "kaiming", "xavier"), advanced=True
    )

    def __post_init__(self) -> None:
        config.check(self)
        if (self.caltech101 is None) == (self.voc is None):
            raise StudioError(
                "A probe needs one set of images; name either a Caltech-101 or a VOCdevkit folder."
            )
