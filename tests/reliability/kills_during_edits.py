"""Sessions of edits, by the core and by the window's document, killed with SIGKILL at a random moment.

Two sessions that are broken on purpose are killed as well, to see that the attack would find it: one without
transactions, one that acknowledges an edit before the transaction which several share has ended.
"""

import contextlib
import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, event

from core.errors import StudioError
from core.project.project import Project
from core.trajectories import journal
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import (
    ACTIONS,
    SCRIPTS,
    SESSIONS,
    Told,
    by_core,
    chosen,
    copied,
    edit_all,
    fault,
    make_base,
    perform,
    scratch,
    undisturbed,
)
from tests.reliability.processes import Fork

GROUP = 3
"""Edits that share a transaction where one is acknowledged too early."""

ENOUGH = 60
"""Kills after which a control must have found what is broken."""


def kills(
    session: Callable[..., None], whole: Callable[..., None], seconds: float, seed: int, least: int = 1
) -> Row:
    """Every edit that was acknowledged must be there, none in part, and the database whole.

    Args:
        session: what is killed.
        whole: what an undisturbed session does.
        least: rounds that are done whatever the time.
    """
    failures, rounds, killed, acknowledged, under_way = [], 0, 0, 0, 0
    expected: dict[int, dict[int, str]] = {}
    lasted: dict[int, float] = {}
    with scratch() as folder:
        base = make_base(folder)
        for one in itertools.chain(range(seed, seed + least - 1), seeds(seconds, seed + least - 1)):
            script = one % SCRIPTS
            if script not in expected:
                began = time.monotonic()
                expected[script] = undisturbed(base, folder, whole, script)
                lasted[script] = time.monotonic() - began
            project = copied(base, folder / "killed")
            moment = np.random.default_rng(one).uniform(0, lasted[script])
            told, code = Fork(partial(session, project, script)).kill_after(moment)
            if code not in (0, -9):
                failures.append(failed(one, f"the session ended with {code}"))
            last = max(told, default=min(expected[script]))
            wrong = fault(project, expected[script], last)
            if wrong is not None:
                failures.append(failed(one, f"killed after {moment:.3f} s: {wrong}"))
            rounds += 1
            killed += code == -9
            acknowledged += len(told)
            under_way += last < max(expected[script])
    figure = f"{killed:,} killed, {under_way:,} of them amid edits; {acknowledged:,} edits acknowledged"
    return Row(rounds, tuple(failures), figure)


def control(seconds: float, seed: int) -> Row:
    """Sessions that are broken on purpose: edits must be found torn, and acknowledged ones lost."""
    torn = kills(_without_transactions, by_core, seconds / 2, seed, ENOUGH)
    lost = kills(_acknowledged_early, by_core, seconds / 2, seed, ENOUGH)
    found = {
        "torn": sum("torn:" in one or "damaged:" in one for one in torn.failures),
        "lost": sum("lost:" in one for one in lost.failures),
    }
    failures = [failed(seed, f"no edit was {what}: no teeth") for what, count in found.items() if not count]
    tear = f"{found['torn']} of {torn.rounds} kills tear an edit"
    figure = f"{tear}, {found['lost']} of {lost.rounds} lose one, as they must"
    return Row(torn.rounds + lost.rounds, tuple(failures), figure)


def _without_transactions(project: Path, script: int, told: Told) -> None:
    """Each statement is a transaction of its own: what begins one ends it at once."""

    def end(connection: Connection) -> None:
        connection.exec_driver_sql("COMMIT")

    with Project.open(project) as opened:
        event.listen(opened.engine, "begin", end)
        edit_all(opened, script, told)


def _acknowledged_early(project: Path, script: int, told: Told) -> None:
    """Some edits share a transaction, and each is acknowledged as it is made."""
    with Project.open(project) as opened:
        for first in range(0, ACTIONS, GROUP):
            with opened.writing() as connection:
                for number in range(first, first + GROUP):
                    before = journal.revision(connection)
                    with contextlib.suppress(StudioError), connection.begin_nested():
                        perform(connection, chosen(connection, script, number))
                    if (after := journal.revision(connection)) > before:
                        told(after)


ATTACKS = (
    *(Attack(f"kills-{name}", partial(kills, session, session), 1.0) for name, session in SESSIONS.items()),
    Attack("kills-control", control, 0.2),
)
