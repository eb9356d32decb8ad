"""The networks: one topology in several sizes, a record each.

Command line, forms, help, RoI pooling and the settings of fine-tuning follow from the table.
"""

from dataclasses import dataclass

from core.errors import StudioError

STRIDE = 16
"""Pixels of the image per cell of the conv5 map."""


@dataclass(frozen=True, kw_only=True)
class ImageSize:
    """To which size images are brought: `short_side`, but `long_side` at most, in pixels."""

    short_side: int
    long_side: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """The numbers that make a network, and how it is fine-tuned where nothing else is said.

    Attributes:
        name: what the settings, files of weights and the command line call it.
        title: what it is, in a few words, for people.
        widths: filters of conv1 … conv5.
        fc: units of fc6 and of fc7.
        input_size: side of the square input in pixels.
        pads: zero padding of conv1 and conv2 in pixels; conv3 … conv5 pad 1.
        image_size: of the images of a detector.
        schedule: of fine-tuning, a key of `core.detection.config.SCHEDULES`.
    """

    name: str
    title: str
    widths: tuple[int, int, int, int, int]
    fc: int
    input_size: int
    pads: tuple[int, int]
    image_size: ImageSize
    schedule: str

    def map_size(self, image_size: int) -> int:
        """Side of the conv5 map of an image of that side."""
        conv1 = (image_size + 2 * self.pads[0] - 7) // 2 + 1
        conv2 = (_pooled(conv1) + 2 * self.pads[1] - 5) // 2 + 1
        return _pooled(conv2)

    @property
    def pool5_size(self) -> int:
        """Side of the map that enters fc6; RoI pooling must give the same."""
        return _pooled(self.map_size(self.input_size))

    @property
    def fc6_inputs(self) -> int:
        return self.widths[4] * self.pool5_size**2


def _pooled(size: int) -> int:
    """Side after 3 × 3 max pooling, stride 2, rounded up; the last window must start inside."""
    return -(-(size - 3) // 2) + 1


PAPER = Network(
    name="paper",
    title="the paper's",
    widths=(96, 384, 512, 512, 384),
    fc=4096,
    input_size=227,
    pads=(0, 1),
    image_size=ImageSize(short_side=600, long_side=1000),
    schedule="seed_40k",
)
"""Its image size and schedule are Fast R-CNN's for VOC 2007, which the paper used."""

SMALL = Network(
    name="small",
    title="half as wide, ours",
    widths=(48, 192, 256, 256, 192),
    fc=1024,
    input_size=128,
    pads=(3, 2),
    image_size=ImageSize(short_side=400, long_side=660),
    schedule="quick",
)
TINY = Network(
    name="tiny",
    title="a quarter as wide, ours, for a CPU",
    widths=(24, 96, 128, 128, 96),
    fc=256,
    input_size=64,
    pads=(3, 2),
    image_size=ImageSize(short_side=300, long_side=500),
    schedule="quick",
)

NETWORKS: dict[str, Network] = {network.name: network for network in (PAPER, SMALL, TINY)}
"""Every network by its name."""


AUTO = "auto is the paper's on a GPU and the tiny one on a CPU"
"""What the setting `network` means where nothing is said, for its help."""


def network_choices() -> tuple[str, ...]:
    """What the setting `network` may be."""
    return ("auto", *NETWORKS)


def network_named(name: str, device_type: str) -> Network:
    """The network of that name; for `auto` see `AUTO`.

    Args:
        device_type: `cpu` or `cuda`.

    Raises:
        StudioError: there is no such network.
    """
    if name == "auto":
        return PAPER if device_type == "cuda" else TINY
    if name not in NETWORKS:
        raise StudioError(f"There is no network {name!r}; choose one of {', '.join(network_choices())}.")
    return NETWORKS[name]
