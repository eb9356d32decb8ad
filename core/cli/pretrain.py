"""`pretrain`: train a trunk on the trajectories of a project, or on Caltech-101."""

import argparse
from pathlib import Path

from core.cli import job as job_command
from core.cli.options import settings_from
from core.cli.outcome import Outcome
from core.cli.run_in_folder import run_to_end, to_resume
from core.errors import StudioError
from core.pairs.split import split_clips
from core.project.project import Project
from core.runs import launch
from core.runs.job import Job
from core.trajectories import store


def add_arguments(parser: argparse.ArgumentParser, job: Job) -> None:
    parser.add_argument(
        "--project", type=Path, metavar="DIR", help="the project, for all methods but caltech101"
    )
    job_command.add_arguments(parser, job)


def perform(args: argparse.Namespace, job: Job) -> Outcome:
    folder = to_resume(args, job)
    if folder is None:
        settings = settings_from(args, job.settings)
        if settings.method == "caltech101":
            folder = launch.prepare_at(args.out, job, settings)
        elif args.project is None:
            raise StudioError(f"Method {settings.method} trains on trajectories; name their --project.")
        else:
            with Project.open(args.project) as project:
                with project.reading() as connection:  # before a folder is made
                    uses = {clip.name: clip.use for clip in store.clips(connection)}
                split_clips(uses, settings.held_out, settings.split_seed)
                folder = launch.prepare_at(args.out, job, settings, project)
    return run_to_end(folder, args)
