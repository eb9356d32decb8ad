"""`export`: write trajectories in another program's format."""

import argparse
import sys
from pathlib import Path

from core.cli.outcome import Outcome
from core.errors import StudioError
from core.project.project import Project
from core.trajectories import store
from core.trajectories.exchange import WRITTEN, export_clip, exported
from core.trajectories.exchange.omissions import omissions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument("--format", choices=tuple(WRITTEN), required=True, help="of what is written")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="a folder, in which each clip becomes a file"
    )
    parser.add_argument(
        "--clip", action="append", metavar="NAME", help="only this clip; may be repeated (default: all)"
    )
    parser.add_argument("--rejected", action="store_true", help="write rejected trajectories too")


def perform(args: argparse.Namespace) -> Outcome:
    """What the format cannot hold is said before the clip's file is written."""
    files, warnings = [], []
    with Project.open(args.project) as project, project.reading() as connection:
        clips = store.clips(connection)
        if args.clip:
            clips = [store.clip(connection, name) for name in dict.fromkeys(args.clip)]
        if not clips:
            raise StudioError("The project holds no clips; import some first.")
        for clip in clips:
            points, objects = exported(connection, clip, args.rejected)
            for omission in omissions(args.format, clip, points, objects):
                warnings.append(f"{clip.name}: {omission}")
                print(f"Warning: {warnings[-1]}", file=sys.stderr, flush=True)
            files.append(str(export_clip(args.format, clip, points, objects, args.out)))
    return Outcome("\n".join(files), {"files": files, "warnings": warnings})
