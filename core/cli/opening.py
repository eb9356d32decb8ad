"""Opening the project of a command; one that is held for a moment is waited for."""

import sys
import time
from pathlib import Path

from core.file_holder import HeldError
from core.project.project import Project

PATIENCE = 10.0
"""Seconds that another command may still need."""

_LOOK = 0.1


def open_project(path: Path) -> Project:
    """The project, open; says so on standard error where it waits.

    Raises:
        StudioError: as `Project.open`; and another process has it open for longer.
    """
    until, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            return Project.open(path)
        except HeldError as error:
            if time.monotonic() >= until:
                raise
            if not told:
                print(f"{error} Waiting up to {PATIENCE:.0f} s for that.", file=sys.stderr, flush=True)
            told = True
            time.sleep(_LOOK)
