import io

import cv2
import numpy as np
import pytest

from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.tracking.config import TrackConfig
from core.tracking.linking import FlowTracker
from core.trajectories.model import EndReason, Origin, PointTrajectories
from core.trajectories.snapshot import points_arrays


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


@pytest.fixture(scope="module")
def judged(clip, tracked):
    return against_truth(clip, tracked)


def test_points_follow_the_surfaces_they_start_on(tracked, judged):
    error, seen = judged
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
    error, seen = against_truth(clip, track(clip.frames[:10], min_length=1, preset=preset))
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


def options_tried(**settings) -> TrackConfig:
    return TrackConfig(min_length=1, **settings)


@pytest.mark.parametrize(
    "config",
    [
        options_tried(preset="fast"),
        options_tried(preset="quality", bridging=True, cycle=True, motion_boundary=True),
        options_tried(preset="best", max_side=96, seed_every=3, spacing=6),
    ],
    ids=lambda config: config.preset,
)
def test_going_on_after_a_stop_finds_the_same_bit_for_bit(clip, config):
    frames = clip.frames[:12, 60:150, 80:200]
    whole = FlowTracker(frames, config)
    assert list(whole.steps()) == list(range(1, 13))
    assert len(whole.trajectories()) > 20
    for stop in (1, 2, 5, 11, 12):
        first = FlowTracker(frames, config)
        steps = first.steps()
        assert [next(steps) for _ in range(stop)][-1] == stop
        steps.close()
        second = FlowTracker(frames, config)
        second.restore(through_a_file(first.state()))
        assert list(second.steps()) == list(range(stop + 1, 13))
        for name, values in points_arrays(whole.trajectories()).items():
            np.testing.assert_array_equal(points_arrays(second.trajectories())[name], values)


def through_a_file(arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return np.load(io.BytesIO(file.getvalue()), allow_pickle=False)


def test_a_tracker_that_was_never_begun_can_be_taken_over_too(clip):
    config = options_tried(preset="fast")
    taken = FlowTracker(clip.frames[:3], config)
    taken.restore(through_a_file(FlowTracker(clip.frames[:3], config).state()))
    assert list(taken.steps()) == [1, 2, 3]
    with pytest.raises(KeyError):
        taken.restore({})


def test_points_start_within_the_region_and_may_leave_it(clip):
    points = track(clip.frames, min_length=1, region=(40, 30, 200, 150))
    starts = points.xy[points.offsets[:-1]]
    assert len(points) > 100
    assert ((starts >= (40, 30)) & (starts < (200, 150))).all()
    assert not ((points.xy >= (40, 30)) & (points.xy < (200, 150))).all()
    half = track(clip.frames[:1], min_length=1, region=(40, 30, 200, 150), max_side=160)
    starts = half.xy[half.offsets[:-1]]  # told in pixels of the frame, whatever it is shrunk to
    assert ((starts >= (40, 30)) & (starts < (200, 150))).all()
    assert starts.max(axis=0) == pytest.approx((192, 144), abs=12)


def test_points_start_in_every_so_many_th_frame(clip):
    points = track(clip.frames[:8], min_length=1, seed_every=3)
    assert set(points.first) == {0, 3, 6}


class Rolling:
    """The flow of frames that roll right by 2 px each; over one frame it is wrong where `broken` says."""

    def __init__(self, gap: int, broken: bool = False) -> None:
        self._shift, self._broken = 2.0 * gap, broken

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        ahead = np.argmax(first[0, :, 0]) < np.argmax(second[0, :, 0])  # a mark in the corner
        field = np.zeros((*first.shape[:2], 2), np.float32)
        field[..., 0] = self._shift if ahead else -self._shift
        if self._broken and not ahead and np.argmax(first[0, :, 0]) == 20:  # only the way back from frame 10
            field[..., 1] = 5
        return field


@pytest.fixture(scope="module")
def rolling():
    """24 frames; in the top row a white mark at column 2 t."""
    image = render_clip(4, frames=1, width=128, height=96).frames[0] // 2
    frames = np.stack([np.roll(image, 2 * frame, axis=1) for frame in range(14)])
    frames[:, 0] = 0
    for frame in range(14):
        frames[frame, 0, 2 * frame] = 255
    return frames


@pytest.mark.parametrize("bridging", [False, True])
def test_bridging_takes_the_link_over_several_frames_where_that_of_one_fails(rolling, bridging):
    config = TrackConfig(min_length=1, bridging=bridging, similarity=-0.99)
    tracker = FlowTracker(rolling, config, {1: Rolling(1, broken=True), 4: Rolling(4)})
    assert len(list(tracker.steps())) == 14
    points = tracker.trajectories()
    across = (points.first == 0) & (points.last > 10)
    assert (across.sum() > 30) == bridging
    if bridging:  # those too young for the link over several frames end all the same
        steps = np.concatenate([np.diff(points.points(place), axis=0) for place in range(len(points))])
        np.testing.assert_allclose(steps, np.broadcast_to([2, 0], steps.shape))
    else:
        ended = points.end_reason[(points.first == 0) & (points.last == 9)]
        assert (ended == EndReason.INCONSISTENT).sum() > 30


def test_the_way_back_is_asked_of_those_alone_that_have_come_so_far(rolling):
    tracker = FlowTracker(rolling, TrackConfig(min_length=1, cycle=True), {1: Rolling(1)})
    assert len(list(tracker.steps())) == 14
    points = tracker.trajectories()
    assert ((points.first > 5) & (points.first < 12)).sum() > 5
    assert not (points.end_reason == EndReason.INCONSISTENT).any()


def test_bridging_without_similarity_is_refused():
    with pytest.raises(StudioError, match="set similarity above -1"):
        TrackConfig(bridging=True, similarity=-1)


@pytest.mark.parametrize("region", [(1, 2, 3), (5, 0, 5, 9), (0, 9, 4, 2), (-1, 0, 4, 4)])
def test_a_region_that_is_no_box_is_refused(region):
    with pytest.raises(StudioError, match="region must be x1, y1, x2, y2"):
        TrackConfig(region=region)


def test_the_stricter_tests_end_more_trajectories_earlier_and_keep_fewer_on_what_is_hidden(
    clip, tracked, judged
):
    hidden = (~judged[1]).mean()
    for option in ("motion_boundary", "cycle"):
        strict = track(clip.frames, min_length=1, spacing=8, **{option: True})
        assert strict.lengths[strict.first == 0].sum() < tracked.lengths[tracked.first == 0].sum()
        assert (~against_truth(clip, strict)[1]).mean() < hidden


def test_a_4k_clip_is_tracked_in_its_own_pixels():
    small = render_clip(2, frames=3, width=480, height=270, noise=0)
    frames = [cv2.resize(frame, (3840, 2160), interpolation=cv2.INTER_CUBIC) for frame in small.frames]
    points = track(frames, min_length=3)
    starts, ends = points.xy[points.offsets[:-1]], points.xy[points.offsets[1:] - 1]
    truth = small.position(0, starts / 8, 2) * 8
    assert len(points) > 500
    assert np.median(np.linalg.norm(ends - truth, axis=1)) < 3
    assert points.xy[:, 0].max() > 3700


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
