"""Parts of the window that are built a piece at a time, so that it answers in between."""

from collections.abc import Iterator
from typing import Protocol, TypeVar


class InSteps(Protocol):
    """A part that is there, but has nothing in it until all its `steps` were taken."""

    steps: Iterator[None]


_Part = TypeVar("_Part", bound=InSteps)


def whole(part: _Part) -> _Part:
    """A part with all that is still to be built of it."""
    for _ in part.steps:
        pass
    return part
