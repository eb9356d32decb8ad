"""Arrays sent from one process to another through a pipe: nothing is pickled, neither side is believed."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from core.array_file import MOST, Form, arrays_of
from core.errors import StudioError

_LENGTH = 8  # bytes, little-endian

QUESTION: Mapping[str, Form] = {
    "image": Form("u1", ("H", "W", 3)),
    "points": Form("f4", ("N", 2)),
    "inside": Form("?", ("N",)),
    "marks": Form("i4", ("N",), low=0),
    "box": Form("f4", (4,)),
    "mask": Form("?", ("h", "w")),
}
"""What the window sends; `image`, `box` and `mask` may be missing."""

ANSWER: Mapping[str, Form] = {
    "mask": Form("?", ("H", "W")),
    "confidence": Form("f8", (), low=0, high=1),
    "error": Form("U", ()),
}
"""What a segmenter sends: the first two, or the last."""


def send(pipe: IO[bytes], arrays: Mapping[str, np.ndarray]) -> None:
    """Send arrays by name.

    Raises:
        OSError: the other side is gone.
    """
    data = io.BytesIO()
    np.savez(data, **arrays)  # type: ignore[arg-type]  # its stubs take names for `allow_pickle`
    pipe.write(len(data.getbuffer()).to_bytes(_LENGTH, "little"))
    pipe.write(data.getbuffer())
    pipe.flush()


def receive(pipe: IO[bytes], forms: Mapping[str, Form]) -> dict[str, np.ndarray] | None:
    """The next arrays of these forms that are there; None where the other side is gone, or sends others."""
    length = int.from_bytes(pipe.read(_LENGTH), "little")
    if length > MOST:
        return None
    try:
        data = pipe.read(length)
        return None if len(data) < length else arrays_of(data, Path("The message"), forms)
    except (StudioError, MemoryError):
        return None
