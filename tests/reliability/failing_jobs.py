"""Each call by which a job changes the disk fails, once or from then on; then the job is done again."""

import contextlib
import itertools
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity
from tests.reliability import left_behind
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.cases import KINDS, Call, Case, in_order, traced
from tests.reliability.edit_session import DATA, copied, digest, scratch
from tests.reliability.faults import Faults
from tests.reliability.jobs_base import command, import_as, make_jobs_base
from tests.reliability.jobs_that_fail import FRAMES, JOBS, ON_CLIPS, SIZE
from tests.reliability.processes import Fork
from tests.reliability.steady import steady, warm
from tests.small_data import write_voc

UNTRIED = ("unlinkat", "rmdir")
"""Where one of these fails, something stays."""

PROJECTS = ("project", "new")
"""The one that is there before, and the one that an import makes."""

BESIDE = tuple(f"{name}/{part}" for name in PROJECTS for part in ("annotations.", "backups"))
"""What is compared as a database, what is kept of one, and what closing a project adds where it can."""


@dataclass
class Found:
    """What the rounds found so far.

    Attributes:
        right: what was in databases that were right, and whether the job was done; none is opened twice.
        known: states of the folder from which the job could be done again; it is done once from each.
        moved: rounds in which another call failed than was meant.
    """

    failures: list[str] = field(default_factory=list)
    rounds: int = 0
    refused: int = 0
    moved: int = 0
    right: set[tuple[object, ...]] = field(default_factory=set)
    known: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Whole:
    """What the job leaves where nothing fails: `left_behind.contents`, and `data` of the projects."""

    contents: dict[str, str]
    project: str
    new: str


class Bench:
    """A job on a folder that is made anew for each round.

    Raises:
        Skipped: see `Faults`.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.job, self._faults = name, JOBS[name], Faults()
        warm()
        self.work, self._said, self._told = folder / "work", folder / "said", folder / "told"
        self._base = _base(folder, name)
        self.renew()
        import_as(self.job.words(self.work))
        self.before = data(self._base / "project")

    def renew(self) -> None:
        """Make `work` as it is before the job."""
        copied(self._base, self.work)

    def calls(self) -> list[Call]:
        """The calls of the job that nothing disturbs; what it leaves is in `work` then."""
        self.renew()
        code, error = command(self.job.words(self.work), self._said, around=self._watched())
        assert code == 0, error
        return [Call(**call) for call in json.loads(self._told.read_text())]

    def tried(self, case: Case) -> tuple[int, str, Call]:
        """The job while a call fails: its exit code, what it said, and the call."""
        self.renew()
        self._told.unlink(missing_ok=True)
        code, error = command(self.job.words(self.work), self._said, around=self._armed(case))
        told = self._told.read_text() if self._told.exists() else ""
        return code, error, Call.of(told, str(self.work))

    def again(self) -> tuple[int, str]:
        """The job once more, with what goes on with what is there: its exit code and what it said."""
        words = (*self.job.words(self.work), *self.job.again(self.work))
        code, error = command(words, self._said, around=self._steady())
        if code and "start a new run" in error:
            shutil.rmtree(self.work / "run", ignore_errors=True)  # or under another name
            code, error = command(self.job.words(self.work), self._said, around=self._steady())
        return code, error

    @contextlib.contextmanager
    def _steady(self) -> Iterator[None]:
        tempfile.tempdir = str(self.work / "tmp")
        steady()
        yield

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        with self._steady():
            made = traced(self._faults, self.work)
            yield
            self._faults.disarm()
            self._told.write_text(json.dumps([vars(call) for call in made]))

    @contextlib.contextmanager
    def _armed(self, case: Case) -> Iterator[None]:
        with self._steady():
            self._faults.arm(self.work, case.call, case.last, case.number)
            yield
            self._faults.disarm()
            self._told.write_text(self._faults.failed)


def _base(folder: Path, name: str) -> Path:
    """What a job needs, made in the place where it will be used, since runs know where they are."""
    job = JOBS[name]
    base, work = make_jobs_base(folder, job.clips, FRAMES, SIZE), folder / "work"
    Fork(lambda _: write_voc(base / "VOC", *job.pictures) and None).wait()
    copied(base, work)
    for one in job.before:
        code, error = command(JOBS[one].words(work), folder / "said")
        assert code == 0, error
    (work / "tmp").mkdir()
    return copied(work, base)


def data(project: Path) -> str:
    """A digest of what a person made in a project; empty for no project."""
    database = project / "annotations.sqlite"
    return digest(database, DATA) if database.exists() else ""


def jobs(name: str, seconds: float, seed: int) -> Row:
    """A sentence and no traceback; what was in the project is there; the same command can be given again.

    It ends before its time where every call has failed in every way: so many seeds in line are all cases.
    """
    found = Found()
    with scratch() as folder:
        bench = Bench(name, folder)
        calls = bench.calls()
        whole = Whole(
            left_behind.contents(bench.work), data(bench.work / "project"), data(bench.work / "new")
        )
        cases = in_order(calls)
        for one in itertools.islice(seeds(seconds, seed), len(cases)):
            case = cases[one % len(cases)]
            if wrong := _round(bench, case, calls[case.call - 1], whole, found):
                found.failures.append(failed(one, f"{case}, {calls[case.call - 1]}: {wrong}"))
            found.rounds += 1
    figure = f"of {len(cases):,}: {len(calls):,} calls of {len(set(calls)):,} kinds in {len(KINDS)} ways"
    figure += f"; {found.refused:,} refused, {len(found.known):,} states done again, {found.moved:,} moved"
    return Row(found.rounds, tuple(found.failures), figure)


def _round(bench: Bench, case: Case, meant: Call, whole: Whole, found: Found) -> str:
    code, error, call = bench.tried(case)
    found.refused += code != 0
    found.moved += (call.what, call.role) != (meant.what, meant.role)
    if wrong := _said_wrong(code, error):
        return wrong
    if case.once and meant.what not in UNTRIED and (stay := left_behind.temporary(bench.work)):
        return f"temporary files stay: {', '.join(stay[:3])}"
    contents = left_behind.contents(bench.work)
    if code == 0 and (wrong := _differs(whole.contents, contents, meant.what in UNTRIED)):
        return wrong
    state = left_behind.state(contents)
    projects = (*(contents.get(f"{name}/annotations.sqlite", "") for name in PROJECTS), code == 0)
    gone = bench.job.renames and not case.once and not (bench.work / "project/annotations.sqlite").exists()
    if projects not in found.right and not gone:
        if wrong := _project_wrong(bench, whole if code == 0 else None):
            return wrong
        found.right.add(projects)
    if code and state not in found.known:
        code, more = bench.again()
        if code:
            return f"it cannot be done again: {_last(more)} (first: {error.strip()})"
        found.known.add(state)
    return ""


def _said_wrong(code: int, error: str) -> str:
    if "Traceback" in error:
        return error.strip().splitlines()[-1]
    last = _last(error)
    if code not in (0, 1):
        return f"it ended with {code}: {last}"
    return "" if code == 0 or last.endswith(".") else f"no sentence: {last!r}"


def _last(said: str) -> str:
    """The last line of what was said."""
    return re.split(r"[\r\n]+", said.strip())[-1]


def _differs(whole: dict[str, str], now: dict[str, str], more_may_stay: bool) -> str:
    """How what a job left that said it was done differs from what it leaves where nothing fails."""
    differ = [
        name
        for name in (whole.keys() if more_may_stay else whole.keys() | now.keys())
        if whole.get(name) != now.get(name) and not name.startswith(BESIDE)
    ]
    return f"it says it is done, but differs: {', '.join(sorted(differ)[:4])}" if differ else ""


def _project_wrong(bench: Bench, done: Whole | None) -> str:
    """What is wrong with the project the job worked on; it must hold at least what it held.

    Args:
        done: what there must be of a job that said it was done.
    """
    for project in (bench.work / name for name in PROJECTS[: 1 + bool(done and done.new)]):
        try:
            with Project.open(project) as opened, opened.reading() as connection:
                problems = integrity.problems(connection)
        except StudioError as error:
            return f"it cannot be opened: {error}"
        if problems:
            return f"damaged: {problems[0]}"
    project = data(bench.work / "project")
    if done and (project, data(bench.work / "new")) != (done.project, done.new):
        return "it says it is done, but the project differs"
    changed = bench.name not in ON_CLIPS and project != bench.before
    return "the project changed" if changed else ""


ATTACKS = tuple(Attack(f"failing-calls-{name}", partial(jobs, name), 0.4, with_faults=True) for name in JOBS)
