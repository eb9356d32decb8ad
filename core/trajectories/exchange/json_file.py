"""JSON as other programs write it: read whole, and looked at column by column."""

import contextlib
import gc
import itertools
import json
import operator
import re
import zipfile
import zlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.datasets.folder import is_leftover, same_name
from core.errors import StudioError
from core.text_file import decoded
from core.trajectories.exchange.reading import read_text
from core.whole_file import check_room

_LARGEST = 4 << 30  # bytes
_TIMES = 3  # that a text is in memory at least: its bytes, its letters, its values
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")


def read_json(path: Path) -> Any:
    """What a file, or the one in an archive, holds; NaN and infinities are numbers there.

    Of a repeated key the last counts. A half of a surrogate pair, which is no character, becomes U+FFFD.

    Raises:
        StudioError: the file is missing, no text, or no whole JSON.
    """
    try:
        return json.loads(_with_whole_characters(json_text(path)))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise StudioError(
                f"{path} holds several JSON values one after the other, the second in line {error.lineno}; "
                "join them in one, as the format asks."
            ) from error
        raise StudioError(
            f"{path} is no whole JSON ({error.msg}, line {error.lineno}); copy it again from where it came "
            "from."
        ) from error
    except RecursionError as error:
        raise StudioError(
            f"{path} is no whole JSON (it is nested too deeply); copy it again from where it came from."
        ) from error
    except ValueError as error:  # Python's limit of digits
        raise StudioError(f"{path} has a number of thousands of digits; correct it.") from error


def _with_whole_characters(text: str) -> str:
    if not _HALF.search(text):
        return text
    return _ESCAPES.sub(lambda found: "\\ufffd" if found["half"] else found[0], text)


def json_text(path: Path) -> str:
    """The text of a file, or of the largest JSON file in a zip archive.

    Raises:
        StudioError: it is missing, too large, damaged or no text.
    """
    if not path.is_file() or not zipfile.is_zipfile(path):
        return read_text(path)
    try:
        with zipfile.ZipFile(path) as archive:
            inner = [one for one in archive.infolist() if _is_json(one.filename)]
            largest = max(inner, key=lambda one: one.file_size, default=None)
            if largest is None:
                raise StudioError(f"{path} holds no JSON file; choose another one.")
            if largest.file_size > _LARGEST:
                raise StudioError(
                    f"{path} holds a file of {largest.file_size:,} bytes, which is too much; export the "
                    "clip in parts."
                )
            check_room(path, _TIMES * largest.file_size)
            return decoded(archive.read(largest), path)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise StudioError(f"{path} is no whole archive; copy it again from where it came from.") from error


def _is_json(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.lower().endswith(".json") and not any(is_leftover(part) for part in parts)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """While millions of values are made that all stay, Python does not look again and again for garbage.

    That would be half of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def listed(content: Any, name: str, path: Path, remedy: str, needed: bool = False) -> list[dict[str, Any]]:
    """A list of objects that a file holds by name; empty where it is missing or null and not needed.

    Raises:
        StudioError: it is something else, or needed; `remedy` says what to do.
    """
    found = content.get(name) if isinstance(content, dict) else None
    if found is None and not needed and isinstance(content, dict):
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise StudioError(f"{path} has no list of {name}; {remedy}.")
    return found


def column(rows: Sequence[Mapping[str, Any]], *names: str) -> list[Any]:
    """What each row has by the first of some names that is there and not null, else None."""
    try:
        values = list(map(operator.itemgetter(names[0]), rows))
    except KeyError:
        values = [row.get(names[0]) for row in rows]
    for name in names[1:]:
        if None not in values:
            break
        values = [row.get(name) if value is None else value for row, value in zip(rows, values, strict=True)]
    return values


def identity(value: Any) -> str | None:
    """An id as text: 1, 1.0, "1" and " 1.0 " are one; None for what is no id."""
    if isinstance(value, str):
        text = value.strip()
        return str(int(text.split(".")[0])) if _WHOLE.fullmatch(text) else same_name(text) or None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def numbered(values: Sequence[Any], numbers: Mapping[str, int]) -> np.ndarray:
    """(N,) int64: the number that `numbers` has for the `identity` of each value, -1 where it has none."""
    table = {value: numbers.get(identity(value) or "", -1) for value in _distinct(values)}
    found = (table[value] if isinstance(value, Hashable) else -1 for value in values)
    try:
        return np.fromiter(map(table.__getitem__, values), np.int64, len(values))
    except TypeError:
        return np.fromiter(found, np.int64, len(values))


def identities(values: Sequence[Any]) -> dict[str, int]:
    """The distinct ids among values, numbered in the order in which they come first; -1 is none."""
    names = dict.fromkeys(identity(value) for value in _distinct(values))
    return {name: number for number, name in enumerate(name for name in names if name not in (None, "-1"))}


def floats(values: Sequence[Any]) -> np.ndarray:
    """(N,) float64; NaN where there is no number."""
    if None not in values:
        try:
            return np.fromiter(values, np.float64, len(values))
        except (TypeError, ValueError, OverflowError):
            pass
    return np.array([_float(value) for value in values], np.float64)


def places(values: Sequence[Any], length: int) -> np.ndarray:
    """(N, length) float64 of lists of so many numbers; NaN in a row that is not one."""
    if set(map(type, values)) == {list} and set(map(len, values)) == {length}:
        try:
            flat = np.fromiter(itertools.chain.from_iterable(values), np.float64, length * len(values))
            return flat.reshape(-1, length)
        except (TypeError, ValueError, OverflowError):
            pass
    rows = [
        [_float(number) for number in value]
        if isinstance(value, list | tuple) and len(value) == length
        else [np.nan] * length
        for value in values
    ]
    return np.array(rows, np.float64).reshape(-1, length)


def _distinct(values: Sequence[Any]) -> Sequence[Any]:
    try:
        return list(dict.fromkeys(values))
    except TypeError:
        return list(dict.fromkeys(value for value in values if isinstance(value, Hashable)))


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan
