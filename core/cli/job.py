"""The commands of jobs: what a job's record in `core.jobs.JOBS` says is all they need.

A job with a command of its own (`pretrain`, `detect`, `evaluate`) has a module of its name beside this one.
"""

import argparse
import json
from typing import Any

from core.cli.options import add_settings, given, settings_from
from core.cli.outcome import Outcome
from core.cli.run_in_folder import add_run, run_to_end, to_resume
from core.cli.run_in_project import add_project, run_and_adopt, run_and_tell
from core.cli.running import cache, passing_run
from core.runs import launch
from core.runs.job import Job, Works


def add_arguments(parser: argparse.ArgumentParser, job: Job) -> None:
    if job.works in (Works.ON_CLIPS, Works.OVER_CLIPS):
        add_project(parser)
    elif job.works is Works.IN_A_RUN:
        add_run(parser)
    add_settings(parser, job.settings, required=job.required)


def perform(args: argparse.Namespace, job: Job) -> Outcome:
    if job.works is Works.ON_CLIPS:
        return run_and_adopt(args, job)
    if job.works is Works.OVER_CLIPS:
        return run_and_tell(args, job)
    if job.works is Works.IN_A_RUN:
        folder = to_resume(args, job) or launch.prepare_at(args.out, job, settings_of(args, job))
        return run_to_end(folder, args)
    with passing_run(job, settings_of(args, job), args) as folder:
        text = (folder.results / job.result).read_text(encoding="utf-8") if job.result else "{}"
    return Outcome("", json.loads(text))


def settings_of(args: argparse.Namespace, job: Job) -> Any:
    """The settings given; boxes of images are kept where all commands keep them, unless `cache` is given.

    Raises:
        StudioError: a value out of range.
    """
    filled = {}
    if hasattr(job.settings, "cache"):
        filled["cache"] = given(args, job.settings).get("cache", cache())
    return settings_from(args, job.settings, **filled)
