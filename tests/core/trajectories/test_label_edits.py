import pytest

from core.errors import StudioError
from core.trajectories import journal, store
from core.trajectories.label_edits import ReplaceLabel, label_counts
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_edits import Relabel
from tests.core.trajectories.small_database import contents


def counts(connection) -> dict[str, dict[str, int]]:
    clips = {clip.id: clip.name for clip in store.clips(connection)}
    return {clips[id]: found for id, found in label_counts(connection, list(clips)).items()}


def test_tracks_are_counted_by_clip_and_label_of_both_kinds_and_every_annotator(connection):
    assert counts(connection) == {"a": {"car": 2, "cow": 1, "": 4}, "b": {"car": 1}}
    assert label_counts(connection, []) == {}


@pytest.mark.parametrize(
    ("by", "text"),
    [("auto", "Label 3 tracks 'auto' instead of 'car'"), ("", "Take the label 'car' off 3 tracks")],
)
def test_a_label_is_replaced_in_all_clips_in_one_step_and_undo_brings_every_table_back(connection, by, text):
    before = contents(connection)
    edit = ReplaceLabel("car", by, 3)
    changes = journal.perform(connection, edit)
    assert edit.text == text == changes.text
    assert edit.rows == 3
    assert len(changes.trajectories) == 3
    assert changes.clips == {clip.id for clip in store.clips(connection)}
    found = counts(connection)
    assert (found["a"].get(by), found["b"]) == ({"auto": 2, "": 6}[by], {by: 1})
    journal.undo(connection)
    assert contents(connection) == before


def test_labels_become_one_and_undo_parts_them_again(connection):
    (cow,) = (
        one.id for one in store.objects(connection, store.clip(connection, "a").id) if one.label == "cow"
    )
    before = contents(connection)
    journal.perform(connection, ReplaceLabel("car", "cow", 3))
    assert counts(connection)["a"] == {"cow": 3, "": 4}
    journal.undo(connection)
    assert contents(connection) == before
    assert {one.id for one in store.some_objects(connection, [cow])} == {cow}


def test_the_text_names_what_was_found_if_others_were_counted_before(connection):
    a = store.clip(connection, "a")
    (cow,) = (one.id for one in store.objects(connection, a.id) if one.label == "cow")
    journal.perform(connection, Relabel(a.id, (cow,), "car"))
    assert journal.perform(connection, ReplaceLabel("car", "auto", 3)).text.startswith("Label 4 tracks")
    with pytest.raises(StudioError, match="No track has the label 'cow' any more"):
        ReplaceLabel("cow", "x", 1).write(Recorder(connection))
