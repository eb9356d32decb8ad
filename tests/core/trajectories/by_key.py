"""Undo and redo as their keys do them (`Document.undo`, `Document.redo`)."""

from sqlalchemy import Connection

from core.trajectories import journal, steps
from core.trajectories.model import Changes


def undo_last(connection: Connection) -> Changes | None:
    return _turned(connection, steps.last_by_person(connection))


def redo_last(connection: Connection) -> Changes | None:
    return _turned(connection, steps.last_undone(connection))


def _turned(connection: Connection, entry: steps.HistoryEntry | None) -> Changes | None:
    if entry is None:
        return None
    return journal.turn_over(connection, journal.with_follow_ups(connection, entry.id))
