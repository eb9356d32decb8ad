import numpy as np

from core.datasets.synthetic import render_clip
from core.tracking.repair import repair_path


def test_a_repaired_path_passes_through_both_points_and_keeps_to_the_surface():
    clip = render_clip(13, frames=10)
    rows, columns = np.nonzero(clip.labels[0] == 2)
    starts = np.stack([columns, rows], axis=1)[:: len(rows) // 5] + 0.5
    seen = np.all([clip.visible(0, starts, frame) for frame in range(10)], axis=0)
    errors = []
    for start in starts[seen]:
        truth = np.concatenate([clip.position(0, start[None], frame) for frame in range(10)])
        path, deviation = repair_path(clip.frames, truth[0], truth[-1])
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
    path, deviation = repair_path(frames, np.array([40.0, 60.0]), np.array([100.0, 90.0]))
    np.testing.assert_allclose(path, np.linspace((40, 60), (100, 90), 7), atol=12)
    assert deviation[3] > 3


def test_two_frames_have_nothing_between():
    frames = render_clip(0, frames=2).frames
    path, _ = repair_path(frames, np.array([10.0, 20.0]), np.array([14.0, 21.0]))
    np.testing.assert_allclose(path, [[10, 20], [14, 21]], atol=1e-4)
