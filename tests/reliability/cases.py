"""Which call to the system fails and how: every call, one of each kind and place first."""

import errno
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.reliability.faults import EVER, Faults

KINDS = (
    ("ENOSPC once", errno.ENOSPC, False),
    ("ENOSPC from then on", errno.ENOSPC, True),
    ("EIO once", errno.EIO, False),
    ("EIO from then on", errno.EIO, True),
    ("EROFS from then on", errno.EROFS, True),
)

_DRAWN = re.compile(
    r"[0-9a-f]{40,}|(?<=\d-)[0-9a-f]+(?=\.safetensors)|"
    r"(?<=/tmp)\w{8}|(?<=/associationnet-)\w{8}|(?<=/\.tmp)\w{6}|\d{8}T\d{9}-|[0-9a-f]{8}(?=\.partial)"
    r"|(?<=[-.])[0-9a-f]{4}(?=/|$)|\d+"
)
"""What of a path differs from run to run, digests, and numbers of frames and steps."""


@dataclass(frozen=True)
class Call:
    """One call that changes a disk, in a session that nothing disturbs.

    Attributes:
        what: the function of libc.
        role: its path below the folder, without what is drawn for each run and without numbers.
        place: the functions of the program it comes from, with their lines; empty where that is not known.
    """

    what: str
    role: str
    place: str = ""

    @classmethod
    def of(cls, told: str, folder: str, frame: FrameType | None = None) -> "Call":
        """A call as `faults.c` tells it: what, a space, and the path."""
        what, _, path = told.partition(" ")
        return cls(what, _DRAWN.sub("#", path.removeprefix(folder)), _place(frame))

    def __str__(self) -> str:
        return f"{self.what} of {self.role}"


def _place(frame: FrameType | None) -> str:
    lines = []
    while frame is not None:
        name = frame.f_code.co_filename
        if "/core/" in name:
            lines.append(f"{name.rpartition('/core/')[2]}:{frame.f_lineno}")
        frame = frame.f_back
    return " ".join(lines)


def traced(faults: Faults, folder: Path) -> list[Call]:
    """The calls that this process makes below a folder from now on until it is disarmed; it grows."""
    made: list[Call] = []
    under = str(folder)
    faults.watch(folder, lambda told: made.append(Call.of(told, under, sys._getframe(2))))
    return made


@dataclass(frozen=True)
class Case:
    """One call that fails: which, from 1, how, and until which call."""

    call: int
    kind: str
    number: int
    last: int

    @property
    def once(self) -> bool:
        return self.last == self.call

    def __str__(self) -> str:
        return f"{self.kind} at call {self.call}"


def in_order(calls: Sequence[Call]) -> list[Case]:
    """Every call in every way: the first of each what, role and place, then the second of each, and so on."""
    before: Counter[Call] = Counter()
    turns = []
    for number, call in enumerate(calls, start=1):
        turns.append((before[call], number))
        before[call] += 1
    return [
        Case(call, kind, number, EVER if on else call)
        for _, call in sorted(turns)
        for kind, number, on in KINDS
    ]
