"""Polygons against their definition, pixel by pixel in exact fractions, and against the COCO API."""

import json
from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from core import polygons
from core.geometry import encode_mask
from tests.peers.peers import peer

HEIGHT, WIDTH = 7, 9
QUARTERS = st.integers(-12, 48).map(lambda number: number / 4)
RINGS = st.lists(st.lists(st.tuples(QUARTERS, QUARTERS), max_size=7), max_size=4)
MASKS = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
    lambda size: st.lists(st.booleans(), min_size=size[0] * size[1], max_size=size[0] * size[1]).map(
        lambda pixels: np.array(pixels).reshape(size)
    )
)


def is_in(column: int, row: int, rings: list[list[tuple[float, float]]]) -> bool:
    """Whether a ray up from the centre of a pixel crosses the edges of all rings an odd number of times."""
    x, y, crossed = Fraction(2 * column + 1, 2), Fraction(2 * row + 1, 2), 0
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            if (x1 <= x) != (x2 <= x):
                slope = (Fraction(y2) - Fraction(y1)) / (Fraction(x2) - Fraction(x1))
                crossed += Fraction(y1) + (x - Fraction(x1)) * slope <= y
    return crossed % 2 == 1


@given(RINGS)
@example([[(0.5, 0.5), (3.5, 0.5), (3.5, 3.5), (0.5, 3.5)]])
def test_a_pixel_is_in_when_its_centre_is_within_an_odd_number_of_rings(rings):
    parts = [np.array(ring, np.float32).reshape(-1, 2) for ring in rings]
    mask = polygons.fill(parts, HEIGHT, WIDTH)
    expected = [[is_in(column, row, rings) for column in range(WIDTH)] for row in range(HEIGHT)]
    np.testing.assert_array_equal(mask, expected)
    assert polygons.runs(parts, HEIGHT, WIDTH) == (encode_mask(mask) if mask.any() else None)


def test_a_ring_within_a_ring_is_a_hole_and_a_ring_beside_it_a_part():
    outer = np.array([[1, 1], [6, 1], [6, 6], [1, 6]], np.float32)
    hole = np.array([[2, 2], [4, 2], [4, 5], [2, 5]], np.float32)
    beside = np.array([[7, 0], [9, 0], [9, 1], [7, 1]], np.float32)
    drawn = ["       ##", " #####   ", " #  ##   ", " #  ##   ", " #  ##   ", " #####   ", "         "]
    mask = polygons.fill([outer, hole, beside], HEIGHT, WIDTH)
    assert ["".join("#" if pixel else " " for pixel in row) for row in mask] == drawn


def test_large_polygons_are_filled_in_several_goes(monkeypatch):
    rng = np.random.default_rng(0)
    rings = [rng.random((40, 2)) * 60 - 5 for _ in range(3)]
    whole = polygons.fill(rings, 50, 50)
    monkeypatch.setattr(polygons, "_AT_ONCE", 7)
    np.testing.assert_array_equal(polygons.fill(rings, 50, 50), whole)


@given(MASKS)
@example(np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], bool))
@example(np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], bool))
def test_an_outline_is_that_of_the_very_same_pixels(mask):
    rings = polygons.outline(mask)
    np.testing.assert_array_equal(polygons.fill(rings, *mask.shape), mask)
    areas = []
    for ring in rings:
        assert (ring.dtype, ring.shape[1]) == (np.float32, 2)
        steps = np.roll(ring, -1, axis=0) - ring
        assert ((steps == 0).sum(axis=1) == 1).all()  # level or upright, never both, never none
        turns = steps * np.roll(steps, -1, axis=0)
        assert (turns == 0).all()  # at each corner it turns
        areas.append((ring * np.roll(np.roll(ring, -1, axis=0), 1, axis=1) * [1, -1]).sum() / 2)
    assert sum(areas) == mask.sum()  # shoelace: above 0 clockwise on the screen, below 0 around holes
    around = [ring for ring, area in zip(rings, areas, strict=True) if area > 0]
    assert len(around) == islands(mask)


def islands(mask: np.ndarray) -> int:
    """How many groups of pixels there are that share edges."""
    left, count = {(int(row), int(column)) for row, column in np.argwhere(mask)}, 0
    while left:
        count, fringe = count + 1, [left.pop()]
        while fringe:
            row, column = fringe.pop()
            for other in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if other in left:
                    left.remove(other)
                    fringe.append(other)
    return count


def test_polygons_along_edges_of_pixels_are_those_of_the_coco_api(tmp_path):
    rng, masks = np.random.default_rng(0), np.zeros((20, 40, 50), bool)
    for mask in masks:
        (x1, x2), (y1, y2) = np.sort(rng.integers(2, 38, (2, 2)))
        mask[y1 : y2 + 1, x1 : x2 + 1] = True
    rings = [polygons.outline(mask)[0] for mask in masks]
    content = {"height": 40, "width": 50, "polygons": [ring.ravel().tolist() for ring in rings]}
    (tmp_path / "polygons.json").write_text(json.dumps(content))
    np.testing.assert_array_equal(peer("pycocotools_fill", tmp_path / "polygons.json")["masks"], masks)
    for ring, mask in zip(rings, masks, strict=True):
        np.testing.assert_array_equal(polygons.fill([ring], 40, 50), mask)
