"""Checkpoints that resume bit for bit and are never half written.

A checkpoint is one safetensors file, `step-<step>-<checksum>.safetensors`: tensors of the net, the
optimizer and the random generators; in its header, as JSON, the step, the settings and whatever else
the loop keeps. The checksum is the start of the file's SHA-256. It is written beside, flushed to disk
and renamed; the last three and the best are kept.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.atomic_file import writing_atomically
from core.config import as_dict, check_resumable
from core.errors import StudioError
from core.record_file import check_depth
from core.tensor_head import read_tensor_head
from core.whole_file import open_file

FORMAT, VERSION = "associationnet-checkpoint", "1"
KEEP = 3
_HEAD = {
    "step": int,
    "groups": list,
    "generators": dict,
    "settings": dict,
    "extra": dict,
    "score": int | float | None,
}
"""What the head holds."""

_NAME = re.compile(r"step-(\d+)-([0-9a-f]{16})\.safetensors")


@dataclass(frozen=True)
class Resumed:
    """What a loop goes on from.

    Attributes:
        step: steps done; 0 where there was no checkpoint.
        extra: what the loop kept beside net, optimizer and generators.
        settings: those it was saved with, as plain values.
        warnings: a sentence for each damaged checkpoint that was passed over.
        arrays: what the loop kept in `arrays`.
    """

    step: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def save_checkpoint(
    folder: Path,
    step: int,
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    generators: Mapping[str, Any],
    settings: Any,
    extra: Mapping[str, Any] | None = None,
    score: float | None = None,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Write a checkpoint and remove those no longer kept.

    Args:
        folder: the run's `checkpoints`.
        step: steps done.
        generators: states of numpy generators by name (`generator.bit_generator.state`); torch's own,
            of the CPU and of every GPU, are kept without asking.
        settings: the run's, a settings dataclass; see `resume`.
        extra: JSON values.
        score: higher is better; the best checkpoint is kept however old.
        arrays: numbers by name that would be large as JSON.

    Raises:
        StudioError: it cannot be written; earlier checkpoints are intact.
    """
    tensors = {f"net.{name}": tensor for name, tensor in net.state_dict().items()}
    packed = optimizer.state_dict()
    for place, values in packed["state"].items():
        tensors |= {f"optimizer.{place}.{name}": value for name, value in values.items() if value is not None}
    tensors |= {f"kept.{name}": torch.from_numpy(array) for name, array in (arrays or {}).items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors |= {f"random.cuda{k}": state for k, state in enumerate(torch.cuda.get_rng_state_all())}
    head = {
        "step": step,
        "groups": packed["param_groups"],
        "generators": dict(generators),
        "settings": as_dict(settings),
        "extra": dict(extra or {}),
        "score": score,
    }
    metadata = {"format": FORMAT, "version": VERSION, "head": json.dumps(head)}
    written = folder / "newest.safetensors"  # until its name can hold its checksum
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with writing_atomically(written) as partial:
            whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
            save_file(whole, partial, metadata)
        path = folder / f"step-{step:08d}-{_checksum(written)}.safetensors"
        os.replace(written, path)
    except (OSError, SafetensorError) as error:
        raise StudioError(
            f"Cannot write a checkpoint to {folder} ({error}); "
            "the earlier ones are intact, so free some space and resume."
        ) from error
    for other in _checkpoints(folder):
        if other != path and other.name.startswith(f"step-{step:08d}-"):
            _remove(other)
    _remove_old(folder)
    return path


def resume(
    folder: Path,
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    generators: Mapping[str, np.random.Generator],
    settings: Any,
) -> Resumed:
    """Bring everything back to the last good checkpoint; change nothing where there is none.

    Args:
        net, optimizer, generators: changed in place; built as for a new run.
        settings: a settings dataclass; all but its free settings must equal those it was saved with.

    Raises:
        StudioError: the settings differ, the net is of another shape, or every checkpoint is damaged.
    """
    warnings: list[str] = []
    for path in reversed(_checkpoints(folder)):
        try:
            head, tensors = _read(path)
        except (StudioError, OSError, SafetensorError):
            warnings.append(f"The checkpoint {path.name} is damaged; the one before it is used.")
            continue
        check_resumable(head["settings"], settings)
        try:
            _restore(head, tensors, net, optimizer, generators)
        except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            # tensors or states that are missing, unknown or of another shape
            raise StudioError(
                f"The checkpoint {path.name} does not fit what the run would train now; "
                "put its data back as they were, or start a new run."
            ) from error
        kept = {name: tensor for name, tensor in tensors.items() if name.startswith("kept.")}
        # A tensor maps the file, which is soon removed.
        arrays = {name.removeprefix("kept."): tensor.numpy().copy() for name, tensor in kept.items()}
        return Resumed(head["step"], head["extra"], head["settings"], tuple(warnings), arrays)
    if warnings:
        raise StudioError(f"Every checkpoint in {folder} is damaged; start a new run.")
    return Resumed()


def settings_of_last(folder: Path) -> Mapping[str, Any]:
    """The settings of the newest checkpoint that can be read; empty where there is none."""
    for path in reversed(_checkpoints(folder)):
        with contextlib.suppress(StudioError):
            settings: dict[str, Any] = _head(path)["settings"]
            return settings
    return {}


def _restore(
    head: dict[str, Any],
    tensors: dict[str, Tensor],
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    generators: Mapping[str, np.random.Generator],
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    weights: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        kind, name = key.split(".", 1)
        if kind == "net":
            weights[name] = tensor
        elif kind == "optimizer":
            place, name = name.split(".", 1)
            # The optimizer keeps the very tensor it is given; this one maps the file, which is soon removed.
            state.setdefault(int(place), {})[name] = tensor.clone()
    net.load_state_dict(weights)
    optimizer.load_state_dict({"state": state, "param_groups": head["groups"]})
    torch.set_rng_state(tensors["random.cpu"])
    for device in range(torch.cuda.device_count()):
        if f"random.cuda{device}" in tensors:
            torch.cuda.set_rng_state(tensors[f"random.cuda{device}"], device)
    for name, generator in generators.items():
        generator.bit_generator.state = head["generators"][name]


def _checkpoints(folder: Path) -> list[Path]:
    """Ordered by step."""
    return sorted(path for path in folder.glob("step-*.safetensors") if _NAME.fullmatch(path.name))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    match = _NAME.fullmatch(path.name)
    if match is None or _checksum(path) != match[2]:
        raise StudioError(f"{path} is damaged; resume from an earlier checkpoint.")
    return _head(path), load_file(path)


def _head(path: Path) -> dict[str, Any]:
    words = read_tensor_head(path).words
    if words.get("format") != FORMAT or words.get("version") != VERSION:
        raise StudioError(f"{path} is no checkpoint of this version; resume from another one.")
    try:
        head = json.loads(words.get("head", ""))
        check_depth(head)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or not all(
        isinstance(head.get(name), kind) for name, kind in _HEAD.items()
    ):
        raise StudioError(f"{path} is damaged; resume from an earlier checkpoint.")
    return head


def _checksum(path: Path) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _remove_old(folder: Path) -> None:
    paths = _checkpoints(folder)
    scores: dict[Path, float] = {}
    for path in paths:
        try:
            score = _head(path)["score"]
        except StudioError:
            continue
        if score is not None:
            scores[path] = score
    best = max(scores, key=lambda path: (scores[path], path.name), default=None)
    for path in paths[:-KEEP]:
        if path != best:
            _remove(path)


def _remove(path: Path) -> None:
    """Take a file away if that is possible; one that stays only costs space."""
    with contextlib.suppress(OSError):
        path.unlink()
