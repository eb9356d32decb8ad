"""Damaged results of a finished run, taken into the project: whole by every rule, or not at all."""

import contextlib
import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np

from core import jobs
from core.errors import StudioError
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import integrity, journal
from tests.reliability import mutations
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import DATA, copied, digest, scratch
from tests.reliability.jobs_base import command, make_jobs_base
from tests.reliability.killed_runs import JOBS
from tests.reliability.processes import Fork

EACH = 10
"""Mutants that one process takes in; a seed stands for so many."""


def damaged(name: str, seconds: float, seed: int) -> Row:
    """What is stored must be whole by every rule, undo must bring all back, a refusal changes nothing."""
    failures, rounds, stored = [], 0, 0
    with scratch() as folder:
        work, report = make_jobs_base(folder), folder / "report"
        project = work / "project"
        kept = copied(project, folder / "kept")
        code, error = command(JOBS[name].words(work), folder / "said")
        assert code == 0, error
        run = next(iter((project / "runs").iterdir()))
        shutil.copytree(run, kept / "runs" / run.name)
        for one in seeds(seconds, seed):
            report.unlink(missing_ok=True)
            now = copied(kept, folder / "now")
            told, code = Fork(partial(_take_in, now / "runs" / run.name, one, report)).wait()
            if code:
                failures.append(failed(one, f"the process ended with {code} at mutant {len(told)}"))
            if report.exists():
                failures += [failed(one, what) for what in report.read_text().splitlines()]
            rounds += len(told)
            stored += sum(told)
    return Row(rounds, tuple(failures), f"{stored:,} could be stored and were whole")


def _take_in(run: Path, seed: int, report: Path, tell: object) -> None:
    project = run.parents[1]
    path = min((run / "results").glob("*.npz"))
    whole = path.read_bytes()
    before = digest(project / "annotations.sqlite", DATA)
    for number in range(EACH):
        path.write_bytes(mutations.of_arrays(whole, np.random.default_rng([seed, number])))
        wrong, is_stored = "", False
        try:
            with Project.open(project) as opened:
                with contextlib.suppress(StudioError), opened.writing() as connection:
                    journal.perform(connection, jobs.result_edit(RunFolder(run)))
                    is_stored = True
                with opened.reading() as connection:
                    wrong = "; ".join(integrity.problems(connection)[:1])
                if is_stored:
                    with opened.writing() as connection:
                        journal.undo(connection)
            if not wrong and digest(project / "annotations.sqlite", DATA) != before:
                wrong = "the project is not as it was before"
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            with open(report, "a") as file:
                file.write(f"mutant {number}: {' '.join(wrong.split())[:300]}\n")
        tell(int(is_stored))
        if wrong:
            os._exit(0)


ATTACKS = tuple(
    Attack(f"damaged-results-{name}", partial(damaged, name), 0.3) for name in ("track", "densify", "suggest")
)
