"""One call to the system that changes a disk fails, once or from then on, during edits."""

import contextlib
import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity, journal
from core.trajectories.trajectory_edits import Relabel
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.cases import Call, Case, in_order, traced
from tests.reliability.edit_session import (
    ACTIONS,
    DATA,
    SCRIPTS,
    chosen,
    copied,
    digest,
    make_base,
    perform,
    scratch,
)
from tests.reliability.faults import Faults
from tests.reliability.processes import Fork


@dataclass
class Session:
    """What a session came to: the last state that was acknowledged, what was refused, and, where nothing
    failed, its calls."""

    revision: int = 0
    state: str = ""
    data: str = ""
    acknowledged: int = 0
    refused: int = 0
    traceback: str = ""
    calls: list[Call] = field(default_factory=list)


def edits(seconds: float, seed: int) -> Row:
    """Nothing acknowledged may be lost, nothing be half there, and each refusal is a sentence.

    The seeds from 0 on are every call of the first session in every way, then of the second, and so on.
    """
    faults, failures, rounds, acknowledged, refused, unsaid = Faults(), [], 0, 0, 0, 0
    with scratch() as folder:
        base = make_base(folder)
        sessions: list[list[Case]] = []
        for one in seeds(seconds, seed):
            while len(sessions) < SCRIPTS and sum(map(len, sessions)) <= one:
                project = copied(base, folder / "failing")
                sessions.append(in_order(_session(faults, project, len(sessions), None).calls))
            script, case = _case(sessions, one)
            project = copied(base, folder / "failing")
            session = _session(faults, project, script, case)
            wrong, more = after(project, session)
            if wrong:
                failures.append(failed(one, f"session {script}, {case}: {wrong}"))
            rounds += 1
            acknowledged += session.acknowledged
            refused += session.refused
            unsaid += more
    cases = " + ".join(f"{len(session):,}" for session in sessions)
    figure = f"of {cases} of {len(sessions)} of {SCRIPTS} sessions; {acknowledged:,} edits acknowledged"
    return Row(
        rounds, tuple(failures), f"{figure}, {refused:,} refused, {unsaid:,} of these there afterwards"
    )


def _case(sessions: Sequence[Sequence[Case]], seed: int) -> tuple[int, Case]:
    """The session and the case of a seed."""
    seed %= sum(map(len, sessions))
    for script, cases in enumerate(sessions):
        if seed < len(cases):
            return script, cases[seed]
        seed -= len(cases)
    raise AssertionError


def _session(faults: Faults, project: Path, script: int, case: Case | None) -> Session:
    out = project.with_name("session.json")
    out.unlink(missing_ok=True)
    database = project / "annotations.sqlite"

    def work(_: object) -> None:
        now = Session(0, digest(database), digest(database, DATA))
        if case is None:
            trace = traced(faults, project)
        else:
            faults.arm(project, case.call, case.last, case.number)
        try:
            edit(project, script, now)
        except StudioError:
            now.refused += 1  # to open or to close the project
        except BaseException:
            now.traceback = traceback.format_exc()
        faults.disarm()
        now.calls = [] if case else trace
        out.write_text(json.dumps(asdict(now)))

    _, code = Fork(work).wait()
    assert code == 0, f"the session ended with {code}"
    found = json.loads(out.read_text())
    return Session(**found | {"calls": [Call(**call) for call in found["calls"]]})


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


ATTACKS = (Attack("failing-calls-edits", edits, 1.5, with_faults=True),)
