"""`export`: write trajectories in another program's format."""

import argparse
from pathlib import Path

from core.cli.outcome import Outcome
from core.errors import StudioError
from core.jobs.exporting import exported
from core.project import Project
from core.trajectories import store
from core.trajectories.exchange import FORMATS, export_clip
from core.trajectories.exchange.losses import losses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument("--format", choices=tuple(FORMATS), required=True, help="of what is written")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="a folder, in which each clip becomes a file"
    )
    parser.add_argument(
        "--clip", action="append", metavar="NAME", help="only this clip; may be repeated (default: all)"
    )
    parser.add_argument("--rejected", action="store_true", help="write rejected trajectories too")


def perform(args: argparse.Namespace) -> Outcome:
    files, warnings = [], []
    with Project.open(args.project) as project, project.reading() as connection:
        clips = store.clips(connection)
        if args.clip:
            clips = [store.clip(connection, name) for name in dict.fromkeys(args.clip)]
        if not clips:
            raise StudioError("The project holds no clips; import some first.")
        for clip in clips:
            points, objects = exported(connection, clip, args.rejected)
            files.append(str(export_clip(args.format, clip, points, objects, args.out)))
            warnings += [f"{clip.name}: {text}" for text in losses(args.format, points, objects)]
    text = "\n".join([*(f"Warning: {one}" for one in warnings), *files])
    return Outcome(text, {"files": files, "warnings": warnings})
