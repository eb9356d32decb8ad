"""What a job reports while it runs, as dataclasses and as lines of JSON."""

import dataclasses
import json
import math
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

from core.errors import quoted
from core.record_file import parsed
from core.typed_values import filled

Value = TypeVar("Value")

OnProgress = Callable[[int, int, str], None]
"""Called often by long work: done, of how many, and what it works on; it may raise to give up."""

LARGEST = 1e39
"""Values of curves lie within ± this, as those of float32 do; beyond, they count as infinite."""

_COUNT = {"minimum": 0, "maximum": 2**53}
_WORDS = {"longest": 10_000}  # letters
_NAME = {"longest": 200}


@dataclass(frozen=True)
class Progress:
    """How far a job is: `step` of `total` units done, and what it works on now.

    `count` says how far that is, such as `picture 120 of 322`, where the job does other things too, whose
    units `step` and `total` count along; empty where they count nothing else.
    """

    step: int = field(metadata=_COUNT)
    total: int = field(metadata=_COUNT)
    what: str = field(default="", metadata=_WORDS)
    count: str = field(default="", metadata=_WORDS)


@dataclass(frozen=True)
class Metric:
    """One number of a curve, e.g. `loss` at a training step; NaN and infinity are kept as null in JSON."""

    name: str = field(metadata=_NAME)
    step: int = field(metadata=_COUNT)
    value: float = field(metadata={"minimum": -LARGEST, "maximum": LARGEST})


@dataclass(frozen=True)
class Filters:
    """The conv1 filters at a step were written.

    `path` is relative to the run folder and names an `.npz` with `filters`:
    (F, 3, k, k) float32, RGB channel order.
    """

    step: int = field(metadata=_COUNT)
    path: str = field(metadata=_WORDS)


@dataclass(frozen=True)
class ClassAP:
    """Average precision of a class: `ap` in 0..1 (NaN without objects), over `objects` that count."""

    name: str = field(metadata=_NAME)
    ap: float = field(metadata={"minimum": 0, "maximum": 1 + 1e-9})
    objects: int = field(metadata=_COUNT)


@dataclass(frozen=True)
class Log:
    """A line for people; `level` is `info` or `warning`."""

    text: str = field(metadata={"longest": 100_000})
    level: str = field(default="info", metadata=_NAME)


Event = Progress | Metric | Filters | ClassAP | Log
_TYPES: dict[str, type[Event]] = {cls.__name__: cls for cls in (Progress, Metric, Filters, ClassAP, Log)}


_METRIC = re.compile(
    r'\{"event": "Metric", "time": (-?\d{1,15}\.\d{1,3}), "name": "([^"\\\x00-\x1f]{1,200})",'
    r' "step": (\d{1,15}), "value": (-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]\d\d)?)\}'
)
"""The line that `to_json` writes for nearly every metric; runs report millions of them."""


def to_json(event: Event, time: float) -> str:
    """One line of JSON without its newline; `time` in seconds since the epoch."""
    fields = {
        key: None if isinstance(value, float) and not abs(value) <= LARGEST else value
        for key, value in dataclasses.asdict(event).items()
    }
    return json.dumps({"event": type(event).__name__, "time": round(time, 3), **fields}, allow_nan=False)


def from_json(line: str) -> Event:
    """The event of a line that `to_json` wrote; null numbers come back as NaN.

    Raises:
        ValueError: the line is not one of ours (cut short, another type, out of its range).
    """
    return timed_from_json(line)[0]


def timed_from_json(line: str) -> tuple[Event, float]:
    """The event of a line as `from_json` gives it, and when it was reported, in seconds since the epoch.

    Raises:
        ValueError: as `from_json`.
    """
    found = _METRIC.fullmatch(line)
    if found is not None and abs(value := float(found[4])) <= LARGEST:
        return Metric(found[2], int(found[3]), value), float(found[1])
    fields: Any = parsed(line)
    if not isinstance(fields, dict) or not isinstance(name := fields.pop("event", None), str):
        raise ValueError(f"not an event: {quoted(line)}")
    time, cls = fields.pop("time", 0.0), _TYPES.get(name)
    if cls is None or not isinstance(time, int | float) or not abs(time) < 1e12:
        raise ValueError(f"not an event: {quoted(line)}")
    numbers = ("value", "ap")
    unknown = {key: math.nan for key in numbers if key in fields and _is_unknown(fields[key])}
    event = filled(cls, fields | dict.fromkeys(unknown, 0.0))
    if isinstance(event, Filters) and not _stays_inside(event.path):
        raise ValueError(f"{quoted(event.path)} is not in the run")
    for key, value in unknown.items():
        object.__setattr__(event, key, value)  # nobody else has the event yet
    return event, float(time)


def _stays_inside(path: str) -> bool:
    """Whether what a path names lies in the folder it is joined to, on any system.

    To Windows `C:x` and `\\x` are not absolute, and lead elsewhere all the same.
    """
    kinds = (PurePosixPath(path), PureWindowsPath(path))
    return not any(kind.anchor or ".." in kind.parts for kind in kinds)


def _is_unknown(value: Any) -> bool:
    """Whether a number is one that JSON does not know, or that counts as infinite."""
    return value is None or (isinstance(value, float) and abs(value) > LARGEST)


def part_of(part: Generator[Event, None, Value], before: int, total: int) -> Generator[Event, None, Value]:
    """The events of a part of a job; its units of progress follow `before` others, of `total` in all.

    How far the part itself is stays in `Progress.count`. Closing it closes the part; it returns what the
    part returns.
    """
    try:
        while True:
            try:
                event = next(part)
            except StopIteration as end:
                value: Value = end.value
                return value
            if isinstance(event, Progress):
                count = event.count or f"step {event.step:,} of {event.total:,}"
                event = dataclasses.replace(event, step=before + event.step, total=total, count=count)
            yield event
    finally:
        part.close()
