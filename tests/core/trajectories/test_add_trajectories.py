import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select, update

from core.errors import StudioError
from core.trajectories import integrity, journal, schema, store, table_rows
from core.trajectories.bulk_edits import AddTrajectories, FillObservations, ReplacePoints
from core.trajectories.model import PointTrajectories
from core.trajectories.trajectory_edits import DeleteTrajectories
from tests.core.trajectories.small_database import contents, make_object, make_points

NOTHING = PointTrajectories.pack([], [])


def test_trajectories_come_beside_those_that_are_there(connection):
    clip = store.clip(connection, "a")
    old_points, old_objects = store.points(connection, clip.id), store.objects(connection, clip.id)
    points, objects = make_points((1, 4), (3, 2)), [make_object([2, 3, 7], "bus")]
    edit = AddTrajectories(clip.id, points, objects, "gt.txt")
    assert edit.text == "Import 3 tracks from gt.txt"
    changes = journal.perform(connection, edit)
    assert (changes.clips, len(changes.trajectories)) == ({clip.id}, 3)
    now = store.points(connection, clip.id)
    assert len(now) == len(old_points) + 2
    np.testing.assert_array_equal(now.xy[len(old_points.xy) :], points.xy)
    bus = store.objects(connection, clip.id)[len(old_objects)]
    assert (bus.label, bus.frames.tolist(), bus.masks) == ("bus", [2, 3, 7], objects[0].masks)
    assert store.provenance(connection, bus.id)[0] == "import"
    newest = select(schema.provenance).order_by(schema.provenance.c.id.desc())
    assert connection.execute(newest).first().settings == {"source": "gt.txt"}
    assert integrity.problems(connection) == []


def test_an_import_is_one_step_of_undo(connection):
    clip = store.clip(connection, "a")
    before = contents(connection)
    journal.perform(connection, AddTrajectories(clip.id, make_points((0, 3)), [make_object([1])], "a.csv"))
    after = contents(connection)
    assert after != before
    journal.undo(connection)
    assert contents(connection) == before
    journal.redo(connection)
    assert contents(connection) == after


def test_more_rows_than_are_read_at_once_are_undone_and_redone_exactly(connection, monkeypatch):
    """Some of the rows of a trajectory, all of others, and other trajectories beside them."""
    monkeypatch.setattr(table_rows, "_BATCH", 10)
    clip = store.clip(connection, "a")
    states = [contents(connection)]
    objects = [make_object(range(start, 12), masks=start % 2 == 0) for start in range(6)]
    journal.perform(connection, AddTrajectories(clip.id, NOTHING, objects, "a.json"))
    states.append(contents(connection))
    some = {one.id: replace(one, boxes=one.boxes + 1) for one in store.objects(connection, clip.id)[4:]}
    journal.perform(connection, FillObservations({clip.id: some}))
    states.append(contents(connection))
    journal.perform(connection, DeleteTrajectories(clip.id, tuple(some)))
    states.append(contents(connection))
    for state in reversed(states[:-1]):
        journal.undo(connection)
        assert contents(connection) == state
    for state in states[1:]:
        journal.redo(connection)
        assert contents(connection) == state


def test_images_that_older_versions_kept_are_put_back(connection):
    """Then every row named its columns."""
    clip = store.clip(connection, "a")
    before = contents(connection)
    ids = tuple(one.id for one in store.objects(connection, clip.id))
    journal.perform(connection, DeleteTrajectories(clip.id, ids))
    assert contents(connection) != before
    query = select(schema.edit_rows).order_by(schema.edit_rows.c.edit_id.desc()).limit(2)
    for number, batch in enumerate(connection.execute(query).all()):
        packed = batch.images if batch.images.startswith(b"{") else zlib.decompress(batch.images)
        kept = json.loads(packed)
        old = json.dumps([dict(zip(kept["columns"], row, strict=True)) for row in kept["rows"]]).encode()
        of = schema.edit_rows.c
        where = (of.edit_id == batch.edit_id) & (of.number == batch.number)
        images = zlib.compress(old) if number else old
        connection.execute(update(schema.edit_rows).where(where).values(images=images))
    journal.undo(connection)
    assert contents(connection) == before


def test_tracking_again_leaves_imported_tracks(connection):
    """A person brought them in, with a label or without."""
    clip = store.clip(connection, "b")
    points = make_points((0, 3), (0, 2))
    named = PointTrajectories(**{**vars(points), "labels": ("7", "")})
    journal.perform(connection, AddTrajectories(clip.id, named, (), "Tracks12.dat"))
    journal.perform(connection, ReplacePoints({clip.id: make_points((5, 2))}))
    assert store.points(connection, clip.id).labels == ("7", "", "")
    assert store.points(connection, clip.id).first.tolist() == [0, 0, 5]


def test_nothing_and_a_clip_that_is_gone_are_refused(connection):
    before = contents(connection)
    with pytest.raises(StudioError, match=r"^gt\.txt holds no tracks; choose another file\.$"):
        journal.perform(connection, AddTrajectories(store.clip(connection, "a").id, NOTHING, (), "gt.txt"))
    with pytest.raises(StudioError, match="The clip is no longer in the project"):
        journal.perform(connection, AddTrajectories(99, make_points((0, 3)), (), "gt.txt"))
    assert contents(connection) == before
