"""Outlines of few corners, against the masks that they are of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.canvas.outline import Corner, Outline

SIZE = (9, 11)
MASKS = st.lists(st.booleans(), min_size=99, max_size=99).map(lambda pixels: np.array(pixels).reshape(SIZE))


def square() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[2:7, 3:8] = True
    return mask


@settings(max_examples=30)
@given(MASKS, st.sampled_from((0.5, 1.0, 3.0, 50.0)))
def test_what_nobody_touched_stays_the_same_to_the_pixel(mask, tolerance):
    outline = Outline.of(mask, tolerance)
    np.testing.assert_array_equal(outline.mask(*SIZE), mask)
    for number, ring in enumerate(outline.rings):
        assert len(ring.corners) >= 3
        for corner in range(len(ring.corners)):
            split, new = outline.split(Corner(number, corner), ring.corners[corner] + (0.3, 0.2))
            np.testing.assert_array_equal(split.mask(*SIZE), mask)
            assert new == (number, corner + 1)


def test_a_coarser_outline_has_fewer_corners():
    rows, columns = np.indices((80, 80)) + 0.5
    disc = np.hypot(rows - 40, columns - 40) < 30
    counts = [len(Outline.of(disc, tolerance).rings[0].corners) for tolerance in (0.5, 1, 3)]
    assert 120 > counts[0] > counts[1] > counts[2] >= 3


def test_a_corner_that_moves_changes_only_what_is_beside_it():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    mask[12:14, 29:33] = True  # a tooth on the right
    mask[18:22, 15:19] = False  # and a hole
    outline = Outline.of(mask, 1.0)
    corner = outline.corner_near(np.array((10, 30)), 1.0)
    found = outline.moved(corner, np.array((5, 35))).mask(40, 40)
    rows, columns = np.indices((40, 40)) + 0.5
    beyond = (rows > 10) & (columns > 5) & (columns < 30) & (rows < 35)
    np.testing.assert_array_equal(found & ~beyond, mask & ~beyond)
    added = found & ~mask
    assert added[31, 8]
    assert (found[:, 16:] == mask[:, 16:])[:30].all()


def test_lines_to_a_corner_that_moved_are_straight():
    rows, columns = np.indices((80, 80)) + 0.5
    disc = np.hypot(rows - 40, columns - 40) < 30
    outline = Outline.of(disc, 9.0)
    found = outline.moved(Corner(0, 0), np.array((40, 40))).mask(80, 80)
    before, after = outline.rings[0].corners[[-1, 1]]
    angles = [np.arctan2(y - 40, x - 40) for x, y in (before, after)]
    share = ((angles[1] - angles[0]) % (2 * np.pi)) / (2 * np.pi)
    assert (disc & ~found).sum() == pytest.approx(share * disc.sum(), rel=0.05)
    assert not (found & ~disc).any()


def test_corners_go_one_by_one_and_a_ring_of_two_goes_whole():
    outline = Outline.of(square(), 1.0)
    triangle = outline.without(Corner(0, 1))
    lost = square() & ~triangle.mask(*SIZE)
    assert 8 <= lost.sum() <= 13, "half of the 25 pixels"
    assert len(triangle.rings[0].corners) == 3
    assert triangle.without(Corner(0, 0)).rings == ()
    assert not triangle.without(Corner(0, 0)).mask(*SIZE).any()


def test_what_is_near_is_found_within_reach():
    outline = Outline.of(square(), 1.0)
    assert outline.corner_near(np.array((3.4, 2.3)), 0.6) is not None
    assert outline.corner_near(np.array((3.5, 2.5)), 0.6) is None
    edge = outline.edge_near(np.array((5.2, 2.3)), 0.5)
    ends = outline.rings[0].edge(edge.corner)
    np.testing.assert_array_equal(sorted(ends[[0, -1]].tolist()), [(3, 2), (8, 2)])
    assert outline.edge_near(np.array((5.2, 3.3)), 0.5) is None
    split, new = outline.split(edge, np.array((5.2, 2.3)))
    np.testing.assert_allclose(split.rings[0].corners[new.corner], (5.2, 2))
