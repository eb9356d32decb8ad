"""The head of a safetensors file, read and held against the file before a library maps its tensors.

Source: the format's description, https://github.com/huggingface/safetensors#format.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import StudioError, quoted
from core.record_file import check_depth
from core.whole_file import LARGEST, open_file, size_of

_LENGTH = 8  # bytes, little-endian
_LONGEST = 16 << 20  # bytes; that of the largest network here has 0.1 MB
_MOST_AXES = 64  # as numpy has; the product of millions of lengths would take for ever
_BYTES = {
    **dict.fromkeys(("F64", "I64", "U64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL"), 1),
}
"""Types of numbers that are read, and how many bytes one has."""


@dataclass(frozen=True)
class TensorHead:
    """What a file says of itself: words by name, and the shape of each tensor."""

    words: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]


def read_tensor_head(path: Path) -> TensorHead:
    """The head of a file; its tensors lie in the file, one after another, and are of plain numbers.

    Raises:
        StudioError: it is missing, no file of a disk, damaged or no safetensors file.
    """
    size = size_of(path, LARGEST)
    with open_file(path) as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        if not 2 <= length <= min(_LONGEST, size - _LENGTH):
            raise _damaged(path, "its head does not end")
        text = file.read(length)
    try:
        head = json.loads(text)
        check_depth(head)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "its head cannot be read") from error
    if not isinstance(head, dict):
        raise _damaged(path, "its head is no table")
    words = head.pop("__metadata__", {})
    if not isinstance(words, dict) or not all(isinstance(text, str) for text in words.values()):
        raise _damaged(path, "its words are no text")
    shapes, end = {}, 0
    for name, values in sorted(head.items(), key=lambda item: _places(item[1])):
        shape, first, last = _tensor(path, name, values)
        if first != end:
            raise _damaged(path, f"{quoted(name)} does not follow the tensor before it")
        shapes[name], end = shape, last
    if end != size - _LENGTH - length:
        raise _damaged(path, f"it has {size - _LENGTH - length:,} bytes of numbers where {end:,} are meant")
    return TensorHead(words, shapes)


def _tensor(path: Path, name: str, values: Any) -> tuple[tuple[int, ...], int, int]:
    try:
        kind, shape, (first, last) = values["dtype"], tuple(values["shape"]), values["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(path, f"it does not say where {quoted(name)} is") from error
    if not isinstance(kind, str) or kind not in _BYTES:
        raise StudioError(
            f"{path} has {quoted(name)} in numbers of a kind that is not read ({quoted(kind)}); save it "
            "as F32."
        )
    plain = all(isinstance(value, int) and 0 <= value <= LARGEST for value in (*shape, first, last))
    if not plain or len(shape) > _MOST_AXES:
        raise _damaged(path, f"it does not say where {quoted(name)} is")
    if math.prod(shape) * _BYTES[kind] != last - first:
        raise _damaged(path, f"{quoted(name)} has another size than it says")
    return shape, first, last


def _places(values: Any) -> tuple[int, int]:
    """Where a tensor says that it begins and ends, to bring them in order; zeros where it says nothing."""
    try:
        first, last = values["data_offsets"]
    except (TypeError, KeyError, ValueError):
        return 0, 0
    return (first, last) if isinstance(first, int) and isinstance(last, int) else (0, 0)


def _damaged(path: Path, why: str) -> StudioError:
    return StudioError(
        f"{path} is not a readable safetensors file or is damaged ({why}); choose another one."
    )
