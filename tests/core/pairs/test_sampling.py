import copy
import dataclasses

import numpy as np
import pytest

from core import geometry
from core.errors import StudioError
from core.pairs.jitter import LARGEST_PLACE, Jitter
from core.pairs.sampling import FrameGap, PairSampler, TripletSampler
from core.pairs.training_set import build_training_set
from core.trajectories.model import Kind
from core.trajectories.snapshot import ClipSnapshot, Snapshot


@pytest.fixture(scope="module")
def training_set(snapshot):
    return build_training_set(snapshot, minimum_length=5)


def boxes_by_observation(training_set):
    """{(trajectory, frame): (clip, box, kind)} for every observation that may be drawn."""
    found = {}
    for trajectories in (training_set.objects, training_set.points):
        for place, id in enumerate(trajectories.ids.tolist()):
            for row in range(trajectories.offsets[place], trajectories.offsets[place + 1]):
                key = (id, int(trajectories.frame[row]))
                found[key] = (int(trajectories.clip[place]), trajectories.box[row], trajectories.kind)
    return found


@pytest.mark.parametrize("regime", ["obj", "tr", "objtr"])
@pytest.mark.parametrize("gap", [FrameGap(5, 0), FrameGap(1, 4)])
def test_100_000_pairs_obey_every_rule(training_set, regime, gap):
    count = 100_000
    batch = PairSampler(training_set, regime, gap).draw(count, np.random.default_rng(3))
    observations = boxes_by_observation(training_set)
    spans = {}
    for id, frame in observations:
        low, high = spans.get(id, (frame, frame))
        spans[id] = (min(low, frame), max(high, frame))
    own = [
        [observations[(id, frame)] for frame in frames]
        for id, frames in zip(batch.trajectory.tolist(), batch.frame.tolist(), strict=True)
    ]
    clip = np.array([[one[0] for one in pair] for pair in own])
    box = np.array([[one[1] for one in pair] for pair in own])
    kind = np.array([pair[0][2] == Kind.OBJECT for pair in own])
    np.testing.assert_array_equal(batch.clip, clip)  # both frames are of the trajectory's clip
    np.testing.assert_array_equal(batch.box[:, 0], box[:, 0])  # the anchor is the trajectory's box
    np.testing.assert_array_equal(batch.box[batch.same, 1], box[batch.same, 1])  # so is a positive
    overlap = geometry.iou(batch.box[~batch.same, 1], box[~batch.same, 1])
    assert ((overlap > 0) & (overlap < 0.5)).all()
    distance = np.abs(np.diff(batch.frame, axis=1)[:, 0])
    span = np.array([spans[id][1] - spans[id][0] + 1 for id in batch.trajectory.tolist()])
    assert (distance >= np.minimum(gap.shortest, np.maximum(span // 2, 1))).all()
    if gap.longest:
        assert (distance <= gap.longest).all()
    assert batch.same.sum() == count // 2
    assert 0.49 < batch.flip.mean() < 0.51
    if regime == "objtr":
        assert 0.49 < kind.mean() < 0.51
    else:
        assert (kind == (regime == "obj")).all()
    for chosen in [True] if regime == "obj" else [False] if regime == "tr" else [True, False]:
        drawn = np.bincount(batch.clip[kind == chosen, 0])
        drawn = drawn[drawn > 0]
        assert drawn.min() > 0.9 * drawn.mean()  # clips are drawn evenly, however many trajectories they have
    negatives = batch.box[~batch.same & ~kind, 1]
    np.testing.assert_allclose(negatives[:, 2:] - negatives[:, :2], 100, atol=1e-3)  # patches keep their size


def test_all_frame_pairs_a_gap_allows_are_drawn(training_set):
    gap = FrameGap(3, 6)
    batch = PairSampler(training_set, "obj", gap).draw(60_000, np.random.default_rng(0))
    trajectories = training_set.objects
    place = int(np.argmax(np.diff(trajectories.offsets)))
    frames = trajectories.frame[trajectories.offsets[place] : trajectories.offsets[place + 1]]
    expected = {(int(a), int(b)) for a in frames for b in frames if 3 <= abs(int(a) - int(b)) <= 6}
    drawn = batch.frame[batch.trajectory == trajectories.ids[place]]
    assert set(map(tuple, drawn.tolist())) == expected


def test_a_copied_generator_shows_the_batch_to_come(training_set):
    for sampler in (
        PairSampler(training_set, "objtr", FrameGap()),
        TripletSampler(training_set, "objtr", FrameGap()),
    ):
        generator = np.random.default_rng(11)
        sampler.draw(7, generator)
        state = copy.deepcopy(generator.bit_generator.state)
        preview = np.random.default_rng(0)
        preview.bit_generator.state = state
        first, second = sampler.draw(32, preview), sampler.draw(32, generator)
        for name in vars(first):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_a_regime_without_trajectories_says_what_to_do(snapshot):
    bare = Snapshot(tuple(ClipSnapshot(c.clip, c.points, ()) for c in snapshot.clips), 0, "")
    with pytest.raises(StudioError, match="no object trajectories to train on"):
        PairSampler(build_training_set(bare), "obj", FrameGap())
    PairSampler(build_training_set(bare), "objtr", FrameGap())


@pytest.mark.parametrize("regime", ["obj", "tr", "objtr"])
def test_triplets_take_two_patches_of_one_trajectory_and_one_apart_from_it(training_set, regime):
    batch = TripletSampler(training_set, regime, FrameGap()).draw(20_000, np.random.default_rng(3))
    observations = boxes_by_observation(training_set)
    hard = batch.trajectory[:, 2] == batch.trajectory[:, 0]
    for row in range(len(hard)):
        for column in (0, 1) if hard[row] else (0, 1, 2):
            key = int(batch.trajectory[row, column]), int(batch.frame[row, column])
            clip, box, kind = observations[key]
            assert clip == batch.clip[row, column]
            assert kind == observations[int(batch.trajectory[row, 0]), int(batch.frame[row, 0])][2]
            np.testing.assert_array_equal(batch.box[row, column], box)
    own = [
        observations[key][1]
        for key in zip(batch.trajectory[:, 0].tolist(), batch.frame[:, 2].tolist(), strict=True)
    ]
    overlap = geometry.iou(np.array(own), batch.box[:, 2])
    assert (overlap < 0.5).all()
    assert (overlap[hard] > 0).all()
    assert (batch.trajectory[:, 0] == batch.trajectory[:, 1]).all()
    assert (batch.frame[:, 0] != batch.frame[:, 1]).all()
    assert hard.mean() < 0.3


def test_a_lone_object_is_held_against_hard_negatives_of_itself(training_set):
    lone = dataclasses.replace(training_set, objects=training_set.objects.take(np.array([0])))
    batch = TripletSampler(lone, "obj", FrameGap()).draw(100, np.random.default_rng(3))
    assert (batch.trajectory == lone.objects.ids[0]).all()
    assert (batch.frame[:, 1] == batch.frame[:, 2]).all()
    overlap = geometry.iou(batch.box[:, 1], batch.box[:, 2])
    assert ((overlap > 0) & (overlap < 0.5)).all()


def test_without_others_every_triplet_has_a_hard_negative_in_the_frame_of_its_positive(training_set):
    sampler = TripletSampler(training_set, "objtr", FrameGap(), others=False)
    batch = sampler.draw(5_000, np.random.default_rng(3))
    assert (batch.trajectory == batch.trajectory[:, :1]).all()
    assert (batch.frame[:, 1] == batch.frame[:, 2]).all()
    overlap = geometry.iou(batch.box[:, 1], batch.box[:, 2])
    assert ((overlap > 0) & (overlap < 0.5)).all()


def test_jitter_moves_a_trajectorys_own_boxes_by_less_than_half_and_no_others(training_set):
    plain = PairSampler(training_set, "objtr", FrameGap()).draw(5_000, np.random.default_rng(3))
    jittered = PairSampler(training_set, "objtr", FrameGap(), Jitter(LARGEST_PLACE)).draw(
        5_000, np.random.default_rng(3)
    )
    np.testing.assert_array_equal(jittered.frame, plain.frame)
    own = np.ones((5_000, 2), bool)
    own[:, 1] = plain.same
    overlap = geometry.iou(jittered.box[own], plain.box[own])
    assert 0.5 < overlap.min() < 0.6
    assert overlap.mean() < 0.85
    observations = boxes_by_observation(training_set)
    keys = zip(plain.trajectory.tolist(), plain.frame[:, 1].tolist(), strict=True)
    second = np.array([observations[key][1] for key in keys])
    overlap = geometry.iou(jittered.box[~plain.same, 1], second[~plain.same])
    assert ((overlap > 0) & (overlap < 0.5)).all()  # a negative is one of the box as it was


def test_jitter_of_colours_changes_nothing_else_and_comes_again_with_the_state(training_set):
    sampler = TripletSampler(training_set, "objtr", FrameGap(), Jitter(colour=0.4))
    plain = TripletSampler(training_set, "objtr", FrameGap()).draw(64, np.random.default_rng(5))
    first, again = (sampler.draw(64, np.random.default_rng(5)) for _ in range(2))
    assert plain.colours is None
    assert first.colours.shape == (64, 3, 3, 4)
    np.testing.assert_array_equal(first.colours, again.colours)
    for name in ("clip", "frame", "box", "trajectory", "flip"):
        np.testing.assert_array_equal(getattr(first, name), getattr(plain, name))
