"""What each edit does, worked out by hand; that undo is exact is `test_journal.py`'s."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from core.errors import StudioError
from core.trajectories import integrity, journal, schema, store
from core.trajectories.bulk_edits import AddClips, FillObservations, ReplacePoints
from core.trajectories.merging import Dropped, dropped_by_merge, sentence
from core.trajectories.model import EndReason, Origin, Review
from core.trajectories.observation_edits import (
    AddObject,
    DeleteObservation,
    MakeKeyframe,
    MovePoint,
    SetObservation,
)
from core.trajectories.trajectory_edits import (
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from tests.core.trajectories.small_database import make_clip, make_object, make_points


@pytest.fixture
def clip(connection):
    return store.clip(connection, "a")


@pytest.fixture
def objects(connection, clip):
    """Ids of the two objects of clip `a`: frames 0 1 2 5 6, with masks; 3 to 8, boxes only."""
    return [one.id for one in store.objects(connection, clip.id, annotator=0)]


@pytest.fixture
def points(connection, clip):
    """Ids of the points of clip `a`: frames 0 to 11, 2 to 6, 8 to 10, and 0 alone."""
    return store.points(connection, clip.id).ids.tolist()


def one_object(connection, id):
    return next(iter(store.some_objects(connection, [id])), None)


def frames_of(connection, id):
    one = one_object(connection, id)
    return None if one is None else one.frames.tolist()


def test_a_box_drawn_on_a_gap_is_a_keyframe_and_widens_the_span(connection, clip, objects):
    edit = SetObservation(clip.id, objects[0], 9, np.array([1, 2, 3, 4.5]), None)
    journal.perform(connection, edit)
    one = one_object(connection, objects[0])
    assert one.frames.tolist() == [0, 1, 2, 5, 6, 9]
    assert one.boxes[-1].tolist() == [1, 2, 3, 4.5]
    assert one.origin[-1] == Origin.EDITED
    t = schema.trajectory.c
    assert connection.execute(select(t.first, t.last).where(t.id == one.id)).one() == (0, 9)


def test_an_empty_box_is_refused(connection, clip, objects):
    with pytest.raises(StudioError, match="drag it over at least one pixel"):
        journal.perform(connection, SetObservation(clip.id, objects[0], 0, np.array([3, 3, 3, 9]), None))
    with pytest.raises(StudioError, match="drag it over at least one pixel"):
        journal.perform(connection, AddObject(clip.id, "x", 0, np.array([3, 3, 9, 3])))


def test_confirming_what_was_propagated_makes_it_a_keyframe(connection, clip, objects):
    journal.perform(connection, MakeKeyframe(clip.id, objects[0], 1))
    one = one_object(connection, objects[0])
    assert one.origin[1] == Origin.EDITED
    assert one.confidence[1] == 1
    with pytest.raises(StudioError, match="already has a keyframe"):
        journal.perform(connection, MakeKeyframe(clip.id, objects[0], 1))
    with pytest.raises(StudioError, match="draw a box there"):
        journal.perform(connection, MakeKeyframe(clip.id, objects[0], 3))


def test_a_moved_point_is_edited_there_and_nowhere_else(connection, clip, points):
    before = store.some_points(connection, points[1:2])
    journal.perform(connection, MovePoint(clip.id, points[1], 4, 7.25, 8.5))
    after = store.some_points(connection, points[1:2])
    assert after.xy[2].tolist() == [7.25, 8.5]
    assert after.origin.tolist() == [3, 3, 1, 3, 3]
    np.testing.assert_array_equal(np.delete(after.xy, 2, 0), np.delete(before.xy, 2, 0))


def test_a_split_object_keeps_its_id_for_the_first_part(connection, clip, objects):
    changes = journal.perform(connection, Split(clip.id, objects[0], 3))
    (new,) = changes.trajectories - {objects[0]}
    assert frames_of(connection, objects[0]) == [0, 1, 2]
    assert frames_of(connection, new) == [5, 6]
    assert one_object(connection, new).label == "car"


def test_a_split_point_falls_in_two_that_together_are_the_old_one(connection, clip, points):
    before = store.some_points(connection, points[:1])
    changes = journal.perform(connection, Split(clip.id, points[0], 5))
    after = store.some_points(connection, changes.trajectories)
    assert after.first.tolist() == [0, 5]
    assert after.lengths.tolist() == [5, 7]
    np.testing.assert_array_equal(after.xy, before.xy)
    assert after.end_reason.tolist() == [EndReason.EDITED, EndReason.CLIP_END]


@pytest.mark.parametrize("frame", [0, 12])
def test_a_split_outside_is_refused(connection, clip, points, frame):
    with pytest.raises(StudioError, match="split it at a frame inside"):
        journal.perform(connection, Split(clip.id, points[0], frame))


def test_merged_points_are_joined_by_a_straight_line(connection, clip, points):
    journal.perform(connection, Merge(clip.id, (points[2], points[1])))
    merged = store.some_points(connection, points)
    assert merged.ids.tolist() == [points[0], points[1], points[3]]
    path = merged.points(1)
    assert merged.first[1] == 2
    # the second point ends at (5.5, 1.25) in frame 6, the third starts at (2.5, 2.25) in frame 8
    assert path[4:7].tolist() == [[5.5, 1.25], [4.0, 1.75], [2.5, 2.25]]
    assert merged.origin[merged.offsets[1] :][:9].tolist() == [3, 3, 3, 3, 3, 2, 3, 3, 3]


def test_points_that_overlap_in_time_are_not_merged(connection, clip, points):
    with pytest.raises(StudioError, match="overlap in time"):
        journal.perform(connection, Merge(clip.id, tuple(points[:2])))


def test_in_merged_objects_a_keyframe_wins_then_the_earlier_trajectory(connection, clip, objects):
    # frame 5: keyframe? the first object's frames 0 2 6 are annotated, 1 5 propagated; the second's 3 5 7
    journal.perform(connection, Merge(clip.id, tuple(objects), overlapping=True))
    one = one_object(connection, objects[0])
    assert one.frames.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert one.origin.tolist() == [0, 2, 0, 0, 2, 0, 0, 0, 2]
    assert [mask is not None for mask in one.masks] == [
        True,
        True,
        True,
        False,
        False,
        False,
        True,
        False,
        False,
    ]
    assert one_object(connection, objects[1]) is None


def test_objects_that_share_frames_are_not_merged_unawares(connection, clip, objects):
    a, b = objects
    with pytest.raises(StudioError) as refused:
        journal.perform(connection, Merge(clip.id, tuple(objects)))
    expected = f"They share frames: merging them drops 1 frame of {a} and 1 frame of {b}."
    assert str(refused.value) == f"{expected} Trim one of them, then merge."


def test_what_a_merge_drops_is_counted_with_its_keyframes():
    whole = replace(make_object(range(10)), id=12)  # keyframes at even frames
    keys = replace(make_object([3, 4, 5, 6, 7, 8]), id=13)  # keyframes at 3, 5, 7
    late = replace(make_object([10, 11]), id=14)
    assert dropped_by_merge([whole, late]) == []
    assert dropped_by_merge([keys, whole, late]) == [Dropped(12, 3, 0), Dropped(13, 3, 0)]
    same = replace(whole, id=15)
    assert dropped_by_merge([same, whole]) == [Dropped(15, 10, 5)]
    assert str(Dropped(13, 60, 7)) == "60 frames of 13, 7 keyframes among them"
    assert sentence([Dropped(15, 10, 5)]).endswith("drops 10 frames of 15, 5 keyframes among them.")
    many = [Dropped(id, 2, 0) for id in range(6)]
    assert sentence(many).endswith("2 frames of 2 and 6 frames of 3 others.")


def test_a_point_and_an_object_or_a_track_with_itself_are_not_merged(connection, clip, objects, points):
    for ids in [(objects[0], points[0]), (objects[0], objects[0]), (objects[0],)]:
        with pytest.raises(StudioError, match="Select at least two tracks of one kind"):
            journal.perform(connection, Merge(clip.id, ids))


def test_swapped_points_exchange_what_follows(connection, clip, points):
    before = store.some_points(connection, points[:2])
    journal.perform(connection, Swap(clip.id, points[0], points[1], 4))
    after = store.some_points(connection, points[:2])
    assert after.lengths.tolist() == [7, 10]  # 0-3 then 4-6; 2-3 then 4-11
    np.testing.assert_array_equal(after.points(0)[:4], before.points(0)[:4])
    np.testing.assert_array_equal(after.points(0)[4:], before.points(1)[2:])
    np.testing.assert_array_equal(after.points(1)[2:], before.points(0)[4:])
    assert after.end_reason.tolist() == [EndReason.INCONSISTENT, EndReason.CLIP_END]


def test_swapped_objects_exchange_what_follows(connection, clip, objects):
    journal.perform(connection, Swap(clip.id, *objects, 5))
    assert frames_of(connection, objects[0]) == [0, 1, 2, 5, 6, 7, 8]
    assert frames_of(connection, objects[1]) == [3, 4, 5, 6]


def test_trimming_keeps_the_frames_between(connection, clip, objects, points):
    journal.perform(connection, Trim(clip.id, objects[0], 1, 5))
    assert frames_of(connection, objects[0]) == [1, 2, 5]
    journal.perform(connection, Trim(clip.id, points[0], 3, 99))
    trimmed = store.some_points(connection, points[:1])
    assert (trimmed.first[0], trimmed.lengths[0], trimmed.end_reason[0]) == (3, 9, EndReason.CLIP_END)
    for id, first, last in [(objects[0], 3, 4), (points[1], 9, 11)]:
        with pytest.raises(StudioError, match="delete it instead"):
            journal.perform(connection, Trim(clip.id, id, first, last))


def test_a_point_without_one_frame_falls_in_two(connection, clip, points):
    changes = journal.perform(connection, DeleteObservation(clip.id, points[1], 4))
    after = store.some_points(connection, changes.trajectories)
    assert after.first.tolist() == [2, 5]
    assert after.lengths.tolist() == [2, 2]


@pytest.mark.parametrize("kind", ["object", "point"])
def test_without_its_only_observation_a_track_is_gone(connection, clip, objects, points, kind):
    if kind == "object":
        for frame in frames_of(connection, objects[0]):
            journal.perform(connection, DeleteObservation(clip.id, objects[0], frame))
        assert frames_of(connection, objects[0]) is None
    else:
        journal.perform(connection, DeleteObservation(clip.id, points[3], 0))
        assert len(store.some_points(connection, points[3:])) == 0


def test_tracks_are_named_reviewed_and_deleted_together(connection, clip, objects, points):
    ids = (objects[0], points[0])
    journal.perform(connection, Relabel(clip.id, ids, "x" * 300))
    journal.perform(connection, SetReview(clip.id, ids, Review.REJECTED))
    one, path = one_object(connection, objects[0]), store.some_points(connection, points[:1])
    assert one.label == path.labels[0] == "x" * 255
    assert one.review == path.review[0] == Review.REJECTED
    journal.perform(connection, DeleteTrajectories(clip.id, ids))
    assert one_object(connection, objects[0]) is None


@pytest.mark.parametrize("name", ["cars'); DROP TABLE clip;--", "مرور", "🚗\n", "\0", ""])
def test_any_text_is_a_label(connection, clip, objects, name):
    journal.perform(connection, Relabel(clip.id, (objects[0],), name))
    assert one_object(connection, objects[0]).label == name


def test_a_track_that_is_gone_is_refused_in_a_sentence(connection, clip):
    for edit in (Split(clip.id, 999, 1), MovePoint(clip.id, 999, 1, 0, 0)):
        with pytest.raises(StudioError, match="Track 999 no longer exists"):
            journal.perform(connection, edit)


def test_new_points_replace_the_old_but_not_what_a_person_touched(connection, clip, points):
    journal.perform(connection, MovePoint(clip.id, points[0], 4, 1, 1))
    journal.perform(connection, SetReview(clip.id, (points[1],), Review.ACCEPTED))
    journal.perform(connection, Relabel(clip.id, (points[2],), "wheel"))
    elsewhere = replace(make_points((1, 3)), xy=make_points((1, 3)).xy + 5)
    journal.perform(connection, ReplacePoints({clip.id: elsewhere}))
    after = store.points(connection, clip.id)
    assert after.ids.tolist()[:3] == points[:3]
    assert after.first.tolist()[3:] == [1]


def test_the_densifier_fills_between_keyframes_and_replaces_what_it_filled_before(connection, clip, objects):
    new = make_object([1, 2, 3, 4, 9], masks=False)
    journal.perform(connection, FillObservations({clip.id: {objects[0]: new, 999: new}}))
    one = one_object(connection, objects[0])
    # keyframes 0, 2, 6 stay; 1 and 5 were propagated before
    assert one.frames.tolist() == [0, 1, 2, 3, 4, 6, 9]
    assert one.origin.tolist() == [0, 2, 0, 2, 2, 0, 2]
    assert one.masks[1] is None
    assert one.masks[2] is not None


def test_a_track_without_keyframes_any_more_is_not_densified(connection, clip, objects):
    for frame in (0, 2, 6):
        journal.perform(connection, DeleteObservation(clip.id, objects[0], frame))
    filled = {id: make_object([1, 2, 3], masks=False) for id in objects}
    journal.perform(connection, FillObservations({clip.id: filled}))
    assert frames_of(connection, objects[0]) == [1, 5]
    assert frames_of(connection, objects[1]) == [1, 2, 3, 5, 7]
    text = journal.undoable(connection).text
    assert text == "Densify 1 object (1 changed meanwhile and was left)"


def test_within_a_span_alone_what_was_filled_is_replaced(connection, clip, objects):
    """Object 0 has the keyframes 0, 2 and 6, and 1 and 5 were propagated."""
    journal.perform(connection, FillObservations({clip.id: {objects[0]: make_object([4])}}, span=(3, 5)))
    one = one_object(connection, objects[0])
    assert one.frames.tolist() == [0, 1, 2, 4, 6]
    assert one.origin.tolist() == [0, Origin.PROPAGATED, 0, Origin.PROPAGATED, 0]
    journal.undo(connection)
    assert frames_of(connection, objects[0]) == [0, 1, 2, 5, 6]


@pytest.mark.parametrize("changed", ["frames", "boxes", "masks", "origin", "label"])
def test_keyframes_that_changed_since_the_densifier_saw_them_keep_the_track(
    connection, clip, objects, changed
):
    seen = one_object(connection, objects[0])
    one = make_object([0, 1, 2, 5, 6])
    new = {
        "frames": one.frames + 1,
        "boxes": one.boxes + np.float32(0.5),
        "masks": (None, *one.masks[1:]),
        "origin": np.roll(one.origin, 1),
        "label": "another",
    }[changed]
    old = replace(seen, **{changed: new})
    edit = FillObservations(
        {clip.id: {objects[0]: make_object([3], masks=False)}}, made_from={objects[0]: old.keyframes_digest()}
    )
    journal.perform(connection, edit)
    assert (3 in frames_of(connection, objects[0])) == (changed == "label")


def judged(connection, id):
    """Frame → overlap (None where not audited) and flags of an object."""
    one = one_object(connection, id)
    overlaps = [None if np.isnan(value) else round(float(value), 3) for value in one.overlap]
    return dict(zip(one.frames.tolist(), zip(overlaps, one.flags.tolist(), strict=True), strict=True))


def test_what_a_person_draws_or_confirms_is_neither_audited_nor_flagged(connection, clip, objects):
    before = judged(connection, objects[0])
    assert before == {0: (0.3, 0), 1: (None, 1), 2: (None, 0), 5: (None, 1), 6: (0.3, 0)}
    box = np.array([1, 1, 4, 4])
    journal.perform(connection, SetObservation(clip.id, objects[0], 0, box, None))
    journal.perform(connection, SetObservation(clip.id, objects[0], 1, box, None))
    journal.perform(connection, MakeKeyframe(clip.id, objects[0], 5))
    assert judged(connection, objects[0]) == {**before, **dict.fromkeys([0, 1, 5], (None, 0))}
    for _ in range(3):
        journal.undo(connection)
    assert judged(connection, objects[0]) == before
    journal.redo(connection)
    assert judged(connection, objects[0]) == {**before, 0: (None, 0)}


def test_audit_and_flags_go_where_their_observation_goes(connection, clip, objects):
    first, second = (judged(connection, id) for id in objects)
    assert second == {3: (0.3, 0), 4: (None, 0), 5: (None, 0), 6: (None, 0), 7: (None, 0), 8: (None, 0)}
    journal.perform(connection, Swap(clip.id, *objects, 5))
    assert judged(connection, objects[0]) == {f: first[f] for f in (0, 1, 2)} | {
        f: second[f] for f in (5, 6, 7, 8)
    }
    journal.undo(connection)
    journal.perform(connection, Trim(clip.id, objects[0], 1, 9))
    changes = journal.perform(connection, Split(clip.id, objects[0], 5))
    (new,) = changes.trajectories - {objects[0]}
    assert judged(connection, objects[0]) == {f: first[f] for f in (1, 2)}
    assert judged(connection, new) == {f: first[f] for f in (5, 6)}
    journal.perform(connection, Merge(clip.id, (objects[0], new)))
    assert judged(connection, objects[0]) == {f: first[f] for f in (1, 2, 5, 6)}


def test_the_densifier_writes_flags_where_it_fills_and_the_audit_on_keyframes(connection, clip, objects):
    before = judged(connection, objects[0])
    new = make_object([1, 2, 3, 4, 9], masks=False)
    flagged = replace(new, flags=np.array([0, 1, 1, 0, 0], np.uint8))
    filled = {clip.id: {objects[0]: flagged}}
    journal.perform(connection, FillObservations(filled))
    kept = {0: (0.3, 0), 1: (None, 0), 2: (None, 0), 3: (None, 1), 4: (None, 0), 6: (0.3, 0), 9: (None, 0)}
    assert judged(connection, objects[0]) == kept
    # frame 2 is a keyframe, frame 4 no longer is; frame 6 was audited before and is not now
    audit = {clip.id: {objects[0]: {0: 0.75, 2: 0.5, 4: 0.25}, 999: {2: 0.5}}}
    journal.perform(connection, FillObservations(filled, audit=audit))
    audited = {**kept, 0: (0.75, 0), 2: (0.5, 0), 6: (None, 0)}
    assert judged(connection, objects[0]) == audited
    assert integrity.problems(connection) == []
    journal.undo(connection)
    journal.undo(connection)
    assert judged(connection, objects[0]) == before


def test_a_clip_is_added_once(connection):
    with pytest.raises(StudioError, match="already has a clip named 'a'"):
        journal.perform(connection, AddClips([(make_clip("a"), [])]))


def test_an_edit_says_beforehand_how_many_rows_it_brings(connection, clip, objects, points):
    fresh = make_points()
    new = make_clip("new")
    for edit, rows in (
        (
            SetReview(clip.id, (*objects, *points), Review.ACCEPTED),
            len(objects) + len(points),
        ),
        (Relabel(clip.id, (objects[0],), "x"), 1),
        (MakeKeyframe(clip.id, objects[0], 1), 1),
        (AddClips([(new, [make_object([0, 1, 2]), make_object([4])])]), 1 + 2 + 4),
        (ReplacePoints({store.clip(connection, "b").id: fresh}), len(fresh)),
    ):
        journal.perform(connection, edit)
        assert edit.rows == rows
        assert journal.undoable(connection).rows == rows
