"""Models of other people that cut objects out: what a file must take and give, and which kind one is.

A model is one file or, as Segment Anything is exported, two: an encoder that is asked once for a picture,
and a decoder that is asked for each click. **Such a file holds a program: name only files you trust.**

- **TorchScript** (`.pt`) takes, in this order, `image` (1, 3, H, W), RGB with values 0..255, `points`
  (1, N, 2), x and y in pixels of the picture, `labels` (1, N) and `mask` (1, 1, H, W) of 0 and 1; float32.
  It gives (1, 1, H, W) float32, above 0 on the object.
- **One ONNX file** (`.onnx`) takes what it likes of these four by their names; its first output is the same.
- **Two ONNX files**, an encoder and a decoder side by side, take and give what `segment_anything` and
  `samexporter` write for SAM 1 and SAM 2; see `core.segmentation.sam`.

Labels are 1 on the object, 0 beside it, 2 and 3 for the top left and bottom right corner of a box. Without
a mask to correct `mask` is 0 everywhere.
"""

from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.segmentation.segmenter import Prompts

SUFFIXES = (".onnx", ".pt", ".torchscript")
_ENCODER, _DECODER = "encoder", "decoder"
_OF_A_STROKE = 5


def partner(path: Path) -> Path | None:
    """The decoder that belongs to an encoder, or the contrary; None for a model of one file.

    The names of the two differ in the words encoder and decoder alone, as `sam.encoder.onnx` and
    `sam.decoder.onnx` do.

    Raises:
        StudioError: the other file is not there.
    """
    for word, other in ((_ENCODER, _DECODER), (_DECODER, _ENCODER)):
        if path.suffix == ".onnx" and word in path.name.lower():
            at = path.name.lower().rindex(word)
            found = path.with_name(path.name[:at] + other + path.name[at + len(word) :])
            if not found.is_file():
                raise StudioError(f"{path} needs {found.name} beside it; put both files into one folder.")
            return found
    return None


def pair(path: Path) -> tuple[Path, Path] | None:
    """The encoder and the decoder that a file is one of; None for a model of one file."""
    other = partner(path)
    if other is None:
        return None
    return (path, other) if _ENCODER in path.name.lower() else (other, path)


def said(prompts: Prompts) -> tuple[np.ndarray, np.ndarray]:
    """Prompts as models take them: (N, 2) float32 points and (N,) float32 labels, the box as two points.

    Models know no strokes: each is given as at most `_OF_A_STROKE` points along it.
    """
    strokes = [np.flatnonzero(prompts.marks == number) for number in np.unique(prompts.marks)]
    few = [one[_evenly(len(one))] for one in strokes]
    chosen = np.concatenate(few) if few else np.zeros(0, np.intp)
    points = [prompts.points[chosen].astype(np.float32)]
    labels = [prompts.inside[chosen].astype(np.float32)]
    if prompts.box is not None:
        points.append(prompts.box.reshape(2, 2).astype(np.float32))
        labels.append(np.array((2, 3), np.float32))
    return np.concatenate(points), np.concatenate(labels)


def _evenly(count: int) -> np.ndarray:
    """Which of the places of a stroke a model is told: the middles of as many parts of it."""
    parts = min(count, _OF_A_STROKE)
    return ((np.arange(parts) + 0.5) * count / parts).astype(np.intp)
