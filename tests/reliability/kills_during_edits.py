"""Sessions of edits, by the core and by the window's document, killed with SIGKILL at a random moment."""

import time
from functools import partial

import numpy as np

from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import SCRIPTS, SESSIONS, copied, fault, make_base, scratch, undisturbed
from tests.reliability.processes import Fork


def kills(api: str, seconds: float, seed: int) -> Row:
    """Every edit that was acknowledged must be there, none in part, and the database whole."""
    session, failures, rounds, killed, acknowledged, under_way = SESSIONS[api], [], 0, 0, 0, 0
    expected: dict[int, dict[int, str]] = {}
    lasted: dict[int, float] = {}
    with scratch() as folder:
        base = make_base(folder)
        for one in seeds(seconds, seed):
            script = one % SCRIPTS
            if script not in expected:
                began = time.monotonic()
                expected[script] = undisturbed(base, folder, session, script)
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


ATTACKS = (
    Attack("kills-core", partial(kills, "core"), 1.0),
    Attack("kills-document", partial(kills, "document"), 1.0),
)
