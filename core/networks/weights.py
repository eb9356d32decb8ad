"""Trunk weights on disk: safetensors with a few words about where they come from."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch

from core.errors import StudioError
from core.networks.config import TRUNK_IN_RUN
from core.networks.initialisation import initialise
from core.networks.sizes import NETWORKS
from core.networks.tensor_file import TensorFile
from core.networks.trunk import Trunk

FILE = TensorFile("associationnet-trunk", "1", "trunk", "choose a trunk.safetensors of a pretraining run")

IN_RUN = TRUNK_IN_RUN


def save_trunk(trunk: Trunk, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a trunk's weights; the file is the old one or the new one, never a part.

    Args:
        notes: where they come from, such as method, regime and step.

    Raises:
        StudioError: the file cannot be written.
    """
    FILE.write(path, trunk.network.name, trunk.state_dict(), {"notes": json.dumps(dict(notes or {}))})


def load_trunk(
    init: str,
    network: str | None,
    generator: torch.Generator,
    *,
    initialisation: str = "kaiming",
    dropout: float = 0.5,
) -> Trunk:
    """A trunk on the CPU, random or from a file.

    Args:
        init: `random`, a `.safetensors` file that `save_trunk` wrote, or the run folder of a pretraining.
        network: a key of `NETWORKS`; None takes the one that the file names (needed for `random`).
        generator: random numbers of a random start (CPU).
        initialisation: how a random start is drawn; any of `INITIALISATIONS` but `calibrated`.

    Raises:
        StudioError: no such file, a damaged or foreign one, missing, unknown or misshapen weights, or a
            network other than the one asked for.
    """
    if init == "random":
        trunk = Trunk(NETWORKS[network or "tiny"], dropout)
        initialise(trunk, initialisation, generator)
        return trunk
    path = _file_of(Path(init))
    header, tensors = FILE.read(path)
    name = header["network"]
    if network is not None and network != name:
        raise StudioError(
            f"{path} holds a {name} network, not {network}; choose network {name} or other weights."
        )
    trunk = Trunk(NETWORKS[name], dropout)
    FILE.load_into(trunk, tensors, path, name)
    return trunk


def network_of(init: str) -> str | None:
    """The network of the weights that `load_trunk` would take; None for `random`, which fits every one.

    Raises:
        StudioError: no such file, or a damaged or foreign one.
    """
    return None if init == "random" else FILE.header(_file_of(Path(init)))["network"]


def _file_of(path: Path) -> Path:
    if path.is_dir():
        if not (path / IN_RUN).is_file():
            raise StudioError(
                f"{path} holds no pretrained trunk yet ({IN_RUN.as_posix()}); let its run finish or stop it."
            )
        return path / IN_RUN
    if not path.is_file():
        raise StudioError(
            f"There are no weights at {path}; give `random`, a .safetensors file or a pretraining run."
        )
    return path
