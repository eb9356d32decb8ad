import numpy as np
import pytest

from core.trajectories import integrity, schema, store


@pytest.fixture
def ids(connection):
    clip = store.clip(connection, "a")
    return store.objects(connection, clip.id)[0].id, int(store.points(connection, clip.id).ids[0])


def test_a_sound_database_has_no_problems(connection):
    assert integrity.problems(connection) == []


@pytest.mark.parametrize(
    ("which", "values", "sentence"),
    [
        (0, {"last": 7}, "its observations run from 0 to 6"),
        (0, {"last": 12}, "which are not all frames of its clip"),
        (1, {"last": 10}, "but its path holds another number"),
        (1, {"xy": np.full((12, 2), np.nan, "<f4").tobytes()}, "not a number"),
    ],
)
def test_a_row_that_disagrees_is_named(connection, ids, which, values, sentence):
    t = schema.trajectory
    connection.execute(t.update().where(t.c.id == ids[which]).values(**values))
    problems = integrity.problems(connection)
    assert any(sentence in problem and f"rack {ids[which]} " in problem for problem in problems)


def test_a_clip_of_an_immense_size_is_named_and_so_are_its_masks(connection, ids):
    o = schema.observation
    connection.execute(o.update().where(o.c.trajectory_id == ids[0], o.c.frame == 2).values(mask=b"\1\0\0\0"))
    connection.exec_driver_sql("UPDATE clip SET width = 1 << 30, height = 1 << 62")
    assert "Clip a has a height of the wrong type or size." in integrity.problems(connection)
    connection.exec_driver_sql("UPDATE clip SET width = 1 << 30, height = 1 << 30")
    assert any(
        "has frames of 1073741824 x 1073741824 pixels" in one for one in integrity.problems(connection)
    )


def test_a_mask_of_another_size_and_an_object_without_frames_are_named(connection, ids):
    o = schema.observation
    connection.execute(o.update().where(o.c.trajectory_id == ids[0], o.c.frame == 2).values(mask=b"\1\0\0\0"))
    (problem,) = integrity.problems(connection)
    assert problem == f"Track {ids[0]} of a has a mask at frame 2 that is not of its clip's size."
    connection.execute(o.delete().where(o.c.trajectory_id == ids[0]))
    assert integrity.problems(connection) == [f"Track {ids[0]} has no observations."]


@pytest.mark.parametrize(
    ("frame", "values"),
    [(0, {"overlap": 1.5}), (1, {"overlap": 0.5}), (2, {"flags": 128}), (2, {"flags": -1})],
)
def test_an_audit_or_flags_that_make_no_sense_are_named(connection, ids, frame, values):
    o = schema.observation
    connection.execute(o.update().where(o.c.trajectory_id == ids[0], o.c.frame == frame).values(**values))
    (problem,) = integrity.problems(connection)
    assert problem == f"Track {ids[0]} of a has an audit or flags at frame {frame} that make no sense."


def test_a_row_whose_parent_is_gone_is_named(new_database):
    engine = new_database()
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("DELETE FROM clip WHERE name='b'")
        assert "names a clip that does not exist" in integrity.problems(connection)[0]
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.exec_driver_sql("BEGIN")
