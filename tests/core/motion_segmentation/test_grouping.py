"""Points of drawn motions come into the groups they were drawn in."""

import numpy as np
import pytest

from core.motion_segmentation.grouped import CAMERA, SILENT
from core.motion_segmentation.grouping import group_points
from core.trajectories.model import PointTrajectories

WIDTH, HEIGHT, FRAMES = 320, 240, 20


def scene(objects: dict[tuple[float, float], tuple[float, float]], zoom: float = 0.0, frames: int = FRAMES):
    """Points every 10 pixels; those within 40 pixels of a centre go so far a frame, the others rest; the
    camera may zoom. Noise of a twentieth of a pixel."""
    random = np.random.default_rng(3)
    x, y = np.meshgrid(np.arange(5, WIDTH, 10.0), np.arange(5, HEIGHT, 10.0))
    start = np.stack((x.ravel(), y.ravel()), axis=1)
    truth = np.zeros(len(start), int)
    speed = np.zeros((len(start), 2))
    for number, (centre, goes) in enumerate(objects.items(), start=1):
        inside = np.linalg.norm(start - centre, axis=1) < 40
        truth[inside], speed[inside] = number, goes
    times = np.arange(frames)[None, :, None]
    middle = np.array((WIDTH, HEIGHT)) / 2
    paths = middle + (start[:, None] + times * speed[:, None] - middle) * (1 + zoom * times)
    paths += random.normal(0, 0.05, paths.shape)
    return PointTrajectories.pack([0] * len(start), list(paths)), truth


def test_two_objects_and_what_rests():
    points, truth = scene({(80, 120): (2, 0), (220, 120): (0, -2)})
    found = group_points(points, WIDTH, HEIGHT)
    assert (found.groups[truth == 0] == CAMERA).mean() > 0.99
    first, second = (np.unique(found.groups[truth == one]) for one in (1, 2))
    assert len(first) == len(second) == 1
    assert {*first.tolist(), *second.tolist()} == {1, 2}
    assert found.groups.dtype == np.int32
    assert found.belonging.dtype == np.float32
    assert 0 <= found.belonging.min() <= found.belonging.max() <= 1


@pytest.mark.parametrize("zoom", [0.0, 0.01])
def test_nothing_moves_by_itself(zoom):
    points, _ = scene({}, zoom)
    assert (group_points(points, WIDTH, HEIGHT).groups == CAMERA).all()


def test_a_cut_mixes_no_groups():
    before, truth = scene({(80, 120): (2, 0)})
    after, later = scene({(220, 120): (0, -2)})
    after = PointTrajectories.pack([FRAMES] * len(after), [after.points(one) for one in range(len(after))])
    groups = group_points(PointTrajectories.join([before, after]), WIDTH, HEIGHT).groups
    moving = [np.unique(groups[: len(truth)][truth == 1]), np.unique(groups[len(truth) :][later == 1])]
    assert not set(moving[0].tolist()) & set(moving[1].tolist())


def test_rejected_short_or_no_points_say_nothing():
    points, _ = scene({}, frames=3)
    assert (group_points(points, WIDTH, HEIGHT).groups == SILENT).all()
    none = points.take(np.zeros(0, int))
    assert len(group_points(none, WIDTH, HEIGHT).groups) == 0


def test_a_few_points_that_move_are_no_object():
    points, truth = scene({(80, 120): (2, 0)})
    for count, groups in ((4, {SILENT}), (12, {1})):
        order = np.concatenate((np.flatnonzero(truth == 1)[:count], np.flatnonzero(truth == 0)))
        found = group_points(points.take(order), WIDTH, HEIGHT).groups
        assert set(found[:count].tolist()) == groups


def test_two_objects_that_move_alike_but_apart_are_two():
    points, truth = scene({(60, 120): (2, 0), (220, 120): (2, 0)})
    groups = group_points(points, WIDTH, HEIGHT).groups
    first, second = (np.unique(groups[truth == one]).tolist() for one in (1, 2))
    assert sorted((first, second)) == [[1], [2]]


def test_ground_that_comes_nearer_slowly_is_one_background_around_what_moves():
    points, truth = scene({(80, 120): (2, 0)}, zoom=0.0008)
    groups = group_points(points, WIDTH, HEIGHT).groups
    assert (groups[truth == 0] == CAMERA).mean() > 0.99
    assert set(groups[truth == 1].tolist()) == {1}


def test_layers_of_depth_that_the_camera_passes_slowly_are_one_background():
    points, truth = scene({(160, 60): (0, 2)})
    places = np.stack([points.points(one)[0] for one in range(len(points))])
    layer = np.where(places[:, 1] > 150, 1.15, 1.0)
    sway = np.outer(np.arange(FRAMES), (1.2, 0.0))
    paths = [points.points(one) + layer[one] * sway for one in range(len(points))]
    groups = group_points(PointTrajectories.pack([0] * len(paths), paths), WIDTH, HEIGHT).groups
    assert (groups[truth == 0] == CAMERA).mean() > 0.98
    assert set(groups[truth == 1].tolist()) == {1}
