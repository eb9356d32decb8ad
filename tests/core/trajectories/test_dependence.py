"""Edits are taken back and done again out of their order exactly, or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StudioError
from core.trajectories import dependence, integrity, journal, steps, store
from core.trajectories.bulk_edits import AddClips, FillObservations, ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.model import Origin
from core.trajectories.observation_edits import MovePoint, SetObservation, SetPath
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, Split, Trim
from tests.core.trajectories.by_key import redo_last, undo_last
from tests.core.trajectories.small_database import FRAMES, contents, make_clip, make_object, make_points
from tests.core.trajectories.test_journal import an_edit, attempt, read

small = st.integers(0, 9)
frames = st.integers(-1, FRAMES)
drawn = st.tuples(st.integers(0, 18), small, small, frames, frames)
turns = st.lists(drawn | st.integers(0, 30), min_size=4, max_size=16)


@settings(max_examples=40)
@given(turns)
def test_what_the_database_holds_depends_on_nothing_but_which_edits_are_done(new_database, turns):
    """Whatever was turned over in whatever order: the same edits done, the same rows."""
    engine = new_database()

    def done() -> frozenset[int]:
        with engine.connect() as connection:
            return frozenset(one.id for one in journal.history(connection) if one.state == "done")

    known = {done(): read(engine)}
    for turn in turns:
        if isinstance(turn, int):
            with engine.connect() as connection:
                ids = [one.id for one in journal.history(connection)][:-2]  # not those that filled it
            if not ids:
                continue
            id = ids[turn % len(ids)]
            attempt(engine, lambda connection, id=id: journal.turn_over(connection, [id]))
        else:
            with engine.connect() as connection:
                edit = an_edit(connection, *turn)
            attempt(engine, lambda connection, edit=edit: journal.perform(connection, edit))
        assert known.setdefault(done(), read(engine)) == read(engine)
        with engine.connect() as connection:
            assert integrity.problems(connection) == []


@settings(max_examples=25)
@given(st.lists(drawn, min_size=2, max_size=8))
def test_an_edit_taken_back_alone_leaves_what_the_others_make_without_it(new_database, drawn):
    engine = new_database()
    for numbers in drawn:
        with engine.connect() as connection:
            edit = an_edit(connection, *numbers)
        attempt(engine, lambda connection, edit=edit: journal.perform(connection, edit))
    with engine.connect() as connection:
        made = [one for one in reversed(journal.history(connection)) if one.id > 2]
    whole = read(engine)
    for place, one in enumerate(made):
        if not attempt(engine, lambda connection, one=one: journal.turn_over(connection, [one.id])):
            continue
        alone = read(engine)
        assert attempt(engine, lambda connection, one=one: journal.turn_over(connection, [one.id]))
        assert read(engine) == whole
        with engine.begin() as connection:  # the way of old: back to it, and forward again without it
            for later in reversed(made[place:]):
                journal._turn_over(connection, later, "undo")
            for later in made[place + 1 :]:
                journal._turn_over(connection, later, "redo")
            assert contents(connection) == alone
            for later in reversed(made[place + 1 :]):
                journal._turn_over(connection, later, "undo")
            for later in made[place:]:
                journal._turn_over(connection, later, "redo")
        assert read(engine) == whole


@pytest.fixture
def clip(connection):
    return store.clip(connection, "a")


@pytest.fixture
def objects(connection, clip):
    return [one.id for one in store.objects(connection, clip.id, annotator=0)]


@pytest.fixture
def points(connection, clip):
    return store.points(connection, clip.id).ids.tolist()


def do(connection, edit) -> int:
    return journal.perform(connection, edit).edit


def labels(connection, ids) -> list[str]:
    return [one.label for one in store.some_objects(connection, ids)]


def test_edits_of_other_tracks_do_not_stand_in_the_way(connection, clip, objects):
    first, second = objects
    a = do(connection, Relabel(clip.id, (first,), "a"))
    do(connection, Relabel(clip.id, (second,), "b"))
    journal.turn_over(connection, [a])
    assert labels(connection, objects) == ["car", "b"]
    assert steps.last_undone(connection).id == a
    redo_last(connection)
    assert labels(connection, objects) == ["a", "b"]


def test_a_later_edit_of_the_same_track_stands_in_the_way_and_is_named(connection, clip, objects):
    first, second = objects
    a = do(connection, Relabel(clip.id, (first,), "a"))
    b = do(connection, Relabel(clip.id, (second, first), "b"))
    c = do(connection, Split(clip.id, first, 2))
    assert dependence.in_the_way(connection, a) == [c, b]
    assert dependence.in_the_way(connection, b) == [c]
    with pytest.raises(StudioError) as refused:
        journal.turn_over(connection, [a])
    assert str(refused.value).startswith(
        f"“Label track {first} 'a'” cannot be taken back alone: “Split track"
    )
    assert "came later and changed the same, as did 1 more; take that back first" in str(refused.value)
    assert dependence.chain(connection, a) == [c, b, a]
    before = contents(connection)
    journal.turn_over(connection, [c, b, a])
    assert labels(connection, objects) == ["car", "cow"]
    assert dependence.chain(connection, c) == [a, b, c]
    journal.turn_over(connection, [a, b, c])
    assert contents(connection) == before


def test_a_lost_branch_is_restored_where_nothing_took_its_place(connection, clip, objects):
    first, second = objects
    split = do(connection, Split(clip.id, first, 2))
    after = contents(connection)
    undo_last(connection)
    other = do(connection, Relabel(clip.id, (second,), "b"))
    assert steps.last_undone(connection) is None, "the new edit took its place"
    journal.turn_over(connection, [split])
    assert steps.last_by_person(connection).id == split, "the next undo takes back what was just restored"
    journal.turn_over(connection, [other])
    assert contents(connection) == after
    undo_last(connection)
    same = do(connection, Relabel(clip.id, (first,), "in its place"))
    with pytest.raises(StudioError, match="cannot be done again alone: “Label track"):
        journal.turn_over(connection, [split])
    journal.turn_over(connection, [same, split])
    assert contents(connection) == after


def test_undo_passes_over_what_a_job_brought_in(connection, clip, objects, points):
    first = objects[0]
    mine = do(connection, Relabel(clip.id, (first,), "mine"))
    job = do(connection, ReplacePoints({clip.id: make_points((0, 4), (1, 3))}))
    tracked = store.points(connection, clip.id).ids.tolist()
    assert steps.last_by_person(connection).id == mine
    assert undo_last(connection).edit == mine
    assert labels(connection, [first]) == ["car"]
    assert store.points(connection, clip.id).ids.tolist() == tracked
    redo_last(connection)
    journal.turn_over(connection, [job])
    assert store.points(connection, clip.id).ids.tolist() == points
    assert labels(connection, [first]) == ["mine"]


def test_a_job_that_changed_the_same_track_stands_in_the_way_of_undo(connection, clip, objects):
    first = objects[0]
    box = np.array([1, 1, 5, 5], np.float32)
    do(connection, SetObservation(clip.id, first, 0, box, None))
    do(connection, FillObservations({clip.id: {first: make_object([3])}}))
    before = contents(connection)
    with pytest.raises(StudioError, match="“Densify 1 object” came later and changed the same"):
        undo_last(connection)
    assert contents(connection) == before


def test_a_job_leaves_what_was_undone_to_be_done_again(connection, clip, objects):
    first = objects[0]
    do(connection, Relabel(clip.id, (first,), "mine"))
    undo_last(connection)
    do(connection, ReplacePoints({clip.id: make_points((0, 4))}))
    assert redo_last(connection) is not None
    assert labels(connection, [first]) == ["mine"]
    undo_last(connection)
    do(connection, FillObservations({clip.id: {first: make_object([3])}}))
    with pytest.raises(StudioError, match="cannot be done again alone: “Densify 1 object”"):
        redo_last(connection)


def test_everything_in_a_clip_depends_on_its_import(connection):
    imported = do(connection, AddClips([(make_clip("c"), [])]))
    clip = store.clip(connection, "c")
    used = do(connection, ChooseUse((clip,)))
    tracked = do(connection, ReplacePoints({clip.id: make_points((0, 4))}))
    elsewhere = do(connection, ReplacePoints({store.clip(connection, "b").id: make_points((0, 4))}))
    assert dependence.in_the_way(connection, imported) == [tracked, used]
    assert dependence.in_the_way(connection, used) == []
    journal.turn_over(connection, [tracked, used, imported])
    with pytest.raises(StudioError, match="cannot be done again alone: “Import c” was taken back"):
        journal.turn_over(connection, [tracked])
    do(connection, AddClips([(make_clip("c"), [])]))
    with pytest.raises(StudioError, match="something of the same name has taken its place"):
        journal.turn_over(connection, [imported])
    assert dependence.in_the_way(connection, elsewhere) == []


def repair(clip, id):
    path = np.full((2, 2), 7.0)
    return SetPath(clip.id, id, 3, path, np.ones(2), np.full(2, Origin.PROPAGATED))


def test_what_follows_joins_its_edit_also_after_edits_of_other_tracks(connection, clip, points):
    first, second, *_ = points
    before = contents(connection)
    move = MovePoint(clip.id, first, 2, 9.0, 8.0)
    moved = do(connection, move)
    step = steps.last_by_person(connection)
    other = do(connection, Relabel(clip.id, (second,), "b"))
    journal.follow(connection, repair(clip, first), step)
    assert [one.id for one in journal.history(connection, 2)] == [other, moved]
    assert steps.last_by_person(connection).id == other, "what follows is not what a person did last"
    undo_last(connection)
    undo_last(connection)
    assert contents(connection) == before


def test_what_follows_is_a_step_of_its_own_after_an_edit_of_the_same_track(connection, clip, points):
    first, *_ = points
    moved = do(connection, MovePoint(clip.id, first, 2, 9.0, 8.0))
    step = steps.last_by_person(connection)
    named = do(connection, Relabel(clip.id, (first,), "b"))
    journal.follow(connection, repair(clip, first), step)
    latest, *_ = journal.history(connection, 1)
    assert (latest.text, latest.by_job) == (f"Repair point {first}", True)
    assert dependence.chain(connection, moved) == [latest.id, named, moved]


def test_what_follows_from_something_undone_or_beside_it_is_left(connection, clip, points):
    first, *_ = points
    do(connection, MovePoint(clip.id, first, 2, 9.0, 8.0))
    step = steps.last_by_person(connection)
    do(connection, DeleteTrajectories(clip.id, (first,)))
    undo_last(connection)
    before = contents(connection)
    assert journal.follow(connection, repair(clip, first), step) is None
    assert contents(connection) == before
    assert redo_last(connection) is not None


def test_an_undo_says_which_frames_it_changed(connection, clip, objects, points):
    spans = []
    for edit in (
        SetObservation(clip.id, objects[0], 2, np.array([1, 1, 5, 5], np.float32), None),
        Split(clip.id, objects[1], 5),
        Relabel(clip.id, (objects[1],), "x"),
        MovePoint(clip.id, points[0], 4, 1.0, 1.0),
        Split(clip.id, points[0], 7),
        Trim(clip.id, points[2], 10, 10),
        DeleteTrajectories(clip.id, (points[1],)),
    ):
        do(connection, edit)
        spans.append((undo_last(connection).span, redo_last(connection).span))
    one_way = [(2, 2), (5, 8), (3, 4), (4, 4), (7, 11), (8, 9), (2, 6)]
    assert spans == [(span, span) for span in one_way]
    edit = journal.history(connection, 1)[0].id
    changes = steps.touched(connection, edit)
    assert (changes.clips, changes.trajectories, changes.span) == ({clip.id}, {points[1]}, (2, 6))


def test_the_history_is_asked_for_by_clip_and_by_track(connection, clip, objects, points):
    do(connection, Relabel(clip.id, (objects[0],), "x"))
    do(connection, SetObservation(clip.id, objects[1], 3, np.array([1, 1, 5, 5], np.float32), None))
    b = store.clip(connection, "b").id
    do(connection, ReplacePoints({b: make_points((0, 4))}))

    def texts(**which) -> list[str]:
        return [one.text for one in journal.history(connection, **which)]

    assert texts(clip_id=b) == ["Track 1 point", "Import 2 clips"]
    assert texts(tracks=[objects[1]]) == [f"Edit track {objects[1]} at frame 3", "Import 2 clips"]
    assert texts(tracks=[points[0]]) == ["Track 4 points"]
    assert texts(tracks=[10**6]) == []


def test_undo_takes_what_followed_with_it_where_that_is_in_the_way(connection, clip, objects):
    first, second = objects
    box = np.array([1, 1, 5, 5], np.float32)
    do(connection, SetObservation(clip.id, first, 0, box, None))
    step, after_one = steps.last_by_person(connection), contents(connection)
    edited = do(connection, SetObservation(clip.id, second, 3, box, None))
    both = {first: make_object([4]), second: make_object([4])}
    journal.follow(connection, FillObservations({clip.id: both}, (4, 4), "refill"), step)
    latest, *_ = journal.history(connection, 1)
    assert latest.by_job
    assert journal.with_follow_ups(connection, edited) == [latest.id, edited]
    undo_last(connection)
    assert contents(connection) == after_one
