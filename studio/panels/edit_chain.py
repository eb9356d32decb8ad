"""What an edit of the history changed, and what would be taken back or restored with it."""

from core.project.project import Project
from core.trajectories import dependence, journal, steps
from core.trajectories.model import Changes
from core.trajectories.steps import HistoryEntry

_LOOKED_AT = 5_000
"""Rows of later edits that are looked through for what depends on one, while the user waits."""


def touched(project: Project, edit: int) -> Changes:
    """What an edit changed."""
    with project.reading() as connection:
        return steps.touched(connection, edit)


def chain(project: Project, entry: HistoryEntry) -> tuple[list[int], str]:
    """The edits to turn over with one, in that order, and why not it alone; empty where it can be.

    Where very much came in since, that is found out only when it is tried.
    """
    with project.reading() as connection:
        if sum(one.rows for one in journal.history(connection) if one.id > entry.id) > _LOOKED_AT:
            return [entry.id], ""
        others, order = dependence.around(connection, entry.id)
        return order, dependence.why_not(connection, entry, others) if others else ""
