"""Settings of proposals, fine-tuning and detection on VOC, and of the job that joins them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Self

from core import config
from core.config import DEVICES, setting
from core.datasets.class_list import ANNOTATIONS, VOC, WORDS
from core.evaluation.config import METRIC_CHOICES, METRIC_HELP, VocData
from core.networks.sizes import NETWORKS, ImageSize, Network, network_choices

MODES = ("rcnn", "lean", "fast", "quality")
"""Of selective search."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long to fine-tune, and how fast.

    Attributes:
        steps: of two images each.
        learning_rate: the highest.
        kind: of `core.training.schedule`.
        dropout: on fc6 and fc7.
        drop_after: for `step`, the part of the steps after which the rate is divided by ten.
        warm_up: the part of the steps during which the rate rises.
    """

    steps: int
    learning_rate: float
    kind: str
    dropout: float = 0.5
    drop_after: float = 1.0
    warm_up: float = 0.0


SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {
        "quick": Schedule(steps=600, learning_rate=0.003, kind="cosine", dropout=0.0, warm_up=0.05),
        "seed_40k": Schedule(steps=40_000, learning_rate=0.001, kind="step", drop_after=0.75),
        "long_150k": Schedule(steps=150_000, learning_rate=0.001, kind="step", drop_after=1 / 3),
    }
)
"""`seed_40k` is Fast R-CNN's for VOC 2007, which the paper used; `long_150k` is that of Krähenbühl et al.
(ICLR 2016), which a random start needs; `quick` is ours, for small networks on a CPU."""


MULTIPLE_SCALES = (480 / 600, 576 / 600, 688 / 600, 864 / 600, 1200 / 600)
"""Fast R-CNN's multi-scale setting, as parts of its single scale; long sides may be twice as long."""


@dataclass(frozen=True, kw_only=True)
class SearchedData(VocData):
    """Images of VOC, and how boxes are proposed in them."""

    mode: str = setting(
        "rcnn",
        "Selective search: rcnn has R-CNN's parameters, lean finds as many objects in less than half of the "
        "time, fast and quality are OpenCV's presets",
        choices=MODES,
        advanced=True,
    )
    cache: Path | None = setting(
        None, "Folder that keeps the boxes of images; inside the run if not given", advanced=True, free=True
    )


@dataclass(frozen=True, kw_only=True)
class ProposalsConfig(SearchedData):
    """Settings of the job `proposals`."""

    set: str = setting("trainval", "Image set to propose boxes for")
    out: Path | None = setting(None, "File to write; results/proposals.npz of the run if not given")

    def __post_init__(self) -> None:
        config.check(self)


@dataclass(frozen=True, kw_only=True)
class DetectorData(SearchedData):
    """What a detector is trained or run on, and where it computes."""

    device: str = setting("auto", "Where to compute", choices=DEVICES, free=True)
    proposals: Path | None = setting(
        None,
        "File of proposals, ours (.npz) or published ones (.mat, .pkl); searched for and cached if not given",
        advanced=True,
    )
    amp: bool = setting(True, "Compute in bfloat16 on a GPU where it is safe", advanced=True)
    amp_on_cpu: bool = setting(
        False, "Compute in bfloat16 on a CPU too: faster if it has AVX512_BF16 or AMX", advanced=True
    )


@dataclass(frozen=True, kw_only=True)
class FinetuneConfig(DetectorData):
    """Settings of the job `finetune`.

    The rates, batch and sampling are Fast R-CNN's. It kept conv1 as it was (pretrained on ImageNet);
    we train all layers, for every start, unless `freeze_at` says otherwise. It did not shorten
    gradients; those of a random start are ten times `largest_gradient` at first and throw it far off.
    """

    set: str = setting("trainval", "Image set to train on")
    classes: str = setting(
        VOC,
        f"Classes to learn: {VOC} for VOC's twenty, {ANNOTATIONS} for those that the annotations name, or a "
        "text file with a name a line",
        words=WORDS,
    )
    init: str = setting(
        "random", "Where the trunk starts: random, a pretraining run, or a weights file", start=True
    )
    network: str = setting(
        "auto",
        "Size of the network; auto is that of the weights it starts from, and for a random start the paper's "
        "on a GPU and the tiny one on a CPU, so name it where a random start is to be compared with another",
        choices=network_choices,
        auto="by start",
    )
    schedule: str = setting(
        "auto",
        "How long to train and how fast; auto goes by the network: "
        + ", ".join(f"{network.schedule} for {network.name}" for network in NETWORKS.values()),
        choices=("auto", *SCHEDULES),
        auto="by network",
    )
    steps: int = setting(
        0,
        "Steps of two images; 0 takes the schedule's; a run resumed with more goes on at the learning rate "
        "of the new length",
        "steps",
        minimum=0,
        zero="by schedule",
        free=True,
    )
    learning_rate: float = setting(
        0.0, "Highest learning rate; 0 takes the schedule's", minimum=0, maximum=1e9, zero="by schedule"
    )
    scales: str = setting(
        "single", "Train at one image size or at five, drawn by image", choices=("single", "multi")
    )
    seed: int = setting(0, "Seed of all random numbers", minimum=0)
    initialisation: str = setting(
        "kaiming", "How a random start is drawn", choices=("caffe", "kaiming", "xavier"), advanced=True
    )
    short_side: int = setting(
        0,
        "Size of images, shorter side; 0 takes the network's",
        "px",
        minimum=0,
        maximum=10_000,
        zero="by network",
        advanced=True,
    )
    long_side: int = setting(
        0,
        "Size of images, longer side at most; 0 takes the network's",
        "px",
        minimum=0,
        maximum=20_000,
        zero="by network",
        advanced=True,
    )
    images_per_step: int = setting(2, "Images in a step", minimum=1, maximum=1_000, advanced=True)
    rois_per_image: int = setting(64, "Boxes sampled in an image", minimum=4, maximum=10_000, advanced=True)
    foreground: float = setting(
        0.25, "Part of the sampled boxes that hold an object", minimum=0, maximum=1, advanced=True
    )
    difficult: bool = setting(
        True, "Learn from objects marked difficult too, as Fast R-CNN does", advanced=True
    )
    freeze_at: int = setting(
        0,
        "Keep conv1 up to this layer as it starts",
        minimum=0,
        maximum=5,
        advanced=True,
        label="frozen layers",
    )
    calibrated: bool = setting(
        False,
        "Before the first step, bring every channel of the trunk to mean 0 and variance 1 over boxes of the "
        "training images, whatever it starts from, as Krähenbühl et al. do",
        advanced=True,
    )
    scale_pixels: bool = setting(
        False,
        "Beyond Fast R-CNN: conv1 learns as if pixels had a deviation of 1, so that it does not outgrow the "
        "other layers; three times the learning rate goes with it",
        advanced=True,
    )
    momentum: float = setting(0.9, "Momentum of SGD", minimum=0, maximum=0.999, advanced=True)
    weight_decay: float = setting(
        0.0005, "Weight decay, of weights only", minimum=0, maximum=1_000, advanced=True
    )
    largest_gradient: float = setting(
        10.0,
        "Shorten the gradient to this length; 0 never does, as Fast R-CNN",
        minimum=0,
        zero="never",
        advanced=True,
        label="longest gradient",
    )
    picture_memory: float = setting(
        8.0,
        "Memory to keep decoded pictures in, that of a GPU first; never more than a quarter of what is free "
        "there and half of the main memory that is free. The others are decoded at each visit",
        "GiB",
        minimum=0,
        zero="none is kept",
        advanced=True,
        free=True,
    )
    report_every: int = setting(
        10, "Steps between two points of the curves", "steps", minimum=1, advanced=True, free=True
    )
    checkpoint_every: int = setting(
        1000, "Steps between two checkpoints", "steps", minimum=1, advanced=True, free=True
    )

    def __post_init__(self) -> None:
        config.check(self)

    def settled(self, network: Network) -> Self:
        """The settings with the network named, and its schedule where `schedule` is auto."""
        schedule = network.schedule if self.schedule == "auto" else self.schedule
        return replace(self, network=network.name, schedule=schedule)

    @property
    def total_steps(self) -> int:
        """Steps of the run, the schedule's where none are given; of settings that are `settled`."""
        return self.steps or SCHEDULES[self.schedule].steps

    @property
    def picture_bytes(self) -> int:
        """`picture_memory` in bytes."""
        return int(self.picture_memory * (1 << 30))

    @property
    def image_size(self) -> ImageSize:
        """What images are brought to, the network's where nothing is said; of settings that are `settled`."""
        usual = NETWORKS[self.network].image_size
        return ImageSize(
            short_side=self.short_side or usual.short_side, long_side=self.long_side or usual.long_side
        )


@dataclass(frozen=True, kw_only=True)
class DetectConfig(DetectorData):
    """Settings of the job `detect`; the rules are those of Fast R-CNN's `test.py`."""

    run: Path = setting(Path(), "Run that fine-tuned a detector, or its weights file")
    set: str = setting("test", "Image set to detect in")
    out: Path | None = setting(None, "Folder for the comp4 files; results/detections of the run if not given")
    overlap: float = setting(
        0.3, "Drop a detection that overlaps a surer one so much (IoU)", minimum=0, maximum=1, advanced=True
    )
    image_cap: int = setting(
        100, "Detections of a class in one image, at most", minimum=1, maximum=100_000, advanced=True
    )
    set_cap: int = setting(
        40, "Detections of a class, per image of the set, at most", minimum=1, maximum=100_000, advanced=True
    )

    def __post_init__(self) -> None:
        config.check(self)


@dataclass(frozen=True, kw_only=True)
class VocConfig(FinetuneConfig):
    """Settings of the job `voc`: propose, fine-tune on `set`, detect in `test_set`, evaluate.

    `proposals` holds boxes of the images to train on, `test_proposals` of those to test on.
    """

    test_set: str = setting("test", "Image set to test on")
    metric: str = setting("auto", METRIC_HELP, choices=METRIC_CHOICES, auto="by year")
    test_proposals: Path | None = setting(
        None,
        "File of proposals for the test set; searched for and cached if not given",
        advanced=True,
    )

    def __post_init__(self) -> None:
        config.check(self)
