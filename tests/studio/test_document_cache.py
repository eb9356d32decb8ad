"""After every edit the open document shows what a freshly opened one would read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Use
from core.project.project import Project
from core.trajectories import store
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.clip_edits import ChooseAnnotator, ChooseUse
from core.trajectories.model import Flag, PointTrajectories, Review
from core.trajectories.observation_edits import (
    AddObject,
    DeleteObservation,
    MakeKeyframe,
    MovePoint,
    SetObservation,
)
from core.trajectories.sight_edits import SetOutside
from core.trajectories.trajectory_edits import (
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from studio import lookups
from studio.document import FEW, Document
from tests.studio.small_project import FRAMES, draw_points

BOX = np.array([3, 4, 20, 30], np.float32)


def same_points(a: PointTrajectories, b: PointTrajectories) -> None:
    for name in ("ids", "first", "offsets", "xy", "error", "origin", "end_reason", "review", "labels"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for frame in range(FRAMES):
        np.testing.assert_array_equal(a.at(frame), b.at(frame))


def compare_with_fresh(document: Document) -> None:
    with document.project.reading() as connection:
        assert document.clips() == store.summaries(connection)
        for one in document.clips():
            same_points(document.points(one.clip.id), store.points(connection, one.clip.id))
            fresh = store.objects(connection, one.clip.id, one.clip.annotator)
            cached = list(document.objects(one.clip.id).values())
            assert [o.id for o in cached] == [o.id for o in fresh] == list(document.objects(one.clip.id))
            for ours, theirs in zip(cached, fresh, strict=True):
                assert (ours.label, ours.review, ours.masks) == (theirs.label, theirs.review, theirs.masks)
                for name in ("frames", "boxes", "origin", "confidence"):
                    np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def edits_of(document: Document) -> list:
    birds, cars = (one.clip for one in document.clips())
    clip = birds.id
    a, b = document.objects(clip)
    p = document.points(clip).ids.tolist()  # point i starts at i % 4 and is i % 5 + 3 frames long
    return [
        SetReview(clip, (a, p[3]), Review.ACCEPTED),
        Relabel(clip, (b, p[0], p[19]), "néw"),
        SetObservation(clip, a, 7, BOX, None),
        DeleteObservation(clip, a, 5),
        DeleteObservation(clip, p[4], 2),
        MovePoint(clip, p[1], 2, 9.5, 8.25),
        Split(clip, b, 5),
        Split(clip, p[9], 3),
        Trim(clip, p[14], 3, 5),
        AddObject(clip, "fox", 3, BOX),
        Merge(clip, (a, b), overlapping=True),
        DeleteTrajectories(clip, (p[2], p[7], a)),
        ReplacePoints({clip: draw_points(4)}),
        ChooseUse((replace(birds, use=Use.HELD_OUT), replace(cars, use=Use.LEFT_OUT))),
        ChooseAnnotator(clip, 1),
        ChooseUse((replace(birds, use=Use.TRAIN),)),
    ]


def test_each_edit_its_undo_and_redo_leave_what_a_fresh_read_gives(small_document: Document):
    document = small_document
    document.failed.connect(pytest.fail)
    compare_with_fresh(document)
    edits = edits_of(document)
    for edit in edits:
        assert document.perform(edit)
        compare_with_fresh(document)
    for count in (-1, 1, -1):  # one after the other, what a job brings in too
        for _ in edits:
            assert document.turn(count)
            compare_with_fresh(document)


def test_swapped_tracks_and_confirmed_keyframes_are_read_again(small_document: Document):
    document = small_document
    clip = document.clips()[0].clip.id
    a, b = document.objects(clip)
    compare_with_fresh(document)
    assert document.perform(Swap(clip, a, b, 5))
    compare_with_fresh(document)
    refused = []
    document.failed.connect(refused.append)
    assert not document.perform(MakeKeyframe(clip, a, 0))
    assert len(refused) == 1
    compare_with_fresh(document)


def test_other_clips_are_not_read_again(small_document: Document):
    first, second = (one.clip.id for one in small_document.clips())
    points, objects = small_document.points(second), small_document.objects(second)
    (a, _) = small_document.objects(first)
    small_document.perform(Relabel(first, (a,), "x"))
    assert small_document.points(second) is points
    assert small_document.objects(second) is objects


def test_a_large_edit_in_the_background_is_seen_when_it_is_stored(small_document: Document, qtbot):
    clip = small_document.clips()[0].clip.id
    small_document.points(clip)
    with qtbot.waitSignal(small_document.performed):
        small_document.perform_later(ReplacePoints({clip: draw_points(50)}))
        assert small_document.busy == "Track 50 points"
    assert len(small_document.points(clip)) == 50
    compare_with_fresh(small_document)


def test_undo_waits_while_a_large_edit_is_stored_and_takes_back_the_last_edit_of_a_person_once(
    small_document: Document, qtbot
):
    clip = small_document.clips()[0].clip.id
    swan, goose = small_document.objects(clip)
    small_document.failed.connect(pytest.fail)
    small_document.perform(Relabel(clip, (swan,), "a"))
    small_document.perform(Relabel(clip, (goose,), "b"))
    small_document.perform_later(ReplacePoints({clip: draw_points(3000)}))
    for _ in range(5):
        assert small_document.undo(), "as when the key is held"
    with qtbot.waitSignal(small_document.turned) as turned:
        pass
    assert turned.args[0].text == f"Label track {goose} 'b'"
    assert [one.label for one in small_document.objects(clip).values()] == ["a", "goose"]
    assert len(small_document.points(clip)) == 3000
    compare_with_fresh(small_document)


def test_an_edit_of_several_clips_is_seen_in_each(small_document: Document, qtbot):
    clips = [one.clip.id for one in small_document.clips()]
    compare_with_fresh(small_document)
    with qtbot.waitSignal(small_document.changed) as changed:
        small_document.perform_later(ReplacePoints({clip: draw_points(7) for clip in clips}))
    assert changed.args[0].clips == set(clips)
    assert [len(small_document.points(clip)) for clip in clips] == [7, 7]
    compare_with_fresh(small_document)
    small_document.turn(-1)
    compare_with_fresh(small_document)


def test_provenance_names_the_job(small_document: Document):
    clip = small_document.clips()[0].clip.id
    assert lookups.provenance(small_document.project, next(iter(small_document.objects(clip))))[0] == "import"
    assert lookups.provenance(small_document.project, int(small_document.points(clip).ids[0]))[0] == "track"
    small_document.perform(AddObject(clip, "fox", 3, BOX))
    newest = max(small_document.objects(clip))
    assert lookups.provenance(small_document.project, newest) is None


def test_a_project_that_was_closed_can_be_opened_again(small_document: Document, small_project: Path):
    small_document.close()
    Project.open(small_project).close()


def test_a_large_edit_is_undone_and_redone_without_holding_the_window(small_document: Document, qtbot):
    clip = small_document.clips()[0].clip.id
    before = len(small_document.points(clip))
    with qtbot.waitSignal(small_document.performed):
        small_document.perform_later(ReplacePoints({clip: draw_points(3000)}))

    for by, text, count in ((-1, "Undo Track 3,000 points", before), (1, "Redo Track 3,000 points", 3000)):
        with qtbot.waitSignal(small_document.changed):
            assert small_document.turn(by)
            assert small_document.busy == text
            assert not small_document.turn(by)
        assert len(small_document.points(clip)) == count
        compare_with_fresh(small_document)


def test_large_edits_that_come_while_one_is_stored_are_stored_after_it(small_document: Document, qtbot):
    first, second = (one.clip.id for one in small_document.clips())
    small_document.failed.connect(pytest.fail)
    told, busy = [], []
    small_document.performed.connect(lambda changes: told.append(changes.text))
    small_document.busy_changed.connect(busy.append)
    for count, clip in ((50, first), (30, second), (60, first)):
        small_document.perform_later(ReplacePoints({clip: draw_points(count)}))
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == ["Track 50 points", "Track 30 points", "Track 60 points"] == busy[:3]
    assert busy[3:] == [""]
    assert (len(small_document.points(first)), len(small_document.points(second))) == (60, 30)
    compare_with_fresh(small_document)


def test_what_waits_when_the_project_is_closed_is_stored_first(
    small_document: Document, small_project: Path, qtbot
):
    clips = [one.clip.id for one in small_document.clips()]
    changes = []
    small_document.changed.connect(changes.append)
    for clip in clips:
        small_document.perform_later(ReplacePoints({clip: draw_points(70)}))
    small_document.close()
    with Project.open(small_project) as project, project.reading() as connection:
        assert [len(store.points(connection, clip)) for clip in clips] == [70, 70]
    qtbot.wait(20)
    assert changes == []  # the views are gone by now


def test_an_edit_of_many_tracks_is_written_in_the_background(small_document: Document, qtbot):
    clip = small_document.clips()[0].clip.id
    with qtbot.waitSignal(small_document.performed):
        small_document.perform_later(ReplacePoints({clip: draw_points(FEW + 1)}))
    ids = tuple(small_document.points(clip).ids.tolist())
    for edit in (
        SetReview(clip, ids, Review.ACCEPTED),
        Relabel(clip, ids, "x"),
        DeleteTrajectories(clip, ids),
    ):
        with qtbot.waitSignal(small_document.performed):
            assert small_document.perform(edit)
            assert small_document.busy == edit.text
            assert not small_document.perform(edit)
        compare_with_fresh(small_document)
    assert len(small_document.points(clip)) == 0
    assert small_document.perform(SetReview(clip, (1,), Review.ACCEPTED))
    assert not small_document.busy


def test_many_objects_go_out_of_sight_in_the_background_and_come_back_exactly(
    small_document: Document, qtbot
):
    clip = small_document.clips()[0].clip.id
    for number in range(12):
        assert small_document.perform(AddObject(clip, f"{number}", 3, BOX + number))
    before = small_document.objects(clip)
    ids = tuple(id for id, one in before.items() if one.label.isdigit())
    edit = SetOutside(clip, ids, 5, True)
    with qtbot.waitSignal(small_document.performed):
        assert small_document.perform(edit)
        assert small_document.busy == edit.text
    compare_with_fresh(small_document)
    assert all((small_document.objects(clip)[id].flags & Flag.OUTSIDE).any() for id in ids)
    with qtbot.waitSignal(small_document.turned):
        assert small_document.undo()
    compare_with_fresh(small_document)
    for id, one in before.items():
        again = small_document.objects(clip)[id]
        assert (one.label, one.review, one.masks) == (again.label, again.review, again.masks)
        for name in ("frames", "boxes", "origin", "confidence", "flags"):
            np.testing.assert_array_equal(getattr(one, name), getattr(again, name))


def test_several_steps_through_the_history_are_one_change(small_document: Document):
    clip = small_document.clips()[0].clip.id
    a, b = small_document.objects(clip)
    compare_with_fresh(small_document)
    for id, label in ((a, "one"), (b, "two"), (a, "three")):
        small_document.perform(Relabel(clip, (id,), label))
    changes = []
    small_document.changed.connect(changes.append)
    assert small_document.turn(-3)
    assert [(one.clips, one.trajectories) for one in changes] == [({clip}, {a, b})]
    compare_with_fresh(small_document)
    assert small_document.objects(clip)[a].label == "swan"
    assert small_document.turn(2)
    assert [one.label for one in small_document.objects(clip).values()] == ["one", "two"]
    assert small_document.redo_text() == f"Label track {a} 'three'"
    assert small_document.turn(5)
    assert not small_document.turn(5)
    compare_with_fresh(small_document)


def test_a_clip_whose_import_was_undone_is_not_read(small_document: Document, qtbot):
    clip = small_document.clips()[0].clip.id
    prepared = []
    small_document.prepared.connect(prepared.append)
    assert small_document.turn(-2)
    qtbot.waitUntil(lambda: not small_document.busy)
    assert small_document.clips() == []
    small_document.prepare(clip)
    assert prepared == []


def test_many_tracks_are_read_in_a_thread_before_they_are_asked_for(small_document: Document, qtbot):
    first, second = (one.clip.id for one in small_document.clips())
    with qtbot.waitSignal(small_document.performed):
        small_document.perform_later(ReplacePoints({first: draw_points(FEW + 1), second: draw_points(9)}))
    prepared = []
    small_document.prepared.connect(prepared.append)
    small_document.prepare(second)
    assert prepared == [second], "few are read when they are asked for"
    small_document.prepare(first)
    assert prepared == [second]
    object_id = next(iter(small_document.objects(first)))
    small_document.perform(Relabel(first, (object_id,), "changed while it is read"))
    qtbot.waitUntil(lambda: prepared == [second, first])
    compare_with_fresh(small_document)
    small_document.prepare(first)
    assert prepared == [second, first, first]
    small_document.prepare(first)


def test_the_use_of_clips_is_chosen_without_reading_their_tracks_again(small_document: Document):
    """What is cached stays the very same arrays."""
    birds, cars = (one.clip for one in small_document.clips())
    points = [small_document.points(clip.id) for clip in (birds, cars)]
    small_document.perform(ChooseUse(tuple(replace(clip, use=Use.LEFT_OUT) for clip in (birds, cars))))
    assert [one.clip.use for one in small_document.clips()] == [Use.LEFT_OUT, Use.LEFT_OUT]
    assert all(small_document.points(clip.id) is one for clip, one in zip((birds, cars), points, strict=True))


def test_the_objects_are_not_read_again_for_an_edit_of_points(small_document: Document, monkeypatch):
    document, clip = small_document, small_document.clips()[0].clip.id
    points, objects = document.points(clip), document.objects(clip)
    monkeypatch.setattr(store, "some_objects", lambda *_: pytest.fail("read again"))
    assert document.perform(MovePoint(clip, int(points.ids[1]), 2, 9.5, 8.25))
    assert document.undo()
    assert document.objects(clip) is objects
