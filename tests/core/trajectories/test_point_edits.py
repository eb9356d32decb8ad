"""Points by hand, worked out by hand: new ones, beyond their ends, a part taken out; undo is exact."""

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories import integrity, journal, store
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.model import EndReason, Origin
from core.trajectories.point_edits import AddPoint, ExtendPoint
from core.trajectories.touched import touched_points
from core.trajectories.trajectory_edits import DeletePart
from tests.core.trajectories.small_database import contents, make_points


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


def one_point(connection, id):
    return store.some_points(connection, [id])


def extension(clip, id, frames, end_reason=None) -> ExtendPoint:
    """At (10 k, k) in frame k, with the error k / 10."""
    frames = np.array(frames)
    xy = np.stack((10.0 * frames, frames), axis=1).astype(np.float32)
    return ExtendPoint(clip.id, id, frames, xy, (frames / 10).astype(np.float32), end_reason)


def undone_and_done(connection, before) -> None:
    after = contents(connection)
    journal.undo(connection)
    assert contents(connection) == before
    journal.redo(connection)
    assert contents(connection) == after
    assert integrity.problems(connection) == []


def test_a_new_point_is_anchored_where_a_person_clicked(connection, clip):
    before = contents(connection)
    changes = journal.perform(connection, AddPoint(clip.id, 4, 7.25, 3.5))
    (id,) = changes.new
    assert changes.text == f"New point {id} at frame 4"
    new = one_point(connection, id)
    assert (new.first.tolist(), new.xy.tolist(), new.origin.tolist()) == ([4], [[7.25, 3.5]], [1])
    undone_and_done(connection, before)


def test_a_point_goes_on_at_both_ends_and_each_error_is_that_of_the_link_that_leads_there(
    connection, clip, points
):
    (id,) = journal.perform(connection, AddPoint(clip.id, 4, 40, 4)).new
    before = contents(connection)
    journal.perform(connection, extension(clip, id, [2, 3, 5, 6, 7], EndReason.INCONSISTENT))
    new = one_point(connection, id)
    assert (int(new.first[0]), int(new.last[0])) == (2, 7)
    assert new.xy[:, 1].tolist() == [2, 3, 4, 5, 6, 7]
    np.testing.assert_allclose(new.error, [0, 0.2, 0, 0.5, 0.6, 0.7], atol=1e-6)  # 0 at the anchor
    assert new.origin.tolist() == [3, 3, 1, 3, 3, 3]
    assert new.end_reason.tolist() == [EndReason.INCONSISTENT]
    undone_and_done(connection, before)


def test_the_first_link_of_one_that_was_tracked_takes_the_error_from_behind(connection, clip, points):
    journal.perform(connection, extension(clip, points[2], [6, 7]))  # it began at 8
    one = one_point(connection, points[2])
    np.testing.assert_allclose(one.error, [0, 0.6, 0.7, 0.125, 0.125], atol=1e-6)
    assert one.end_reason.tolist() == [EndReason.INCONSISTENT], "as it was"


def test_frames_that_it_has_meanwhile_are_passed_over_and_a_gap_is_refused(connection, clip, points):
    known = one_point(connection, points[1]).xy.tolist()  # frames 2 to 6
    journal.perform(connection, extension(clip, points[1], [5, 6, 7, 8]))
    after = one_point(connection, points[1])
    assert after.xy[:5].tolist() == known
    assert int(after.last[0]) == 8
    with pytest.raises(StudioError, match="no longer ends there"):
        journal.perform(connection, extension(clip, points[1], [10, 11]))
    with pytest.raises(StudioError, match="choose one of kind point"):
        journal.perform(connection, extension(clip, store.objects(connection, clip.id, 0)[0].id, [9]))


def test_only_why_it_ends_is_written_where_there_is_nothing_more(connection, clip, points):
    before = contents(connection)
    journal.perform(connection, extension(clip, points[1], [], EndReason.LEFT_FRAME))
    assert one_point(connection, points[1]).end_reason.tolist() == [EndReason.LEFT_FRAME]
    undone_and_done(connection, before)


def test_tracking_again_keeps_what_was_added_or_extended_by_hand(connection, clip, points):
    (new,) = journal.perform(connection, AddPoint(clip.id, 4, 15, 12)).new
    step = journal.undoable(connection)
    journal.follow(connection, extension(clip, new, [5, 6]), step)
    journal.perform(connection, extension(clip, points[1], [7]))
    assert touched_points(connection, clip.id).kept == {new, points[1]}
    journal.perform(connection, ReplacePoints({clip.id: make_points((0, 12), (0, 12))}))
    kept = store.some_points(connection, [new, points[1]])
    assert kept.lengths.tolist() == [6, 3]
    assert kept.origin[-3] == Origin.EDITED


def test_a_part_of_several_tracks_goes_in_one_step(connection, clip, objects, points):
    before = contents(connection)
    chosen = (objects[0], objects[1], points[0], points[1], points[3])
    changes = journal.perform(connection, DeletePart(clip.id, chosen, 2, 5))
    (new,) = changes.new
    assert changes.text == f"Delete frames 2 to 5 of 5 tracks; what follows is {new}"
    (first,) = store.some_objects(connection, [objects[0]])
    (second,) = store.some_objects(connection, [objects[1]])
    assert (first.frames.tolist(), second.frames.tolist()) == ([0, 1, 6], [6, 7, 8])
    left = store.some_points(connection, [points[0], points[1], points[3], new])
    spans = dict(
        zip(left.ids.tolist(), zip(left.first.tolist(), left.last.tolist(), strict=True), strict=True)
    )
    assert spans == {points[0]: (0, 1), points[1]: (6, 6), points[3]: (0, 0), new: (6, 11)}
    assert left.end_reason.tolist() == [EndReason.EDITED, EndReason.INCONSISTENT, 3, EndReason.CLIP_END]
    undone_and_done(connection, before)


def test_what_lies_within_the_part_is_deleted_whole_and_where_nothing_lies_it_is_refused(
    connection, clip, objects, points
):
    before = contents(connection)
    journal.perform(connection, DeletePart(clip.id, (points[2], objects[1]), 3, 10))
    assert not store.some_objects(connection, [objects[1]])
    assert not len(one_point(connection, points[2]))
    undone_and_done(connection, before)
    with pytest.raises(StudioError, match=f"Nothing of track {points[1]} lies in frames 9 to 11"):
        journal.perform(connection, DeletePart(clip.id, (points[1],), 9, 11))
    with pytest.raises(StudioError, match="lies in frames 3 to 4"):
        journal.perform(connection, DeletePart(clip.id, (objects[0],), 3, 4))  # in its gap
