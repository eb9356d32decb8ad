"""Arrays in `.npz` files, which may be cut short, garbled or of another program."""

import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from core.atomic_file import writing_atomically

_DAMAGED: tuple[type[Exception], ...] = (
    *(ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error),
    *(OSError, RuntimeError, MemoryError),  # such as a seek before the start, a password, an immense shape
)


def read_arrays(path: Path, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` by name, all where no names are given; nothing is unpickled.

    Raises:
        OSError: the file is missing or cannot be read.
        ValueError: it is damaged or no such file, or lacks an array that is named.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in (arrays.files if names is None else names)}
        except _DAMAGED as error:
            raise ValueError(f"{path} is damaged") from error


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an `.npz` that is the old one or the new one, never a part.

    Raises:
        OSError: it cannot be written.
    """
    with writing_atomically(path) as partial, open(partial, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # its stubs take the names for options
