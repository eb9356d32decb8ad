"""The commands of jobs that work in a run folder of their own, which can be resumed."""

import argparse
from pathlib import Path
from typing import Any

from core.cli.options import take_given
from core.cli.outcome import Outcome
from core.cli.running import run_here
from core.errors import StudioError
from core.events import Metric
from core.runs.job import Job
from core.runs.run_folder import RunFolder
from core.runs.unmade import is_unmade


def add_run(parser: argparse.ArgumentParser) -> None:
    """The options `--out` and `--resume`."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="RUN", help="the run's folder; new, unless resumed"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out, if there is one; how long (--steps, for a schedule other than "
        "constant the rest follows the new length), where and how often to report may be changed",
    )


def to_resume(args: argparse.Namespace, job: Job) -> RunFolder | None:
    """The run to go on with, its free settings as given; None where a new one is to be made.

    Raises:
        StudioError: what is there is no run, or one of another job, or it was started with other settings
            than those given.
    """
    if not args.resume or not args.out.is_dir() or is_unmade(args.out):
        return None
    folder = RunFolder.open(args.out)
    if folder.job != job.name:
        raise StudioError(f"{args.out} is a {folder.job} run; resume it with the command {folder.job}.")
    take_given(folder, args, job)
    return folder


def run_to_end(folder: RunFolder, args: argparse.Namespace) -> Outcome:
    """Run a training job; the outcome holds the last value of every curve."""
    run_here(folder, args, "it is saved, so go on with the same command and --resume")
    metrics: dict[str, Any] = {}
    for event, _ in folder.all_events():
        if isinstance(event, Metric):
            metrics[event.name] = event.value if event.value == event.value else None
    numbers = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items() if value is not None)
    return Outcome(f"Done: {folder.path} ({numbers}).", {"run": str(folder.path), "metrics": metrics})
