from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import event, select

from core.errors import StudioError
from core.trajectories import journal, schema, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.damage import DamagedError
from core.trajectories.table_rows import read_rows
from tests.core.trajectories.small_database import FRAMES, contents, make_clip, make_object, make_points


def test_a_clip_comes_back_as_it_went_in(connection, tmp_path):
    clip = make_clip("c", tmp_path / "ü 'quoted'")
    journal.perform(connection, AddClips([(clip, [])]))
    back = store.clip(connection, "c")
    assert back.id > 0
    assert (back.name, back.root, back.files, back.frames) == ("c", clip.root, clip.files, FRAMES)
    assert [one.name for one in store.clips(connection)] == ["a", "b", "c"]


@pytest.mark.parametrize("upright", [True, False])
def test_a_choice_of_frames_is_stored_and_undo_of_its_import_is_exact(connection, upright):
    before = contents(connection)
    clip = replace(make_clip("c"), start=3, step=5, upright=upright)
    journal.perform(connection, AddClips([(clip, []), (make_clip("d"), [])]))
    after = contents(connection)
    c, d = store.clip(connection, "c"), store.clip(connection, "d")
    assert (c.start, c.step, c.upright) == (3, 5, upright)
    assert (d.start, d.step, d.upright) == (0, 1, True)
    journal.undo(connection)
    assert contents(connection) == before
    journal.redo(connection)
    assert contents(connection) == after
    assert store.clip(connection, "c") == c


def test_an_unknown_clip_is_a_sentence_that_lists_the_known(connection):
    with pytest.raises(StudioError, match="no clip 'z' in this project; it holds a, b"):
        store.clip(connection, "z")


def test_objects_come_back_bit_for_bit(connection):
    put = make_object([0, 1, 2, 5, 6])
    got = store.objects(connection, store.clip(connection, "a").id)[0]
    for name in ("frames", "boxes", "origin", "confidence", "overlap", "flags"):
        np.testing.assert_array_equal(getattr(got, name), getattr(put, name))
        assert getattr(got, name).dtype == getattr(put, name).dtype
    assert (got.masks, got.label, got.annotator) == (put.masks, put.label, put.annotator)


def test_an_object_without_observations_is_damage_and_not_an_object(connection):
    clip = store.clip(connection, "a").id
    connection.execute(schema.observation.delete())
    with pytest.raises(DamagedError, match="An object track"):
        store.objects(connection, clip)


def test_points_come_back_bit_for_bit(connection):
    put = make_points((0, 12), (2, 5), (8, 3), (0, 1))
    got = store.points(connection, store.clip(connection, "a").id)
    for name in ("first", "offsets", "xy", "error", "origin", "end_reason", "review"):
        np.testing.assert_array_equal(getattr(got, name), getattr(put, name))
        assert getattr(got, name).dtype == getattr(put, name).dtype


def test_a_clip_without_trajectories_has_none_of_either_kind(connection):
    journal.perform(connection, AddClips([(make_clip("c"), [])]))
    clip = store.clip(connection, "c")
    assert len(store.points(connection, clip.id)) == 0
    assert store.points(connection, clip.id).xy.shape == (0, 2)
    assert store.objects(connection, clip.id) == []


def test_summaries_count_keyframes_and_the_chosen_annotators_objects(connection):
    a, b = store.summaries(connection)
    # objects of annotator 0 in clip a: keyframes 0 2 6 and 3 5 7
    assert (a.clip.name, a.annotated, a.objects, a.points) == ("a", 6, 2, 4)
    assert (b.annotated, b.objects, b.points) == (1, 1, 0)


def test_moved_frames_are_found_at_their_new_place(connection, tmp_path):
    store.relocate(connection, store.roots(connection)[0], tmp_path)
    assert {clip.root for clip in store.clips(connection)} == {tmp_path}


def test_frames_that_move_to_a_known_folder_join_it(connection, tmp_path):
    (known,) = store.roots(connection)
    store.root_id(connection, tmp_path)
    store.relocate(connection, known, tmp_path)
    assert store.roots(connection) == [tmp_path]
    assert {clip.root for clip in store.clips(connection)} == {tmp_path}


def test_runs_taken_in_are_known_by_name_also_after_undo(connection):
    clip = store.clip(connection, "a")
    assert store.adopted_runs(connection) == set()
    edit = ReplacePoints({clip.id: make_points((0, 3))}, settings={"spacing": 8, "run": "r1"})
    journal.perform(connection, edit)
    journal.undo(connection)
    assert store.adopted_runs(connection) == {"r1"}


def test_rows_are_found_by_the_index_however_many_there_are(connection):
    """SQLite would read the whole table for keys of several columns, if it were asked for nothing else."""
    keys = [tuple(row) for row in connection.execute(select(schema.observation.c["trajectory_id", "frame"]))]
    asked = []

    def note(connection, cursor, statement, parameters, context, many):
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    found = read_rows(connection, schema.observation, keys[3:7])
    event.remove(connection, "before_cursor_execute", note)
    assert [(row["trajectory_id"], row["frame"]) for row in found] == keys[3:7]
    ((statement, parameters),) = asked
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert plan[0][3].startswith("SEARCH observation USING PRIMARY KEY"), plan
