"""Optical flow by a network that the user names: a TorchScript file or a `torch.export` program.

The network takes two (1, 3, H, W) float32 RGB images with values 0..255, H and W multiples of 8, and gives
(1, 2, H, W): the motion from the first to the second in pixels, x first; of a list or tuple, such as the
refinements of RAFT, the last one counts. **Such a file holds a program: name only files you trust.**
Nothing is unpickled; a `torch.export` file that holds pickles is refused.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core import agreements
from core.errors import StudioError
from core.out_of_memory import memory_that_ran_out

MULTIPLE = 8
"""Sides are padded to a multiple of so many pixels, the last row and column repeated."""

BROKEN = (RuntimeError, ValueError, TypeError, KeyError, AssertionError, OSError, zipfile.BadZipFile)
"""What torch raises over files and programs that are not what they should be."""


class TorchFlow:
    """A `FlowEstimator` that runs a network from a file."""

    def __init__(self, path: Path, device: str = "auto") -> None:
        """Load the network.

        Args:
            path: a file of `torch.export.save` if it ends in `.pt2`, else one of `torch.jit.save`.
            device: `auto`, `cpu` or `cuda`.

        Raises:
            NotAgreedError: the person did not agree to run that file on this machine.
            StudioError: the file is missing or not such a network, or there is no such device.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise StudioError("There is no CUDA device; choose device cpu or auto.")
        name = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
        self._path, self._device = path, torch.device(name)
        if not path.is_file():
            raise StudioError(f"There is no file {path}; name a flow network, or none for DIS.")
        agreements.require(agreements.program(path))
        load = _load_exported if path.suffix == ".pt2" else _load_scripted
        try:
            self._network = load(path, self._device)
        except BROKEN as error:
            raise StudioError(
                f"{path} is no flow network that can be loaded ({_first_line(error)}); "
                "save it with torch.export.save as .pt2, or with torch.jit.save."
            ) from error

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(H, W, 2) float32: the motion from one (H, W, 3) uint8 RGB frame to another, in pixels.

        Raises:
            StudioError: the network fails on frames of this size, or gives something else than a flow.
        """
        height, width = first.shape[:2]
        try:
            with torch.inference_mode():
                found = self._network(self._padded(first), self._padded(second))
        except BROKEN as error:
            if memory_that_ran_out(error):
                raise  # no fault of the network
            raise StudioError(
                f"{self._path} fails on frames of {width} x {height} px ({_first_line(error)}); "
                "save a network that takes any height and width that are multiples of 8."
            ) from error
        if isinstance(found, list | tuple) and found:
            found = found[-1]
        wanted = (1, 2, height + -height % MULTIPLE, width + -width % MULTIPLE)
        if not isinstance(found, Tensor) or tuple(found.shape) != wanted:
            shown = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise StudioError(
                f"{self._path} gives {shown} for {width} x {height} px; a flow of shape {wanted} is needed."
            )
        field = found[0, :, :height, :width].permute(1, 2, 0).float().contiguous().cpu().numpy()
        if not np.isfinite(field).all():
            raise StudioError(f"{self._path} gives flow that is not finite; choose another network.")
        return field

    def _padded(self, image: np.ndarray) -> Tensor:
        height, width = image.shape[:2]
        planes = torch.from_numpy(image).to(self._device).permute(2, 0, 1)[None].float()
        return functional.pad(planes, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="replicate")


def _load_scripted(path: Path, device: torch.device) -> Callable[[Tensor, Tensor], Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is, and people have such files
        return torch.jit.load(path, map_location=device).eval()


def _load_exported(path: Path, device: torch.device) -> Callable[[Tensor, Tensor], Any]:
    program = torch.export.load(_without_pickles(path))
    return program.module().to(device)


def _without_pickles(path: Path) -> io.BytesIO:
    """A `torch.export` file without its example inputs, the one part that is always pickled.

    Raises:
        ValueError: weights or constants are pickled too, or the file is of another layout.
    """
    clean = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(clean, "w") as copy:
        names = [name.partition("/")[2] for name in archive.namelist()]
        if "models/model.json" not in names:
            raise ValueError("not saved by torch.export.save of torch 2.9 or later")
        for name, inner in zip(archive.namelist(), names, strict=True):
            data = archive.read(name)
            if inner.startswith("data/sample_inputs/"):
                data = b""
            elif inner.startswith(("data/weights/", "data/constants/")):
                _refuse_pickles(inner, data)
            copy.writestr(name, data)
    clean.seek(0)
    return clean


def _refuse_pickles(name: str, data: bytes) -> None:
    """Let pass raw tensors and the lists of them, and nothing that torch would unpickle."""
    if not name.endswith("_config.json"):
        if name.endswith(".pt"):
            raise ValueError("it holds pickled weights")
        return
    for entry in json.loads(data)["config"].values():
        if entry["use_pickle"] or not entry["path_name"].startswith(("weight_", "tensor_")):
            raise ValueError("it holds pickled objects")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
