"""Edits that can be taken back, also after a restart.

An **edit** is a frozen dataclass that writes rows through `Recorder`. For each row `Recorder` keeps an
**image**: what the row was before, or nothing where it did not exist. Undo exchanges rows and
images; redo is the same exchange again, so both are exact and neither computes anything. `journal`
only ever grows: its last number is the project's **revision**, which runs record.

After an undo, a new edit of a person abandons what was undone: it is no longer what `redo` does again, but
stays in `edit` and can be restored by name (`turn_over`), as any edit can be taken back alone, where nothing
depends on it (see `dependence.py`). What a job brings in is a step of its own, which a person's undo passes
over (`steps.last_by_person`).
"""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy import Connection, Text, bindparam, cast, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import StudioError
from core.trajectories import dependence, schema
from core.trajectories.changed_frames import ChangedFrames
from core.trajectories.held_rows import insert_held, insert_one_held, update_held
from core.trajectories.model import Changes
from core.trajectories.recorder import FIRST, MADE, Recorder
from core.trajectories.row_images import pack, unpack
from core.trajectories.steps import (
    ENTRIES,
    SHOWN,
    HistoryEntry,
    batches_of,
    changes_of,
    gone_over,
    named,
    together,
)
from core.trajectories.table_rows import (
    Key,
    Row,
    read_rows,
)
from core.trajectories.written import Written

FOLLOWED = 1_000_000
"""From this number on, the batches of an edit are what a program found, as what followed from it."""


class Edit(Protocol):
    """What a person or a job does to the project as one step of undo."""

    @property
    def text(self) -> str:
        """What it does, as the Edit menu and the history name it, such as "Split track 17"."""
        ...

    @property
    def clip_id(self) -> int | None:
        """The clip it belongs to; None where there are several."""
        ...

    @property
    def rows(self) -> int:
        """About how many rows it writes, as far as that is known before; 1 for an edit of one trajectory."""
        ...

    def write(self, rows: "Recorder") -> None:
        """Write the rows.

        Raises:
            StudioError: it cannot be done; nothing must be left half written (the caller rolls back).
        """
        ...


def perform(connection: Connection, edit: Edit) -> Changes:
    """Write an edit and journal it; call inside a transaction, which makes it whole or undone.

    Raises:
        StudioError: the edit cannot be done; roll back.
    """
    rows = Recorder(connection)
    rows.write(edit)
    return _keep_as_step(connection, edit, rows)


def _keep_as_step(connection: Connection, edit: Edit, rows: Recorder, action: str = "do") -> Changes:
    if not rows.by_job:
        connection.execute(_ABANDON)
    text = (rows.text or edit.text)[:255]
    edit_id = _new_edit(connection, text, edit.clip_id, rows.written, rows.by_job)
    rows.store_images(edit_id, FOLLOWED if rows.by_program else 0)
    _log(connection, edit_id, action, _now())
    changes = changes_of(connection, edit.clip_id, rows.changed)
    return replace(changes, new=frozenset(rows.new), edit=edit_id, text=text, by_job=rows.by_job)


def _new_edit(connection: Connection, text: str, clip: int | None, rows: int, by_job: bool) -> int:
    row = {"text": text, "clip_id": clip, "state": "done", "rows": rows, "created": _now(), "by_job": by_job}
    return insert_one_held(connection, schema.edit, row)


def follow(connection: Connection, edit: Edit, entry: HistoryEntry) -> Changes | None:
    """Write what follows from an edit as part of it: one step of undo takes both back.

    Where the same trajectories were edited since, it becomes a step of its own, as of a job. Where such an
    edit is undone now, it is left, since it would keep that from being done again.

    Raises:
        StudioError: the edit cannot be done; roll back.
    """
    if dependence.waits_undone(connection, entry.id):
        return None
    rows = Recorder(connection)
    rows.write(edit)
    written = rows.changed.get("trajectory", set()) | rows.changed.get("observation", set())
    if dependence.was_touched_since(connection, entry.id, written):
        rows.by_job = True
        return _keep_as_step(connection, edit, rows, "follow")
    last = connection.scalar(select(func.max(_r.number)).where(_r.edit_id == entry.id)) or 0
    rows.store_images(entry.id, max(last + 1, FOLLOWED))
    before = connection.scalar(select(_e.rows).where(_e.id == entry.id)) or 0
    update_held(connection, schema.edit, {(entry.id,): {"rows": before + rows.written}})
    _log(connection, entry.id, "join", _now())
    return changes_of(connection, edit.clip_id, rows.changed)


def with_follow_ups(connection: Connection, edit: int) -> list[int]:
    """An edit after what followed from edits and stands in its way, if nothing else does; in that order."""
    order = dependence.chain(connection, edit)
    return order if _follow(connection, order[:-1]) else [edit]


def _follow(connection: Connection, edits: Sequence[int]) -> bool:
    """Whether all of some edits followed from others."""
    if not edits:
        return True
    query = select(_j.edit_id).where(_j.edit_id.in_(edits), _j.action == "follow")
    return set(connection.scalars(query)) == set(edits)


def turn_with_follow_ups(connection: Connection, edits: Sequence[int]) -> Changes:
    """Turn over one edit after what followed from edits and stands in its way.

    Raises:
        StudioError: as `turn_over`.
    """
    order = dependence.chain(connection, edits[0])
    entries = {entry.id: entry for entry in named(connection, order)}
    if entries.keys() != set(order) or not _follow(connection, order[:-1]):
        return turn_over(connection, edits)  # which says why not
    return together([_turn_over_entry(connection, entries[edit]) for edit in order])


def turn_over(connection: Connection, edits: Sequence[int]) -> Changes:
    """Take back edits that are done, or do them again where they are not, one after the other, by id.

    Raises:
        StudioError: one of them is gone, or another edit stands in its way; nothing must be kept.
    """
    return together([_turn_over_alone(connection, edit) for edit in edits])


def _turn_over_alone(connection: Connection, edit: int, again: str = "redo") -> Changes:
    row = connection.execute(ENTRIES.where(_e.id == edit)).first()
    if row is None:
        raise StudioError("That edit is no longer in the history; choose another.")
    entry = HistoryEntry(*row)
    others = dependence.in_the_way(connection, edit)
    if others:
        raise StudioError(dependence.why_not(connection, entry, others))
    return _turn_over_entry(connection, entry, again)


def _turn_over_entry(connection: Connection, entry: HistoryEntry, again: str = "redo") -> Changes:
    try:
        return _turn_over(connection, entry, "undo" if entry.state == "done" else again)
    except IntegrityError as error:  # a clip of the same name was imported meanwhile
        raise StudioError(
            f"“{entry.text}” cannot be done again: something of the same name has taken its place."
        ) from error


def undo(connection: Connection) -> Changes | None:
    """Take the last edit back; None if there is none."""
    return turn(connection, -1)


def redo(connection: Connection) -> Changes | None:
    """Do again what was undone last; None if there is nothing."""
    return turn(connection, 1)


def turn(connection: Connection, steps: int) -> Changes | None:
    """Take back (below 0) or do again so many edits, whoever made them, or as many as there are.

    Returns:
        what changed; None if there was none to turn.

    Raises:
        StudioError: what came in since is in the way of doing one again; roll back.
    """
    action = "undo" if steps < 0 else "redo"
    turned = []
    for entry in turnable(connection, steps):
        if steps < 0 and gone_over(connection, entry.id):  # what is before it is found without it
            turned.append(_set_aside(connection, entry))
            continue
        others = dependence.in_the_way(connection, entry.id) if steps > 0 else []
        if others:
            raise StudioError(dependence.why_not(connection, entry, others))
        turned.append(_turn_over(connection, entry, action))
    return together(turned) if turned else None


def go_over(connection: Connection, text: str, entries: Sequence[HistoryEntry]) -> Changes:
    """Take back edits that are done, do again those that are not, as one step; no other may be in their way.

    The step is an edit without rows, see `steps.gone_over`; like every edit it abandons what is undone.
    """
    edit = _new_edit(connection, text, None, sum(entry.rows for entry in entries), by_job=False)
    _log(connection, edit, "join", _now())
    changes = together([_turn_over_entry(connection, entry, "again") for entry in entries])
    connection.execute(_ABANDON)
    _log(connection, edit, "do", _now())
    return replace(changes, edit=edit, text=text)


def turnable(connection: Connection, steps: int) -> list[HistoryEntry]:
    """The edits that `turn` would take back or do again, in that order."""
    query = _LAST_DONE if steps < 0 else _FIRST_UNDONE
    return [HistoryEntry(*row) for row in connection.execute(query, {"steps": abs(steps)})]


def undoable(connection: Connection) -> HistoryEntry | None:
    """What `undo` would take back."""
    return next(iter(turnable(connection, -1)), None)


def redoable(connection: Connection) -> HistoryEntry | None:
    """What `redo` would do again."""
    return next(iter(turnable(connection, 1)), None)


def history(
    connection: Connection, limit: int = 500, clip_id: int | None = None, tracks: Sequence[int] = ()
) -> list[HistoryEntry]:
    """The latest edits, newest first: those of a clip, or of several clips, and of some trajectories."""
    query = ENTRIES.order_by(schema.edit.c.id.desc()).limit(limit)
    if clip_id is not None:
        query = query.where((_e.clip_id == clip_id) | _e.clip_id.is_(None))
    if tracks:
        keys = cast(_r.row_keys, Text)
        named = [
            keys.like(pattern)
            for id in tracks
            for pattern in (f"%[{id}]%", f"%[{id}, %")  # of a trajectory, of an observation
        ]
        of_tracks = _r.table_name.in_(("trajectory", "observation"))
        query = query.where(exists().where(_r.edit_id == _e.id, of_tracks, or_(*named)))
    return [HistoryEntry(*row) for row in connection.execute(query)]


def revision(connection: Connection) -> int:
    """How often the project was edited, undone or redone; grows by one each time."""
    return connection.scalar(select(func.max(schema.journal.c.revision))) or 0


def _turn_over(connection: Connection, entry: HistoryEntry, action: str) -> Changes:
    """Exchange the rows of an edit with their images: backwards to undo, forwards to redo."""
    batches = batches_of(connection, entry.id)
    gone = [] if batches else gone_over(connection, entry.id)
    if gone:
        return _go_again(connection, entry, gone, action)
    changed: dict[str, set[int]] = {}
    kept: dict[Key, Row] = {}
    frames, held = ChangedFrames(), Written(connection)
    for number, table, keys, packed in reversed(batches) if action == "undo" else batches:
        images = unpack(packed, len(keys))
        current = read_rows(connection, table, keys)
        held.exchange(table, keys, current, images)
        kept[entry.id, number] = {"images": pack(current)}
        if entry.rows <= SHOWN:
            frames.add(table.name, keys, current, images)
        changed.setdefault(table.name, set()).update(map(FIRST, keys))
    held.finish()
    update_held(connection, schema.edit_rows, kept, MADE)
    _close(connection, entry, action)
    found = changes_of(connection, entry.clip_id, changed)
    return replace(found, edit=entry.id, text=entry.text, span=frames.span)


def _go_again(
    connection: Connection, entry: HistoryEntry, gone: Sequence[tuple[int, bool]], action: str
) -> Changes:
    """Turn over what going to a version turned over, where it is not so already; in its order, or back."""
    turned = []
    for edit, was_done in reversed(gone) if action == "undo" else gone:
        (one,) = named(connection, [edit])
        if (one.state == "done") is not (was_done is (action == "undo")):
            turned.append(_turn_over_alone(connection, edit, "again"))
    waiting = {(edit,): {"state": "abandoned"} for edit, was_done in gone if was_done is (action == "redo")}
    update_held(connection, schema.edit, waiting)
    _close(connection, entry, action)
    return replace(together(turned), edit=entry.id, text=entry.text)


def _set_aside(connection: Connection, entry: HistoryEntry) -> Changes:
    """Make going to a version no step of undo any more; nothing else changes."""
    _close(connection, entry, "undo", "abandoned")
    return Changes(edit=entry.id, text=entry.text)


def _close(connection: Connection, entry: HistoryEntry, action: str, state: str = "") -> None:
    state = state or ("undone" if action == "undo" else "done")
    update_held(connection, schema.edit, {(entry.id,): {"state": state}})
    _log(connection, entry.id, action, _now())


_e, _r, _j = schema.edit.c, schema.edit_rows.c, schema.journal.c

_LAST_DONE = ENTRIES.where(_e.state == "done").order_by(_e.id.desc()).limit(bindparam("steps"))
_FIRST_UNDONE = ENTRIES.where(_e.state == "undone").order_by(_e.id).limit(bindparam("steps"))
_ABANDON = update(schema.edit).where(_e.state == "undone").values(state="abandoned")


def _log(connection: Connection, edit_id: int, action: str, now: str) -> None:
    insert_held(connection, schema.journal, [{"edit_id": edit_id, "action": action, "created": now}])


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
