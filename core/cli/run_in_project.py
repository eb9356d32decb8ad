"""The commands of jobs that work on clips of a project: a run, whose results become an edit or stay in it."""

import argparse
import json
from pathlib import Path

from core.cli.opening import open_project
from core.cli.options import settings_from, take_given
from core.cli.outcome import Outcome
from core.cli.running import run_here
from core.errors import StudioError
from core.jobs import result_edit
from core.project.project import Project
from core.runs import launch
from core.runs.job import Job
from core.runs.run_folder import RunFolder
from core.trajectories import journal, store
from core.trajectories.snapshot import read_snapshot


def add_project(parser: argparse.ArgumentParser) -> None:
    """The options `--project`, `--clip` and `--resume`."""
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument(
        "--clip", action="append", metavar="NAME", help="only this clip; may be repeated (default: all)"
    )
    parser.add_argument("--resume", metavar="RUN", help="go on with this run of the project, by name")


def run_and_adopt(args: argparse.Namespace, job: Job) -> Outcome:
    """Run the job on the clips asked for, and take its results into the project."""
    with open_project(args.project) as project:
        folder = _run(project, args, job)
        names = _clips_of(folder)
        edit = result_edit(folder)
        with project.writing() as connection:
            journal.perform(connection, edit)
            done = journal.history(connection, 1)[0].text
            found = store.summaries(connection)
    rows = [
        {
            "name": one.clip.name,
            "object_trajectories": one.objects,
            "point_trajectories": one.points,
        }
        for one in found
        if one.clip.name in names
    ]
    text = f"{done} in {len(names)} clip{'s' if len(names) != 1 else ''} ({folder.name})."
    return Outcome(text, {"run": str(folder.path), "edit": done, "clips": rows})


def run_and_tell(args: argparse.Namespace, job: Job) -> Outcome:
    """Run the job on the clips asked for; what it found stays in its run, and is the outcome."""
    with open_project(args.project) as project:
        folder = _run(project, args, job)
    found = json.loads((folder.results / job.result).read_text(encoding="utf-8"))
    return Outcome(f"Done: {folder.path}.", {"run": str(folder.path), **found})


def _run(project: Project, args: argparse.Namespace, job: Job) -> RunFolder:
    folder = _to_resume(project, args, job) if args.resume else _new_run(project, args, job)
    run_here(folder, args, f"finished clips are kept; to go on, add --resume {folder.name} to the command")
    return folder


def _new_run(project: Project, args: argparse.Namespace, job: Job) -> RunFolder:
    settings = settings_from(args, job.settings)
    with project.reading() as connection:
        clips = store.clips(connection)
        if args.clip:
            clips = [store.clip(connection, name) for name in dict.fromkeys(args.clip)]
    if not clips:
        raise StudioError("The project holds no clips; import some first.")
    return launch.prepare(project, job, settings, clips)


def _to_resume(project: Project, args: argparse.Namespace, job: Job) -> RunFolder:
    folder = RunFolder.open(project.runs / args.resume)
    if folder.job != job.name:
        raise StudioError(f"{folder.name} is a {folder.job} run; resume it with the command {folder.job}.")
    names = _clips_of(folder)
    if args.clip and set(args.clip) != names:
        raise StudioError(
            f"The run was started on {', '.join(sorted(names))}; resume it unchanged or start a new run."
        )
    with project.reading() as connection:
        if folder.name in store.adopted_runs(connection):
            raise StudioError(f"The results of {folder.name} are in the project already; start a new run.")
    take_given(folder, args, job)
    return folder


def _clips_of(folder: RunFolder) -> set[str]:
    return {one.clip.name for one in read_snapshot(folder.snapshot).clips}
