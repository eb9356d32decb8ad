import numpy as np
import pytest

from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.trajectories.model import EndReason, Origin, PointTrajectories


def track(frames, preset="fast", **settings) -> PointTrajectories:
    tracker = FlowTracker(frames, TrackConfig(preset=preset, **settings))
    for _ in tracker.steps():
        pass
    return tracker.trajectories()


@pytest.fixture(scope="module")
def clip():
    return render_clip(21, frames=24, objects=3)


@pytest.fixture(scope="module")
def tracked(clip):
    return track(clip.frames, min_length=1, spacing=8)


def test_points_follow_the_surfaces_they_start_on(clip, tracked):
    error, seen = against_truth(clip, tracked)
    assert len(tracked) > 700
    assert np.median(error[seen]) < 0.25
    assert (error[seen] < 1).mean() > 0.85
    assert (~seen).mean() < 0.012


def test_a_trajectory_ends_where_its_point_is_hidden(clip, tracked):
    """Of the points that something passes in front of, nearly all are given up within two frames."""
    places = np.flatnonzero(tracked.first == 0)
    starts = tracked.xy[tracked.offsets[places]]
    seen = np.array([clip.visible(0, starts, frame) for frame in range(24)])
    gone = np.where(seen.all(axis=0), 99, seen.argmin(axis=0))
    met = (gone < 99) & (tracked.last[places] >= gone - 3)
    hidden, caught = met.sum(), (met & (tracked.last[places] <= gone + 2)).sum()
    assert hidden > 20
    assert caught / hidden > 0.9


def test_what_a_trajectory_says_of_itself(clip, tracked):
    assert (tracked.origin == Origin.LINKED).all()
    assert tracked.last.max() == 23
    at_end = tracked.last == 23
    assert (tracked.end_reason[at_end] == EndReason.CLIP_END).all()
    assert not (tracked.end_reason[~at_end] == EndReason.CLIP_END).any()
    np.testing.assert_array_equal(tracked.error[tracked.offsets[:-1]], 0)
    assert np.isfinite(tracked.error).all()
    left = tracked.end_reason == EndReason.LEFT_FRAME
    ends = tracked.xy[tracked.offsets[1:] - 1][left]
    away = np.minimum(ends, np.array([320, 240]) - ends).min(axis=1)
    assert left.sum() > 5
    assert (away < 12).all()


def test_no_two_trajectories_start_on_each_other_and_gaps_are_filled(tracked):
    for frame in (0, 7, 23):
        rows = tracked.at(frame)
        new = rows[tracked.frame[rows] == tracked.first[tracked.owner[rows]]]
        others = np.setdiff1d(rows, new)
        apart = np.linalg.norm(tracked.xy[new][:, None] - tracked.xy[others][None], axis=2)
        assert apart.size == 0 or apart.min() > 7
    assert (tracked.first > 0).sum() > 20


def test_the_result_is_the_same_on_any_number_of_threads(clip):
    one, four = (track(clip.frames[:6], min_length=1, threads=threads) for threads in (1, 4))
    np.testing.assert_array_equal(one.xy, four.xy)
    np.testing.assert_array_equal(one.end_reason, four.end_reason)


@pytest.mark.parametrize(("preset", "share"), [("balanced", 0.87), ("quality", 0.92), ("best", 0.92)])
def test_slower_presets_follow_more_points_to_within_a_pixel(clip, preset, share):
    error, seen = against_truth(clip, track(clip.frames[:16], min_length=1, preset=preset))
    assert np.median(error[seen]) < 0.2
    assert (error[seen] < 1).mean() > share


def test_short_ones_are_dropped_and_a_few_are_chosen_all_over_the_clip(clip, tracked):
    few = track(clip.frames, min_length=6, max_trajectories=64)
    assert len(few) == 64
    assert few.lengths.min() >= 6
    starts = few.xy[few.offsets[:-1]]
    quadrants = {(x > 160, y > 120) for x, y in starts}
    assert len(quadrants) == 4
    assert few.lengths.mean() > tracked.lengths.mean()


def test_large_frames_are_tracked_smaller_and_told_in_their_own_pixels(clip):
    error, seen = against_truth(clip, track(clip.frames, min_length=2, max_side=160))
    assert np.median(error[seen]) < 0.8


def test_clips_with_nothing_to_track_give_nothing():
    black = np.zeros((5, 48, 64, 3), np.uint8)
    noise = np.random.default_rng(0).normal(128, 2, (5, 48, 64, 3)).astype(np.uint8)
    for frames in (black, noise):
        assert len(track(frames)) == 0


def test_one_frame_and_tiny_frames():
    assert len(track(render_clip(0, frames=1).frames)) > 100
    tiny = track(render_clip(0, frames=5, width=16, height=16).frames, min_length=1)
    assert len(tiny.offsets) == len(tiny) + 1


def test_grey_frames_work_and_frames_of_two_sizes_do_not(clip):
    grey = np.repeat(clip.frames[:4, ..., 1:2], 3, axis=3)
    assert len(track(grey)) > 300
    with pytest.raises(StudioError, match="Frame 1 has another size"):
        track([clip.frames[0], clip.frames[1][:200]])


def test_closing_it_ends_it(clip):
    steps = FlowTracker(clip.frames, TrackConfig(preset="fast")).steps()
    assert next(steps) == 1
    steps.close()
    assert list(steps) == []


def against_truth(clip, points) -> tuple[np.ndarray, np.ndarray]:
    """Per observation: its distance to where its first point went, in pixels, and whether that is seen."""
    error, seen = np.zeros(len(points.xy)), np.zeros(len(points.xy), bool)
    starts = points.xy[points.offsets[:-1]][points.owner]
    began = points.first[points.owner]
    for frame in np.unique(began):
        for at in np.unique(points.frame[began == frame]):
            rows = (began == frame) & (points.frame == at)
            where = clip.position(frame, starts[rows], at)
            error[rows] = np.linalg.norm(where - points.xy[rows], axis=1)
            seen[rows] = clip.visible(frame, starts[rows], at)
    return error, seen
