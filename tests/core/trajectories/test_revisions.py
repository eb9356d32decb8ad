"""Any revision can be gone back to exactly, and what differs from it is what really does."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import StudioError
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
        revisions.go_to(connection, known[len(known) // 2], "then")
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


@settings(max_examples=10, deadline=None)
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
            revisions.go_to(connection, one, "then")
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
    revisions.go_to(connection, start, "then")  # the clip that took the name goes first
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


def person_turns(connection, word):
    """Ctrl+Z, or Ctrl+Shift+Z: what the step was called."""
    find = steps_of_undo.last_by_person if word == "undo" else steps_of_undo.last_undone
    entry = find(connection)
    return "" if entry is None else journal.turn_with_follow_ups(connection, [entry.id]).text


def test_going_to_a_version_is_a_step_that_a_person_takes_back_and_does_again(connection):
    a, b = (store.clip(connection, name) for name in "ab")
    one, other = [t.id for t in store.objects(connection, a.id, 0)]
    said = []
    for label in "xyz":
        journal.perform(connection, Relabel(a.id, (one,), label))
        said.append((journal.revision(connection), contents(connection)))
    journal.turn_over(connection, [journal.history(connection)[0].id])  # z, undone before
    before = contents(connection)
    assert revisions.go_to(connection, said[0][0], "“x”").text == "Go back to “x”"
    assert contents(connection) == said[0][1]
    journal.perform(connection, Relabel(a.id, (other,), "later"))
    later = contents(connection)
    drawn = AddObject(b.id, "found", 2, np.array([0, 0, 1, 1]))
    journal.perform(connection, ByJob(drawn))
    assert [person_turns(connection, "undo") for _ in range(2)] == [
        f"Label track {other} 'later'",
        "Go back to “x”",
    ]
    found = [t for t in store.objects(connection, b.id) if t.label == "found"]
    assert len(found) == 1, "what a job brought in stays"
    (found_by_job,) = [one.id for one in journal.history(connection) if "found" in one.text]
    journal.turn_over(connection, [found_by_job])
    assert contents(connection) == before
    journal.turn_over(connection, [found_by_job])
    assert steps_of_undo.last_undone(connection).text == "Go back to “x”"
    assert [person_turns(connection, "redo") for _ in range(2)] == [
        "Go back to “x”",
        f"Label track {other} 'later'",
    ]
    journal.turn_over(connection, [found_by_job])
    assert contents(connection) == later
    words = [person_turns(connection, "undo") for _ in range(4)]
    assert words[2:] == [f"Label track {one} 'y'", f"Label track {one} 'x'"]


def test_after_going_back_nothing_is_left_to_redo_and_a_jump_in_the_history_passes_over_it(connection):
    a = store.clip(connection, "a")
    one, _ = [t.id for t in store.objects(connection, a.id, 0)]
    known = []
    for label in "xyz":
        journal.perform(connection, Relabel(a.id, (one,), label))
        known.append((journal.revision(connection), contents(connection)))
    revisions.go_to(connection, known[1][0], "“y”")
    assert steps_of_undo.last_undone(connection) is None
    journal.turn(connection, -2)  # to where x was said last
    assert contents(connection) == known[0][1]
    assert steps_of_undo.last_by_person(connection).text == f"Label track {one} 'x'"
    revisions.go_to(connection, known[2][0], "“z”")
    revisions.go_to(connection, known[0][0], "“x”")
    assert contents(connection) == known[0][1]
    assert [person_turns(connection, "undo") for _ in range(2)] == ["Go back to “x”", "Go back to “z”"]
    assert contents(connection) == known[0][1]


def test_where_a_job_changed_the_same_since_going_back_cannot_be_undone_and_says_so(connection):
    a = store.clip(connection, "a")
    one, _ = [t.id for t in store.objects(connection, a.id, 0)]
    start = journal.revision(connection)
    journal.perform(connection, Relabel(a.id, (one,), "x"))
    revisions.go_to(connection, start, "“start”")
    journal.perform(connection, ByJob(Relabel(a.id, (one,), "job")))
    with pytest.raises(StudioError, match=r"cannot be done again alone: “Label track . 'job'” came later"):
        person_turns(connection, "undo")


@dataclass(frozen=True)
class ByJob:
    """An edit that a job brings in."""

    edit: journal.Edit

    @property
    def text(self):
        return self.edit.text

    @property
    def clip_id(self):
        return self.edit.clip_id

    rows = 1

    def write(self, rows):
        rows.by_job = True
        self.edit.write(rows)
