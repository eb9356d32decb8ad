"""What an attack knows of a reader of one kind of file."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.project.project import Project
from tests.reliability.mutations import Mutate


@dataclass(frozen=True)
class Reader:
    """A reader of one kind of file.

    Attributes:
        file: where the sample is, in the folder that its maker was given; may have wildcards, the first is
            taken.
        mutate: of what it is made; None changes the values of a database in place.
        read: reads it as the program does; it may raise a StudioError. What it gives is held against what
            it gives of an empty file.
        make: makes the sample in an empty folder.
        batch: mutants that one process reads; a seed stands for so many.
        may_die: the program gives it a process of its own, whose end is a sentence too.
    """

    file: str
    mutate: Mutate | None
    read: Callable[[Path], object]
    make: Callable[[Path], object]
    batch: int = 2_000
    may_die: bool = False

    @property
    def forks(self) -> bool:
        """Whether the sample is made by forks of this process, and not in one of its own."""
        return self.make.__name__ == "runs"


@functools.cache
def opened(project: Path) -> Project:
    """A project that stays open until the process ends, which reads many mutants."""
    return Project.open(project)
