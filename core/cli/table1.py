"""`table1`: runs beside the paper's Table 1; `table1 run` fills it, `table1 show` shows what was filled."""

import argparse
import json
from pathlib import Path
from typing import Any

from core import config
from core.cli.opening import open_project
from core.cli.options import add_settings, given, settings_from
from core.cli.outcome import Outcome
from core.cli.program import program, start
from core.cli.running import run_here, shown
from core.errors import StudioError
from core.evaluation.differences import rows_named
from core.evaluation.seeded_formats import SEEDED_FORMATS, format_seeded, table_values
from core.evaluation.table1 import paper_rows, row_of_run
from core.evaluation.table1_formats import FORMATS, format_table
from core.events import Log
from core.jobs.table1 import check_data, check_snapshot
from core.matrix.config import MatrixConfig, grown
from core.matrix.measured import measured_before
from core.matrix.place import DRIVER, Place
from core.matrix.plan import plan
from core.matrix.state import Stage, state_of
from core.matrix.summary import summary
from core.matrix.table import table_of
from core.matrix.workers import NO_GPU, is_too_slow_here, worker_count
from core.pages.table1_page import table1_page
from core.runs import launch, provenance
from core.runs.job import Job
from core.runs.run_folder import RunFolder, State
from core.trajectories.snapshot import read_snapshot

_WITHOUT_PROJECT = "These networks learn from the trajectories of a project; name it with --project."


def add_arguments(parser: argparse.ArgumentParser, job: Job) -> None:
    parser.add_argument(
        "--runs", nargs="+", type=Path, default=[], metavar="DIR", help="runs that were evaluated on VOC"
    )
    parser.add_argument(
        "--baseline",
        metavar="NAME",
        help="add differences to the rows of this start, such as RandomNet, or to one run; "
        "n/a, with the reason, between rows that were not measured alike",
    )
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="of the table (default: text)"
    )
    parser.set_defaults(what="runs")
    parts = parser.add_subparsers(title="the whole table", metavar="run|show")
    _add_run(_part(parts, "run", "fill the table: pretrain, fine-tune and measure what is not done yet"), job)
    _add_show(_part(parts, "show", "what was filled, beside what the paper has"))


def _part(parts: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parts.add_parser(
        name,
        prog=f"{program()} table1 {name}",
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="write the result as JSON; - for standard output",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of the matrix, which holds run/ and runs/; or a Table 1 run of a project",
    )
    parser.set_defaults(what=name)
    return parser


def _add_run(parser: argparse.ArgumentParser, job: Job) -> None:
    parser.add_argument(
        "--project",
        type=Path,
        metavar="DIR",
        help="the project whose trajectories are learned from, as they are when the matrix is begun",
    )
    add_settings(parser, job.settings)


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=(*SEEDED_FORMATS, "html"),
        default=argparse.SUPPRESS,
        help="of the table (default: text)",
    )


def perform(args: argparse.Namespace, job: Job) -> Outcome:
    if args.what == "run":
        return _run(args, job)
    if args.what == "show":
        return _show(args)
    rows = [*paper_rows(), *(row_of_run(run) for run in args.runs)]
    baselines = rows_named(args.baseline, rows) if args.baseline else []
    values = {"rows": json.loads(format_table(rows, "json", baselines))}
    return Outcome(format_table(rows, args.format, baselines).rstrip("\n"), values)


def _run(args: argparse.Namespace, job: Job) -> Outcome:
    path = _driver_of(args.out)
    begun = path.is_dir() and any(path.iterdir())
    driver = _grown(RunFolder.open(path), args, job) if begun else _new(path, args, job)
    asked: MatrixConfig = driver.settings(job.settings)
    planned = plan(asked)
    at_once = worker_count(asked) if asked.cluster in ("", "local") else 0
    place = Place.of(driver)
    before = measured_before(planned, place, _done_in(args.project))
    with shown(args) as display:
        for line in summary(planned, state_of(planned, place), at_once, before):
            display.show(Log(line))
        if is_too_slow_here(asked):
            display.show(Log(NO_GPU, "warning"))
    run_here(driver, args, f"what is done is kept; to go on: {start()} table1 run --out {args.out}")
    return _show(args)


def _driver_of(out: Path) -> Path:
    """The run that fills the matrix in a folder; the folder itself where it is one, as in a project."""
    return out.absolute() if (out / "config.toml").is_file() else out.absolute() / DRIVER


def _done_in(project: Path | None) -> list[RunFolder]:
    """The finished runs of a project, which tell how long such runs take."""
    found = [RunFolder(path.parent) for path in sorted(project.glob("runs/*/config.toml"))] if project else []
    return [folder for folder in found if folder.status().state is State.DONE]


def _new(path: Path, args: argparse.Namespace, job: Job) -> RunFolder:
    asked = settings_from(args, job.settings)
    if not hasattr(args, "voc"):
        raise StudioError("A new matrix needs the VOC data; name their folder with --voc.")
    check_data(plan(asked), Place.of(RunFolder(path)))
    if args.project is None:
        if asked.needs_trajectories:
            raise StudioError(_WITHOUT_PROJECT)
        return launch.prepare_at(path, job, asked)
    with open_project(args.project) as project:
        return launch.prepare_at(path, job, asked, project)


def _grown(driver: RunFolder, args: argparse.Namespace, job: Job) -> RunFolder:
    """The driver of a matrix that was begun, with the networks, settings and seeds that came to it.

    Raises:
        StudioError: it is asked for what it was not begun with, or it is running.
    """
    if driver.job != job.name:
        raise StudioError(f"{driver.path} is a {driver.job} run, not a matrix; choose another folder.")
    began: MatrixConfig = driver.settings(job.settings)
    asked = grown(began, given(args, job.settings))
    named = {} if began.caltech101 else {"caltech101": asked.caltech101}  # nothing was learnt from it so far
    try:
        config.check_resumable({**config.as_dict(began), **named}, asked)
    except StudioError as error:
        raise StudioError(f"{args.out} holds a matrix already. {error}") from error
    check_data(plan(asked), Place.of(driver))
    with driver.held_lock():
        _hold_project(driver, asked, args, job)
        if asked != began:
            launch.change_settings(driver, job, asked)
    return driver


def _hold_project(driver: RunFolder, asked: MatrixConfig, args: argparse.Namespace, job: Job) -> None:
    """Take the snapshot of a matrix that had no project, or see that the project is the one it has."""
    if not (driver.snapshot / "snapshot.json").is_file():
        if "trajectories" in provenance.read(driver).get("digests", {}):
            check_snapshot(driver)
        if args.project is not None:
            with open_project(args.project) as project:
                launch.add_snapshot(driver, job, asked, project)
        elif asked.needs_trajectories:
            raise StudioError(_WITHOUT_PROJECT)
    elif args.project is not None:
        taken = read_snapshot(driver.snapshot, ids=()).project
        if Path(taken).absolute() != args.project.absolute():
            raise StudioError(
                f"{args.out} learns from the project {taken}, not {args.project}; choose another --out."
            )


def _show(args: argparse.Namespace) -> Outcome:
    path = _driver_of(args.out)
    if not path.is_dir():
        raise StudioError(f"{args.out} holds no matrix; fill one with {start()} table1 run --out {args.out}.")
    driver = RunFolder.open(path)
    planned = plan(driver.settings(MatrixConfig))
    state = state_of(planned, Place.of(driver))
    table = table_of(planned, state, driver)
    values = {"cells": {str(stage): state.count(stage) for stage in Stage}, **table_values(table)}
    how = getattr(args, "format", "text")
    text = table1_page(table, summary(planned, state, 0)) if how == "html" else format_seeded(table, how)
    return Outcome(text.rstrip("\n"), values)
