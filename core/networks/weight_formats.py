"""Writers of `WEIGHT_FORMATS`. What calculates is written, read again and held against the net."""

import importlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.networks.portable import Portable

TOLERANCE = 1e-3
"""The largest difference from the net's outputs, as a share of the largest; only ONNX has any."""

_CHECKED = (1, 3)
"""Sizes of the random inputs that what was written is checked with."""


def write_weights(net: Portable, format: str, path: Path) -> float | None:
    """Write a net; the file is the old one or the new one, never a part.

    Args:
        format: a key of `WEIGHT_FORMATS`.

    Returns:
        The largest difference of what the file calculates from what the net does, on random inputs of several
        sizes, as a share of the largest output; None for a format that holds tensors alone.

    Raises:
        StudioError: a package is missing, the file cannot be written, or it does not calculate the same.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _WRITERS[format](net, path)
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error}); choose another place.") from error


def _safetensors(net: Portable, path: Path) -> None:
    net.file.write(path, net.network, net.tensors, net.notes)


def _state_dict(net: Portable, path: Path) -> None:
    """`torch.load(path, weights_only=True)` gives `state_dict` and, as text, what it is: `metadata`."""
    held = io.BytesIO()
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in net.tensors.items()}
    torch.save({"state_dict": tensors, "metadata": net.notes}, held)
    write_atomically(path, held.getvalue())


def _torch_export(net: Portable, path: Path) -> float:
    held = io.BytesIO()
    with _quiet():
        torch.export.save(_graph(net), held, extra_files={"metadata.json": json.dumps(net.notes)})
        held.seek(0)
        read = torch.export.load(held).module()
    difference = _difference(net, lambda inputs: read(*inputs))
    write_atomically(path, held.getvalue())
    return difference


def _onnx(net: Portable, path: Path) -> float:
    try:
        importlib.import_module("onnxscript")
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise StudioError(
            "ONNX needs onnx, onnxscript and onnxruntime; install them with "
            "pip install 'associationnet-studio[onnx]'."
        ) from error
    with _quiet():
        program = torch.onnx.export(
            _graph(net), dynamo=True, output_names=list(net.outputs), verbose=False, external_data=False
        )
    assert program is not None  # as always with dynamo
    program.model.metadata_props.update(net.notes)
    written = program.model_proto.SerializeToString()
    session = runtime.InferenceSession(written, providers=["CPUExecutionProvider"])

    def calculate(inputs: Sequence[Tensor]) -> list[Tensor]:
        named = zip(net.inputs, inputs, strict=True)
        found = session.run(list(net.outputs), {name: value.numpy() for name, value in named})
        return [torch.from_numpy(np.asarray(value)) for value in found]

    difference = _difference(net, calculate)
    write_atomically(path, written)
    return difference


_WRITERS: dict[str, Callable[[Portable, Path], float | None]] = {
    "safetensors": _safetensors,
    "state-dict": _state_dict,
    "torch-export": _torch_export,
    "onnx": _onnx,
}


def _graph(net: Portable) -> torch.export.ExportedProgram:
    with torch.no_grad():
        return torch.export.export(
            net.net,
            net.draw(2, torch.Generator().manual_seed(0)),
            dynamic_shapes=tuple(net.dynamic[name] for name in net.inputs),
            prefer_deferred_runtime_asserts_over_guards=True,  # rounded-up pooling has a case for each size
        )


def _difference(net: Portable, calculate: Callable[[Sequence[Tensor]], Sequence[Tensor]]) -> float:
    generator, largest = torch.Generator().manual_seed(1), 0.0
    with torch.no_grad():
        for size in _CHECKED:
            inputs = net.draw(size, generator)
            for name, expected, found in zip(net.outputs, net.net(*inputs), calculate(inputs), strict=True):
                off = float((found - expected).abs().max() / expected.abs().max().clamp_min(1e-12))
                if found.shape != expected.shape or not off <= TOLERANCE:
                    raise StudioError(
                        f"What was to be written calculates another {name} (off by {off:.1e}); "
                        "export another format and report this."
                    )
                largest = max(largest, off)
    return largest


@contextmanager
def _quiet() -> Iterator[None]:
    """Torch's exporters tell of packages that we do not use and of their own future."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
