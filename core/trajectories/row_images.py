"""What rows were, packed for the journal."""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

from core.trajectories.damage import decoding
from core.trajectories.table_rows import Row

_SHORT = 4096


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
    """
    with decoding("A step of the history"):
        found = _unpacked(packed, count)
        if len(found) != count or not {type(one) for one in found} <= {dict, type(None)}:
            raise ValueError("other rows")
        return found


def _unpacked(packed: bytes, count: int) -> list[Row | None]:
    if not packed:
        return [None] * count

    def bytes_back(values: dict[str, Any]) -> Any:
        return base64.b64decode(values["base64"]) if values.keys() == {"base64"} else values

    text = packed if packed[:1] in (b"[", b"{") else zlib.decompress(packed)  # which starts with an "x"
    found = json.loads(text, object_hook=bytes_back)
    if isinstance(found, list):
        return found
    columns = found["columns"]
    return [None if row is None else dict(zip(columns, row, strict=True)) for row in found["rows"]]
