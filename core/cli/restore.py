"""`restore`: put the newest backup in the place of a database that is damaged or missing."""

import argparse
from pathlib import Path

from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.errors import StudioError
from core.project import recovery
from core.trajectories.damage import DamagedError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument(
        "--anyway", action="store_true", help="also where the database seems whole when it is opened"
    )


def perform(args: argparse.Namespace) -> Outcome:
    try:
        open_project(args.project).close()
        if not args.anyway:
            raise StudioError(
                f"The database of {args.project} can be opened; `check` reads all of it. "
                "To put the newest backup in its place all the same, add --anyway."
            )
    except DamagedError:
        pass
    found = recovery.found(args.project)
    if found is None:
        raise StudioError(f"No backup of {args.project} is whole; restore it from a copy of your own.")
    kept = recovery.restore(found)
    beside = f"; the damaged file is kept as {kept.name}" if kept is not None else ""
    values = {
        "backup": found.backup.path.name,
        "revision": found.backup.revision,
        "lost": found.lost,
        "kept": kept.name if kept is not None else None,
    }
    return Outcome(f"Restored {found.project.name}: {found}{beside}.", values)
