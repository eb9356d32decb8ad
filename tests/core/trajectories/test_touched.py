"""What a person touched outlives tracking and densifying again."""

import numpy as np
import pytest

from core.trajectories import journal, steps, store
from core.trajectories.bulk_edits import AddClips, AddTrajectories, FillObservations, ReplacePoints
from core.trajectories.clip_edits import RemoveClips
from core.trajectories.model import Kind, Origin, PointTrajectories, Review
from core.trajectories.observation_edits import CarryObservations, DeleteObservation, MovePoint
from core.trajectories.touched import in_words, touched_frames, touched_points
from core.trajectories.trajectory_edits import (
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from tests.core.trajectories.by_key import undo_last
from tests.core.trajectories.small_database import make_clip, make_object, make_points

SPANS = ((0, 12), (2, 5), (8, 3), (0, 1))
"""Of the points of clip `a`, as they were tracked first, and as they are tracked again."""


def spread(*spans: tuple[int, int]) -> PointTrajectories:
    """Points along straight lines that are 10 pixels apart; each span is (first, length)."""
    xy = [np.stack([np.arange(n) + 0.5, np.full(n, 10 * k + 0.25)], 1) for k, (_, n) in enumerate(spans)]
    return PointTrajectories.pack([first for first, _ in spans], xy, [np.zeros(n) for _, n in spans])


@pytest.fixture
def clip(connection):
    return store.clip(connection, "a")


@pytest.fixture
def points(connection, clip):
    journal.perform(connection, ReplacePoints({clip.id: spread(*SPANS)}))
    return store.points(connection, clip.id).ids.tolist()


@pytest.fixture
def objects(connection, clip):
    return [one.id for one in store.objects(connection, clip.id, annotator=0)]


def paths(connection, clip) -> dict[int, tuple]:
    found = store.points(connection, clip.id)
    return {
        int(id): (int(found.first[place]), found.points(place).round(3).tolist())
        for place, id in enumerate(found.ids)
    }


def track_again(connection, clip):
    return journal.perform(connection, ReplacePoints({clip.id: spread(*SPANS)}))


EDITS = {
    "split": lambda clip, points: Split(clip, points[0], 6),
    "swap": lambda clip, points: Swap(clip, points[0], points[1], 4),
    "trim": lambda clip, points: Trim(clip, points[0], 3, 9),
    "merge": lambda clip, points: Merge(clip, (points[1], points[2])),
    "delete here": lambda clip, points: DeleteObservation(clip, points[0], 6),
    "delete": lambda clip, points: DeleteTrajectories(clip, (points[0],)),
    "move": lambda clip, points: MovePoint(clip, points[0], 3, 9.0, 9.0),
    "label": lambda clip, points: Relabel(clip, (points[0],), "wheel"),
    "review": lambda clip, points: SetReview(clip, (points[0],), Review.REJECTED),
}


@pytest.mark.parametrize("name", EDITS)
def test_tracking_again_keeps_what_a_person_did_and_brings_nothing_twice(connection, clip, points, name):
    journal.perform(connection, EDITS[name](clip.id, points))
    touched = touched_points(connection, clip.id).kept
    before = paths(connection, clip)
    places = sorted(before.values())
    assert set(touched) == {id for id in before if id not in points or id in touched}
    changes = track_again(connection, clip)
    after = paths(connection, clip)
    assert {id: after[id] for id in touched} == {id: before[id] for id in touched}
    assert sorted(after.values()) == places, "the same tracks, none of them twice, none that was deleted"
    assert changes.by_job
    journal.turn_over(connection, [changes.edit])
    assert paths(connection, clip) == before


def test_what_was_done_and_taken_back_is_replaced(connection, clip, points):
    journal.perform(connection, Split(clip.id, points[0], 6))
    undo_last(connection)
    track_again(connection, clip)
    assert set(paths(connection, clip)).isdisjoint(points)


def test_it_says_before_and_after_what_it_replaces(connection, clip, points):
    assert in_words(connection, [clip.id], Kind.POINT) == "Replaces 4 tracked points."
    journal.perform(connection, Split(clip.id, points[0], 6))
    journal.perform(connection, DeleteTrajectories(clip.id, (points[1],)))
    expected = (
        "Replaces 2 tracked points; keeps 2 that you edited or reviewed; leaves out 1 that you took away."
    )
    assert in_words(connection, [clip.id], Kind.POINT) == expected
    track_again(connection, clip)
    latest, *_ = journal.history(connection, 1)
    assert latest.text == "Track 2 points; 2 that a person touched stay, 2 known ones left out"
    assert in_words(connection, [store.clip(connection, "b").id], Kind.POINT) == ""


def test_clips_that_were_removed_together_leave_nothing_out_elsewhere(connection, clip, points):
    journal.perform(connection, AddClips([(make_clip("c"), []), (make_clip("d"), [])]))
    gone = [store.clip(connection, name) for name in "cd"]
    journal.perform(connection, ReplacePoints({gone[0].id: spread(*SPANS)}))
    journal.perform(connection, RemoveClips(tuple(gone), 2))
    assert touched_points(connection, clip.id).deleted == 0
    track_again(connection, clip)
    assert len(paths(connection, clip)) == len(points)


@pytest.mark.parametrize("carried", [(7, 8, 9), (5, 7, 8, 9)])
def test_what_was_carried_on_is_filled_again(connection, clip, carried):
    """Whether or not something filled was there before."""
    one = store.objects(connection, clip.id)[0]
    journal.perform(connection, CarryObservations(clip.id, one.id, 4, make_object(carried)))
    assert touched_frames(connection, clip.id, [one.id]) == {}
    undo_last(connection)
    assert store.objects(connection, clip.id)[0].frames.tolist() == one.frames.tolist()


def test_tracks_of_another_program_stay(connection, clip, points):
    other = spread((1, 4))
    journal.perform(connection, AddTrajectories(clip.id, other, [], "walk.txt"))
    (imported,) = set(paths(connection, clip)) - set(points)
    track_again(connection, clip)
    assert imported in paths(connection, clip)


def test_points_near_a_known_one_in_other_frames_are_not_it(connection, clip, points):
    journal.perform(connection, DeleteTrajectories(clip.id, tuple(points)))
    known = touched_points(connection, clip.id)
    assert known.deleted == 4
    again = spread(*SPANS)
    assert known.again(again).tolist() == [True] * 4
    late = spread((12, 1), (7, 4))  # at other frames than the deleted ones that lie there
    assert known.again(late).tolist() == [False, False]
    assert not known.again(spread()).size


def fill(connection, clip, id, frames):
    edit = FillObservations({clip.id: {id: make_object(frames)}})
    return journal.perform(connection, edit)


def frames_of(connection, id) -> dict[int, int]:
    (one,) = store.some_objects(connection, [id])
    return dict(zip(one.frames.tolist(), one.origin.tolist(), strict=True))


def test_frames_that_a_person_took_away_are_not_filled_again(connection, clip, objects):
    first, _ = objects  # keyframes 0 2 6, propagated 1 5
    journal.perform(connection, Trim(clip.id, first, 0, 2))
    fill(connection, clip, first, range(10))
    assert sorted(frames_of(connection, first)) == [0, 1, 2, 3, 4, 7, 8, 9], "5 and 6 were trimmed"
    latest, *_ = journal.history(connection, 1)
    assert latest.text.endswith("; 2 frames that a person edited stay")


def test_what_a_person_cut_or_swapped_stays_as_it_is(connection, clip, objects):
    journal.perform(connection, Swap(clip.id, *objects, 5))
    before = [frames_of(connection, id) for id in objects]
    boxes = [store.some_objects(connection, [id])[0].boxes.tolist() for id in objects]
    for id in objects:
        fill(connection, clip, id, range(12))
    after = store.some_objects(connection, objects)
    for one, frames, old in zip(after, before, boxes, strict=True):
        kept = {frame: box for frame, box in zip(frames, old, strict=True) if frame >= 5}
        now = dict(zip(one.frames.tolist(), one.boxes.tolist(), strict=True))
        assert {frame: now[frame] for frame in kept} == kept
    assert in_words(connection, [clip.id], Kind.OBJECT).startswith("Replaces")


def test_an_accepted_object_stays_whole_and_filling_after_an_edit_goes_on(connection, clip, objects):
    first, second = objects
    journal.perform(connection, SetReview(clip.id, (first,), Review.ACCEPTED))
    before = frames_of(connection, first)
    fill(connection, clip, first, range(10))
    assert frames_of(connection, first) == before
    journal.perform(connection, DeleteObservation(clip.id, second, 4))
    refill = FillObservations({clip.id: {second: make_object([4])}}, (4, 4), "refill")
    journal.perform(connection, refill)
    assert frames_of(connection, second)[4] == Origin.PROPAGATED


def test_what_a_person_carried_farther_than_is_filled_now_stays(connection, clip, objects):
    first, _ = objects  # keyframes 0 2 6, propagated 1 5
    journal.perform(connection, CarryObservations(clip.id, first, 6, make_object(range(7, 12))))
    fill(connection, clip, first, [1, 3, 4, 5, 7, 8])
    assert sorted(frames_of(connection, first)) == list(range(12))
    latest, *_ = journal.history(connection, 1)
    assert latest.text.endswith("; 3 frames that a person edited stay")
    fill(connection, clip, first, range(10))
    assert sorted(frames_of(connection, first)) == list(range(12))
    fill(connection, clip, first, [1, 7])
    assert sorted(frames_of(connection, first)) == [0, 1, 2, 6, 7, 10, 11], "8 and 9 were a job's by then"


def test_what_a_job_filled_beyond_the_ends_goes_when_it_fills_less(connection, clip, objects):
    first, _ = objects
    fill(connection, clip, first, range(12))
    fill(connection, clip, first, range(9))
    assert sorted(frames_of(connection, first)) == list(range(9))


def test_what_was_imported_is_not_what_a_person_cut(connection, clip):
    assert in_words(connection, [clip.id], Kind.OBJECT) == "Replaces 5 filled frames."
    journal.perform(connection, AddTrajectories(clip.id, make_points(), [make_object([0, 1, 2])], "x.json"))
    assert in_words(connection, [clip.id], Kind.OBJECT) == "Replaces 6 filled frames."


def test_what_a_program_filled_after_an_edit_is_replaced(connection, clip, objects):
    first, _ = objects
    journal.perform(connection, DeleteObservation(clip.id, first, 1))
    step = steps.last_by_person(connection)
    refill = FillObservations({clip.id: {first: make_object([3, 4])}}, (3, 5), "refill")
    assert journal.follow(connection, refill, step) is not None
    fill(connection, clip, first, range(10))
    assert sorted(frames_of(connection, first)) == [0, 2, 3, 4, 5, 6, 7, 8, 9], "all but what was deleted"
    latest, *_ = journal.history(connection, 1)
    assert latest.text.endswith("; 1 frame that a person edited stays")
