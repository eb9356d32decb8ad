"""A job made of parts: their progress as progress of the whole."""

from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

from core.events import Event, Progress

Value = TypeVar("Value")


def part_of(part: Generator[Event, None, Value], before: int, total: int) -> Generator[Event, None, Value]:
    """The events of a part of a job; its units of progress follow `before` others, of `total` in all.

    Closing it closes the part; it returns what the part returns.
    """
    try:
        while True:
            try:
                event = next(part)
            except StopIteration as end:
                value: Value = end.value
                return value
            if isinstance(event, Progress):
                event = replace(event, step=before + event.step, total=total)
            yield event
    finally:
        part.close()
