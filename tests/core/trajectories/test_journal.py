"""Undo and redo are exact, whatever is done in whatever order, also for another connection later."""

import sqlite3

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import StudioError
from core.trajectories import integrity, journal, store
from core.trajectories.bulk_edits import AddClips, FillObservations, ReplacePoints
from core.trajectories.found_object import AddFoundObject
from core.trajectories.model import Origin, Review
from core.trajectories.observation_edits import (
    AddObject,
    DeleteObservation,
    MakeKeyframe,
    MovePoint,
    SetObservation,
    SetPath,
)
from core.trajectories.point_edits import AddPoint, ExtendPoint
from core.trajectories.steps import last_by_person, last_undone
from core.trajectories.trajectory_edits import (
    DeletePart,
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from tests.core.trajectories.small_database import (
    FRAMES,
    contents,
    make_clip,
    make_object,
    make_points,
)

small = st.integers(0, 9)
frames = st.integers(-1, FRAMES)
steps = st.lists(
    st.tuples(st.integers(0, 19), small, small, frames, frames) | st.sampled_from(["undo", "redo"]),
    min_size=1,
    max_size=10,
)


BY_JOBS = (13, 14)
"""The kinds of edit that jobs make."""


def an_edit(connection, kind, one, other, frame, until):
    """The edit that some drawn numbers stand for, on what the database holds now."""
    clip = store.clip(connection, "a")
    objects = [t.id for t in store.objects(connection, clip.id)]
    points = store.points(connection, clip.id).ids.tolist()
    both = objects + points + [10**6]
    id, second = both[one % len(both)], both[other % len(both)]
    mine = (objects or both)[one % len(objects or both)]
    box = np.array([frame, 1, until, 5], np.float32)
    match kind:
        case 0:
            return AddObject(clip.id, "new", abs(frame) % FRAMES, np.array([1, 1, 3, 4]), None)
        case 1:
            return SetObservation(clip.id, mine, abs(frame) % FRAMES, box, None)
        case 2:
            return MakeKeyframe(clip.id, mine, frame)
        case 3:
            return MovePoint(clip.id, id, frame, 3.5, 4.5)
        case 4:
            path = np.full((2, 2), 7.0), np.full(2, np.nan), np.full(2, Origin.PROPAGATED)
            return SetPath(clip.id, id, frame, *path)
        case 5:
            return DeleteObservation(clip.id, id, frame)
        case 6:
            return DeleteTrajectories(clip.id, (id, second))
        case 7:
            return Split(clip.id, id, frame)
        case 8:
            return Merge(clip.id, (id, second), overlapping=frame % 2 == 0)
        case 9:
            return Swap(clip.id, id, second, frame)
        case 10:
            return Trim(clip.id, id, frame, until)
        case 11:
            return Relabel(clip.id, (id, second), "name")
        case 12:
            return SetReview(clip.id, (id,), Review.REJECTED)
        case 13:
            return ReplacePoints(
                {clip.id: make_points((frame % 5 + 1, 4), (0, 2)), 10**6: make_points((0, 1))}
            )
        case 14:
            filled = make_object(range(abs(frame) % 6, 9))
            return FillObservations({clip.id: {mine: filled, 10**6: filled}})
        case 15:
            return AddPoint(clip.id, abs(frame) % FRAMES, 3.5, 4.5)
        case 16:
            beyond = np.arange(frame % FRAMES, max(until, 0))
            return ExtendPoint(clip.id, id, beyond, np.ones((len(beyond), 2)), np.ones(len(beyond)))
        case 17:
            return DeletePart(clip.id, (id, second), frame, until)
        case 18:
            seen = np.arange(abs(frame) % FRAMES, FRAMES)
            boxes = np.tile(np.array([1, 1, 3, 4], np.float32), (len(seen), 1))
            return AddFoundObject(clip.id, seen, boxes, FRAMES - 1)
        case _:
            return AddClips([(make_clip(f"new{one}"), [make_object([3])])])


def attempt(engine, action):
    """Do something in a transaction; False where it was refused, which must change nothing."""
    before = read(engine)
    try:
        with engine.begin() as connection:
            action(connection)
    except StudioError:
        assert read(engine) == before
        return False
    return True


def read(engine):
    with engine.connect() as connection:
        return contents(connection)


@settings(max_examples=30)
@given(steps)
@example([(8, 3, 3, 0, 0)])  # a track merged with itself
@example([(8, 0, 0, 0, 0), "undo", "redo"])
@example([(0, 0, 0, 0, 0), "undo", (13, 0, 0, 0, 0), "redo"])
def test_any_edits_are_undone_and_redone_exactly(new_database, steps):
    engine = new_database()
    states = [read(engine)]  # states[k]: after k edits that were not taken back
    reached = 0
    for step in steps:
        if step == "undo":
            # the two edits that filled the database are never taken back
            if reached > 0:
                assert attempt(engine, journal.undo)
                reached -= 1
        elif step == "redo":
            if reached + 1 < len(states):
                assert attempt(engine, journal.redo)
                reached += 1
        elif step[0] in BY_JOBS and reached + 1 < len(states):
            continue  # a job keeps what is undone: `test_dependence` tries that
        else:
            with engine.connect() as connection:
                edit = an_edit(connection, *step)
            if not attempt(engine, lambda connection, edit=edit: journal.perform(connection, edit)):
                continue
            states = [*states[: reached + 1], read(engine)]
            reached += 1
        assert read(engine) == states[reached]
        with engine.connect() as connection:
            assert integrity.problems(connection) == []
    engine.dispose()  # what follows is what a program that was started again would do
    for state in reversed(states[:reached]):
        assert attempt(engine, journal.undo)
        assert read(engine) == state
    for state in states[1:]:
        assert attempt(engine, journal.redo)
        assert read(engine) == state


def test_a_new_edit_after_an_undo_abandons_what_was_undone(connection):
    clip = store.clip(connection, "a")
    (first, second) = [t.id for t in store.objects(connection, clip.id, 0)]
    journal.perform(connection, Relabel(clip.id, (first,), "left"))
    journal.undo(connection)
    assert journal.redoable(connection).text == f"Label track {first} 'left'"
    journal.perform(connection, Relabel(clip.id, (second,), "right"))
    assert journal.redoable(connection) is None
    assert journal.redo(connection) is None
    assert [entry.state for entry in journal.history(connection)][:2] == ["done", "abandoned"]


def test_what_is_to_be_undone_next_is_found_however_much_was_undone_since(connection):
    clip = store.clip(connection, "a")
    first = store.objects(connection, clip.id, 0)[0].id
    for number in range(40):
        journal.perform(connection, Relabel(clip.id, (first,), f"label {number}"))
    for _ in range(39):
        journal.undo(connection)
    assert last_by_person(connection).text == f"Label track {first} 'label 0'"
    assert last_undone(connection).text == f"Label track {first} 'label 1'"


def test_the_revision_grows_with_every_edit_undo_and_redo(connection):
    clip = store.clip(connection, "b")
    start = journal.revision(connection)
    journal.perform(connection, AddObject(clip.id, "x", 0, np.array([0, 0, 1, 1])))
    journal.undo(connection)
    journal.redo(connection)
    assert journal.revision(connection) == start + 3


def test_an_id_that_was_taken_back_is_never_given_again(connection):
    clip = store.clip(connection, "b")
    add = AddObject(clip.id, "x", 0, np.array([0, 0, 1, 1]))
    (taken,) = journal.perform(connection, add).trajectories
    journal.undo(connection)
    (given_now,) = journal.perform(connection, add).trajectories
    assert given_now > taken
    (clip_taken,) = journal.perform(connection, AddClips([(make_clip("c"), [])])).clips
    journal.undo(connection)
    (clip_now,) = journal.perform(connection, AddClips([(make_clip("d"), [])])).clips
    assert clip_now > clip_taken


def test_an_edit_says_what_it_touched_and_so_does_its_undo(connection):
    clip = store.clip(connection, "a")
    (first, second) = [t.id for t in store.objects(connection, clip.id, 0)]
    changes = journal.perform(connection, Merge(clip.id, (first, second), overlapping=True))
    assert changes.clips == {clip.id}
    assert changes.trajectories == {first, second}
    assert journal.undo(connection) == changes


def test_an_edit_of_several_clips_says_that_it_touched_them(connection):
    clips = {clip.id for clip in store.clips(connection)}
    assert len(clips) > 1
    edit = ReplacePoints({clip: make_points((0, 2)) for clip in clips})
    assert journal.perform(connection, edit).clips == clips
    assert journal.undo(connection).clips == clips
    assert journal.redo(connection).clips == clips


def test_more_tracks_than_a_statement_takes_parameters_are_deleted_and_brought_back(connection):
    connection.connection.driver_connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 11_000)
    clip = store.clip(connection, "b")
    many = make_points(*[(0, 1)] * 12_000)
    journal.perform(connection, ReplacePoints({clip.id: many}))
    before = contents(connection)
    ids = tuple(store.points(connection, clip.id).ids.tolist())
    assert len(store.some_points(connection, ids)) == 12_000
    journal.perform(connection, SetReview(clip.id, ids, Review.ACCEPTED))
    journal.perform(connection, DeleteTrajectories(clip.id, ids))
    assert len(store.points(connection, clip.id)) == 0
    journal.undo(connection)
    journal.undo(connection)
    assert contents(connection) == before


def test_several_steps_are_those_steps_one_after_the_other(connection):
    clip = store.clip(connection, "a")
    (first, *_) = store.points(connection, clip.id).ids.tolist()
    states = [contents(connection)]
    for label in "abc":
        journal.perform(connection, Relabel(clip.id, (first,), label))
        states.append(contents(connection))
    assert [entry.text[-3:] for entry in journal.turnable(connection, -2)] == ["'c'", "'b'"]
    assert journal.turn(connection, -2).trajectories == {first}
    assert contents(connection) == states[1]
    journal.turn(connection, -1)
    assert [entry.text[-3:] for entry in journal.turnable(connection, 2)] == ["'a'", "'b'"]
    journal.turn(connection, 9)
    assert contents(connection) == states[3]
    assert journal.turn(connection, 1) is None


def test_an_edit_that_joins_the_last_is_one_step_with_it(connection):
    clip = store.clip(connection, "a")
    (first, *_) = store.points(connection, clip.id).ids.tolist()
    before, entries, revision = (
        contents(connection),
        len(journal.history(connection)),
        journal.revision(connection),
    )
    journal.perform(connection, MovePoint(clip.id, first, 2, 9.0, 8.0))
    path = np.full((2, 2), 7.0)
    repair = SetPath(clip.id, first, 3, path, np.ones(2), np.full(2, Origin.PROPAGATED))
    changes = journal.follow(connection, repair, journal.undoable(connection))
    assert (changes.clips, changes.trajectories) == ({clip.id}, {first})
    assert journal.revision(connection) == revision + 2
    after = contents(connection)
    (entry, *_) = journal.history(connection)
    assert (entry.text, entry.rows) == (f"Move point {first} at frame 2", 2)
    assert len(journal.history(connection)) == entries + 1
    for _ in range(2):
        journal.undo(connection)
        assert contents(connection) == before
        journal.redo(connection)
        assert contents(connection) == after


def test_history_names_edits_newest_first(connection):
    assert [entry.text for entry in journal.history(connection)] == ["Track 4 points", "Import 2 clips"]
    assert journal.undoable(connection).text == "Track 4 points"


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_undo_is_none(new_database, count):
    with new_database().connect() as connection:
        for _ in range(2 + count):
            journal.undo(connection)
        assert journal.undo(connection) is None
        assert journal.undoable(connection) is None
