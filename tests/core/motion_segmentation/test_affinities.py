"""Motions compared over a few windows of many, and pairs that are no more than is bounded."""

import numpy as np

from core.motion_segmentation import affinities
from core.trajectories.model import PointTrajectories


def lines(speeds, frames):
    """Points that rest on a grid, and one more for each speed that goes so fast to the right."""
    rest = np.stack(np.meshgrid(np.arange(10.0, 200, 20), np.arange(10.0, 200, 20)), axis=-1).reshape(-1, 2)
    paths = [np.repeat(place[None], frames, axis=0) for place in rest]
    paths += [np.stack((10 + speed * np.arange(frames), np.full(frames, 55.0)), axis=1) for speed in speeds]
    return affinities.motions(PointTrajectories.pack([0] * len(paths), paths), 4, 1), len(rest)


def test_differences_over_many_windows_are_those_over_all():
    found, rest = lines((0.1, 0.3), 3 * affinities.MOST_WINDOWS)
    links = np.array([(0, rest), (0, rest + 1), (rest, rest + 1)])
    unlike, way, _, common = affinities.differences(found, links)
    np.testing.assert_allclose(unlike, (0.4, 1.2, 0.8), atol=1e-3)
    np.testing.assert_allclose(way, (0, 0, 0.4), atol=1e-3)
    assert set(common.tolist()) == {3 * affinities.MOST_WINDOWS - 4}
    off, _ = affinities.against_camera(found)
    np.testing.assert_allclose(off[rest:], (0.4, 1.2), atol=1e-3)


def test_pairs_are_bounded_and_each_there_once():
    found, rest = lines((), 12)
    few = affinities.pairs(found, 4, 2, 4, 0)
    assert (few[:, 0] < few[:, 1]).all()
    assert len(np.unique(few, axis=0)) == len(few)
    for place in range(rest):
        assert (few == place).any()
    every = affinities.pairs(found, rest, 0, 4, 0)
    assert rest * (rest - 1) // 2 > affinities.MOST_PAIRS * rest
    assert len(np.unique(every, axis=0)) == len(every) == affinities.MOST_PAIRS * rest


def test_a_slow_zoom_is_the_cameras_though_a_shift_leaves_all_points_near():
    random = np.random.default_rng(0)
    before = random.random((400, 2)) * 300
    after = before + 0.008 * (before - 150) + random.normal(0, 0.05, before.shape)
    after[:40] += (0, 5)
    camera = affinities.camera_between(before, after)
    off = np.linalg.norm(after - affinities.moved(before[:, None], camera[None])[:, 0], axis=1)
    assert np.median(off[40:]) < 0.1


def test_what_lies_nearer_is_left_apart_where_more_freedom_gains_little():
    random = np.random.default_rng(0)
    before = random.random((400, 2)) * 300
    shift = np.where(before[:, :1] < 90, (1.1, 0.0), (0.0, 0.0))
    after = before + shift + random.normal(0, 0.2, before.shape)
    np.testing.assert_array_equal(affinities.camera_between(before, after)[:2, :2], np.eye(2))


def test_the_camera_stays_with_the_same_points_though_what_moves_has_more_of_them_for_a_while():
    random = np.random.default_rng(0)
    ground, thing = random.random((24, 2)) * (300, 100), random.random((30, 2)) * 40 + (0, 150)
    first = [0] * 44 + [8] * 10
    frames = [np.arange(start, 20)[:, None] for start in first]
    speeds = [(0, 0)] * 24 + [(4, 0)] * 30
    paths = [
        place + some * speed for place, some, speed in zip((*ground, *thing), frames, speeds, strict=True)
    ]
    points = PointTrajectories.pack(first, [np.float32(path) for path in paths])
    found = affinities.motions(points, 8, 1)
    off = np.linalg.norm(found.steps, axis=1)
    still = np.repeat(np.arange(54) < 24, found.counts)
    assert off[still].max() < 1e-3
    assert off[~still].min() > 30
