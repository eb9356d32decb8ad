from dataclasses import replace

import pytest

from core.datasets.clip import Use
from core.errors import StudioError
from core.trajectories import integrity, journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.clip_edits import ChooseAnnotator, ChooseUse, RemoveClips, RenameClip
from tests.core.trajectories.small_database import contents, make_clip


def uses(connection) -> dict[str, Use]:
    return {clip.name: clip.use for clip in store.clips(connection)}


def test_choosing_an_annotator_shows_that_ones_objects(connection):
    clip = store.clip(connection, "a")
    assert store.annotators(connection, clip.id) == [0, 1]
    journal.perform(connection, ChooseAnnotator(clip.id, 1))
    (summary, _) = store.summaries(connection)
    assert (summary.clip.annotator, summary.objects, summary.points) == (1, 1, 4)


def test_the_use_of_clips_is_chosen_in_one_step_and_undo_brings_every_table_back(connection):
    before = contents(connection)
    a, b = store.clips(connection)
    changes = journal.perform(
        connection, ChooseUse((replace(a, use=Use.HELD_OUT), replace(b, use=Use.LEFT_OUT)))
    )
    assert changes.clips == {a.id, b.id}
    assert not changes.trajectories
    assert uses(connection) == {"a": Use.HELD_OUT, "b": Use.LEFT_OUT}
    after = contents(connection)
    journal.undo(connection)
    assert contents(connection) == before
    assert uses(connection) == {"a": Use.TRAIN, "b": Use.TRAIN}
    journal.redo(connection)
    assert contents(connection) == after


def test_another_choice_for_a_clip_leaves_its_use(connection):
    a = store.clip(connection, "a")
    journal.perform(connection, ChooseUse((replace(a, use=Use.LEFT_OUT),)))
    journal.perform(connection, ChooseAnnotator(a.id, 1))
    journal.undo(connection)
    assert uses(connection) == {"a": Use.LEFT_OUT, "b": Use.TRAIN}


def test_a_clip_is_imported_with_its_use(connection):
    journal.perform(connection, AddClips([(replace(make_clip("c"), use=Use.HELD_OUT), [])]))
    assert uses(connection)["c"] is Use.HELD_OUT


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ((Use.HELD_OUT,), "Hold out a"),
        ((Use.LEFT_OUT, Use.LEFT_OUT), "Leave out 2 clips"),
        ((Use.TRAIN,), "Train on a"),
        ((Use.TRAIN, Use.HELD_OUT), "Choose the use of 2 clips"),
    ],
)
def test_it_is_named_after_what_it_does(connection, chosen, text):
    clips = [replace(clip, use=use) for clip, use in zip(store.clips(connection), chosen, strict=False)]
    edit = ChooseUse(tuple(clips))
    assert edit.text == text
    assert edit.clip_id == (clips[0].id if len(clips) == 1 else None)


def test_a_clip_that_is_gone_is_one_sentence(connection):
    gone = replace(store.clip(connection, "a"), id=99, name="gone")
    with pytest.raises(StudioError, match="The clip gone is no longer in the project"):
        journal.perform(connection, ChooseUse((gone,)))


def test_a_clip_is_renamed_and_undo_brings_every_table_back(connection):
    before, clip = contents(connection), store.clip(connection, "a")
    changes = journal.perform(connection, RenameClip(clip, "  a walk, left "))
    assert changes.text == "Rename a to a walk, left"
    assert (changes.clips, changes.trajectories) == ({clip.id}, set())
    assert store.clip(connection, "a walk, left") == replace(clip, name="a walk, left")
    journal.undo(connection)
    assert contents(connection) == before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "needs a name"),
        ("  ", "needs a name"),
        ("..", "becomes that of files"),
        ("a/b", "becomes that of files"),
        ("a\nb", "becomes that of files"),
        ("x" * 201, "at most 200 letters"),
        ("b", "There is a clip b already"),
    ],
)
def test_a_name_that_cannot_be_is_one_sentence(connection, name, why):
    clip = store.clip(connection, "a")
    with pytest.raises(StudioError, match=why):
        journal.perform(connection, RenameClip(clip, name))
    assert [one.name for one in store.clips(connection)] == ["a", "b"]


def test_a_name_that_differs_in_how_an_accent_is_written_is_the_same(connection):
    a, b = store.clips(connection)
    journal.perform(connection, RenameClip(a, "caf\u00e9"))
    with pytest.raises(StudioError, match="already"):
        journal.perform(connection, RenameClip(b, "cafe\u0301"))


def test_clips_are_removed_with_their_tracks_in_one_step_and_undo_brings_every_table_back(connection):
    before, clips = contents(connection), store.clips(connection)
    (a, _) = store.summaries(connection)
    journal.perform(connection, RemoveClips((a.clip,), a.objects + a.points))
    (left,) = store.summaries(connection)
    assert left.clip == clips[1]
    after = contents(connection)
    ids = {row[0] for row in before["trajectory"]} - {row[0] for row in after["trajectory"]}
    assert len(ids) >= a.objects + a.points  # those of other annotators too
    journal.undo(connection)
    assert contents(connection) == before
    journal.redo(connection)
    assert contents(connection) == after
    journal.undo(connection)
    journal.perform(connection, RemoveClips(tuple(clips), 9))
    assert (store.clips(connection), integrity.problems(connection)) == ([], [])
    assert contents(connection)["observation"] == []
    journal.undo(connection)
    assert contents(connection) == before


def test_a_removed_clip_cannot_be_removed_again(connection):
    a = store.clip(connection, "a")
    assert RemoveClips((a,), 1).text == "Remove clip a with 1 track"
    assert RemoveClips((a, a), 1200).text == "Remove 2 clips with 1,200 tracks"
    journal.perform(connection, RemoveClips((a,), 1))
    for edit in (RemoveClips((a,), 1), RenameClip(a, "c")):
        with pytest.raises(StudioError, match="The clip a is no longer in the project"):
            journal.perform(connection, edit)
