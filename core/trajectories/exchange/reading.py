"""Read a file whole, with a sentence for whatever stands in the way."""

from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.text_file import decoded

_LARGEST = 4 << 30  # bytes; 12,500 tracks of 60 frames are 0.1 GB as XML
_PICKLE = b"\x80"  # what pickles of protocol 2 and later begin with


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        StudioError: it is missing, too large, a pickle, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise StudioError(f"{path} is larger than 4 GB; export the clip in parts.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}; check its name.") from error
    except OSError as error:
        raise StudioError(
            f"{path} cannot be read ({error.strerror}); check its name and permissions."
        ) from error
    if data.startswith(_PICKLE):
        raise StudioError(
            f"{path} is a pickle, which can run programs when it is read; save its arrays with numpy.savez."
        )
    return data


def read_text(path: Path) -> str:
    """The text of a file, decoded as `core.text_file` does.

    Raises:
        StudioError: it is missing, too large, a pickle, or no text.
    """
    return decoded(read_bytes(path), path)


def numbers(values: object, path: Path, what: str) -> np.ndarray:
    """Values of a file as float64; NaN and infinities pass, they are refused where they would count.

    Raises:
        StudioError: some of them are no numbers; `what` names them in the sentence.
    """
    try:
        if isinstance(values, list | tuple) and values and isinstance(values[0], str):
            return np.fromiter(map(float, values), np.float64, len(values))  # four times as fast as asarray
        return np.asarray(values, np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise StudioError(f"{path} has {what} that are no numbers; correct them.") from error
