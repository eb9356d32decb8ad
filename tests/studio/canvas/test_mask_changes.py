import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.canvas.mask_changes import cropped, paint_stroke, resized, shifted

SMALL = np.array(
    [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ],
    bool,
)


def test_a_mask_moves_by_whole_pixels_and_loses_what_leaves_the_frame():
    moved = shifted(SMALL, 3, -1)
    assert np.argwhere(moved).tolist() == [[0, 4], [1, 4]]


@given(st.integers(-6, 6), st.integers(-5, 5))
def test_moving_agrees_with_moving_each_pixel(columns, rows):
    slow = np.zeros_like(SMALL)
    for row, column in np.argwhere(SMALL):
        if 0 <= row + rows < 4 and 0 <= column + columns < 5:
            slow[row + rows, column + columns] = True
    assert np.array_equal(shifted(SMALL, columns, rows), slow)


def test_a_mask_stretched_to_twice_its_box_doubles_each_pixel():
    mask = np.zeros((8, 8), bool)
    mask[2:4, 2:4] = [[1, 1], [1, 0]]
    grown = resized(mask, np.array([2, 2, 4, 4.0]), np.array([1, 1, 5, 5.0]))
    expected = np.zeros((8, 8), bool)
    expected[1:5, 1:5] = np.kron(np.array([[1, 1], [1, 0]]), np.ones((2, 2))).astype(bool)
    assert np.array_equal(grown, expected)


def test_a_mask_stretched_to_its_own_box_stays_and_beyond_the_frame_is_cut():
    box = np.array([1, 1, 3, 3.0])
    assert np.array_equal(resized(SMALL, box, box), SMALL)
    out = resized(SMALL, box, np.array([-1, 1, 1, 3.0]))
    assert np.argwhere(out).tolist() == [[1, 0]]


def test_cutting_keeps_pixels_whose_centres_are_inside():
    assert np.argwhere(cropped(SMALL, np.array([1.4, 0, 2.5, 4]))).tolist() == [[1, 1], [2, 1]]


def test_a_dab_of_the_brush_sets_centres_within_its_radius():
    mask = np.zeros((5, 5), bool)
    paint_stroke(mask, (2.5, 2.5), (2.5, 2.5), 1.0, True)
    assert np.argwhere(mask).tolist() == [[1, 2], [2, 1], [2, 2], [2, 3], [3, 2]]


def test_a_stroke_agrees_with_the_distance_to_its_line():
    mask = np.zeros((20, 30), bool)
    start, end = np.array((4.2, 3.1)), np.array((22.7, 16.4))
    paint_stroke(mask, tuple(start), tuple(end), 2.6, True)
    for row in range(20):
        for column in range(30):
            place = np.array((column + 0.5, row + 0.5))
            steps = start + (end - start) * np.linspace(0, 1, 4001)[:, None]
            distance = np.hypot(*(steps - place).T).min()
            if abs(distance - 2.6) > 1e-3:
                assert mask[row, column] == (distance < 2.6)


def test_erasing_at_the_border_touches_only_the_frame():
    mask = np.ones((4, 4), bool)
    paint_stroke(mask, (-1, -1), (1, 1), 1.2, False)
    assert not mask[0, 0]
    assert mask[3, 3]
    paint_stroke(mask, (-20, -20), (-10, -10), 3, False)
    assert mask[3, 3]
