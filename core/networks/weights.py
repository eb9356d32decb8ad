"""Trunk weights on disk: safetensors with a few words about where they come from."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from core.errors import StudioError
from core.networks.initialisation import initialise
from core.networks.trunk import SHAPES, Trunk

FORMAT, VERSION = "associationnet-trunk", "1"

IN_RUN = Path("results") / "trunk.safetensors"
"""Where a pretraining run leaves its trunk."""


def save_trunk(trunk: Trunk, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a trunk's weights; the file is the old one or the new one, never a part.

    Args:
        notes: where they come from, such as method, regime and step.

    Raises:
        StudioError: the file cannot be written.
    """
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "network": trunk.shape.name,
        "notes": json.dumps(dict(notes or {})),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in trunk.state_dict().items()}
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, partial, metadata)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise StudioError(
            f"Cannot write the weights {path}; free some space or choose another folder ({error})."
        ) from error


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
        network: a key of `SHAPES`; None takes the one that the file names (needed for `random`).
        generator: random numbers of a random start (CPU).
        initialisation: how a random start is drawn; any of `INITIALISATIONS` but `calibrated`.

    Raises:
        StudioError: no such file, a damaged or foreign one, missing, unknown or misshapen weights, or a
            network other than the one asked for.
    """
    if init == "random":
        trunk = Trunk(SHAPES[network or "tiny"], dropout)
        initialise(trunk, initialisation, generator)
        return trunk
    path = _file_of(Path(init))
    name, tensors = _read(path)
    if network is not None and network != name:
        raise StudioError(
            f"{path} holds a {name} network, not {network}; choose network {name} or other weights."
        )
    trunk = Trunk(SHAPES[name], dropout)
    expected = {key: tuple(tensor.shape) for key, tensor in trunk.state_dict().items()}
    found = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            raise StudioError(
                f"{path} does not fit the {name} network: {key} is {found.get(key, 'missing')}, "
                f"expected {expected.get(key, 'none')}; choose weights of this network."
            )
    trunk.load_state_dict(tensors)
    return trunk


def network_of(init: str) -> str:
    """The name of the network that a weights file or pretraining run holds.

    Raises:
        StudioError: as `load_trunk`.
    """
    return _metadata(_file_of(Path(init)))["network"]


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


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise StudioError(
            f"{path} is not a readable safetensors file ({error}); choose another one."
        ) from error
    if metadata.get("format") != FORMAT:
        raise StudioError(
            f"{path} holds no trunk of this program; choose a trunk.safetensors of a pretraining run."
        )
    if metadata.get("version") != VERSION or metadata.get("network") not in SHAPES:
        raise StudioError(
            f"{path} was written by another version of this program; pretrain again or update it."
        )
    return metadata


def _read(path: Path) -> tuple[str, dict[str, torch.Tensor]]:
    name = _metadata(path)["network"]
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise StudioError(f"{path} is damaged ({error}); choose other weights.") from error
    for key, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise StudioError(f"{path} holds numbers in {key} that are not finite; choose other weights.")
    return name, tensors
