"""What a job reports while it runs, as dataclasses and as lines of JSON."""

import dataclasses
import json
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")

OnProgress = Callable[[int, int, str], None]
"""Called often by long work: done, of how many, and what it works on; it may raise to give up."""


@dataclass(frozen=True)
class Progress:
    """How far a job is: `step` of `total` units done, and what it works on now.

    `count` says how far that is, such as `picture 120 of 322`, where the job does other things too, whose
    units `step` and `total` count along; empty where they count nothing else.
    """

    step: int
    total: int
    what: str = ""
    count: str = ""


@dataclass(frozen=True)
class Metric:
    """One number of a curve, e.g. `loss` at a training step; NaN and infinity are kept as null in JSON."""

    name: str
    step: int
    value: float


@dataclass(frozen=True)
class Filters:
    """The conv1 filters at a step were written.

    `path` is relative to the run folder and names an `.npz` with `filters`:
    (F, 3, k, k) float32, RGB channel order.
    """

    step: int
    path: str


@dataclass(frozen=True)
class ClassAP:
    """Average precision of a class: `ap` in 0..1 (NaN without objects), over `objects` that count."""

    name: str
    ap: float
    objects: int


@dataclass(frozen=True)
class Log:
    """A line for people; `level` is `info` or `warning`."""

    text: str
    level: str = "info"


Event = Progress | Metric | Filters | ClassAP | Log
_TYPES: dict[str, type[Event]] = {cls.__name__: cls for cls in (Progress, Metric, Filters, ClassAP, Log)}


def to_json(event: Event, time: float) -> str:
    """One line of JSON without its newline; `time` in seconds since the epoch."""
    fields = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in dataclasses.asdict(event).items()
    }
    return json.dumps({"event": type(event).__name__, "time": round(time, 3), **fields}, allow_nan=False)


def from_json(line: str) -> Event:
    """The event of a line that `to_json` wrote; null numbers come back as NaN.

    Raises:
        ValueError: the line is not one of ours (cut short, another type).
    """
    fields: dict[str, Any] = json.loads(line)
    try:
        cls = _TYPES[fields.pop("event")]
        fields.pop("time", None)
        for field in dataclasses.fields(cls):
            if field.type in (float, "float") and fields.get(field.name, 0.0) is None:
                fields[field.name] = math.nan
        return cls(**fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error


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
