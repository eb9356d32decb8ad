"""Counts against a slow count of every pair, and against what the sampler itself draws from."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.pairs.impact import (
    Amount,
    Rules,
    gone_and_new,
    material,
    pairs_among,
    pairs_of_lengths,
)
from core.pairs.sampling import FrameGap, PairSampler
from core.pairs.training_set import build_training_set
from core.trajectories.model import PointTrajectories, Review
from core.trajectories.snapshot import ClipSnapshot, Snapshot
from tests.core.pairs.conftest import make_clip, make_object, make_points

GAPS = [FrameGap(5, 0), FrameGap(1, 4), FrameGap(3, 3), FrameGap(9, 20)]


def slow_pairs(frames, gap: FrameGap) -> int:
    """As the sampler's rule reads."""
    span = frames[-1] - frames[0] + 1 if len(frames) else 0
    shortest = min(max(gap.shortest, 1), max(span // 2, 1))
    apart = (abs(b - a) for a, b in itertools.combinations(frames, 2))
    return sum(shortest <= frames_apart <= (gap.longest or 10**9) for frames_apart in apart)


@pytest.mark.parametrize("gap", GAPS)
def test_pairs_of_a_track_with_and_without_gaps(gap):
    generator = np.random.default_rng(3)
    for _ in range(40):
        frames = np.flatnonzero(generator.random(40) < 0.6).astype(np.int32)
        assert pairs_among(frames, gap) == slow_pairs(frames.tolist(), gap)
    lengths = np.arange(60)
    expected = [slow_pairs(list(range(length)), gap) for length in lengths]
    assert pairs_of_lengths(lengths, gap).tolist() == expected


@pytest.mark.parametrize("regime", ["obj", "tr", "objtr"])
def test_what_a_clip_gives_is_what_the_sampler_draws_from(snapshot, regime):
    gap, total = FrameGap(5, 0), 0
    for content in snapshot.clips:
        found = material(content.points, content.objects, Rules(regime, gap, 5))
        total += found.amount().trajectories
        alone = build_training_set(Snapshot((content,), 0, ""), minimum_length=5)
        frames = [
            one.frame[one.offsets[k] : one.offsets[k + 1]].tolist()
            for one in alone.sets(regime)
            for k in range(len(one))
        ]
        pairs = [slow_pairs(seen, gap) for seen in frames]
        observations = sum(len(seen) for seen, count in zip(frames, pairs, strict=True) if count)
        assert found.amount() == Amount(sum(map(bool, pairs)), observations, sum(pairs))
    counts = PairSampler(build_training_set(snapshot, minimum_length=5), regime, gap).counts
    assert total == sum(sum(of_clip.values()) for of_clip in counts.values())


def test_rejected_and_accepted_tracks_are_told_apart(snapshot):
    content = snapshot.clips[0]
    found = material(content.points, content.objects, Rules(minimum_length=5))
    assert found.ids.tolist() == sorted(found.ids.tolist())
    assert found.rejected[found.among({3, 1003})].all()
    assert found.rejected.sum() == 2
    assert found.accepted[found.among({1, 2})].all()
    both, one = found.amount(found.among({1, 2})), found.amount(found.among({1}))
    assert both.trajectories == 2
    assert both.pairs > one.pairs > 0
    assert found.amount(found.among({3})) == Amount()


def test_what_the_filter_of_a_run_leaves_out_gives_nothing(snapshot):
    content = snapshot.clips[0]
    whole = material(content.points, content.objects, Rules(minimum_length=5))
    found = material(content.points, content.objects, Rules(minimum_length=5, tracks="review:accepted"))
    assert 0 < found.amount().trajectories < whole.amount().trajectories
    assert found.amount() == whole.amount(whole.accepted)
    assert found.ids.tolist() == whole.ids.tolist()


# --- after the fact ---------------------------------------------------------------------------

FRAMES = np.arange(20)
BOXES = np.stack([FRAMES, FRAMES * 0, FRAMES + 20, FRAMES * 0 + 20], 1)
GAP = FrameGap(5, 0)


def sets(objects=(), points: PointTrajectories | None = None):
    content = ClipSnapshot(make_clip(0, 40), points or make_points(1, [], []), tuple(objects))
    whole = build_training_set(Snapshot((content,), 0, ""), minimum_length=5)
    return whole.objects, whole.points


WHOLE = make_object(1, FRAMES, BOXES)
PAIRS = slow_pairs(list(range(20)), GAP)


def test_nothing_is_gone_where_nothing_changed():
    assert gone_and_new(sets([WHOLE]), sets([WHOLE]), GAP) == (0, 0)
    renamed = replace(WHOLE, id=9)  # other ids, the same pairs
    assert gone_and_new(sets([WHOLE]), sets([renamed]), GAP) == (0, 0)


def test_a_split_costs_the_pairs_across_it():
    parts = [make_object(1, FRAMES[:8], BOXES[:8]), make_object(2, FRAMES[8:], BOXES[8:])]
    inside = [pair for pair in itertools.combinations(range(20), 2) if (pair[0] < 8) == (pair[1] < 8)]
    kept = sum(b - a >= 5 for a, b in inside)
    first_alone = slow_pairs(list(range(8)), GAP) + slow_pairs(list(range(8, 20)), GAP)
    assert gone_and_new(sets([WHOLE]), sets(parts), GAP) == (PAIRS - kept, first_alone - kept)


def test_what_is_rejected_is_gone_and_what_is_drawn_is_new():
    rejected = replace(WHOLE, review=Review.REJECTED)
    assert gone_and_new(sets([WHOLE]), sets([rejected]), GAP) == (PAIRS, 0)
    assert gone_and_new(sets([rejected]), sets([WHOLE]), GAP) == (0, PAIRS)


def test_a_box_that_moved_costs_its_pairs_and_brings_as_many():
    boxes = BOXES.copy()
    boxes[10] += 3
    with_it = sum(abs(frame - 10) >= 5 for frame in range(20))
    assert gone_and_new(sets([WHOLE]), sets([make_object(1, FRAMES, boxes)]), GAP) == (with_it, with_it)


def test_two_tracks_that_were_swapped_lose_the_pairs_across():
    other = make_object(2, FRAMES, BOXES + 100)
    a = make_object(1, FRAMES, np.concatenate([BOXES[:10], BOXES[10:] + 100]))
    b = make_object(2, FRAMES, np.concatenate([BOXES[:10] + 100, BOXES[10:]]))
    across = sum(b - a >= 5 for a, b in itertools.combinations(range(20), 2) if a < 10 <= b)
    assert gone_and_new(sets([WHOLE, other]), sets([a, b]), GAP) == (2 * across, 2 * across)


def test_points_tracked_again_keep_what_is_the_same():
    paths = [np.cumsum(np.random.default_rng(k).normal(0, 1, (30, 2)), 0) + 50 for k in range(3)]
    before = sets(points=make_points(1, [0, 0, 0], paths))
    again = sets(points=make_points(10, [0, 0], [paths[1], paths[0]]))
    assert gone_and_new(before, again, GAP) == (slow_pairs(list(range(30)), GAP), 0)
