import numpy as np

from core.tracking.consistency import CYCLE, BackwardPath, at_motion_boundary


def test_a_step_in_the_flow_is_a_motion_boundary_and_a_slope_is_not():
    field = np.zeros((20, 40, 2), np.float32)
    field[:, 20:] = (3, 0)
    field[:, :20, 1] = 0.02 * np.arange(20)[:, None]
    xy = np.array([[10.5, 10.5], [19.5, 10.5], [20.5, 10.5], [23.5, 10.5]], np.float32)
    np.testing.assert_array_equal(at_motion_boundary(field, xy), [False, True, True, False])


def test_fast_motion_may_change_more():
    # u rises by 0.3 a pixel: 0.09 is above 0.01 u² + 0.002 up to u = 2.97
    field = np.zeros((9, 40, 2), np.float32)
    field[..., 0] = 0.3 * np.arange(40)
    xy = np.array([[9.5, 4.5], [10.5, 4.5]], np.float32)
    np.testing.assert_array_equal(at_motion_boundary(field, xy), [True, False])


def test_points_return_where_the_way_back_says_so():
    way, xy = BackwardPath(), np.array([[20.5, 8.5], [30.5, 8.5]], np.float32)
    origins = xy - (10, 0)
    for _ in range(CYCLE):
        assert way.returns(xy, origins + 100).all()  # too few frames to tell
        way.add(np.full((16, 48, 2), (-2, 0), np.float32))
    np.testing.assert_array_equal(way.returns(xy, origins), [True, True])
    origins[1] += (0, 1.6)
    np.testing.assert_array_equal(way.returns(xy, origins), [True, False])


def test_the_newest_field_is_followed_first():
    way = BackwardPath()
    for column in range(CYCLE):
        field = np.zeros((4, 40, 2), np.float32)
        field[:, 30 - 5 * (CYCLE - 1 - column)] = (-5, 0)  # the oldest takes on where the others led
        way.add(field)
    assert way.returns(np.array([[30.5, 1.5]], np.float32), np.array([[5.5, 1.5]], np.float32))[0]
