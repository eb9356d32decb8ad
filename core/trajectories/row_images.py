"""What rows were, packed for the journal."""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

from core.errors import StudioError
from core.free_memory import room
from core.trajectories.damage import decoding
from core.trajectories.table_rows import Row

_SHORT = 4096

_TIMES = 8
"""So many times its text a step takes in memory as rows, at most."""


def pack(images: Sequence[Row | None]) -> bytes:
    """Row images as JSON, compressed where long, bytes as base64; nothing at all where no row existed."""
    columns = next((list(image) for image in images if image is not None), None)
    if columns is None:
        return b""
    rows = [None if image is None else list(image.values()) for image in images]
    packed = json.dumps({"columns": columns, "rows": rows}, default=_base64).encode()
    return packed if len(packed) < _SHORT else zlib.compress(packed, 1)


def _base64(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode("ascii")}


def unpack(packed: bytes, count: int) -> list[Row | None]:
    """The images again; older versions named the columns in every row.

    Raises:
        DamagedError: they are not what `pack` makes of so many rows.
        StudioError: they unpack to more than the memory that is free.
    """
    with decoding("A step of the history"):
        found = _unpacked(packed, count)
        if len(found) != count or not {type(one) for one in found} <= {dict, type(None)}:
            raise ValueError("other rows")
        return found


def columns_of(packed: bytes, count: int) -> set[str]:
    """The columns that images name; raises as `unpack`."""
    return set().union(*(one for one in unpack(packed, count) if one is not None))


def _unpacked(packed: bytes, count: int) -> list[Row | None]:
    if not packed:
        return [None] * count

    def bytes_back(values: dict[str, Any]) -> Any:
        return base64.b64decode(values["base64"]) if values.keys() == {"base64"} else values

    text = packed if packed[:1] in (b"[", b"{") else _inflated(packed)  # which starts with an "x"
    found = json.loads(text, object_hook=bytes_back)
    if isinstance(found, list):
        return found
    columns = found["columns"]
    return [None if row is None else dict(zip(columns, row, strict=True)) for row in found["rows"]]


def _inflated(packed: bytes) -> bytes:
    most, unpacker = room() // _TIMES, zlib.decompressobj()
    text = unpacker.decompress(packed, most)
    if unpacker.unconsumed_tail:
        raise StudioError(
            f"A step of the history unpacks to more than {most:,} bytes, more than the memory that "
            "is free can hold; close other programs, then try again."
        )
    if not unpacker.eof:
        raise ValueError("packed numbers that end too soon")
    return text
