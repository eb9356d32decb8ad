"""`relocate`: the source frames moved; say where they are now."""

import argparse
import os
from pathlib import Path

from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.errors import StudioError
from core.trajectories import store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument("old", type=Path, metavar="OLD", help="the folder that the project knows")
    parser.add_argument("new", type=Path, metavar="NEW", help="where it is now")


def perform(args: argparse.Namespace) -> Outcome:
    old, new = (Path(os.path.abspath(path)) for path in (args.old, args.new))
    if not new.is_dir():
        raise StudioError(f"There is no folder {new}; give the folder that the frames lie in now.")
    with open_project(args.project) as project, project.writing() as connection:
        moved = [root for root in store.roots(connection) if root.is_relative_to(old)]
        if not moved:
            known = ", ".join(map(str, store.roots(connection))) or "none"
            raise StudioError(f"No frames of the project lie in {old}; it knows these folders: {known}.")
        for root in moved:
            store.relocate(connection, root, new / root.relative_to(old))
    return Outcome(
        f"{len(moved)} folder{'s' if len(moved) != 1 else ''} of frames now in {new}.",
        {"moved": [str(root) for root in moved]},
    )
