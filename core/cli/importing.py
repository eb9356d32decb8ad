"""`import`: bring clips and their annotation into a project."""

import argparse
import contextlib
from pathlib import Path

from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.cli.running import shown
from core.datasets.clip import Clip
from core.datasets.frame_choice import FrameChoice, choose_from_all, moment
from core.datasets.readers import READERS, find_clips, readable
from core.errors import StudioError
from core.project.importing import import_edit
from core.project.project import Project, is_unmade
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
        "--every", type=int, default=1, metavar="N", help="take every N-th frame (default: 1, which is all)"
    )
    words = "frame to take: its number in the source, from 0, or for videos a time such as 12.5s or 0:12"
    parser.add_argument("--from", dest="first", default="", metavar="T", help=f"the first {words}")
    parser.add_argument("--to", dest="last", default="", metavar="T", help=f"the last {words}")
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
    choice = FrameChoice(every=args.every, first=moment(args.first), last=moment(args.last))
    with contextlib.ExitStack() as opened:
        project, taken = None, set()
        if args.project.exists() and not (args.project.is_dir() and is_unmade(args.project)):
            if args.database:
                raise StudioError(f"{args.project} is there already; only a new project takes a database.")
            project = opened.enter_context(open_project(args.project))
        elif args.database:
            project = opened.enter_context(Project.create(args.project, args.database))
        if project is not None:
            with project.reading() as connection:
                taken = {clip.name for clip in store.clips(connection)}
        edits = []
        with shown(args) as display:
            for source in args.sources:
                found = choose_from_all(find_clips(source, args.format, display.report), choice)
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
            "start": clip.start,
            "step": clip.step,
            "object_trajectories": len(objects),
            "annotated": len({int(frame) for one in objects for frame in one.frames}),
        }
        for clip, objects in edit.clips
    ]
    lines = [f"Warning: {text}" for text in edit.warnings]
    lines += [
        f"{row['name']}: {row['dataset']}, {row['frames']} frames{_choice(clip)}, {row['annotated']} "
        f"annotated, {row['object_trajectories']} objects"
        for row, (clip, _) in zip(rows, edit.clips, strict=True)
    ]
    lines.append(f"Imported {len(rows)} clip{'s' if len(rows) != 1 else ''}.")
    return Outcome("\n".join(lines), {"clips": rows, "warnings": list(edit.warnings)})


def _choice(clip: Clip) -> str:
    """Which frames of its source a clip has, in words; nothing where it may be all."""
    if (clip.start, clip.step) == (0, 1):
        return ""
    steps = f" by {clip.step}" if clip.step > 1 else ""
    return f" (from {clip.start}{steps})"
