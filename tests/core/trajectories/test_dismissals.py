"""A dismissal is an edit like any other: taken back and done again exactly, and no work of a run."""

from core.trajectories import journal, store
from core.trajectories.clip_edits import ChooseAnnotator
from core.trajectories.dismissals import Dismiss, dismissed
from core.trajectories.integrity import problems
from tests.core.trajectories.small_database import contents

CUT = {"what": "cut", "frame": 4, "steps": [{"trajectory": 1, "before_box": [0.5, 1.0, 2.0, 3.0]}]}


def test_what_is_dismissed_stays_so_until_that_is_undone(connection):
    before = contents(connection)
    clip = store.clip(connection, "a")
    changes = journal.perform(connection, Dismiss(clip.id, "cut of track 1 at frame 4", CUT))
    assert changes.clips == {clip.id}
    assert not changes.trajectories
    assert dismissed(connection) == [CUT]
    assert journal.undoable(connection).text == "Dismiss cut of track 1 at frame 4"
    journal.undo(connection)
    assert dismissed(connection) == []
    journal.redo(connection)
    assert dismissed(connection) == [CUT]
    assert contents(connection) == before
    assert problems(connection) == []


def test_another_edit_after_the_undo_does_not_bring_it_back(connection):
    clip = store.clip(connection, "a")
    journal.perform(connection, Dismiss(clip.id, "it", CUT))
    journal.undo(connection)
    journal.perform(connection, ChooseAnnotator(clip.id, 1))
    other = {**CUT, "frame": 9}
    journal.perform(connection, Dismiss(clip.id, "another", other))
    assert dismissed(connection) == [other]
    journal.turn(connection, -2)
    assert dismissed(connection) == []


def test_it_is_no_result_of_a_run(connection):
    clip = store.clip(connection, "a")
    runs = store.adopted_runs(connection)
    journal.perform(connection, Dismiss(clip.id, "it", CUT))
    assert store.adopted_runs(connection) == runs
