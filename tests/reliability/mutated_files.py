"""Mutants of every kind of file, read in a process of its own: only a value or a sentence is clean."""

import contextlib
import os
import resource
import shutil
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import StudioError
from tests.reliability import mutations
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import scratch
from tests.reliability.processes import Fork
from tests.reliability.readers import READERS, Reader

LONG = 20.0
"""Seconds that a process may be silent about a mutant; then it hangs."""

MEMORY = 2 << 30
"""Bytes that a process may take beyond what it has at its start."""

NAMED = 8
"""Failures of one kind that are named."""


def mutants(name: str, seconds: float, seed: int) -> Row:
    """Nothing but a value or a StudioError, no process that dies, hangs or takes all memory."""
    reader, rounds, refused = READERS[name], 0, 0
    failures: dict[str, list[str]] = {}
    with scratch() as folder:
        made = folder / "made"
        made.mkdir()
        if reader.forks:
            reader.make(made)
        else:
            _apart(reader, made)
        path = min(one for one in made.glob(reader.file) if one.is_file())
        kept, work = path.relative_to(made), folder / "work"
        shutil.copytree(made, work)
        _, code = Fork(lambda _: reader.read(work / kept) and None).wait()
        if code:
            return Row(1, (failed(seed, "the whole file itself is refused: see the log"),))
        end = time.monotonic() + max(seconds, 0.0)
        for one in seeds(seconds, seed):
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(made, work)
            report = folder / "report"
            report.unlink(missing_ok=True)
            done, sentences, died = _batch(reader, work / kept, path.read_bytes(), one, report, end)
            rounds, refused = rounds + done, refused + sentences
            found = report.read_text(errors="replace").split("\0")[:-1] if report.exists() else []
            for what in [*found, *died]:
                failures.setdefault(what.partition("|")[2], []).append(failed(one, what.replace("|", ": ")))
    named = [f"{those[0]} ({len(those):,} like it)" for those in failures.values()]
    many = [one for those in failures.values() for one in those[1:NAMED]]
    figure = f"{refused:,} refused with a sentence" + (f", {len(named)} kinds of failure" if named else "")
    return Row(rounds, (*named, *many), figure)


def _apart(reader: Reader, made: Path) -> None:
    _, code = Fork(lambda _: reader.make(made) and None).wait()
    assert code == 0, "the sample could not be made"


def _batch(
    reader: Reader, path: Path, data: bytes, seed: int, report: Path, end: float
) -> tuple[int, int, list[str]]:
    """How many mutants were read, how many refused, and which of them ended their process and how.

    One process reads them all; where one mutant ends it, another goes on with the next.
    """
    done, refused, died, first = 0, 0, [], 0
    while first < reader.batch and (first == 0 or time.monotonic() < end + LONG):
        told, code = Fork(partial(_read_from, reader, path, data, seed, report, first)).follow(LONG)
        numbers = [number for number in told if number >= 0]
        done, refused = done + len(numbers), refused + told.count(-1)
        if code == 0:
            break
        last = numbers[-1] if numbers else first
        first = last + 1
        if reader.may_die and code < 0 and code != -9:
            refused += 1
            continue
        what = f"hangs for {LONG:.0f} s" if code == -9 else f"ends the process with {code}"
        died.append(f"mutant {last}|{what}")
    return done, refused, died


def _read_from(
    reader: Reader, path: Path, data: bytes, seed: int, report: Path, first: int, tell: Callable[[int], None]
) -> None:
    """Read a batch from `first` on; each mutant is told before it is read, -1 where it was refused."""
    _limit_memory()
    folder = next(one for one in path.parents if one.name == "work")
    whole = report.parent / "made" / path.relative_to(folder)
    for number in range(first, reader.batch):
        tell(number)
        rng = np.random.default_rng([seed, number])
        if reader.mutate is None:
            shutil.copyfile(whole, path)
            for end in ("-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
            mutations.of_values(path, rng)
        else:
            path.write_bytes(reader.mutate(data, rng))
        try:
            reader.read(path)
        except StudioError as error:
            tell(-1)
            if len(str(error)) > 2000:
                _note(report, number, f"a sentence of {len(str(error)):,} letters")
        except BaseException as error:
            places = traceback.extract_tb(error.__traceback__)
            ours = [one for one in places if "/core/" in one.filename or "/studio/" in one.filename]
            last = (ours or places)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            _note(report, number, f"{type(error).__name__} at {where}")


def _note(report: Path, number: int, what: str) -> None:
    with open(report, "a", errors="replace") as file:
        file.write(f"mutant {number}|{what}\0")


def _limit_memory() -> None:
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


ATTACKS = tuple(Attack(f"mutants-{name}", partial(mutants, name), 0.15) for name in READERS)
