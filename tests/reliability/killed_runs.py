"""Trainings, tracking and densifying killed with SIGKILL again and again, and resumed until they are done."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from core.events import Metric
from core.runs.run_folder import RunFolder
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import DATA, copied, digest, scratch
from tests.reliability.jobs_base import command, import_as, make_jobs_base
from tests.reliability.processes import Fork
from tests.small_data import write_voc

MEASURED = ("step_seconds", "data_wait", "memory", "gpu_use")
"""Curves of the machine, not of the training."""

KILLS = 8
"""So often a run is killed at most before it is left to end."""

LASTS = (0.05, 0.5)
"""How long each part of a run lasts until it is killed, as a share of a whole run; short: most are killed."""


@dataclass(frozen=True)
class Job:
    """A job to be killed.

    Attributes:
        words: its command, of the folder it works in.
        resumed: what is added to go on, of the folder; empty where there is nothing yet to go on with.
        run: the folder of its run.
    """

    words: Callable[[Path], Sequence[object]]
    resumed: Callable[[Path], Sequence[object]]
    run: Callable[[Path], Path]


def _pretrain(folder: Path) -> Sequence[object]:
    words = ("pretrain", "--project", folder / "project", "--out", folder / "run", "--network", "tiny")
    words += ("--steps", "40", "--batch", "4", "--checkpoint-every", "6", "--report-every", "1")
    return (*words, "--held-out-count", "8", "--held-out-every", "5", "--minimum-length", "5", "--seed", "3")


def _finetune(folder: Path) -> Sequence[object]:
    words = ("finetune", "--voc", folder / "VOC", "--out", folder / "run", "--network", "tiny")
    words += ("--init", "random", "--steps", "12", "--checkpoint-every", "3", "--report-every", "1")
    return (*words, "--short-side", "64", "--long-side", "96", "--mode", "lean", "--cache", folder / "cache")


def _of_project(folder: Path) -> Path:
    """The last run; one that was killed before it was made is given again, not resumed."""
    runs = sorted(path.parent for path in (folder / "project" / "runs").glob("*/config.toml"))
    return runs[-1] if runs else folder / "none"


def _by_name(folder: Path) -> Sequence[object]:
    run = _of_project(folder)
    return ("--resume", run.name) if run.exists() else ()


def _by_folder(folder: Path) -> Sequence[object]:
    return ("--resume",)


JOBS = {
    "pretrain": Job(_pretrain, _by_folder, lambda folder: folder / "run"),
    "finetune": Job(_finetune, _by_folder, lambda folder: folder / "run"),
    "track": Job(lambda f: ("track", "--project", f / "project", "--spacing", "4"), _by_name, _of_project),
    "densify": Job(lambda f: ("densify", "--project", f / "project"), _by_name, _of_project),
    "suggest": Job(
        lambda f: ("suggest", "--project", f / "project", "--fewest", "1", "--least-confidence", "0"),
        _by_name,
        _of_project,
    ),
}


def killed(name: str, seconds: float, seed: int) -> Row:
    """The run must end with every tensor, array and number of its curves as if nobody had disturbed it."""
    job, failures, kills, runs = JOBS[name], [], 0, 0
    with scratch() as folder:
        base, work, said = make_jobs_base(folder, ("ape", "bear")), folder / "work", folder / "said"
        if name == "finetune":
            Fork(lambda _: write_voc(base / "VOC") and None).wait()
        import_as(job.words(copied(base, work)))
        copied(base, work)
        began = time.monotonic()
        code, error = command(job.words(work), said)
        lasted = time.monotonic() - began
        assert code == 0, error
        expected = left(work, job)
        for one in seeds(seconds, seed):
            rng = np.random.default_rng(one)
            copied(base, work)
            now, wrong = _until_done(job, work, said, rng, lasted)
            kills += now
            runs += 1
            wrong = wrong or _difference(expected, left(work, job))
            if wrong:
                failures.append(failed(one, f"after {now} kills: {wrong}"))
    return Row(kills, tuple(failures), f"kills in {runs:,} runs, all that they made compared bit by bit")


def _until_done(job: Job, work: Path, said: Path, rng: np.random.Generator, lasted: float) -> tuple[int, str]:
    """Kill and resume until it is done; how many kills, and what kept it from being done."""
    kills = 0
    while True:
        words = (*job.words(work), *(job.resumed(work) if kills else ()))
        if kills == KILLS:
            code, error = command(words, said)
        else:
            code, error = command(words, said, lasts=float(rng.uniform(*LASTS)) * lasted)
            if code == -9:
                kills += 1
                continue
        if code and "are in the project already" not in error:
            return kills, f"resuming ended with {code}: {error.strip()[-500:]}"
        return kills, ""


def _difference(expected: dict[str, object], found: dict[str, object]) -> str:
    """What differs; empty for nothing."""
    for name in expected.keys() | found.keys():
        one, other = expected.get(name), found.get(name)
        if one == other:
            continue
        if isinstance(one, list) and isinstance(other, list):
            places = [k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
            where = places[0] if places else min(len(one), len(other))
            return f"{name} differ at {where} of {len(one)} and {len(other)}: {other[where : where + 2]}"
        return f"{name} differs"
    return ""


def left(work: Path, job: Job) -> dict[str, object]:
    """What a run left: its metrics in order, its tensors, its arrays, and what is in the project."""
    run = job.run(work)
    events = [event for event, _ in RunFolder(run).all_events() if isinstance(event, Metric)]
    curves = [(one.name, one.step, repr(one.value)) for one in events if not one.name.startswith(MEASURED)]
    found: dict[str, object] = {"its curves": curves}
    for path in sorted(run.rglob("*.safetensors")):
        tensors = load_file(path)
        name = path.name if "step-" not in path.name else path.name[:13]
        found[name] = {key: (str(tensors[key].dtype), tensors[key].tobytes()) for key in sorted(tensors)}
    for path in sorted((run / "results").glob("*.npz")):
        with np.load(path) as arrays:
            found[path.name] = {key: arrays[key].tobytes() for key in arrays.files}
    found["the project"] = digest(work / "project" / "annotations.sqlite", DATA)
    return found


ATTACKS = tuple(
    Attack(f"killed-{name}", partial(killed, name), 1.0 if name == "pretrain" else 0.5) for name in JOBS
)
