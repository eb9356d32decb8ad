"""Mutants of every kind of file, read in a process of its own: only a value or a sentence is clean."""

import contextlib
import gc
import os
import re
import resource
import shutil
import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import StudioError
from tests.reliability import mutations
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import scratch
from tests.reliability.processes import Fork, import_what
from tests.reliability.readers import READERS, Reader

LONG = 20.0
"""Seconds that a process may be silent about a mutant; then it hangs."""

MEMORY = 2 << 30
"""Bytes that a process may take beyond what it has at its start."""

UNREAD = -(1 << 33)
"""Told of a mutant that was read as an empty file is, by a reader that says no sentence."""

_REFUSED = object()  # like nothing that a reader gives

ENOUGH = 50_000
"""Mutants of a reader, after which its attack ends before its time is over."""

NAMED = 8
"""Failures of one kind that are named."""


@dataclass
class Found:
    """What mutants came to.

    Attributes:
        rounds: how many were read.
        refused: how many of them were refused.
        unread: how many were read as an empty file is.
        sentences: a number for each kind of sentence they were refused with.
        failures: what was not clean, by its kind.
    """

    rounds: int = 0
    refused: int = 0
    unread: int = 0
    sentences: set[int] = field(default_factory=set)
    failures: dict[str, list[str]] = field(default_factory=dict)

    def add(self, told: list[int]) -> None:
        """What a process told: the number of each mutant, then that of the sentence it was refused with."""
        refused = [number for number in told if UNREAD < number < 0]
        self.rounds += sum(number >= 0 for number in told)
        self.refused += len(refused)
        self.unread += told.count(UNREAD)
        self.sentences |= set(refused)

    def fail(self, seed: int, mutant: int, what: str) -> None:
        self.failures.setdefault(what, []).append(failed(seed, f"mutant {mutant}: {what}"))

    @property
    def row(self) -> Row:
        named = [f"{those[0]} ({len(those):,} like it)" for those in self.failures.values()]
        many = [one for those in self.failures.values() for one in those[1:NAMED]]
        figure = f"{self.rounds - self.refused - self.unread:,} read"
        figure += f", {self.unread:,} as an empty file" if self.unread else ""
        figure += f", {self.refused:,} refused with {len(self.sentences):,} sentences" if self.refused else ""
        figure += f", {len(named)} kinds of failure" if named else ""
        return Row(self.rounds, (*named, *many), figure)


def mutants(name: str, seconds: float, seed: int) -> Row:
    """Nothing but a value or a StudioError, no process that dies, hangs or takes all memory."""
    reader = READERS[name]
    with scratch() as folder:
        made = folder / "made"
        made.mkdir()
        if reader.forks:
            reader.make(made)
        else:
            _, code = Fork(lambda _: reader.make(made) and None).wait()
            assert code == 0, "the sample could not be made"
        return read_all(reader, made, seconds, seed)


def read_all(reader: Reader, made: Path, seconds: float, seed: int) -> Row:
    """As `mutants`, of a sample that is made; the folder beside it, `work`, is written."""
    found, work = Found(), made.with_name("work")
    path = min(one for one in made.glob(reader.file) if one.is_file())
    end = time.monotonic() + max(seconds, 0.0)
    for one in seeds(seconds, seed):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(made, work)
        whole = work / path.relative_to(made)
        if one == seed and import_what(partial(reader.read, whole)):
            return Row(1, (failed(seed, "the whole file itself is refused: see the log"),))
        _batch(reader, made, path, one, end, found)
        if found.rounds >= ENOUGH:
            break
    return found.row


def _batch(reader: Reader, made: Path, path: Path, seed: int, end: float, found: Found) -> None:
    """Read the mutants of one seed in one process; where one ends it, another goes on with the next."""
    report, first = made.with_name("report"), 0
    report.unlink(missing_ok=True)
    while first < reader.batch and (first == 0 or time.monotonic() < end + LONG):
        told, code = Fork(partial(_read_from, reader, made, path, seed, report, first)).follow(LONG)
        found.add(told)
        if code == 0:
            break
        last = max(told, default=first)
        first = max(last, first) + 1
        if reader.may_die and code < 0 and code != -9:
            found.refused += 1
            continue
        found.fail(
            seed, first - 1, f"hangs for {LONG:.0f} s" if code == -9 else f"ends the process with {code}"
        )
    for line in report.read_text(errors="replace").split("\0")[:-1] if report.exists() else ():
        number, _, what = line.partition("|")
        found.fail(seed, int(number), what)


def _read_from(
    reader: Reader, made: Path, whole: Path, seed: int, report: Path, first: int, tell: Callable[[int], None]
) -> None:
    """Read a batch from `first` on; each mutant is told before it is read, its sentence where it has one."""
    _limit_memory()
    gc.freeze()
    data, path = whole.read_bytes(), made.with_name("work") / whole.relative_to(made)
    nothing = _nothing(reader, path, data)
    for number in range(first, reader.batch):
        tell(number)
        rng = np.random.default_rng([seed, number])
        if reader.mutate is None:
            mutations.of_values(data, path, rng)
        else:
            path.write_bytes(reader.mutate(data, rng))
        try:
            if _same(reader.read(path), nothing):
                tell(UNREAD)
        except StudioError as error:
            tell(_kind(str(error)))
            if len(str(error)) > 2000:
                _note(report, number, f"a sentence of {len(str(error)):,} letters")
        except BaseException as error:
            places = traceback.extract_tb(error.__traceback__)
            ours = [one for one in places if "/core/" in one.filename or "/studio/" in one.filename]
            last = (ours or places)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            _note(report, number, f"{type(error).__name__} at {where}")


def _nothing(reader: Reader, path: Path, data: bytes) -> object:
    """What a reader gives of a file without a byte, where it gives something else of the whole file."""
    if reader.mutate is None:  # a database, which may be open
        return _REFUSED
    path.write_bytes(data)
    whole = reader.read(path)
    path.write_bytes(b"")
    try:
        nothing = reader.read(path)
    except StudioError:
        return _REFUSED
    return _REFUSED if _same(whole, nothing) else nothing


def _same(value: object, other: object) -> bool:
    """Whether two values are equal, as far as they can be asked: arrays cannot."""
    try:
        return bool(value == other)
    except ValueError:
        return False


def _kind(sentence: str) -> int:
    """A number below 0 for a sentence, the same for one that quotes or counts something else."""
    return -1 - zlib.crc32(re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "", sentence).encode(errors="replace"))


def _note(report: Path, number: int, what: str) -> None:
    with open(report, "a", errors="replace") as file:
        file.write(f"{number}|{what}\0")


def _limit_memory() -> None:
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


ATTACKS = tuple(Attack(f"mutants-{name}", partial(mutants, name), 0.15) for name in READERS)
