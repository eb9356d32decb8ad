import copy
from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.pairs.sampling import FrameGap, PairSampler, TripletSampler, visit_clips
from core.pairs.training_set import TrainingSet, TrajectorySet
from core.pairs.visiting import USES, ClipVisits, clip_visits, place_in_stream
from core.trajectories.model import Kind

FRAMES = 10
BYTES = 3 * 64 * 48
"""Of a frame of `clips_of`."""


def clips_of(number, objects_in=()):
    """Points in every one of `number` clips of 10 frames, and an object in some."""
    clips = tuple(
        Clip(name=f"{k}", dataset="frames", width=64, height=48, root=Path(), files=("a.png",) * FRAMES)
        for k in range(number)
    )

    def tracks(kind, places):
        count = len(places)
        return TrajectorySet(
            kind,
            clip=np.array(places, np.int32),
            ids=np.arange(count, dtype=np.int64) + 1,
            offsets=np.arange(count + 1, dtype=np.int64) * FRAMES,
            frame=np.tile(np.arange(FRAMES, dtype=np.int32), count),
            box=np.tile(np.float32([20, 15, 40, 30]), (FRAMES * count, 1)),
        )

    return TrainingSet(clips, tracks(Kind.OBJECT, objects_in), tracks(Kind.POINT, list(range(number))))


@pytest.mark.parametrize("numbers", [0, 1, 7, 123_456])
def test_the_place_in_a_stream_counts_the_numbers_that_were_drawn(numbers):
    for seed in range(3):
        generator = np.random.default_rng(seed)
        before = place_in_stream(generator)
        generator.bit_generator.random_raw(numbers)
        assert place_in_stream(generator) - before == numbers


def test_a_generator_without_such_a_place_is_refused():
    with pytest.raises(ValueError, match="MT19937"):
        place_in_stream(np.random.Generator(np.random.MT19937(0)))


def test_where_all_frames_fit_nothing_is_visited_and_the_draws_are_what_they_were():
    training_set = clips_of(6)
    budget = 6 * FRAMES * BYTES
    assert clip_visits(training_set, "tr", budget, 10.0) is None
    plain, told = (PairSampler(training_set, "tr", FrameGap()) for _ in range(2))
    visit_clips(told, training_set, "tr", budget)
    for name, value in vars(plain.draw(200, np.random.default_rng(3))).items():
        np.testing.assert_array_equal(getattr(told.draw(200, np.random.default_rng(3)), name), value)
    assert clip_visits(training_set, "tr", budget - 1, 10.0) is not None


@pytest.mark.parametrize("sampler_of", [PairSampler, TripletSampler])
def test_clips_drawn_from_at_a_time_fit_and_every_clip_has_its_turn(sampler_of):
    training_set = clips_of(12)
    budget = 4 * FRAMES * BYTES  # three clips are visited while the last one still has its frames
    sampler = sampler_of(training_set, "tr", FrameGap())
    visit_clips(sampler, training_set, "tr", budget)
    generator, drawn = np.random.default_rng(0), []
    for _ in range(2000):
        drawn.append(set(sampler.draw(4, generator).clip.ravel().tolist()))
    stretches = [set().union(*drawn[start : start + 20]) for start in range(0, 2000, 20)]
    assert max(map(len, stretches)) <= 5  # three, while one or two change
    counts = np.bincount([place for clips in drawn for place in clips], minlength=12)
    assert counts.min() > 0.6 * counts.mean()


def test_a_frame_gives_about_as_many_patches_as_it_should_while_its_clip_is_visited():
    training_set = clips_of(12)
    sampler = PairSampler(training_set, "tr", FrameGap())
    visit_clips(sampler, training_set, "tr", FRAMES * BYTES)  # one clip at a time
    generator, clips = np.random.default_rng(0), []
    for _ in range(3000):
        clips.append(int(sampler.draw(8, generator).clip[0, 0]))
    changes = np.count_nonzero(np.diff(clips))
    assert 3000 * 16 / changes / FRAMES == pytest.approx(USES, rel=0.25)


def test_a_batch_is_a_function_of_the_generator_s_state():
    training_set = clips_of(12)
    samplers = [PairSampler(training_set, "tr", FrameGap()) for _ in range(2)]
    for sampler in samplers:
        visit_clips(sampler, training_set, "tr", 3 * FRAMES * BYTES)
    generator = np.random.default_rng(4)
    for _ in range(300):
        preview = samplers[1].draw(8, copy.deepcopy(generator))
        batch = samplers[0].draw(8, generator)
        np.testing.assert_array_equal(preview.clip, batch.clip)
        np.testing.assert_array_equal(preview.box, batch.box)


def test_a_kind_that_no_visited_clip_has_is_drawn_from_the_next_that_has_it():
    training_set = clips_of(12, objects_in=[2, 7])
    sampler = PairSampler(training_set, "objtr", FrameGap())
    visit_clips(sampler, training_set, "objtr", FRAMES * BYTES)
    generator, objects = np.random.default_rng(0), []
    for _ in range(2000):
        batch = sampler.draw(8, generator)
        objects.append(set(batch.clip[:, 0].tolist()) & {2, 7})
    assert {2} in objects
    assert {7} in objects
    assert sum(map(bool, objects)) > 1900


def test_a_clip_larger_than_the_budget_is_visited_alone():
    visits = ClipVisits(np.array([5, 0, 5]), np.array([100, 100, 100]), 1, 10.0)
    generator, seen = np.random.default_rng(0), set()
    for _ in range(200):
        now = visits.now(generator)
        assert len(now) == 1
        seen |= set(now.tolist())
        generator.bit_generator.random_raw(USES * 50)
    assert seen == {0, 2}
