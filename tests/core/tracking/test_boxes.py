import numpy as np

from core.tracking.boxes import box_without_specks, interpolate_boxes, interpolation_confidence

FRAMES = np.array([2, 6, 16])
BOXES = np.array([[0, 0, 10, 10], [4, 8, 14, 18], [4, 8, 24, 28]], np.float32)


def test_boxes_move_at_constant_speed_and_stay_at_the_ends():
    found = interpolate_boxes(FRAMES, BOXES, np.array([0, 2, 3, 6, 11, 20]))
    expected = [BOXES[0], BOXES[0], [1, 2, 11, 12], BOXES[1], [4, 8, 19, 23], BOXES[2]]
    np.testing.assert_allclose(found, expected)
    assert found.dtype == np.float32
    assert interpolate_boxes(FRAMES, BOXES, np.zeros(0, int)).shape == (0, 4)


def test_interpolation_is_sure_at_keyframes_and_least_half_way_between_boxes_that_differ():
    """IoU of the first two is 12 / 188, of the last two 100 / 400."""
    sure = interpolation_confidence(FRAMES, BOXES, np.array([2, 4, 6, 11, 16]))
    np.testing.assert_allclose(sure, [1, 0.5 + 6 / 188, 1, 0.625, 1], rtol=1e-6)


def test_specks_do_not_stretch_a_box_and_large_parts_do():
    mask = np.zeros((40, 60), bool)
    mask[10:20, 10:20] = True
    mask[12:18, 30:36] = True  # 36 % of the largest part: the object behind a post
    mask[38, 58] = True
    np.testing.assert_array_equal(box_without_specks(mask), [10, 10, 36, 20])
    assert box_without_specks(np.zeros((4, 4), bool)) is None
    one = np.zeros((4, 4), bool)
    one[2, 3] = True
    np.testing.assert_array_equal(box_without_specks(one), [3, 2, 4, 3])
