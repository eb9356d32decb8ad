import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core import geometry

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))
corners = st.tuples(*[st.integers(0, 9)] * 4).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)


def drawn(box):
    """The pixels of a box with whole corners."""
    mask = np.zeros((10, 10), bool)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


@given(corners, corners)
def test_areas_and_iou_are_what_counting_pixels_gives(a, b):
    boxes = np.array([a, b], np.float32)
    in_a, in_b = drawn(a), drawn(b)
    assert geometry.areas(boxes).tolist() == [in_a.sum(), in_b.sum()]
    assert geometry.intersections(boxes[0], boxes[1]) == (in_a & in_b).sum()
    union = (in_a | in_b).sum()
    expected = (in_a & in_b).sum() / union if union else 0
    assert geometry.iou(boxes[0], boxes[1]) == pytest.approx(expected)


def test_every_pair_of_boxes_is_compared_by_broadcasting():
    a = np.array([[0, 0, 2, 2], [0, 0, 4, 4], [5, 5, 5, 9]], np.float32)
    b = np.array([[0, 0, 2, 2], [1, 1, 3, 3]], np.float32)
    table = geometry.iou(a[:, None], b[None])
    np.testing.assert_allclose(table, [[1, 1 / 7], [4 / 16, 4 / 16], [0, 0]])


def test_a_box_turned_inside_out_has_no_area():
    assert geometry.areas(np.array([4, 4, 2, 2], np.float32)) == 0


@given(masks)
def test_a_mask_comes_back_from_its_run_lengths(mask):
    runs = geometry.encode_mask(mask)
    np.testing.assert_array_equal(geometry.decode_mask(runs, *mask.shape), mask)


def test_run_lengths_go_down_the_columns_background_first():
    mask = np.array([[0, 1], [0, 1], [1, 0]], bool)
    assert np.frombuffer(geometry.encode_mask(mask), "<u4").tolist() == [2, 3, 1]
    assert np.frombuffer(geometry.encode_mask(mask[2:]), "<u4").tolist() == [0, 1, 1]


@given(st.binary(max_size=24), st.integers(0, 5), st.integers(0, 5))
def test_runs_that_do_not_fit_are_a_value_error(runs, height, width):
    try:
        mask = geometry.decode_mask(runs, height, width)
    except ValueError:
        return
    assert mask.shape == (height, width)


@given(masks)
def test_the_box_of_a_mask_is_the_smallest_that_holds_its_pixels(mask):
    box = geometry.mask_box(mask)
    if box is None:
        assert not mask.any()
        return
    assert box.dtype == np.float32
    rows, columns = np.nonzero(mask)
    assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
