"""The rows that an edit writes, held against the rules before and after it writes them."""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, literal_column, select

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.held_rows import NOUNS, hold
from core.trajectories.model import Kind
from core.trajectories.rule import Column, Extent, Rows
from core.trajectories.table_rows import Key, Row, batches, delete_rows, insert_rows, update_rows

_t, _o, _c = schema.trajectory.c, schema.observation.c, schema.clip.c


class Written:
    """Whoever brings rows, an import, a job, a person or an undo: what breaks a rule is not written.

    A row that is changed is held to the rules of what changes in it: one that an older program left with a
    flaw can still be renamed, reviewed and deleted.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._stored = Stored(connection)
        self._spans: set[int] = set()

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Rows that are new, all of the same columns.

        Raises:
            StudioError: one of them breaks a rule; roll back.
        """
        self._insert(table, rows[0].keys(), lambda name: [row[name] for row in rows], len(rows))

    def insert_columns(self, table: Table, columns: Mapping[str, Column]) -> None:
        """The same of rows that are given as columns of one length."""
        self._insert(table, columns.keys(), columns.__getitem__, len(next(iter(columns.values()))))

    def _insert(
        self, table: Table, given: Collection[str], column: Callable[[str], Column], count: int
    ) -> None:
        names = _nullable(table).union(given)
        rows = self._rows(table, names, lambda name: column(name) if name in given else [None] * count)
        hold(rows, names)
        if table is schema.observation:
            self._spans.update(rows["trajectory_id"])
        elif table is schema.trajectory and Kind.OBJECT in rows["kind"]:
            new = zip(rows["id"], rows["kind"], rows["clip_id"], strict=True)
            objects = {id: clip_id for id, kind, clip_id in new if kind == Kind.OBJECT}
            self._spans.update(objects)
            self._stored.add(objects)

    def update(self, table: Table, rows: Mapping[Key, Row], images: Sequence[Row | None]) -> None:
        """Rows of which columns get other values, by key, and what each was before.

        Raises:
            StudioError: there is no such row, or it then breaks a rule; roll back.
        """
        if not rows:
            return
        before: list[Row] = []
        for key, image in zip(rows, images, strict=True):
            if image is None:
                noun = NOUNS[table.name].capitalize()
                raise StudioError(f"{noun} {key[0]} is no longer there; nothing was saved.")
            before.append(image)
        values, given = list(rows.values()), next(iter(rows.values())).keys()
        changed = _changed(given, before, values)
        if not changed:
            return

        def column(name: str) -> Sequence[Any]:
            return [row[name] for row in (values if name in given else before)]

        hold(self._rows(table, before[0].keys(), column), changed, list(rows))
        if table is schema.observation and not changed.isdisjoint(("frame", "trajectory_id")):
            self._spans.update(row["trajectory_id"] for row in (*before, *values) if "trajectory_id" in row)
        elif table is schema.trajectory and not changed.isdisjoint(("first", "last", "kind")):
            self._spans.update(key[0] for key in rows)

    def delete(self, table: Table, keys: Iterable[Key]) -> None:
        """Rows that go."""
        if table is schema.observation:
            self._spans.update(key[0] for key in keys)

    def exchange(
        self, table: Table, keys: Sequence[Key], current: Sequence[Row | None], images: Sequence[Row | None]
    ) -> None:
        """Make rows what they were, by key: gone where there is no image, there again where there is one.

        Raises:
            StudioError: as `insert` and `update`.
        """
        gone = [key for key, new in zip(keys, images, strict=True) if new is None]
        self.delete(table, gone)
        delete_rows(self.connection, table, gone)
        there = {key: old for key, old in zip(keys, current, strict=True) if old is not None}
        wanted = {key: new for key, new in zip(keys, images, strict=True) if new is not None}
        other = {key: new for key, new in wanted.items() if key in there}
        self.update(table, other, [there[key] for key in other])
        update_rows(self.connection, table, other)
        missing = [new for key, new in wanted.items() if key not in there]
        if missing:
            self.insert(table, missing)
            insert_rows(self.connection, table, missing)

    def finish(self) -> None:
        """All is written.

        Raises:
            StudioError: an object does not run over the frames of its observations; roll back.
        """
        for some in batches(sorted(self._spans)):
            for sentence in span_faults(self.connection, some):
                raise StudioError(f"{sentence}; nothing was saved.")

    def _rows(self, table: Table, names: Collection[str], column: Callable[[str], Column]) -> Rows:
        return Rows(table, names, column, self._stored)


def _changed(given: Collection[str], before: Sequence[Row], after: Sequence[Row]) -> set[str]:
    """The columns of some that have other values afterwards, in any row."""
    if len(before) == 1:
        (old,), (new,) = before, after
        return {name for name in given if old.get(name) != new[name]}
    pairs = list(zip(before, after, strict=True))
    return {name for name in given if any(old.get(name) != new[name] for old, new in pairs)}


@functools.cache
def _nullable(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns if column.nullable)


class Stored:
    """What the database knows of clips and of whose trajectories they are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._extents: dict[int, Extent] = {}
        self._clips: dict[int, int] = {}

    def add(self, clips: Mapping[int, int]) -> None:
        """Take note of new trajectories: id → clip id."""
        self._clips.update(clips)

    def extents(self, ids: Set[int]) -> dict[int, Extent]:
        """As `Surroundings` asks for."""
        found = self._extents  # a clip's frames never change
        for some in batches(sorted(ids - found.keys())):
            for id, name, width, height, start, step, files, times in _EXTENTS.rows(self._connection, some):
                frames = len(range(start, times, max(step, 1))) if times else files
                found[id] = Extent(name, width * height, frames)
        return found

    def pixels(self, ids: Set[int]) -> dict[int, int]:
        """As `Surroundings` asks for."""
        clips = {id: self._clips[id] for id in ids if id in self._clips}
        extents = self.extents(set(clips.values())) if clips else {}
        found = {id: extents[clip].pixels for id, clip in clips.items() if clip in extents}
        for some in batches(sorted(ids - found.keys())):
            found.update((id, size) for id, size in _PIXELS.rows(self._connection, some))
        return found


class _ById:
    """What finds the rows of some ids; that of one is asked of the driver itself, for a third of the time."""

    def __init__(
        self, select_of: Callable[[ColumnElement[bool]], Select[Any]], id: ColumnElement[int]
    ) -> None:
        self._of_some = select_of(id.in_(bindparam("ids", expanding=True)))
        self._of_one = select_of(id == literal_column("?"))
        self._text = ""

    def rows(self, connection: Connection, ids: Sequence[int]) -> Iterable[Any]:
        """Rows of the columns that were asked for."""
        if len(ids) > 1 or connection.dialect.name != "sqlite":
            return connection.execute(self._of_some, {"ids": ids})
        if not self._text:
            whole = self._of_one.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
            self._text = str(whole)
        return connection.exec_driver_sql(self._text, (ids[0],)).all()


_EXTENTS = _ById(
    select(
        *(_c.id, _c.name, _c.width, _c.height, _c.start, _c.step),
        *(func.json_array_length(_c.files), func.json_array_length(_c.timestamps)),
    ).where,
    _c.id,
)

_PIXELS = _ById(select(_t.id, _c.width * _c.height).join(schema.clip, _t.clip_id == _c.id).where, _t.id)


def _spans(*which: ColumnElement[bool]) -> Select[Any]:
    """Trajectories that do not run over the frames of their observations."""
    low, high = (
        select(of(_o.frame)).where(_o.trajectory_id == _t.id).scalar_subquery().label(name)
        for of, name in ((func.min, "low"), (func.max, "high"))
    )
    s = (spans := select(_t.id, _t.kind, _t.first, _t.last, low, high).where(*which).subquery()).c
    other = s.low.is_(None) | (s.low != s.first) | (s.high != s.last)
    wrong = ((s.kind == Kind.OBJECT) & other) | ((s.kind == Kind.POINT) & s.low.is_not(None))
    return select(spans).where(wrong).order_by(s.id)


_SPANS = _spans()
_SPANS_OF = _ById(_spans, _t.id)


def span_faults(connection: Connection, ids: Sequence[int] | None = None) -> Iterator[str]:
    """Trajectories of some ids, or of all, that do not run over the frames of their observations: a sentence
    each, without its full stop."""
    found: Iterable[Any] = connection.execute(_SPANS) if ids is None else _SPANS_OF.rows(connection, ids)
    for row in found:
        yield f"Track {row.id} {_span_words(row)}"


def _span_words(row: Any) -> str:
    if row.kind == Kind.POINT:
        return "is a point, but has observations of an object"
    if row.low is None:
        return "has no observations"
    return f"says frames {row.first} to {row.last}, but its observations run from {row.low} to {row.high}"
