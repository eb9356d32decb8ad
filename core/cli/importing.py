"""`import`: bring clips and their annotation into a project."""

import argparse
import contextlib
from pathlib import Path

from core.cli.outcome import Outcome
from core.cli.running import shown
from core.datasets.readers import READERS, find_clips, readable
from core.errors import StudioError
from core.project.importing import import_edit
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", nargs="*", type=Path, metavar="SOURCE", help=readable())
    parser.add_argument(
        "--project", type=Path, required=True, metavar="DIR", help="a project; made if it does not exist"
    )
    parser.add_argument(
        "--format", choices=("auto", *READERS), default="auto", help="of the sources (default: auto)"
    )
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="keep a new project's trajectories in this PostgreSQL database, which a team shares "
        "(default: in the project); without a SOURCE the project is only made",
    )


def perform(args: argparse.Namespace) -> Outcome:
    """All sources become one edit, or none of them."""
    if not args.sources and not args.database:
        raise StudioError("There is nothing to import; name a folder or a video file.")
    with contextlib.ExitStack() as opened:
        project, taken = None, set()
        if args.project.exists() and (not args.project.is_dir() or any(args.project.iterdir())):
            if args.database:
                raise StudioError(f"{args.project} is there already; only a new project takes a database.")
            project = opened.enter_context(Project.open(args.project))
        elif args.database:
            project = opened.enter_context(Project.create(args.project, args.database))
        if project is not None:
            with project.reading() as connection:
                taken = {clip.name for clip in store.clips(connection)}
        edits = []
        with shown(args) as display:
            for source in args.sources:
                found = find_clips(source, args.format, display.report)
                edits.append(import_edit(found, display.report, taken))
                taken |= {clip.name for clip, _ in edits[-1].clips}
        warnings = tuple(dict.fromkeys(text for edit in edits for text in edit.warnings))
        whole = AddClips([clip for edit in edits for clip in edit.clips], warnings)
        project = project or opened.enter_context(Project.create(args.project))
        if args.sources:
            with project.writing() as connection:
                journal.perform(connection, whole)
    return _outcome(whole)


def _outcome(edit: AddClips) -> Outcome:
    rows = [
        {
            "name": clip.name,
            "dataset": clip.dataset,
            "frames": clip.frames,
            "object_trajectories": len(objects),
            "annotated": len({int(frame) for one in objects for frame in one.frames}),
        }
        for clip, objects in edit.clips
    ]
    lines = [f"Warning: {text}" for text in edit.warnings]
    lines += [
        f"{row['name']}: {row['dataset']}, {row['frames']} frames, {row['annotated']} annotated, "
        f"{row['object_trajectories']} objects"
        for row in rows
    ]
    lines.append(f"Imported {len(rows)} clip{'s' if len(rows) != 1 else ''}.")
    return Outcome("\n".join(lines), {"clips": rows, "warnings": list(edit.warnings)})
