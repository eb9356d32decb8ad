"""Read a file whole, with a sentence for whatever stands in the way."""

from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.text_file import decoded
from core.whole_file import read_whole

_PICKLE = b"\x80"  # what pickles of protocol 2 and later begin with
_PACKED = (
    (b"\x1f\x8b", "is packed by gzip; unpack it first"),
    (b"BZh", "is packed by bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "is packed by xz; unpack it first"),
    (b"\x89HDF\r\n", "is HDF5; save its table as CSV"),
    (b"\xd0\xcf\x11\xe0", "is a workbook; save its sheet as CSV"),
    (b"PK\x03\x04", "is a zip archive or a workbook; unpack it, or save its sheet as CSV"),
)
"""What files that are no text begin with, and what to do with them."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        StudioError: it is missing, too large, a pickle, or cannot be read.
    """
    data = read_whole(path)
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
    data = read_bytes(path)
    refuse_packed(data, path)
    return decoded(data, path)


def refuse_packed(head: bytes, path: Path) -> None:
    """See that a file that begins like this is no archive or data base, whatever its name says.

    Raises:
        StudioError: it is; the sentence says what to do.
    """
    for sign, what in _PACKED:
        if head.startswith(sign):
            raise StudioError(f"{path} {what}.")


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
