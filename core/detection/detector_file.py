"""A trained detector on disk: safetensors that say by themselves what they need to be used."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from core.detection.config import ImageSize
from core.detection.targets import BoxStatistics
from core.errors import StudioError
from core.networks.fast_rcnn import FastRCNN
from core.networks.trunk import SHAPES, Trunk

FORMAT, VERSION = "associationnet-detector", "1"

IN_RUN = Path("results") / "detector.safetensors"
"""Where a fine-tuning run leaves its detector."""


@dataclass(frozen=True)
class Detector:
    """A net with what it was trained on.

    Attributes:
        net: on the CPU; its deltas are not normalised.
        classes: names, of classes 1, 2, …
        size: of the images.
    """

    net: FastRCNN
    classes: tuple[str, ...]
    size: ImageSize


def save_detector(
    path: Path,
    net: FastRCNN,
    statistics: BoxStatistics,
    classes: tuple[str, ...],
    size: ImageSize,
    notes: Mapping[str, str],
) -> None:
    """Write a detector; the normalisation of the deltas is folded into `bbox_pred`.

    The file is the old one or the new one, never a part.

    Args:
        net: as it was trained; not changed.
        notes: where it comes from, such as the start and the steps.

    Raises:
        StudioError: the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
    means = torch.from_numpy(statistics.means).flatten()
    deviations = torch.from_numpy(statistics.deviations).flatten()
    tensors["bbox_pred.weight"] = tensors["bbox_pred.weight"] * deviations[:, None]
    tensors["bbox_pred.bias"] = tensors["bbox_pred.bias"] * deviations + means
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "network": net.trunk.shape.name,
        "classes": json.dumps(classes),
        "short_side": str(size.short_side),
        "long_side": str(size.long_side),
        "notes": json.dumps(dict(notes)),
    }
    partial = path.with_name(path.name + ".partial")
    try:
        save_file(tensors, partial, metadata)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise StudioError(f"Cannot write {path} ({error}); free some space and resume.") from error


def load_detector(source: Path) -> Detector:
    """A detector from its file, or from the run that trained it.

    Raises:
        StudioError: there is none, or the file is damaged, foreign or of another shape.
    """
    path = source / IN_RUN if source.is_dir() else source
    if not path.is_file():
        raise StudioError(f"{source} holds no trained detector; let a fine-tuning run finish first.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise StudioError(f"{path} is no detector of this program; choose a fine-tuning run.")
        if metadata.get("version") != VERSION or metadata.get("network") not in SHAPES:
            raise StudioError(f"{path} was written by another version of this program; fine-tune again.")
        classes = tuple(json.loads(metadata["classes"]))
        size = ImageSize(short_side=int(metadata["short_side"]), long_side=int(metadata["long_side"]))
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{path} is damaged ({error}); fine-tune again.") from error
    net = FastRCNN(Trunk(SHAPES[metadata["network"]]), len(classes), torch.Generator())
    expected = {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}
    found = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            raise StudioError(
                f"{path} does not fit the {metadata['network']} network: {key} is "
                f"{found.get(key, 'missing')}, expected {expected.get(key, 'none')}; fine-tune again."
            )
    net.load_state_dict(tensors)
    return Detector(net, classes, size)
