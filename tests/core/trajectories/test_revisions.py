"""Any revision can be gone back to exactly, and what differs from it is what really does."""

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.trajectories import integrity, journal, revisions, store
from core.trajectories import steps as steps_of_undo
from core.trajectories.bulk_edits import AddClips
from core.trajectories.clip_edits import RemoveClips, RenameClip
from core.trajectories.observation_edits import AddObject, SetObservation
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel
from tests.core.trajectories.small_database import FRAMES, contents, make_clip
from tests.core.trajectories.test_journal import an_edit, attempt, read

small, frames = st.integers(0, 9), st.integers(-1, FRAMES)
drawn = st.lists(
    st.tuples(st.integers(0, 15), small, small, frames, frames)
    | st.sampled_from(["undo", "redo", "back", "undo by person"])
    | st.tuples(st.just("alone"), small),
    min_size=2,
    max_size=14,
)


def act(connection, step, known):
    if step == "undo":
        journal.undo(connection)
    elif step == "redo":
        journal.redo(connection)
    elif step == "undo by person":
        last = steps_of_undo.last_by_person(connection)
        if last is not None:
            journal.turn_over(connection, journal.with_follow_ups(connection, last.id))
    elif step == "back":
        revisions.go_to(connection, known[len(known) // 2])
    elif step[0] == "alone":
        entries = journal.history(connection)
        journal.turn_over(connection, [entries[step[1] % len(entries)].id])
    else:
        journal.perform(connection, an_edit(connection, *step))


def by_hand(before, after):
    """What differs between two contents of the tables, by rows alone."""
    found = {}
    for table in ("trajectory", "observation"):
        old, new = (
            {tuple(row[:1] if table == "trajectory" else row[:2]): row for row in state[table]}
            for state in (before, after)
        )
        for key in old.keys() | new.keys():
            if old.get(key) != new.get(key):
                if table == "trajectory" and (key not in old or key not in new):
                    found[int(key[0])] = "removed" if key in old else "added"
                else:
                    found.setdefault(int(key[0]), "changed")
    return found


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn)
@example([(11, 0, 1, 0, 0), "undo", (11, 0, 1, 0, 0), ("alone", 1), "back", (7, 1, 0, 3, 0), "back"])
def test_every_revision_is_compared_and_gone_back_to_exactly(new_database, drawn):
    engine = new_database()
    with engine.connect() as connection:
        known = [journal.revision(connection)]
    states = {known[0]: read(engine)}
    for step in drawn:
        try:
            attempt(engine, lambda connection, step=step: act(connection, step, known))
        except (IndexError, ZeroDivisionError):
            continue
        with engine.connect() as connection:
            revision = journal.revision(connection)
        if revision not in states:
            known.append(revision)
            states[revision] = read(engine)
    last = states[known[-1]]
    with engine.connect() as connection:
        for one in known:
            found = revisions.differences(connection, one)
            assert {track.id: track.what for track in found.tracks} == by_hand(states[one], last)
            found = revisions.differences(connection, known[len(known) // 2], one)
            expected = by_hand(states[known[len(known) // 2]], states[one])
            assert {track.id: track.what for track in found.tracks} == expected
    for one in (*known[::2], *known[::-1], known[-1]):
        with engine.begin() as connection:
            revisions.go_to(connection, one)
            assert contents(connection) == states[one]
            assert revisions.route(connection, one) == []
            assert integrity.problems(connection) == []


def test_what_differs_is_named_by_clip_kind_label_and_frame(connection):
    a, b = (store.clip(connection, name) for name in "ab")
    kept, relabelled = [one.id for one in store.objects(connection, a.id, 0)]
    (gone,) = [one.id for one in store.objects(connection, b.id)]
    start = journal.revision(connection)
    journal.perform(connection, SetObservation(a.id, kept, 5, np.array([1, 1, 4, 4], np.float32), None))
    journal.perform(connection, Relabel(a.id, (relabelled,), "new"))
    journal.perform(connection, DeleteTrajectories(b.id, (gone,)))
    journal.perform(connection, AddObject(b.id, "drawn", 2, np.array([0, 0, 1, 1])))
    journal.perform(connection, RenameClip(b, "c"))
    found = revisions.differences(connection, start)
    told = [(one.clip_id, one.id, one.what, one.label, one.frame) for one in found.tracks]
    assert told[:3] == [
        (a.id, kept, "changed", "car", 5),
        (a.id, relabelled, "changed", "new", None),
        (b.id, gone, "removed", "car", 4),
    ]
    assert told[3][2:] == ("added", "drawn", 2)
    assert found.clips == {b.id: ("c", "changed")}
    between = revisions.differences(connection, start, start + 2)
    assert [one.id for one in between.tracks] == [kept, relabelled]


def test_a_clip_comes_back_though_another_took_its_name(connection):
    b = store.clip(connection, "b")
    start = journal.revision(connection)
    journal.perform(connection, RemoveClips((b,), 1))
    assert revisions.differences(connection, start).clips == {b.id: ("b", "removed")}
    journal.perform(connection, AddClips([(make_clip("b"), [])]))
    revisions.go_to(connection, start)  # the clip that took the name goes first
    assert store.clip(connection, "b").id == b.id


def test_edits_are_counted_before_they_are_turned_over(connection):
    a = store.clip(connection, "a")
    (one, other) = [t.id for t in store.objects(connection, a.id, 0)]
    journal.perform(connection, Relabel(a.id, (one,), "x"))
    start = journal.revision(connection)
    journal.undo(connection)
    journal.perform(connection, Relabel(a.id, (other,), "y"))
    route = revisions.route(connection, start)
    assert [(entry.text, entry.state) for entry in route] == [
        (f"Label track {other} 'y'", "done"),
        (f"Label track {one} 'x'", "abandoned"),
    ]
