"""`pretrain`: train a trunk on the trajectories of a project, or on Caltech-101."""

import argparse
from pathlib import Path

from core.cli.options import add_settings, settings_from
from core.cli.outcome import Outcome
from core.cli.training import add_run, run_to_end, to_resume
from core.errors import StudioError
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, metavar="DIR", help="the project, for all methods but caltech101"
    )
    add_run(parser)
    add_settings(parser, PretrainConfig)


def perform(args: argparse.Namespace) -> Outcome:
    folder = to_resume(args, "pretrain", PretrainConfig)
    if folder is None:
        settings = settings_from(args, PretrainConfig)
        if settings.method == "caltech101":
            folder = launch.prepare_at(args.out, "pretrain", settings)
        elif args.project is None:
            raise StudioError(f"Method {settings.method} trains on trajectories; name their --project.")
        else:
            with Project.open(args.project) as project:
                folder = launch.prepare_at(args.out, "pretrain", settings, project)
    return run_to_end(folder, args)
