"""Opening the project of a command; what is held for a moment is waited for."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.file_holder import HeldError
from core.project.project import Project

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds that another command may still need."""

_LOOK = 0.1


def open_project(path: Path) -> Project:
    """The project, open; one that another command has open is waited for.

    Raises:
        StudioError: as `Project.open`.
    """
    return waited(lambda: Project.open(path))


def waited(take: Callable[[], T]) -> T:
    """What `take` gives once nobody else holds it; says so on standard error where it waits.

    Raises:
        HeldError: it is held for longer.
    """
    until, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            return take()
        except HeldError as error:
            if time.monotonic() >= until:
                raise
            if not told:
                print(f"{error} Waiting up to {PATIENCE:.0f} s for that.", file=sys.stderr, flush=True)
            told = True
            time.sleep(_LOOK)
