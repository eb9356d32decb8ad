"""One call to the system that changes a disk fails, once or from then on, during edits and each job."""

import contextlib
import errno
import json
import os
import re
import shutil
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import main
from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity, journal
from core.trajectories.trajectory_edits import Relabel
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import (
    ACTIONS,
    SCRIPTS,
    chosen,
    copied,
    digest,
    make_base,
    perform,
    scratch,
)
from tests.reliability.faults import EVER, Faults, count
from tests.reliability.processes import PATIENCE, Fork
from tests.small_data import write_davis

KINDS = (
    ("ENOSPC once", errno.ENOSPC, False),
    ("ENOSPC from then on", errno.ENOSPC, True),
    ("EIO once", errno.EIO, False),
    ("EIO from then on", errno.EIO, True),
    ("EROFS from then on", errno.EROFS, True),
)
STRIDE = 7919
"""Cases are tried in steps of this prime, so that a short time sees calls from begin to end."""

DATA = {table: "*" for table in ("clip", "trajectory", "observation")}
"""What of a database a person made, without the history."""


@dataclass(frozen=True)
class Case:
    """One call that fails: which, how, and from when until when."""

    call: int
    kind: str
    number: int
    last: int

    @classmethod
    def of(cls, seed: int, calls: int) -> "Case":
        """Every call with every kind has one seed within each `calls` × kinds seeds."""
        place = seed * STRIDE % (calls * len(KINDS))
        kind, number, on = KINDS[place % len(KINDS)]
        call = place // len(KINDS) + 1
        return cls(call, kind, number, EVER if on else call)

    def __str__(self) -> str:
        return f"{self.kind} at call {self.call}"


# --- edits ------------------------------------------------------------------------------------


@dataclass
class Session:
    """What a session came to: the last state that was acknowledged, and what was refused."""

    revision: int = 0
    state: str = ""
    data: str = ""
    acknowledged: int = 0
    refused: int = 0
    traceback: str = ""
    calls: int = 0


def edits(seconds: float, seed: int) -> Row:
    """Nothing acknowledged may be lost, nothing be half there, and each refusal is a sentence."""
    faults, failures, rounds, acknowledged, refused, unsaid = Faults(), [], 0, 0, 0, 0
    calls: dict[int, int] = {}
    with scratch() as folder:
        base = make_base(folder)
        for one in seeds(seconds, seed):
            script = one % SCRIPTS
            if script not in calls:
                project = copied(base, folder / "failing")
                calls[script] = _session(faults, project, script, None).calls
            case = Case.of(one // SCRIPTS, calls[script])
            project = copied(base, folder / "failing")
            session = _session(faults, project, script, case)
            wrong, more = after(project, session)
            if wrong:
                failures.append(failed(one, f"{case}: {wrong}"))
            rounds += 1
            acknowledged += session.acknowledged
            refused += session.refused
            unsaid += more
    figure = f"{acknowledged:,} edits acknowledged, {refused:,} refused, {unsaid:,} of these there afterwards"
    return Row(rounds, tuple(failures), f"{sum(calls.values()):,} calls in {len(calls)} sessions; {figure}")


def _session(faults: Faults, project: Path, script: int, case: Case | None) -> Session:
    out = project.with_name("session.json")
    out.unlink(missing_ok=True)
    database = project / "annotations.sqlite"

    def work(_: object) -> None:
        now = Session(0, digest(database), digest(database, DATA))
        faults.arm(project, case.call if case else 0, case.last if case else 0, case.number if case else 0)
        try:
            edit(project, script, now)
        except StudioError:
            now.refused += 1  # to open or to close the project
        except BaseException:
            now.traceback = traceback.format_exc()
        now.calls = faults.count
        faults.disarm()
        out.write_text(json.dumps(vars(now)))

    _, code = Fork(work).wait()
    assert code == 0, f"the session ended with {code}"
    return Session(**json.loads(out.read_text()))


def edit(
    project: Path, script: int, now: Session, tell: Callable[[int], None] = lambda revision: None
) -> None:
    """A session on a disk that may fail: what is refused is counted, what is acknowledged is told."""
    database = project / "annotations.sqlite"
    with Project.open(project) as opened:
        for number in range(ACTIONS):
            with contextlib.suppress(StudioError), opened.reading() as connection:
                action = chosen(connection, script, number)
                now.revision = now.revision or journal.revision(connection)
            try:
                with opened.writing() as connection:
                    perform(connection, action)
                    then = journal.revision(connection)
            except StudioError as error:
                now.refused += "not saved" in str(error) or "not have been saved" in str(error)
                continue
            if then > now.revision:
                now.acknowledged += 1
                now.revision = then
                tell(then)
                now.state, now.data = digest(database), digest(database, DATA)


def after(project: Path, session: Session) -> tuple[str, int]:
    """What is wrong after the session, and whether an edit that was refused is there."""
    if session.traceback:
        return session.traceback.strip().splitlines()[-1], 0
    database = project / "annotations.sqlite"
    try:
        with Project.open(project) as opened:
            with opened.reading() as connection:
                revision, problems = journal.revision(connection), integrity.problems(connection)
            state = digest(database)
            more = revision - session.revision if session.revision else 0
            if session.revision and more == 0 and state != session.state:
                return f"torn: revision {revision} is not as it was acknowledged", 0
            if more < 0:
                return f"lost: revision {session.revision} was acknowledged, {revision} is there", 0
            if more > 1:
                return f"{more} edits are there that were refused", 0
            if problems:
                return f"damaged: {problems[0]}", 0
            if more:
                with opened.writing() as connection:
                    _turn_last(connection)
                if digest(database, DATA) != session.data:
                    return "torn: the refused edit that is there does not turn over", 0
            with opened.writing() as connection:
                ids = [id for (id,) in connection.exec_driver_sql("SELECT id FROM trajectory LIMIT 1")]
                journal.perform(connection, Relabel(1, tuple(ids), "goes on"))
    except StudioError as error:
        return f"it does not go on: {error}", 0
    return "", int(more > 0)


def _turn_last(connection: object) -> None:
    """Turn the last step over, whatever it was."""
    query = "SELECT edit_id FROM journal ORDER BY revision DESC LIMIT 1"
    ((last,),) = connection.exec_driver_sql(query).all()
    journal.turn_over(connection, [last])


# --- jobs -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """A command with what it needs, in a folder that is copied for each round.

    Attributes:
        words: of the folder; relative to it are `project`, `DAVIS`, `tracks.csv`.
        again: what is added to the words where the first try left something; None where nothing is.
    """

    words: Callable[[Path], Sequence[object]]
    again: Callable[[Path], Sequence[object]] = lambda folder: ()


def _run_name(folder: Path) -> Sequence[object]:
    """The run to go on with; a run that could not be made is given again."""
    runs = sorted(path.parent for path in (folder / "project" / "runs").glob("*/config.toml"))
    return ("--resume", runs[-1].name) if runs else ()


def _pretrain(folder: Path) -> Sequence[object]:
    words = ("pretrain", "--project", folder / "project", "--out", folder / "run", "--network", "tiny")
    words += ("--steps", "4", "--batch", "4", "--checkpoint-every", "2", "--report-every", "1")
    return (*words, "--held-out-count", "8", "--minimum-length", "5", "--seed", "3")


JOBS = {
    "import": Job(lambda f: ("import", f / "DAVIS", "--project", f / "new")),
    "export": Job(lambda f: ("export", "--project", f / "project", "--format", "csv", "--out", f / "out")),
    "export-coco": Job(
        lambda f: ("export", "--project", f / "project", "--format", "coco", "--out", f / "o")
    ),
    "track": Job(lambda f: ("track", "--project", f / "project", "--spacing", "12"), _run_name),
    "densify": Job(lambda f: ("densify", "--project", f / "project"), _run_name),
    "import-tracks": Job(
        lambda f: ("import-tracks", f / "tracks.csv", "--project", f / "project", "--clip", "ape")
    ),
    "pretrain": Job(_pretrain, lambda f: ("--resume",) if (f / "run").exists() else ()),
}


def make_jobs_base(folder: Path, clips: tuple[str, ...] = ("ape",)) -> Path:
    """A folder with a data set, a tracked project of it, and tracks to import."""
    base = folder / "base"
    davis = base / "DAVIS"
    Fork(lambda _: write_davis(davis, clips) and None).wait()
    project = base / "project"
    for words in (
        ("import", davis, "--project", project),
        ("track", "--project", project, "--spacing", "8", "--min-length", "5"),
        ("export", "--project", project, "--format", "csv", "--out", base / "csv"),
    ):
        _, code, said = command(words, folder / "said")
        assert code == 0, said
    min((base / "csv").rglob("*.csv")).rename(base / "tracks.csv")
    for folder in (*(project / "runs").iterdir(), base / "csv"):
        shutil.rmtree(folder)
    return base


def command(
    words: Sequence[object], said: Path, arm: Callable[[], None] = lambda: None, lasts: float = PATIENCE
) -> tuple[int, int, str]:
    """A command in a fork; how many calls it made, its exit code, and what it said on standard error.

    Args:
        said: the file that takes what it says.
        arm: is called in the fork first.
        lasts: seconds after which it is killed; its exit code is -9 then.
    """

    def work(tell: Callable[[int], None]) -> None:
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        arm()
        code = main.main([str(word) for word in words])
        tell(count())
        tell(code)

    told, ended = Fork(work).kill_after(lasts)
    calls, code = told if len(told) == 2 and ended == 0 else (0, ended)
    return calls, code, said.read_text(errors="replace") if said.exists() else ""


def jobs(name: str, seconds: float, seed: int) -> Row:
    """A sentence and no traceback; what was in the project is there; the same command can be given again."""
    faults, job, failures, rounds, refused = Faults(), JOBS[name], [], 0, 0
    if name == "pretrain":
        import core.jobs.pretrain  # noqa: F401 - before it forks, so that each need not import torch
    with scratch() as folder:
        base, work, said = make_jobs_base(folder), folder / "work", folder / "said"
        calls, code, error = _tried(faults, job, copied(base, work), None, said)
        assert code == 0, error
        for one in seeds(seconds, seed):
            case = Case.of(one, calls)
            before = digest(copied(base, work) / "project" / "annotations.sqlite", DATA)
            _, code, error = _tried(faults, job, work, case, said)
            refused += code != 0
            wrong = _said_wrong(code, error) or _project_wrong(work / "project", before, name)
            if not wrong and code:
                again, more = command((*job.words(work), *job.again(work)), said)[1:]
                if again and "start a new run" in more:
                    shutil.rmtree(work / "run", ignore_errors=True)  # or under another name
                    again, more = command(job.words(work), said)[1:]
                if again:
                    wrong = (
                        f"it cannot be done again: {more.strip().splitlines()[-1]} (first: {error.strip()})"
                    )
            if wrong:
                failures.append(failed(one, f"{case}: {wrong}"))
            rounds += 1
    return Row(rounds, tuple(failures), f"of {calls:,} calls; {refused:,} refused and done again")


def _tried(faults: Faults, job: Job, work: Path, case: Case | None, said: Path) -> tuple:
    first, last, number = (case.call, case.last, case.number) if case else (0, 0, 0)
    return command(job.words(work), said, lambda: faults.arm(work, first, last, number))


def _last(said: str) -> str:
    """The last line of what was said."""
    return re.split(r"[\r\n]+", said.strip())[-1]


def _said_wrong(code: int, error: str) -> str:
    if "Traceback" in error:
        return error.strip().splitlines()[-1]
    last = _last(error)
    if code not in (0, 1):
        return f"it ended with {code}: {last}"
    return "" if code == 0 or last.endswith(".") else f"no sentence: {last!r}"


def _project_wrong(project: Path, before: str, name: str) -> str:
    """What is wrong with the project the job worked on; it must hold at least what it held."""
    try:
        with Project.open(project) as opened, opened.reading() as connection:
            problems = integrity.problems(connection)
    except StudioError as error:
        return f"it cannot be opened: {error}"
    if problems:
        return f"damaged: {problems[0]}"
    changes = name in ("track", "densify", "import-tracks")
    return "" if changes or digest(project / "annotations.sqlite", DATA) == before else "the project changed"


ATTACKS = (
    Attack("failing-calls-edits", edits, 1.5, with_faults=True),
    *(Attack(f"failing-calls-{name}", partial(jobs, name), 0.4, with_faults=True) for name in JOBS),
)
