"""Packed point trajectories: what lies where, and exchanging some of many."""

import dataclasses

import numpy as np
import pytest

from core.trajectories.model import ObjectTrajectory, PointTrajectories

PARTS = ("ids", "first", "offsets", "xy", "error", "origin", "end_reason", "review")


def drawn(ids, seed):
    """Trajectories of 1 to 9 observations with these ids."""
    generator = np.random.default_rng(seed)
    paths = [generator.random((generator.integers(1, 10), 2)) for _ in ids]
    points = PointTrajectories.pack(generator.integers(0, 20, len(ids)), paths)
    return dataclasses.replace(points, ids=np.array(ids, np.int64), labels=tuple(f"of {id}" for id in ids))


def test_the_observations_at_a_frame_are_those_of_that_frame():
    points = drawn(range(1, 200), 0)
    for frame in range(-1, 32):
        np.testing.assert_array_equal(points.at(frame), np.flatnonzero(points.frame == frame))


def test_frames_and_owners_follow_from_first_and_length():
    points = drawn([3, 5, 8], 1)
    expected = [(place, points.first[place] + j) for place in range(3) for j in range(points.lengths[place])]
    assert list(zip(points.owner, points.frame, strict=True)) == expected


@pytest.mark.parametrize("gone", [(), (2,), (2, 20, 40), (1, 41), (7, 9)])
@pytest.mark.parametrize("fresh", [(), (2,), (2, 20, 21), (1, 100), (41,)])
def test_exchanging_some_is_what_taking_out_putting_in_and_sorting_gives(gone, fresh):
    points, new = drawn(range(2, 41, 2), 2), drawn(fresh, 3)
    gone = set(gone) | set(fresh)
    slow = PointTrajectories.join((points.take(~np.isin(points.ids, list(gone))), new))
    slow = slow.take(np.argsort(slow.ids))

    exchanged = points.exchanged(gone, new)

    for name in PARTS:
        np.testing.assert_array_equal(getattr(exchanged, name), getattr(slow, name))
    assert exchanged.labels == slow.labels


@pytest.mark.parametrize("shift", [0, 1])
def test_frames_are_right_after_an_exchange_for_a_path_as_long_or_a_later_one(shift):
    points = drawn(range(2, 41, 2), 2)
    points.at(0)  # worked out before
    place = 4
    one = points.take(np.array([place]))
    moved = dataclasses.replace(one, first=one.first + shift, xy=one.xy + 1)
    exchanged = points.exchanged([int(one.ids[0])], moved)
    frames = [int(exchanged.first[i]) + j for i in range(20) for j in range(exchanged.lengths[i])]
    assert exchanged.frame.tolist() == frames
    for frame in range(-1, 32):
        np.testing.assert_array_equal(exchanged.at(frame), np.flatnonzero(np.array(frames) == frame))


def test_an_object_given_without_audit_and_flags_has_none():
    one = ObjectTrajectory(
        np.arange(3, dtype=np.int32), np.zeros((3, 4)), np.zeros(3), np.ones(3), (None,) * 3
    )
    assert np.isnan(one.overlap).tolist() == [True] * 3
    assert (one.overlap.dtype, one.flags.dtype, one.flags.tolist()) == (np.float32, np.uint8, [0, 0, 0])
    with pytest.raises(ValueError, match="one entry a frame"):
        dataclasses.replace(one, frames=one.frames[:2])
