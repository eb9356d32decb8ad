"""What `track` and `densify` share: a run on some clips, whose results become one edit."""

import argparse
from pathlib import Path
from typing import Any

from core.cli.outcome import Outcome
from core.cli.running import run_here
from core.errors import StudioError
from core.jobs import adopt, launch
from core.project import Project
from core.trajectories import journal, store


def add_project(parser: argparse.ArgumentParser) -> None:
    """The options `--project` and `--clip`."""
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument(
        "--clip", action="append", metavar="NAME", help="only this clip; may be repeated (default: all)"
    )


def run_and_adopt(args: argparse.Namespace, job: str, settings: Any) -> Outcome:
    """Run the job on the clips asked for and take its results into the project."""
    with Project.open(args.project) as project:
        with project.reading() as connection:
            clips = store.clips(connection)
            if args.clip:
                clips = [store.clip(connection, name) for name in dict.fromkeys(args.clip)]
        if not clips:
            raise StudioError("The project holds no clips; import some first.")
        folder = launch.prepare(project, job, settings, clips)
        run_here(folder, args)
        edit = adopt.result_edit(folder)
        with project.writing() as connection:
            journal.perform(connection, edit)
            done = journal.history(connection, 1)[0].text
            found = store.summaries(connection)
    names = {clip.name for clip in clips}
    rows = [
        {
            "name": one.clip.name,
            "object_trajectories": one.objects,
            "point_trajectories": one.points,
        }
        for one in found
        if one.clip.name in names
    ]
    text = f"{done} in {len(clips)} clip{'s' if len(clips) != 1 else ''} ({folder.name})."
    return Outcome(text, {"run": str(folder.path), "edit": done, "clips": rows})
