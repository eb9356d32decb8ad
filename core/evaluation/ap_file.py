"""What an evaluation left in `results/ap.json`, and what of it and of settings the tables go by."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import StudioError
from core.record_file import filled, read_json

_SHARE = {"minimum": 0, "maximum": 1 + 1e-9}
_NAME = {"longest": 4_096}


@dataclass(frozen=True)
class _Known:
    """Names that have one meaning in `ap.json`, in the facts of a detector and in the settings of a run."""

    metric: str | None = field(default=None, metadata=_NAME)
    overlap: float | None = field(default=None, metadata=_SHARE)
    year: int | None = field(default=None, metadata={"minimum": 0, "maximum": 9999})
    train_year: int | None = field(default=None, metadata={"minimum": 0, "maximum": 9999})
    set: str | None = field(default=None, metadata=_NAME)
    test_set: str | None = field(default=None, metadata=_NAME)
    train_set: str | None = field(default=None, metadata=_NAME)
    network: str | None = field(default=None, metadata=_NAME)
    scales: str | None = field(default=None, metadata=_NAME)
    start: str | None = field(default=None, metadata=_NAME)
    init: str | None = field(default=None, metadata=_NAME)
    schedule: str | None = field(default=None, metadata=_NAME)
    proposals: str | None = field(default=None, metadata=_NAME)
    method: str | None = field(default=None, metadata=_NAME)
    regime: str | None = field(default=None, metadata=_NAME)
    steps: int | None = field(default=None, metadata={"minimum": 0})
    seed: int | None = None
    learning_rate: float | None = None
    calibrated: bool | None = None
    scale_pixels: bool | None = None
    ap: dict[str, float | None] = field(default_factory=dict, metadata=_SHARE)
    map: float | None = field(default=None, metadata=_SHARE)
    objects: dict[str, int] = field(default_factory=dict, metadata={"minimum": 0, "maximum": 2**53})


_NAMES = frozenset(one.name for one in dataclasses.fields(_Known))


def check_facts(values: Mapping[str, Any], path: Path) -> None:
    """See that facts that `path` says are of the types that the tables count on; others are not looked at.

    Raises:
        StudioError: one is not.
    """
    filled(_Known, {name: value for name, value in values.items() if name in _NAMES}, path)


def read_facts(path: Path) -> dict[str, Any]:
    """A JSON table of facts, those of `_Known` held against their types.

    Raises:
        StudioError: the file is missing or damaged.
    """
    values = read_json(path)
    if not isinstance(values, dict):
        raise StudioError(f"{path} is damaged (it holds no table); restore it or delete it.")
    check_facts(values, path)
    return values
