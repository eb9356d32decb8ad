"""What cells of the database may be, by the types of its columns: in Python, and as SQLite stores them."""

import functools
from dataclasses import dataclass

from sqlalchemy import JSON, Boolean, Float, Integer, LargeBinary, String, Table

_BITS = {"SmallInteger": 15, "Integer": 31}


@dataclass(frozen=True)
class CellType:
    """What cells of a column may be, in Python and as SQLite stores them; `limit` of whole numbers."""

    types: tuple[type, ...]
    stored: tuple[str, ...]
    limit: int = 0
    length: int = 0

    @functools.cached_property
    def exact(self) -> frozenset[type]:
        """The types themselves, without those that are made from them."""
        return frozenset(self.types)


@functools.cache
def cell_type(table: Table, name: str) -> CellType:
    """What cells of a column may be."""
    column = table.c[name]
    kind, none = column.type, ((type(None),), ("null",)) if column.nullable else ((), ())
    if isinstance(kind, Boolean):
        return CellType((int, *none[0]), ("integer", *none[1]), limit=2)
    if isinstance(kind, Integer):
        return CellType((int, *none[0]), ("integer", *none[1]), limit=1 << _BITS.get(type(kind).__name__, 63))
    if isinstance(kind, Float):
        return CellType((float, int, *none[0]), ("real", "integer", *none[1]))
    if isinstance(kind, LargeBinary):
        return CellType((bytes, *none[0]), ("blob", *none[1]))
    if isinstance(kind, JSON):
        return CellType((list, dict, *none[0]), ("text", *none[1]))
    assert isinstance(kind, String)
    return CellType((str, *none[0]), ("text", *none[1]), length=kind.length or 0)


def is_text(value: str, length: int = 0) -> bool:
    """Whether a text has no half characters, and is no longer than a length, where one is given."""
    if length and len(value) > length:
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False
