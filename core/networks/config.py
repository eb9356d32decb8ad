"""Settings of the job that writes weights for other programs, and the formats there are."""

from dataclasses import dataclass
from pathlib import Path

from core import config
from core.config import setting

TRUNK_IN_RUN = Path("results") / "trunk.safetensors"
"""Where a pretraining run leaves its trunk."""

DETECTOR_IN_RUN = Path("results") / "detector.safetensors"
"""Where a fine-tuning run leaves its detector."""


@dataclass(frozen=True)
class WeightFormat:
    """A format of weights.

    Attributes:
        suffix: of its files, with the dot.
        words: what it is, for people who choose one.
    """

    suffix: str
    words: str


WEIGHT_FORMATS = {
    "safetensors": WeightFormat(".safetensors", "tensors with their names, read by every framework"),
    "state-dict": WeightFormat(".pt", "tensors for torch.load with weights_only=True"),
    "torch-export": WeightFormat(".pt2", "the whole computation, for torch.export.load"),
    "onnx": WeightFormat(".onnx", "the whole computation, for ONNX Runtime and other programs"),
}
"""Every format by its name; `core.networks.weight_formats` writes them."""


def _formats() -> tuple[str, ...]:
    return tuple(WEIGHT_FORMATS)


@dataclass(frozen=True, kw_only=True)
class ExportWeightsConfig:
    """Settings of the job `export-weights`."""

    run: Path = setting(Path(), "Pretraining or fine-tuning run, or a .safetensors file of one")
    format: str = setting(
        "safetensors",
        "; ".join(f"{name} is {each.words}" for name, each in WEIGHT_FORMATS.items()),
        choices=_formats,
    )
    out: Path = setting(Path(), "File to write")

    def __post_init__(self) -> None:
        config.check(self)
