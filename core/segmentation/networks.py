"""Models from files, ready to be asked; see `core.segmentation.model` for what they take and give.

Imported by the worker alone: torch or onnxruntime come with it.
"""

import importlib
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core import agreements
from core.errors import StudioError
from core.segmentation.model import pair, said
from core.segmentation.sam import Call, Inputs, Sam
from core.segmentation.segmenter import Prompts, Segmented, Segmenter


class PlainModel:
    """A `Segmenter` of one network that is asked for picture and clicks at once."""

    def __init__(self, network: Call, path: Path) -> None:
        self._network, self._path = network, path

    def segment(self, image: np.ndarray, prompts: Prompts) -> Segmented:
        """See `Segmenter`; the confidence is the mean probability over the mask."""
        height, width = image.shape[:2]
        points, labels = said(prompts)
        before = np.zeros((height, width)) if prompts.mask is None else prompts.mask
        given = {
            "image": np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32),
            "points": points[None],
            "labels": labels[None],
            "mask": before.astype(np.float32)[None, None],
        }
        logits = next(iter(self._network(given).values()))
        if logits.shape != (1, 1, height, width):
            raise StudioError(f"{self._path} gives {logits.shape} where (1, 1, {height}, {width}) is needed.")
        mask = logits[0, 0] > 0
        inside = 1 / (1 + np.exp(-np.clip(logits[0, 0][mask], 0, 50)))
        return Segmented(mask, float(inside.mean()) if mask.any() else 0.0)


def open_model(path: Path) -> Segmenter:
    """The model in a file, and in the one beside it where it is one of two.

    Raises:
        NotAgreedError: it is a program that the person did not agree to run on this machine.
        StudioError: it is missing, or no model that can be used; says what to do.
    """
    if not path.is_file():
        raise StudioError(f"There is no file {path}; choose another segmenter in the preferences.")
    both = pair(path)
    if both is not None:
        (encoder, sees), (decoder, takes) = (_onnx(one) for one in both)
        return Sam(encoder, sees, decoder, takes)
    if path.suffix == ".onnx":
        return PlainModel(_onnx(path)[0], path)
    return PlainModel(_torch_script(path), path)


def _onnx(path: Path) -> tuple[Call, Inputs]:
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise StudioError(
            'An ONNX segmenter needs onnxruntime: pip install "associationnet-studio[onnx]".'
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own classes, which no module names
        raise StudioError(f"{path} is no ONNX model that can be loaded ({_first_line(error)}).") from error
    names = [one.name for one in session.get_outputs()]
    kinds = {one.name: one.shape for one in session.get_inputs()}

    def call(given: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        try:
            found = session.run(None, {name: given[name] for name in kinds if name in given})
        except Exception as error:
            raise StudioError(f"{path} fails on this picture ({_first_line(error)}).") from error
        return dict(zip(names, found, strict=True))

    return call, kinds


def _torch_script(path: Path) -> Call:
    agreements.require(agreements.program(path))
    import torch  # seconds, which an ONNX model need not wait for

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is, and people have such files
            network = torch.jit.load(path, map_location="cpu").eval()
    except (RuntimeError, ValueError, OSError) as error:
        raise StudioError(
            f"{path} is no segmenter that can be loaded ({_first_line(error)}); save it with torch.jit.save."
        ) from error

    def call(given: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        inputs = [torch.from_numpy(given[name]) for name in ("image", "points", "labels", "mask")]
        try:
            with torch.inference_mode():
                found = network(*inputs)
            return {"logits": found.float().numpy()}
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise StudioError(f"{path} fails on this picture ({_first_line(error)}).") from error

    return call


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
