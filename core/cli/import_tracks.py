"""`import-tracks`: bring trajectories that another program made into a clip."""

import argparse
import os
from pathlib import Path

from core.cli.columns import add_column_arguments
from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddTrajectories
from core.trajectories.exchange import READ, import_tracks
from core.trajectories.exchange.column_mapping import parse
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.exchange.tables import table_format, table_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a file, or a folder of masks")
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument("--clip", required=True, metavar="NAME", help="the clip they belong to")
    parser.add_argument(
        "--format", choices=("auto", *READ), default="auto", help="of the source (default: auto)"
    )
    add_column_arguments(parser)


def perform(args: argparse.Namespace) -> Outcome:
    """All trajectories become one edit, or none of them."""
    with open_project(args.project) as project:
        with project.reading() as connection:
            clip = store.clip(connection, args.clip)
        choice = parse(args.columns, args.preset)
        if choice is None:
            format = guess_format(args.source) if args.format == "auto" else args.format
            points, objects, warnings = import_tracks(format, args.source, clip)
        else:
            format = table_format(args.source) if args.format == "auto" else args.format
            points, objects, warnings = table_of(format).read(args.source, clip, choice)
        name = Path(os.path.abspath(args.source)).name  # such as of `.`
        edit = AddTrajectories(clip.id, points, objects, name)
        with project.writing() as connection:
            journal.perform(connection, edit)
    observations = len(points.xy) + sum(len(one.frames) for one in objects)
    lines = [f"Warning: {text}" for text in warnings]
    lines.append(
        f"{clip.name}: {len(objects):,} objects and {len(points):,} points with {observations:,} "
        f"observations, from {name} ({format})."
    )
    values = {
        "clip": clip.name,
        "format": format,
        "object_trajectories": len(objects),
        "point_trajectories": len(points),
        "observations": observations,
        "edit": edit.text,
        "warnings": warnings,
    }
    return Outcome("\n".join(lines), values)
