"""What an attack on reliability is, and what it finds.

A module of attacks holds `ATTACKS`, a tuple of `Attack`, and is named in `tests.reliability.table.MODULES`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class Skipped(Exception):  # noqa: N818 - it is no error
    """The attack cannot be run here; the text says why."""


@dataclass(frozen=True)
class Row:
    """What one attack found, a row of the table.

    Attributes:
        rounds: how often it was tried.
        failures: one sentence each, with the seed that makes it again: see `failed`.
        figure: what was measured, in a few words; empty for nothing.
    """

    rounds: int
    failures: tuple[str, ...] = ()
    figure: str = ""


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: lower case, unique, as `--only` takes it.
        run: (seconds, seed) → `Row`. It tries until the seconds are over, one round at least; its
            first round depends on the seed alone, so that the seed of a failure makes it again. It may raise
            `Skipped`.
        share: how much of the time it gets, relative to the others.
        with_faults: its process gets `faults.c`, so that it can let the system's calls fail.
    """

    name: str
    run: Callable[[float, int], Row]
    share: float = 1.0
    with_faults: bool = False


def seeds(seconds: float, seed: int) -> Iterator[int]:
    """A seed for each round, counting from the first, until the time is over; at least one."""
    end = time.monotonic() + seconds
    yield seed
    while time.monotonic() < end:
        seed += 1
        yield seed


def failed(seed: int, what: object) -> str:
    """A failure as `Row.failures` holds it: `--only NAME --seed SEED --minutes 0` makes it again."""
    return f"seed {seed}: {what}"
