"""Power cuts: what a session of edits wrote is kept, and disks are made that forget what was not synced."""

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import SCRIPTS, by_core, copied, fault, make_base, scratch, undisturbed
from tests.reliability.faults import Faults
from tests.reliability.processes import Fork
from tests.reliability.recording import Call, Disk, acknowledgement, calls

CUTS = 20
"""Power cuts of each recorded session."""


def cuts(synchronous: str, seconds: float, seed: int) -> Row:
    """No edit that was acknowledged may be lost, none be there in part, and the database opens whole."""
    faults, failures, rounds, sessions, acknowledged = Faults(), [], 0, 0, 0
    expected: dict[int, dict[int, str]] = {}
    with scratch() as folder:
        base = make_base(folder)
        for one in seeds(seconds, seed):
            script, rng = one % SCRIPTS, np.random.default_rng(one)
            if script not in expected:
                expected[script] = undisturbed(base, folder, by_core, script)
            project = folder / "cut"
            recorded = _recorded(faults, copied(base, project), script, synchronous, folder / "calls")
            disk = Disk(base, project)
            sessions += 1
            acknowledged += sum(call.kind == "a" for call in recorded)
            for number in range(CUTS):
                made = recorded[: int(rng.integers(1, len(recorded) + 1))]
                shutil.rmtree(project)
                disk.cut(made, rng, project)
                last = max((call.offset for call in made if call.kind == "a"), default=0)
                wrong = fault(project, expected[script], last)
                if wrong is not None:
                    failures.append(failed(one, f"cut {number}, after call {len(made)}: {wrong}"))
                rounds += 1
    return Row(rounds, tuple(failures), f"{sessions} sessions, {acknowledged:,} edits acknowledged")


def control(seconds: float, seed: int) -> Row:
    """The same with `synchronous=NORMAL`, which may lose edits: the attack must find that."""
    row = cuts("NORMAL", seconds / 4, seed)
    lost = sum("lost:" in failure for failure in row.failures)
    failures = [one for one in row.failures if "lost:" not in one]
    if not lost and row.rounds >= CUTS:
        failures.append(failed(seed, "no edit was lost though none was synced: the attack has no teeth"))
    return Row(row.rounds, tuple(failures), f"{lost} cuts lose edits, as they must")


def _recorded(faults: Faults, project: Path, script: int, synchronous: str, out: Path) -> list[Call]:
    """The calls of a session."""

    def work(_: object) -> None:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        event.listen(Pool, "checkout", partial(_set_synchronous, synchronous))
        faults.record(project, descriptor)
        by_core(project, script, lambda revision: os.write(descriptor, acknowledgement(revision)))

    _, code = Fork(work).wait()
    assert code == 0, f"the recorded session ended with {code}"
    return calls(out.read_bytes())


def _set_synchronous(value: str, connection: object, *_: object) -> None:
    if value:
        connection.execute(f"PRAGMA synchronous={value}")


ATTACKS = (
    Attack("power-cuts", partial(cuts, ""), 1.0, with_faults=True),
    Attack("power-cuts-control", control, 0.1, with_faults=True),
)
