"""The measure of Brox and Malik on cases of which the figures can be worked out by hand."""

import numpy as np
import pytest

from benchmarks.motion_segmentation_measure import agreement, owners
from core.trajectories.model import PointTrajectories

EQUAL = 1.0 - np.eye(3)


def halves() -> np.ndarray:
    """10 × 20 pixels: region 0 left, 1 right."""
    labels = np.zeros((10, 20), int)
    labels[:, 10:] = 1
    return labels


def still(*places: tuple[float, float], first: int = 0, frames: int = 1) -> PointTrajectories:
    return PointTrajectories.pack([first] * len(places), [np.tile(place, (frames, 1)) for place in places])


def test_all_right():
    points = still((2.9, 3), (5, 5), (12, 3), (15, 5))
    found = agreement(points, np.array([0, 0, 1, 1]), {0: halves()}, EQUAL[:2, :2])
    assert found.density == 4 / 200
    assert (found.overall, found.average, found.over_segmentation) == (0, 0, 0)
    assert (found.extracted, found.objects) == (1, 1)


def test_one_cluster_that_two_regions_take_is_right_for_the_one_it_covers_most():
    points = still((1, 1), (2, 2), (3, 3), (15, 5))
    found = agreement(points, np.zeros(4, int), {0: halves()}, EQUAL[:2, :2])
    assert found.overall == 1 / 4
    assert found.average == 1 / 2  # nothing wrong on the left, all on the right
    assert (found.extracted, found.objects) == (0, 1)


def test_a_cluster_that_no_region_takes_belongs_to_where_it_is_most():
    points = still((1, 1), (2, 2), (15, 1), (15, 3), (15, 5), (16, 1), (16, 3), (3, 3))
    found = agreement(points, np.array([0, 0, 1, 1, 1, 2, 2, 2]), {0: halves()}, EQUAL[:2, :2])
    assert found.over_segmentation == 1
    assert found.overall == 1 / 8  # the point of cluster 2 on the left
    assert found.average == pytest.approx((1 / 3 + 0) / 2)


def test_mistakes_weigh_as_their_penalty_says():
    weights = np.array([(0, 0.5), (0.5, 0)])
    points = still((1, 1), (2, 2), (3, 3), (15, 5), (16, 6))
    found = agreement(points, np.array([0, 0, 0, 0, 1]), {0: halves()}, weights)
    assert found.overall == pytest.approx(0.5 / 5)
    assert found.average == pytest.approx((0 + 0.5 / 1.5) / 2)


def test_a_visible_region_without_points_is_all_wrong_and_one_that_is_not_visible_does_not_count():
    found = agreement(still((1, 1)), np.array([0]), {0: halves()}, EQUAL)
    assert (found.average, found.objects) == (1 / 2, 1)


def test_two_points_in_a_pixel_cover_it_once_and_points_of_no_cluster_cover_none():
    points = still((1.2, 1.7), (1.9, 1.1), (5, 5))
    found = agreement(points, np.array([0, 0, -1]), {0: halves()}, EQUAL[:2, :2])
    assert found.density == 1 / 200
    assert found.overall == 0


def test_only_annotated_frames_count_and_points_outside_them_do_not():
    points = PointTrajectories.join([still((1, 1), frames=3), still((15, 1), first=1, frames=1)])
    found = agreement(points, np.array([0, 1]), {0: halves(), 2: halves()}, EQUAL[:2, :2])
    assert found.density == 2 / 400
    assert found.average == 1 / 2
    outside = agreement(still((-0.5, 1), (25, 1)), np.array([0, 0]), {0: halves()}, EQUAL[:2, :2])
    assert outside.density == 0


def test_nothing_labelled_is_all_wrong_and_no_error():
    found = agreement(still((1, 1)), np.array([-1]), {0: halves()}, EQUAL[:2, :2])
    assert (found.overall, found.average, found.extracted) == (0, 1, 0)


def test_a_cluster_that_one_region_takes_is_its_own_though_it_covers_another_more():
    # region 0 takes cluster 0, region 1 takes cluster 1, of which more lies in region 0
    owner, surplus = owners(np.array([(9, 6), (1, 5)]))
    assert owner.tolist() == [0, 1]
    assert surplus == 0
