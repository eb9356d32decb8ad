import numpy as np
import pytest

from core.datasets.synthetic import SyntheticClip, render_clip
from core.tracking.repair import bridge, repair_around


def between(frames: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) path and (T,) error between two places that people gave, in the first and the last frame."""
    ends, total = np.stack([start, end]).astype(np.float32), len(frames)
    path, errors = np.repeat(ends[:1], total, axis=0), np.zeros(total, np.float32)
    path[-1] = ends[1]
    first, new, error = repair_around(frames, path, 0, np.isin(np.arange(total), (0, total - 1)))
    assert (first, len(new)) == (0, total - 1)
    path[:-1], errors[:-1] = new, error
    return path, errors


def test_a_repaired_path_passes_through_both_points_and_keeps_to_the_surface():
    clip = render_clip(13, frames=10)
    rows, columns = np.nonzero(clip.labels[0] == 2)
    starts = np.stack([columns, rows], axis=1)[:: len(rows) // 5] + 0.5
    seen = np.all([clip.visible(0, starts, frame) for frame in range(10)], axis=0)
    errors = []
    for start in starts[seen]:
        truth = np.concatenate([clip.position(0, start[None], frame) for frame in range(10)])
        path, deviation = between(clip.frames, truth[0], truth[-1])
        assert path.shape == (10, 2)
        np.testing.assert_allclose(path[[0, -1]], truth[[0, -1]], atol=1e-3)
        np.testing.assert_allclose(deviation[[0, -1]], 0, atol=1e-3)
        assert (deviation[1:-1] > 0).all()
        errors.append(np.linalg.norm(path - truth, axis=1).max())
    assert len(errors) >= 2
    assert np.median(errors) < 0.6
    straight = np.linspace(truth[0], truth[-1], 10)
    assert np.linalg.norm(straight - truth, axis=1).max() > 2 * np.median(errors)


def test_where_nothing_can_be_followed_the_path_is_straight():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (7, 160, 200, 3)).astype(np.uint8)  # nothing moves on: all is new
    path, deviation = between(frames, np.array([40.0, 60.0]), np.array([100.0, 90.0]))
    np.testing.assert_allclose(path, np.linspace((40, 60), (100, 90), 7), atol=12)
    assert deviation[3] > 3


def test_two_frames_have_nothing_between():
    frames = render_clip(0, frames=2).frames
    path, _ = between(frames, np.array([10.0, 20.0]), np.array([14.0, 21.0]))
    np.testing.assert_allclose(path, [[10, 20], [14, 21]], atol=1e-4)


@pytest.fixture(scope="module")
def drawn() -> tuple[SyntheticClip, np.ndarray]:
    """A clip, and the true path of a point of an object that is seen in all its frames."""
    clip = render_clip(13, frames=24)
    rows, columns = np.nonzero(clip.labels[0] == 2)
    starts = np.stack([columns, rows], axis=1)[:: len(rows) // 40] + 0.5
    seen = np.all([clip.visible(0, starts, frame) for frame in range(24)], axis=0)
    middle = starts[seen].mean(axis=0)
    start = min(starts[seen], key=lambda place: np.linalg.norm(place - middle))
    return clip, np.concatenate([clip.position(0, start[None], frame) for frame in range(24)])


def off(path: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(path - truth, axis=1)


def applied(path: np.ndarray, repaired: tuple[int, np.ndarray, np.ndarray]) -> np.ndarray:
    first, part, error = repaired
    assert len(part) == len(error)
    new = path.copy()
    new[first : first + len(part)] = part
    return new


def test_a_drift_in_the_middle_is_put_right_and_nothing_else_changes(drawn):
    clip, truth = drawn
    path = truth.astype(np.float32)
    path[8:17] += np.array([6.0, -4.0], np.float32) * np.sin(np.linspace(0, np.pi, 11))[1:-1, None]
    path[12] = truth[12]
    first, part, error = repair_around(clip.frames, path, 12, np.arange(24) == 12)
    new = applied(path, (first, part, error))
    assert off(path, truth)[8:17].max() > 5
    assert off(new, truth).max() < 1
    assert 5 <= first <= 9
    assert first + len(part) <= 20
    assert error[12 - first] == 0
    assert error.max() < 2
    np.testing.assert_array_equal(new[12], path[12])


def test_anchors_bound_what_changes(drawn):
    clip, truth = drawn
    path = truth.astype(np.float32) + np.array([5.0, 3.0], np.float32)
    anchors = np.isin(np.arange(24), (6, 12, 15))
    path[anchors] = truth[anchors]
    first, part, _ = repair_around(clip.frames, path, 12, anchors)
    assert (first, len(part)) == (7, 8)
    assert off(applied(path, (first, part, part[:, 0])), truth)[6:16].max() < 1


def test_a_path_that_stays_wrong_is_followed_to_its_ends(drawn):
    clip, truth = drawn
    path = truth.astype(np.float32) + np.array([9.0, 0.0], np.float32)
    path[12] = truth[12]
    first, part, error = repair_around(clip.frames, path, 12, np.arange(24) == 12)
    assert (first, len(part)) == (0, 24)
    assert off(part, truth).max() < 1.5
    assert error.max() < 3


def test_beyond_the_reach_the_known_path_stays_and_the_step_to_it_is_the_error(drawn, monkeypatch):
    clip, truth = drawn
    monkeypatch.setattr("core.tracking.repair.REACH", 4)
    path = truth.astype(np.float32) + np.array([9.0, 0.0], np.float32)
    path[12] = truth[12]
    first, part, error = repair_around(clip.frames, path, 12, np.arange(24) == 12)
    assert (first, len(part)) == (8, 10)  # 8 to 16 new, 17 with the error of the step to it
    np.testing.assert_array_equal(part[-1], path[17])
    np.testing.assert_allclose((error[0], error[-1]), 9, atol=1)
    assert error[1:-1].max() < 2


def test_a_small_correction_changes_little(drawn):
    clip, truth = drawn
    path = truth.astype(np.float32)
    path[12] += (0.05, 0.05)
    first, part, _ = repair_around(clip.frames, path, 12, np.arange(24) == 12)
    assert np.abs(applied(path, (first, part, part[:, 0])) - path).max() < 0.5
    assert len(part) <= 9


def test_a_path_that_is_less_than_a_pixel_off_is_not_back_at_once(drawn):
    clip, truth = drawn
    path = truth.astype(np.float32) + np.array([0.8, 0.0], np.float32)
    path[12] = truth[12]
    new = applied(path, repair_around(clip.frames, path, 12, np.arange(24) == 12))
    assert off(new, truth)[[11, 13]].max() < 0.5


def test_the_only_frame_of_a_path_has_nothing_around_it():
    frames = render_clip(0, frames=1).frames
    first, part, error = repair_around(frames, np.array([[10, 20]], np.float32), 0, np.ones(1, bool))
    assert (first, part.tolist(), error.tolist()) == (0, [[10, 20]], [0])


def test_with_several_anchors_only_the_pieces_beside_the_moved_one_change(drawn):
    clip, truth = drawn
    path, anchors = truth.astype(np.float32), np.zeros(24, bool)
    path += np.array([4.0, -3.0], np.float32) * np.sin(np.linspace(0, 3 * np.pi, 24))[:, None]
    assert off(path, truth).mean() > 2
    for at in (12, 4, 19, 8):
        path[at], anchors[at] = truth[at], True
        before = path.copy()
        path = applied(path, repair_around(clip.frames, path, at, anchors))
        others = np.flatnonzero(anchors & (np.arange(24) != at))
        low, high = max(others[others < at], default=-1), min(others[others > at], default=24)
        outside = (np.arange(24) <= low) | (np.arange(24) >= high)
        np.testing.assert_array_equal(path[outside], before[outside])
        np.testing.assert_array_equal(path[anchors], truth.astype(np.float32)[anchors])
    assert off(path, truth)[4:20].max() < 0.8


def test_an_anchor_beyond_the_reach_ends_the_piece_where_the_path_does_not_come_back(drawn, monkeypatch):
    clip, truth = drawn
    monkeypatch.setattr("core.tracking.repair.REACH", 4)
    path = truth.astype(np.float32) + np.array([9.0, 0.0], np.float32)
    anchors = np.isin(np.arange(24), (12, 20))
    path[anchors] = truth[anchors]
    first, part, error = repair_around(clip.frames, path, 12, anchors)
    assert (first, first + len(part)) == (8, 20)  # behind no anchor, so as far as the reach
    new = applied(path, (first, part, error))
    assert off(new, truth)[9:21].max() < 1
    assert error[12 - first :].max() < 2
    np.testing.assert_array_equal(new[20:], path[20:])


def test_where_the_path_comes_back_before_a_far_anchor_the_rest_of_the_piece_stays(drawn, monkeypatch):
    clip, truth = drawn
    monkeypatch.setattr("core.tracking.repair.REACH", 6)
    path = truth.astype(np.float32)
    path[12:15] += np.array([5.0, 3.0], np.float32)
    anchors = np.isin(np.arange(24), (12, 22))
    path[anchors] = truth[anchors]
    first, part, _ = repair_around(clip.frames, path, 12, anchors)
    assert first + len(part) <= 18
    assert off(applied(path, (first, part, part[:, 0])), truth).max() < 1


def test_a_gap_is_bridged_along_the_surface_from_both_ends():
    errors, straight = [], []
    for seed in (13, 5):
        clip = render_clip(seed, frames=20, width=240, height=180)
        rows, columns = np.nonzero(clip.labels[0] == 2)
        starts = np.stack([columns, rows], axis=1)[:: len(rows) // 8] + 0.5
        seen = starts[np.all([clip.visible(0, starts, frame) for frame in range(20)], axis=0)]
        for start in seen[1:3]:
            truth = np.concatenate([clip.position(0, start[None], frame) for frame in range(20)])
            path = truth.astype(np.float32)
            path[4:16] = np.linspace(path[3], path[16], 14)[1:-1]
            straight.append(off(path, truth)[4:16].max())
            between, error = bridge(clip.frames, path, 3, 16)
            assert (len(between), len(error)) == (12, 12)
            assert (error > 0).all()
            errors.append(off(between, truth[4:16]).max())
    assert np.median(errors) < 0.5
    assert np.median(straight) > 2 * np.median(errors)
