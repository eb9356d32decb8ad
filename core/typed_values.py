"""Plain values, as TOML and JSON hold them, against the types and ranges of the dataclass that they fill."""

import dataclasses
import enum
import functools
import math
import types
import typing
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from core.errors import quoted

Record = TypeVar("Record")

LARGEST_WHOLE = 2**63 - 1
"""Whole numbers of a record lie within ± this where its field says nothing narrower."""

_LONGEST = 1 << 20
"""Letters of a text where its field says nothing narrower."""


def filled(cls: type[Record], values: Any) -> Record:
    """A record: a dataclass of plain values.

    Its fields are bool, int, float, str, Path, enums, `Any`, records, or lists, tuples, optional ones and
    tables (`dict[str, …]`) of these; the metadata `minimum` and `maximum` of a field bound its numbers, as
    those of a `core.config.setting`, and `longest` the letters of its texts.

    Raises:
        ValueError: a key is missing or unknown, or a value of another type, out of its range, or not finite.
    """
    if not isinstance(values, dict):
        raise ValueError(f"a table is missing where {quoted(values)} stands")
    kinds = kinds_of(typing.cast(Hashable, cls))
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}  # type: ignore[arg-type]
    unknown = next((name for name in values if name not in fields), None)
    if unknown is not None:
        raise ValueError(f"it holds {quoted(unknown)}, which is unknown")
    needed = (name for name, field in fields.items() if _has_no_default(field) and name not in values)
    missing = next(needed, None)
    if missing is not None:
        raise ValueError(f"it lacks {missing}")
    found = {}
    for name, value in values.items():
        found[name] = typed(name, value, kinds[name])
        _check_bounds(name, found[name], fields[name].metadata)
    return cls(**found)


def typed(name: str, value: Any, kind: Any) -> Any:
    """A plain value as one of a type, see `filled`; an integer serves as a float.

    Args:
        name: what to call it where it does not fit.
        value: as TOML or JSON give it.
        kind: a type of a field.

    Raises:
        ValueError: it is of another type.
    """
    if kind is Any:
        return value
    bare, parts, origin = bare_type(kind), typing.get_args(kind), typing.get_origin(kind)
    if bare is not kind:
        return None if value is None else typed(name, value, bare)
    if origin is tuple or origin is list:
        return _items(name, value, origin, parts)
    if origin in (dict, Mapping):
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise ValueError(f"{name} must be a table, not {quoted(value)}")
        return {key: typed(name, item, parts[1]) for key, item in value.items()}
    if kind is Path and isinstance(value, str | Path):
        if "\0" in str(value):
            raise ValueError(f"{name} must be a path, not {quoted(value)}")
        return Path(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > 10**30:  # more than a float may hold, and refused as infinity is
            return math.inf if value > 0 else -math.inf
        return float(value)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        try:
            return kind(value)
        except ValueError as error:
            allowed = ", ".join(str(item.value) for item in kind)
            raise ValueError(f"{name} must be one of {allowed}, not {quoted(value)}") from error
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and not isinstance(value, kind):
        return filled(kind, value)
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind):
        raise ValueError(f"{name} must be of type {kind.__name__}, not {quoted(value)}")
    return value


def bare_type(kind: Any) -> Any:
    """The type of a field, without the None of one that is optional."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return next(part for part in typing.get_args(kind) if part is not type(None))
    return kind


@functools.cache
def kinds_of(cls: Hashable) -> dict[str, Any]:
    """The types of a dataclass's fields, by name; found out once, since text has to be evaluated for it."""
    return typing.get_type_hints(cls)


def _items(name: str, value: Any, origin: type, parts: tuple[Any, ...]) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} must be a list, not {quoted(value)}")
    if origin is tuple and parts[-1] is not Ellipsis:
        if len(value) != len(parts):
            raise ValueError(f"{name} must be a list of {len(parts)}, not {quoted(value)}")
        return tuple(typed(name, item, part) for item, part in zip(value, parts, strict=True))
    if parts[0] in (str, int) and set(map(type, value)) == {parts[0]}:  # such as a million labels
        return origin(value)
    return origin(typed(name, item, parts[0]) for item in value)


def _check_bounds(name: str, value: Any, limits: Mapping[str, Any]) -> None:
    """Numbers of a field, be they in a list or a table, are finite and in its range, and texts are short."""
    if isinstance(value, list | tuple | dict):
        items = value.values() if isinstance(value, dict) else value
        kinds = set(map(type, items))
        if kinds == {str}:
            items = [max(items, key=len)]
        elif kinds == {int}:
            items = [min(items), max(items)]
        for item in items:
            _check_bounds(name, item, limits)
    elif isinstance(value, str):
        if len(value) > limits.get("longest", _LONGEST):
            raise ValueError(f"{name} is a text of {len(value):,} letters")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        most = LARGEST_WHOLE if isinstance(value, int) else float("inf")
        low, high = limits.get("minimum"), limits.get("maximum")
        low, high = -most if low is None else low, most if high is None else high
        if not low <= value <= high or math.isinf(value):  # which NaN is not
            raise ValueError(f"{name} is {quoted(value)}, which is out of its range")


def _has_no_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
