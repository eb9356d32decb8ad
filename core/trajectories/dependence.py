"""Which edits stand in the way of taking one back, or of doing it again, alone.

Turning an edit over exchanges its rows with what they were. That is exact where they are now as they were
when it was last turned over: no other edit of the same trajectories was made, taken back or done again
since, or what came since was taken back again. Edits of the same trajectory depend on each other whatever
frames they change, and everything in a clip depends on the clip being there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, func, select

from core.trajectories import schema
from core.trajectories.steps import ENTRIES, HistoryEntry

_e, _r, _j = schema.edit.c, schema.edit_rows.c, schema.journal.c

_TURNED = select(func.max(_j.revision)).where(_j.edit_id == bindparam("edit"))
_LATER = (
    select(_j.edit_id, _j.action)
    .where(_j.revision > bindparam("turned", type_=BigInteger), _j.edit_id != bindparam("edit"))
    .order_by(_j.revision.desc())
)
_KNOWN = select(_j.edit_id).where(
    _j.edit_id.in_(bindparam("edits", expanding=True)),
    _j.revision < bindparam("turned", type_=BigInteger),
)

_MANY = 5_000  # parameters of a statement

Unit = tuple[str, int]
"""A table and an id; an observation counts as its trajectory."""


@dataclass(frozen=True)
class _Reach:
    """What an edit touches: units, clips it makes or removes, and the clips it is in; None for unknown."""

    units: frozenset[Unit]
    lives: frozenset[int]
    clips: frozenset[int] | None

    def meets(self, other: "_Reach") -> bool:
        return bool(self.units & other.units) or self._carries(other) or other._carries(self)

    def _carries(self, other: "_Reach") -> bool:
        return bool(self.lives) and (other.clips is None or bool(self.lives & other.clips))


def in_the_way(connection: Connection, edit: int) -> list[int]:
    """The edits that must be turned over before this one can be, the latest turned first; by id."""
    return around(connection, edit)[0]


def why_not(connection: Connection, entry: HistoryEntry, others: Sequence[int]) -> str:
    """Why an edit cannot be turned over alone: which others stand in its way, the latest first."""
    latest = connection.execute(ENTRIES.where(_e.id == others[0])).one()
    what = "taken back" if entry.state == "done" else "done again"
    more = f", as did {len(others) - 1:,} more" if len(others) > 1 else ""
    is_done = latest.state == "done"
    came, first = ("came later", "take that back") if is_done else ("was taken back", "do that again")
    return (
        f"“{entry.text}” cannot be {what} alone: “{latest.text}” {came} and changed the same{more}; "
        f"{first} first, in History."
    )


def chain(connection: Connection, edit: int) -> list[int]:
    """This edit after all those that stand in its way, and in theirs, in the order to turn them over."""
    return around(connection, edit)[1]


def around(connection: Connection, edit: int) -> tuple[list[int], list[int]]:
    """What `in_the_way` and `chain` give, looked for once."""
    changed = _changed_since(connection, edit)
    reaches = _reaches(connection, [edit, *changed]) if changed else {}
    others = [other for other in changed if reaches[edit].meets(reaches[other])]
    found = [edit]
    for other in reversed(changed):  # what was turned over later stands in the way of what was before it
        if any(reaches[one].meets(reaches[other]) for one in found):
            found.append(other)
    return others, found[::-1]


def was_touched_since(connection: Connection, edit: int, trajectories: Iterable[int]) -> bool:
    """Whether another edit of the same rows, or of some trajectories, was made or turned over since."""
    others = list(_later(connection, edit, _turned(connection, edit)))
    reaches = _reaches(connection, [edit, *others]) if others else {}
    written = {("trajectory", id) for id in trajectories}
    return any(
        reaches[edit].meets(reaches[other]) or not written.isdisjoint(reaches[other].units)
        for other in others
    )


def waits_undone(connection: Connection, edit: int) -> bool:
    """Whether an edit of the same rows, or this one itself, is undone and may be done again."""
    undone = list(connection.scalars(select(_e.id).where(_e.state == "undone")))
    reaches = _reaches(connection, [edit, *undone]) if undone else {}
    return edit in undone or any(reaches[edit].meets(reaches[other]) for other in undone)


def _turned(connection: Connection, edit: int) -> int:
    """The revision at which an edit was last turned over."""
    return connection.scalar(_TURNED, {"edit": edit}) or 0


def _later(connection: Connection, edit: int, turned: int) -> dict[int, list[str]]:
    """Other edit → what was done with it since this one was last turned over."""
    later: dict[int, list[str]] = {}
    for other, action in connection.execute(_LATER, {"turned": turned, "edit": edit}):
        later.setdefault(other, []).insert(0, action)
    return later


def _changed_since(connection: Connection, edit: int) -> list[int]:
    """The other edits that are no longer as they were when this one was turned over, the latest first."""
    turned = _turned(connection, edit)
    later = _later(connection, edit, turned)
    made = [other for other, actions in later.items() if actions[0] in ("do", "follow")]
    known: set[int] = set()
    for start in range(0, len(made), _MANY):
        some = made[start : start + _MANY]
        known.update(connection.scalars(_KNOWN, {"edits": some, "turned": turned}))
    changed = []
    for other, actions in later.items():
        then = actions[0] in ("undo", "join") or (actions[0] == "do" and other in known)
        if then is not (actions[-1] != "undo"):
            changed.append(other)
    return changed


def _reaches(connection: Connection, edits: Sequence[int]) -> dict[int, _Reach]:
    units: dict[int, set[Unit]] = {edit: set() for edit in edits}
    lives: dict[int, set[int]] = {edit: set() for edit in edits}
    clips: dict[int, int | None] = {}
    there = set(connection.scalars(select(schema.clip.c.id)))
    for start in range(0, len(edits), _MANY):
        some = edits[start : start + _MANY]
        of_clips = select(_e.id, _e.clip_id).where(_e.id.in_(some))
        clips |= {edit: clip for edit, clip in connection.execute(of_clips)}
        query = select(_r.edit_id, _r.table_name, _r.row_keys, func.length(_r.images)).where(
            _r.edit_id.in_(some)
        )
        for edit, table, keys, length in connection.execute(query):
            name = "trajectory" if table == "observation" else table
            units[edit].update((name, key[0]) for key in keys)
            if table == "clip":  # without images its rows are new; with, they may be gone
                lives[edit].update(key[0] for key in keys if (length == 0) is (key[0] in there))
    found = {}
    for edit, clip in clips.items():
        places = _clips_of(connection, units[edit]) if clip is None else frozenset([clip])
        found[edit] = _Reach(frozenset(units[edit]), frozenset(lives[edit]), places)
    return found


def _clips_of(connection: Connection, units: Iterable[Unit]) -> frozenset[int] | None:
    """The clips of what an edit of several clips touched; None where some of it is gone."""
    clips = {id for table, id in units if table == "clip"}
    trajectories = [id for table, id in units if table == "trajectory"]
    t, found = schema.trajectory.c, 0
    for start in range(0, len(trajectories), _MANY):
        some = trajectories[start : start + _MANY]
        counts = select(t.clip_id, func.count()).where(t.id.in_(some)).group_by(t.clip_id)
        for clip, count in connection.execute(counts):
            clips.add(clip)
            found += count
    return frozenset(clips) if found == len(trajectories) else None
