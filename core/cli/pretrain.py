"""`pretrain`: train a trunk on the trajectories of a project, or on Caltech-101."""

import argparse
from dataclasses import replace
from pathlib import Path

from core.cli import job as job_command
from core.cli.opening import open_project
from core.cli.options import settings_from
from core.cli.outcome import Outcome
from core.cli.run_in_folder import run_to_end, to_resume
from core.errors import StudioError
from core.pairs.counting import count, nothing_left
from core.pairs.sampling import FrameGap
from core.pairs.split import split_clips
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.project.saved_filters import find_filter, read_filters
from core.runs import launch
from core.runs.job import Job
from core.trajectories import store
from core.trajectories.extents import read_extents, read_rows
from core.trajectories.filter_text import text_of


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
            with open_project(args.project) as project:
                wanted = find_filter(read_filters(project.path), settings.tracks)
                settings = replace(settings, tracks=text_of(wanted))  # not its name, which may go
                _check(project, settings)  # before a folder is made
                folder = launch.prepare_at(args.out, job, settings, project)
    return run_to_end(folder, args)


def _check(project: Project, settings: PretrainConfig) -> None:
    """See that something is left to train on.

    Raises:
        StudioError: a clip is not there, all are held out, or the filter leaves nothing.
    """
    with project.reading() as connection:
        uses = {clip.name: clip.use for clip in store.clips(connection)}
        split = split_clips(uses, settings.held_out, settings.split_seed)
        if settings.wanted.is_empty:
            return
        extents = read_extents(connection).that_train(settings.suggestions)
        chosen = extents.of_filter(read_rows(connection), settings.wanted)
    gap = FrameGap(settings.gap_shortest, settings.gap_longest)
    before, after = (count(one, settings.regime, gap, settings.minimum_length) for one in (extents, chosen))
    if before.of_clips(split.training).kinds and not after.of_clips(split.training).kinds:
        raise StudioError(nothing_left(settings.tracks))
