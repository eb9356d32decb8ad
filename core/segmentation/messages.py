"""Arrays sent from one process to another through a pipe; nothing is pickled."""

import io
from collections.abc import Mapping
from typing import IO

import numpy as np

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
    """The next arrays; None where the other side is gone."""
    head = pipe.read(_LENGTH)
    data = pipe.read(int.from_bytes(head, "little")) if len(head) == _LENGTH else b""
    if not data or len(data) < int.from_bytes(head, "little"):
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return dict(arrays)
