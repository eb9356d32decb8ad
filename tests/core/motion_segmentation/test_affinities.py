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
