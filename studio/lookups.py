"""What views ask the database now and then; it is read anew each time."""

from collections.abc import Iterable
from typing import Any

from core.project.project import Project
from core.trajectories import dismissals, store
from core.trajectories.model import Review


def annotators(project: Project, clip_id: int) -> list[int]:
    """The annotators whose objects a clip has, ascending."""
    with project.reading() as connection:
        return store.annotators(connection, clip_id)


def rejected(project: Project, ids: Iterable[int]) -> set[int]:
    """Which of some trajectories are rejected now; those that are gone are not among them."""
    with project.reading() as connection:
        return {id for id, review in store.reviews(connection, ids).items() if review == Review.REJECTED}


def provenance(project: Project, trajectory_id: int) -> tuple[str, str, str] | None:
    """The job that made a trajectory, its program version and when (UTC); None if by hand."""
    with project.reading() as connection:
        return store.provenance(connection, trajectory_id)


def settings_of_last(project: Project, job: str) -> dict[str, Any]:
    """The settings of the latest work of a job that was taken in; empty without any."""
    with project.reading() as connection:
        return store.settings_of_last(connection, job)


def dismissed(project: Project) -> list[dict[str, Any]]:
    """What was proposed and dismissed, as plain values."""
    with project.reading() as connection:
        return dismissals.dismissed(connection)
