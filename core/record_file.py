"""Files that this program writes itself, as JSON, read as if a stranger had written them.

A file of a disk, read up to a bound, is decoded and parsed to a bounded depth; `core.typed_values` then holds
what it says against the dataclass it fills.
"""

import json
import math
import re
from pathlib import Path
from typing import Any, TypeVar

from core import typed_values
from core.errors import StudioError
from core.text_file import decoded
from core.whole_file import read_whole

Record = TypeVar("Record")

LARGEST = 256 << 20
"""Bytes of such a file at most; the snapshot of a million points with labels is 30 MB."""

DEEPEST = 40
"""Lists and tables in one another."""

_DIGITS = 100
"""Of a whole number; the state of a random generator has 39, and a float holds 308."""

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def read_record(cls: type[Record], path: Path, most: int = LARGEST) -> Record:
    """What a file says, in a dataclass; see `core.typed_values.filled` for what its fields may be.

    Raises:
        StudioError: the file is missing, too large, no JSON, or does not fit `cls`.
    """
    return filled(cls, read_json(path, most), path)


def filled(cls: type[Record], values: Any, path: Path) -> Record:
    """A dataclass of values that `path` said; as `read_record`.

    Raises:
        StudioError: they do not fit `cls`.
    """
    try:
        return typed_values.filled(cls, values)
    except ValueError as error:
        raise damaged(path, error) from error


def read_json(path: Path, most: int = LARGEST) -> Any:
    """What a JSON file holds, not yet held against anything.

    Args:
        path: of the file.
        most: bytes that it may have.

    Raises:
        StudioError: the file is missing, too large, or no JSON; see `parsed`.
    """
    try:
        return parsed(decoded(read_whole(path, most), path))
    except ValueError as error:
        raise damaged(path, error) from error


def parsed(text: str) -> Any:
    """The value of JSON text.

    Raises:
        ValueError: it is no JSON, nested too deeply, or holds what JSON cannot: NaN, infinities, numbers
            beyond any of ours, halves of a surrogate pair.
    """
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_number, parse_constant=_no_number)
        check_depth(value)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if _HALF_PAIR.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("it holds text that is no Unicode") from error
    return value


def damaged(path: Path, why: object) -> StudioError:
    """What to say of a file of ours that cannot be what was written."""
    return StudioError(f"{path} is damaged ({why}); restore it or delete it.")


def check_depth(value: Any) -> None:
    """See that lists and tables do not lie in one another deeper than `DEEPEST`; it does not recurse.

    Raises:
        ValueError: they do.
    """
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            item
            for one in level
            if isinstance(one, list | dict)
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, list | dict)
        ]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"it holds a number of {len(text):,} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("it holds a number that is too large")
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"it holds {text}, which is no number")
