"""Settings of pretraining. The paper gives none of them but those that name it; all others are our choice."""

from dataclasses import dataclass
from pathlib import Path

from core import config
from core.config import DEVICES, setting
from core.errors import StudioError
from core.networks.sizes import AUTO, network_choices
from core.pairs.split import share_of
from core.trajectories.filter_text import parse, text_of
from core.trajectories.track_filter import TrackFilter


@dataclass(frozen=True, kw_only=True)
class PretrainConfig:
    """How a trunk is pretrained.

    Where the paper is silent (optimiser, rates, batch, steps, sampling, initialisation, margins) the
    defaults are ours: SGD as Caffe's reference networks train, with values that learn on a few clips
    within some hundred steps of the tiny network. The tests hold the choices equal to what
    `core.networks` and `core.pairs` know.
    """

    method: str = setting(
        "association",
        "What is learnt: association (the paper), slowfeat, contrastive, caltech101 labels, or nce (beyond "
        "the paper: which patch of a whole batch is of the same trajectory)",
        choices=("association", "slowfeat", "contrastive", "caltech101", "nce"),
    )
    regime: str = setting(
        "objtr",
        "Which trajectories train it: objects, points or both",
        choices=("obj", "tr", "objtr"),
        meanings={"obj": "objects", "tr": "points", "objtr": "both"},
    )
    tracks: str = setting(
        "",
        "Which tracks train: nothing for all that are not rejected or suggested; or a filter, such as "
        "review:accepted or 'kind:point error<2', or its name in the project; what is held out is measured "
        "on all its tracks",
    )
    suggestions: bool = setting(
        False,
        "Whether suggested objects train, too, before anyone accepts them; off for the paper's regimes",
        advanced=True,
    )
    network: str = setting(
        "auto",
        f"Which trunk: {AUTO}",
        choices=network_choices,
        auto="by device",
    )
    head: str = setting(
        "signed",
        "How the stacks are compared: anchor minus candidate (the paper) or its absolute value",
        choices=("signed", "abs"),
        meanings={"signed": "difference", "abs": "its size"},
    )
    steps: int = setting(
        1000,
        "How many steps to train; a run resumed with more goes on at the learning rate of the new length",
        "steps",
        minimum=1,
        free=True,
    )
    batch: int = setting(64, "Pairs, triplets or labelled images in a step", minimum=2, maximum=100_000)
    learning_rate: float = setting(
        0.01, "Highest step size of SGD; biases take twice as much", minimum=0.0, maximum=1e9
    )
    seed: int = setting(0, "Decides weights and the order of pairs, not which clips are held out", minimum=0)
    device: str = setting("auto", "Where to compute", choices=DEVICES, free=True)
    images: Path | None = setting(None, "Folder of Caltech-101 (101_ObjectCategories), for method caltech101")

    schedule: str = setting(
        "cosine",
        "How the learning rate falls after the warm-up",
        choices=("cosine", "step", "constant"),
        advanced=True,
    )
    warm_up: float = setting(
        0.1, "Share of the steps in which the rate rises", minimum=0.0, maximum=0.9, advanced=True
    )
    step_every: float = setting(
        0.4,
        "For schedule step: divide by ten after each such share of the steps",
        minimum=0.01,
        advanced=True,
        label="rate falls every",
    )
    momentum: float = setting(0.9, "Momentum of SGD", minimum=0.0, maximum=0.999, advanced=True)
    weight_decay: float = setting(
        5e-4, "Weight decay of all but biases", minimum=0.0, maximum=1_000, advanced=True
    )
    clip_gradient: float = setting(
        1.0, "Length that gradients are cut to", minimum=1e-6, advanced=True, label="longest gradient"
    )
    init: str = setting(
        "kaiming",
        "How weights start; calibrated scales each layer on a first batch",
        choices=("caffe", "kaiming", "xavier", "calibrated"),
        advanced=True,
    )
    dropout: float = setting(
        0.0,
        "Share of fc6 and fc7 dropped; each patch of a pair drops others, which drowns their difference",
        minimum=0.0,
        maximum=0.95,
        advanced=True,
    )
    margin: float = setting(
        0.0,
        "Euclidean distance in fc7 that slowfeat and contrastive ask for; 0 takes one that is the same part "
        "of the usual distance in every network: 1 for tiny, 2 for small, 4 for the paper's",
        minimum=0.0,
        zero="by network",
        advanced=True,
    )
    scale_pixels: bool = setting(
        False,
        "Beyond the paper: conv1 learns as if pixels had a deviation of 1, so that it does not outgrow the "
        "other layers; three times the learning rate goes with it",
        advanced=True,
    )
    temperature: float = setting(
        0.1,
        "For nce: the smaller, the more the likest of the other patches count",
        minimum=1e-3,
        advanced=True,
    )
    place_jitter: float = setting(
        0.0,
        "Beyond the paper: a trajectory's boxes move by up to this share of their sides, and grow or shrink",
        minimum=0.0,
        maximum=0.15,
        advanced=True,
    )
    colour_jitter: float = setting(
        0.0,
        "Beyond the paper: strength of a random change of each patch's colours; 0.4 suits nce",
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    gap_shortest: int = setting(
        5,
        "Frames between two patches at least; half the span of shorter trajectories",
        "frames",
        minimum=1,
        advanced=True,
    )
    gap_longest: int = setting(
        0,
        "Frames between two patches at most; 0 for no limit",
        "frames",
        minimum=0,
        zero="no limit",
        advanced=True,
    )
    patch_size: int = setting(
        100,
        "Side of the square around a point (the paper: 100)",
        "px",
        minimum=8,
        maximum=2_000,
        advanced=True,
    )
    minimum_length: int = setting(
        10, "Shorter point trajectories train nothing", "frames", minimum=2, advanced=True
    )
    held_out: str = setting(
        "",
        "What only measures: nothing for the clips pinned in the project; a share, such as 0.2, of the clips "
        "(of the labelled images with method caltech101); or names of clips, with commas between",
        advanced=True,
    )
    split_seed: int = setting(0, "Decides which clips or images a share takes", minimum=0, advanced=True)
    held_out_count: int = setting(
        512,
        "Held-out pairs, triplets or images to measure on, the same every time",
        minimum=1,
        maximum=1_000_000,
        advanced=True,
    )
    processes: int = setting(
        1,
        "Processes that train together on this machine, each on a GPU or on a share of the cores; they share "
        "the batch, and learn what one would",
        minimum=1,
        maximum=1_000,
        advanced=True,
        free=True,
    )
    pinned: tuple[int, ...] = setting(
        (),
        "Trajectories, by id, whose nearest neighbours in fc7 are shown; none for eight of different clips",
        advanced=True,
    )
    frame_memory: float = setting(
        4.0,
        "Memory for decoded frames; where those of the training clips take more, pairs are drawn from a few "
        "clips at a time, which take turns",
        "GiB",
        minimum=0.01,
        advanced=True,
    )
    deterministic: bool = setting(
        False,
        "On a GPU take only algorithms that repeat, which are slower; on a CPU runs always repeat",
        advanced=True,
    )
    amp: bool = setting(True, "Compute in bfloat16 on a GPU where it is safe", advanced=True)
    compiled: bool = setting(
        False,
        "On a GPU compile the network before its first step, which takes half a minute; steps of the paper's "
        "network then take 0.7 of the time. Needs Triton, which comes with torch for Linux",
        advanced=True,
    )
    amp_on_cpu: bool = setting(
        False,
        "Compute in bfloat16 on a CPU too: 1.7 times as fast if it has AVX512_BF16 or AMX, else slower",
        advanced=True,
    )
    report_every: int = setting(10, "Report the loss as often", "steps", minimum=1, advanced=True, free=True)
    held_out_every: int = setting(
        50, "Measure held-out accuracy as often", "steps", minimum=1, advanced=True, free=True
    )
    filters_every: int = setting(
        50, "Show the conv1 filters as often", "steps", minimum=1, advanced=True, free=True
    )
    checkpoint_every: int = setting(
        200, "Save a checkpoint as often", "steps", minimum=1, advanced=True, free=True
    )

    @property
    def wanted(self) -> TrackFilter:
        """The filter that `tracks` says."""
        return parse(self.tracks)

    @property
    def frame_bytes(self) -> int:
        """`frame_memory` in bytes."""
        return int(self.frame_memory * (1 << 30))

    def __post_init__(self) -> None:
        config.check(self)
        object.__setattr__(self, "tracks", text_of(parse(self.tracks)))
        if self.learning_rate <= 0:
            raise StudioError(f"learning_rate must be above 0, not {self.learning_rate}.")
        if self.gap_longest and self.gap_longest < self.gap_shortest:
            raise StudioError(f"gap_longest must be 0 or at least gap_shortest, {self.gap_shortest}.")
        if self.method == "caltech101" and self.images is None:
            raise StudioError("Method caltech101 needs its images; name the folder 101_ObjectCategories.")
        if share_of(self.held_out) is None and self.held_out and self.method == "caltech101":
            raise StudioError("Method caltech101 holds out a share of its images, such as 0.1, not clips.")
