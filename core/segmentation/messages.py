"""Arrays sent from one process to another through a pipe; nothing is pickled."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from core.array_file import MOST, arrays_of
from core.errors import StudioError

_LENGTH = 8  # bytes, little-endian


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


def receive(pipe: IO[bytes]) -> dict[str, np.ndarray] | None:
    """The next arrays; None where the other side is gone, or sends something else."""
    length = int.from_bytes(pipe.read(_LENGTH), "little")
    data = pipe.read(length) if length <= MOST else b""
    if len(data) < length:
        return None
    try:
        return arrays_of(data, Path("The message"))
    except StudioError:
        return None
