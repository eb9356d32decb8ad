"""Each call by which a job changes the disk fails, once or from then on; then the job is done again."""

import itertools
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import DATA, copied, digest, scratch
from tests.reliability.failing_calls import KINDS, Case
from tests.reliability.faults import Faults
from tests.reliability.jobs_base import Words, command, import_as, make_jobs_base
from tests.reliability.processes import Fork
from tests.small_data import write_voc

FRAMES, SIZE = 6, (64, 48)
"""Of the clip: so small that every call can be tried."""

ON_CLIPS = ("track", "densify", "import-tracks", "suggest")
"""Jobs that change what the project holds."""


@dataclass(frozen=True)
class Job:
    """A command with what it needs, in a folder that is copied for each round.

    Attributes:
        words: of the folder; in it are `project`, `DAVIS`, `VOC`, `tracks.csv`.
        again: what is added to the words where the first try left something.
        before: the jobs that make what this one needs, in the order in which they are done.
    """

    words: Callable[[Path], Words]
    again: Callable[[Path], Words] = lambda folder: ()
    before: tuple[str, ...] = ()


def _run_name(folder: Path) -> Words:
    """The run to go on with; a run that could not be made is given again."""
    runs = sorted(path.parent for path in (folder / "project" / "runs").glob("*/config.toml"))
    return ("--resume", runs[-1].name) if runs else ()


def _resume(folder: Path) -> Words:
    return ("--resume",) if (folder / "run").exists() else ()


def _of_project(name: str, *more: str) -> Callable[[Path], Words]:
    return lambda folder: (name, "--project", folder / "project", *more)


def _on_voc(name: str, *more: str) -> Callable[[Path], Words]:
    return lambda folder: (name, "--voc", folder / "VOC", *(str(word).format(folder) for word in more))


def _pretrain(folder: Path) -> Words:
    words = ("pretrain", "--project", folder / "project", "--out", folder / "run", "--network", "tiny")
    words += ("--steps", "2", "--batch", "2", "--checkpoint-every", "1", "--report-every", "1")
    return (*words, "--held-out-count", "4", "--minimum-length", "5", "--seed", "3")


_SEARCHED = ("--mode", "lean", "--cache", "{}/cache")
_SMALL = ("--network", "tiny", "--steps", "2", "--checkpoint-every", "1", "--report-every", "1")

JOBS = {
    "import": Job(lambda f: ("import", f / "DAVIS", "--project", f / "new")),
    "export": Job(lambda f: (*_of_project("export", "--format", "csv")(f), "--out", f / "out")),
    "export-coco": Job(lambda f: (*_of_project("export", "--format", "coco")(f), "--out", f / "out")),
    "track": Job(_of_project("track", "--spacing", "12"), _run_name),
    "densify": Job(_of_project("densify"), _run_name),
    "suggest": Job(_of_project("suggest", "--fewest", "1", "--least-confidence", "0"), _run_name),
    "import-tracks": Job(
        lambda f: ("import-tracks", f / "tracks.csv", "--project", f / "project", "--clip", "ape")
    ),
    "pretrain": Job(_pretrain, _resume),
    "finetune": Job(
        _on_voc(
            "finetune", "--out", "{}/run", "--short-side", "32", "--long-side", "48", *_SMALL, *_SEARCHED
        ),
        _resume,
    ),
    "detect": Job(
        _on_voc("detect", "--run", "{}/run", "--out", "{}/detections", *_SEARCHED), before=("finetune",)
    ),
    "evaluate": Job(_on_voc("evaluate", "--detections", "{}/detections"), before=("finetune", "detect")),
}


def jobs(name: str, seconds: float, seed: int) -> Row:
    """A sentence and no traceback; what was in the project is there; the same command can be given again.

    It ends before its time where every call has failed in every way: so many seeds in line are all cases.
    """
    faults, job, failures, rounds, refused = Faults(), JOBS[name], [], 0, 0
    with scratch() as folder:
        base, work, said = _base(folder, name), folder / "work", folder / "said"
        import_as(job.words(copied(base, work)))
        calls, code, error = _tried(faults, job, copied(base, work), None, said)
        assert code == 0, error
        cases = calls * len(KINDS)
        for one in itertools.islice(seeds(seconds, seed), cases):
            case = Case.of(one, calls)
            before = digest(copied(base, work) / "project" / "annotations.sqlite", DATA)
            _, code, error = _tried(faults, job, work, case, said)
            refused += code != 0
            wrong = _said_wrong(code, error) or _project_wrong(work / "project", before, name)
            wrong = wrong or (_again_wrong(job, work, said, error) if code else "")
            if wrong:
                failures.append(failed(one, f"{case}: {wrong}"))
            rounds += 1
    figure = f"of {cases:,}: {calls:,} calls, each in {len(KINDS)} ways; {refused:,} refused and done again"
    return Row(rounds, tuple(failures), figure)


def _base(folder: Path, name: str) -> Path:
    """What a job needs, made in the place where it will be used, since runs know where they are."""
    base, work = make_jobs_base(folder, frames=FRAMES, size=SIZE), folder / "work"
    Fork(lambda _: write_voc(base / "VOC", 2, 2) and None).wait()
    copied(base, work)
    for one in JOBS[name].before:
        _, code, error = command(JOBS[one].words(work), folder / "said")
        assert code == 0, error
    (work / "tmp").mkdir()
    return copied(work, base)


def _tried(faults: Faults, job: Job, work: Path, case: Case | None, said: Path) -> tuple[int, int, str]:
    """The job while calls fail, those for temporary files too."""
    call, last, number = (case.call, case.last, case.number) if case else (0, 0, 0)

    def first() -> None:
        tempfile.tempdir = str(work / "tmp")
        faults.arm(work, call, last, number)

    return command(job.words(work), said, first)


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


def _project_wrong(project: Path, before: str, name: str) -> str:
    """What is wrong with the project the job worked on; it must hold at least what it held."""
    try:
        with Project.open(project) as opened, opened.reading() as connection:
            problems = integrity.problems(connection)
    except StudioError as error:
        return f"it cannot be opened: {error}"
    if problems:
        return f"damaged: {problems[0]}"
    changed = name not in ON_CLIPS and digest(project / "annotations.sqlite", DATA) != before
    return "the project changed" if changed else ""


def _again_wrong(job: Job, work: Path, said: Path, first: str) -> str:
    code, more = command((*job.words(work), *job.again(work)), said)[1:]
    if code and "start a new run" in more:
        shutil.rmtree(work / "run", ignore_errors=True)  # or under another name
        code, more = command(job.words(work), said)[1:]
    return f"it cannot be done again: {_last(more)} (first: {first.strip()})" if code else ""


ATTACKS = tuple(Attack(f"failing-calls-{name}", partial(jobs, name), 0.4, with_faults=True) for name in JOBS)
