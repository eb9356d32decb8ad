"""The files of a run's folder that say what it was made from and where it ran, as far as people see them."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from core.errors import StudioError
from core.record_file import filled, read_json


@dataclass(frozen=True)
class _Digest:
    sha256: str
    covers: str = ""
    path: str = ""
    bytes: int | None = None


@dataclass(frozen=True)
class Noted:
    """Of `provenance.json`."""

    command: str = ""
    seed: int | None = None
    digests: dict[str, _Digest] = field(default_factory=dict)


@dataclass(frozen=True)
class _Card:
    name: str
    driver: str
    memory: str = ""


@dataclass(frozen=True)
class Machine:
    """An entry of `machines.json`."""

    started: str = ""
    host: str = ""
    gpus: tuple[_Card, ...] = ()


@dataclass(frozen=True)
class Made:
    """Of `environment.json`."""

    program: str = ""
    versions: dict[str, str] = field(default_factory=dict)


def read_known(cls: type[Any], path: Path) -> dict[str, Any]:
    """A JSON table whose names that `cls` knows fit it; empty where it is missing or damaged."""
    try:
        values: dict[str, Any] = read_json(path)
        check_known(cls, values, path)
    except StudioError:
        return {}
    return values


def check_known(cls: type[Any], values: Any, path: Path) -> None:
    """Hold the names that `cls` knows against it; versions of the program note more or less.

    Raises:
        StudioError: one does not fit.
    """
    known = {one.name for one in fields(cls)}
    if isinstance(values, dict):
        values = {name: value for name, value in values.items() if name in known}
    filled(cls, values, path)
