"""Suggestions accepted, reopened and joined: keyframes where they are surest, and undo brings all back."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import update

from core import geometry
from core.errors import StudioError
from core.trajectories import integrity, journal, schema, store
from core.trajectories.accept_suggestions import APART, JOB, peaks
from core.trajectories.bulk_edits import AddClips
from core.trajectories.join_suggestions import JoinSuggestions
from core.trajectories.model import KEYFRAMES, Flag, Origin, Review
from core.trajectories.observation_edits import MakeKeyframe
from core.trajectories.sight import outside
from core.trajectories.trajectory_edits import SetReview, Split
from tests.core.trajectories.small_database import FRAMES, contents, make_clip, make_object


def suggestion(frames, confidence=0.5, shift=0):
    """One that was found on every frame, `shift` pixels to the right of where `make_object` has it."""
    one = make_object(frames)
    runs = []
    for mask in one.masks:
        pixels = np.roll(geometry.decode_mask(mask, 14, 20), shift, axis=1)
        runs.append(geometry.encode_mask(pixels))
    return replace(
        one,
        boxes=(one.boxes + np.float32([shift, 0, shift, 0])),
        masks=tuple(runs),
        origin=np.full(len(one.frames), Origin.PROPAGATED, np.uint8),
        confidence=np.broadcast_to(np.asarray(confidence, np.float32), one.frames.shape).copy(),
        overlap=np.full(len(one.frames), np.nan, np.float32),
        flags=np.zeros(len(one.frames), np.uint8),
        review=Review.SUGGESTED,
        label="",
    )


@pytest.fixture
def two(connection):
    """Ids of two suggestions in a clip of their own, as a job brings them in, and the clip's id."""
    frames = np.arange(FRAMES - 2)
    sure = np.linspace(0.5, 0.9, len(frames))
    found = [suggestion(frames, sure), suggestion(frames[3:] + 2, 0.4, shift=3)]
    journal.perform(connection, AddClips([(make_clip("c"), found)]))
    clip = store.clip(connection, "c")
    ids = [one.id for one in store.objects(connection, clip.id, 0)]
    number = store.add_provenance(connection, JOB, {}, "1")
    t = schema.trajectory
    connection.execute(update(t).where(t.c.id.in_(ids)).values(provenance_id=number))
    return clip.id, *ids


def stored(connection, clip_id, id):
    return {one.id: one for one in store.objects(connection, clip_id, 0)}[id]


def test_peaks_are_the_ends_and_where_it_is_surest_far_enough_apart():
    frames = np.arange(60)
    confidence = np.full(60, 0.3)
    confidence[[5, 20, 24, 45, 56]] = 0.9, 0.7, 0.8, 0.6, 0.95
    assert peaks(frames, confidence).tolist() == [0, 24, 45, 59]  # 5 and 56 are near an end, 20 near 24
    assert peaks(frames, confidence, given=[40]).tolist() == [0, 24, 59]
    assert peaks(np.arange(3), np.ones(3)).tolist() == [0, 2]
    assert peaks(np.array([7]), np.ones(1)).tolist() == [7]
    assert peaks(frames[:0], np.zeros(0)).tolist() == []
    assert peaks(frames, np.ones(60)).tolist() == [0, 29, 59]
    noise = peaks(np.arange(400), np.random.default_rng(1).random(400))
    assert np.diff(noise).min() >= APART
    assert len(noise) > 20


def test_gaps_are_kept_open():
    frames = np.array([0, 1, 2, 30, 31, 60])
    assert peaks(frames, np.ones(6)).tolist() == [0, 2, 30, 31, 60]


def test_accepting_gives_keyframes_and_undo_takes_them_back(connection, two):
    clip_id, first, second = two
    before = contents(connection)
    journal.perform(connection, SetReview(clip_id, (first, second), Review.ACCEPTED))
    for id, keys in ((first, [0, 9]), (second, [5, 11])):
        one = stored(connection, clip_id, id)
        assert one.review == Review.ACCEPTED
        assert one.keyframes.tolist() == keys
        assert (one.confidence[np.isin(one.origin, KEYFRAMES)] == 1).all()
        assert len(one.frames) > len(keys)
    assert integrity.problems(connection) == []
    journal.undo(connection)
    assert contents(connection) == before
    journal.redo(connection)
    assert stored(connection, clip_id, first).keyframes.tolist() == [0, 9]


def test_what_nobody_suggested_gets_no_keyframes(connection):
    clip = store.clip(connection, "a")
    id = store.objects(connection, clip.id, 0)[0].id
    keys = stored(connection, clip.id, id).keyframes.tolist()
    journal.perform(connection, SetReview(clip.id, (id,), Review.ACCEPTED))
    assert stored(connection, clip.id, id).keyframes.tolist() == keys


def test_a_gap_is_out_of_sight_when_it_is_accepted(connection):
    journal.perform(connection, AddClips([(make_clip("d"), [suggestion([0, 1, 2, 7, 8])])]))
    clip = store.clip(connection, "d")
    (one,) = store.objects(connection, clip.id, 0)
    journal.perform(connection, SetReview(clip.id, (one.id,), Review.ACCEPTED))
    now = stored(connection, clip.id, one.id)
    assert now.keyframes.tolist() == [0, 2, 7, 8]
    assert outside(now).tolist() == [[3, 6]]
    assert (now.flags & Flag.OUTSIDE).tolist() == [0, 0, Flag.OUTSIDE, 0, 0]


def test_rejected_and_reopened_it_is_a_suggestion_again_but_not_once_it_has_a_keyframe(connection, two):
    clip_id, first, second = two
    journal.perform(connection, MakeKeyframe(clip_id, second, 7))
    both = (first, second)
    journal.perform(connection, SetReview(clip_id, both, Review.REJECTED))
    journal.perform(connection, SetReview(clip_id, both, Review.OPEN))
    assert stored(connection, clip_id, first).review == Review.SUGGESTED
    assert stored(connection, clip_id, second).review == Review.OPEN


def test_halves_of_a_suggestion_are_suggestions(connection, two):
    clip_id, first, _ = two
    journal.perform(connection, Split(clip_id, first, 4))
    reviews = [one.review for one in store.objects(connection, clip_id, 0)]
    assert reviews == [Review.SUGGESTED] * 3


def test_joining_covers_both_and_undo_parts_them(connection, two):
    clip_id, first, second = two
    a, b = (stored(connection, clip_id, id) for id in (first, second))
    before = contents(connection)
    journal.perform(connection, JoinSuggestions(clip_id, (first, second)))
    (one,) = store.objects(connection, clip_id, 0)
    assert (one.id, one.review) == (first, Review.SUGGESTED)
    assert one.frames.tolist() == list(range(12))
    for frame in range(12):
        parts = [(part, part.place(frame)) for part in (a, b) if part.place(frame) is not None]
        place = one.place(frame)
        masks = [geometry.decode_mask(part.masks[at], 14, 20) for part, at in parts]
        np.testing.assert_array_equal(geometry.decode_mask(one.masks[place], 14, 20), np.any(masks, 0))
        assert one.confidence[place] == max(part.confidence[at] for part, at in parts)
        boxes = np.array([part.boxes[at] for part, at in parts])
        np.testing.assert_array_equal(one.boxes[place], [*boxes[:, :2].min(0), *boxes[:, 2:].max(0)])
    assert integrity.problems(connection) == []
    journal.undo(connection)
    assert contents(connection) == before


def test_only_suggestions_are_joined(connection, two):
    clip_id, first, second = two
    journal.perform(connection, SetReview(clip_id, (second,), Review.ACCEPTED))
    with pytest.raises(StudioError, match=f"Track {second} is no suggestion any more"):
        journal.perform(connection, JoinSuggestions(clip_id, (first, second)))
