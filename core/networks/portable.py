"""A net as other programs take it: named inputs and outputs, pixels in, nothing left to prepare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim

from core.networks.tensor_file import TensorFile
from core.networks.trunk import MEAN_RGB, Trunk
from core.networks.weights import FILE

PIXELS = "float32, RGB, 0 to 255, the mean not subtracted"


@dataclass(frozen=True)
class Portable:
    """A trained net that can be written in any of `WEIGHT_FORMATS`.

    Attributes:
        kind: `trunk` or `detector`.
        network: a key of `NETWORKS`.
        tensors: its weights by name.
        file: as what this program writes and reads them.
        header: what that file says beside the network.
        net: in evaluation mode; calculates `outputs` from `inputs`.
        inputs: by name, what each is, for people.
        outputs: the same.
        dynamic: by input, which of its sides may have which lengths.
        draw: random inputs of a size, from a generator; of any number from 1, all differ in every such side.
    """

    kind: str
    network: str
    tensors: Mapping[str, Tensor]
    file: TensorFile
    header: Mapping[str, str]
    net: nn.Module
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    dynamic: Mapping[str, Mapping[int, Any]]
    draw: Callable[[int, torch.Generator], tuple[Tensor, ...]]

    @property
    def notes(self) -> dict[str, str]:
        """What a file of another format can say of it."""
        inputs = {f"input {name}": words for name, words in self.inputs.items()}
        outputs = {f"output {name}": words for name, words in self.outputs.items()}
        return {"kind": self.kind, "network": self.network, **self.header, **inputs, **outputs}


class Pixels(nn.Module):
    """Subtracts the mean as `normalise` does, which keeps a tensor that cannot be exported."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN_RGB)[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        return images - self.mean


class PixelTrunk(nn.Module):
    """The trunk, from pixels to the layers that `portable_trunk` names."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.pixels, self.trunk = Pixels(), trunk

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pool5 = self.trunk.pool5(self.trunk.features(self.pixels(images)))
        return pool5, *self.trunk.fully_connected(pool5)


def portable_trunk(trunk: Trunk, header: Mapping[str, str]) -> Portable:
    """A trunk, for any number of patches at once.

    Args:
        trunk: on the CPU.
        header: of its file.
    """
    network = trunk.network
    side, pooled, filters = network.input_size, network.pool5_size, network.widths[4]

    def draw(count: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        return (torch.rand(count, 3, side, side, generator=generator) * 255,)

    return Portable(
        kind="trunk",
        network=network.name,
        tensors=trunk.state_dict(),
        file=FILE,
        header=header,
        net=PixelTrunk(trunk).eval(),
        inputs={"images": f"(N, 3, {side}, {side}) {PIXELS}"},
        outputs={
            "pool5": f"(N, {filters}, {pooled}, {pooled}) float32",
            "fc6": f"(N, {network.fc}) float32, after ReLU",
            "fc7": f"(N, {network.fc}) float32, after ReLU",
        },
        dynamic={"images": {0: Dim("N")}},
        draw=draw,
    )
