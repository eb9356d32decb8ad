"""Run lengths against pycocotools' own texts and against count-by-count versions."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.geometry import encode_mask
from core.trajectories.exchange import rle
from tests.core.trajectories.exchange.slow_rle import paint, read_counts, write_counts


def picture(height: int, width: int, *boxes: tuple[int, int, int, int], fill: bool = True) -> np.ndarray:
    mask = np.full((height, width), not fill)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = fill
    return mask


# The texts are what pycocotools 2.0.11 gives: mask.encode(np.asfortranarray(m, np.uint8))["counts"].
@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (picture(5, 7), "S1"),
        (~picture(5, 7), "0S1"),
        (picture(5, 7, (1, 2, 4, 5)), ";320009"),
        (
            np.add.outer(np.arange(6), np.arange(9)) % 2 == 0,
            "01100010O0010O0010O0010O0010O0010O0010O0010O000",
        ),
        (picture(1080, 1920, (1079, 1919, 1080, 1920)), "ooXo11"),
        (
            picture(1080, 1920, (0, 0, 1, 1), (3, 3, 4, 9), (1079, 1919, 1080, 1920)),
            "01ZU30]lM000000000T`on10",
        ),
    ],
)
def test_counts_are_those_of_pycocotools(mask, text):
    runs = encode_mask(mask)
    assert rle.compress(runs) == text
    np.testing.assert_array_equal(rle.decompress(text), np.frombuffer(runs, "<u4"))


@pytest.mark.parametrize(
    ("mask", "length", "digest"),
    [
        (picture(1080, 1920, (500, 700, 600, 1300), fill=False), 1215, "9fc61145fcdce864"),
        (
            (np.arange(854) - 400) ** 2 / 300**2 + (np.arange(480)[:, None] - 240) ** 2 / 150**2 < 1,
            1207,
            "21d60bc4e2478534",
        ),
    ],
)
def test_long_counts_are_those_of_pycocotools(mask, length, digest):
    text = rle.compress(encode_mask(mask))
    assert len(text) == length
    assert hashlib.sha256(text.encode()).hexdigest().startswith(digest)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=12))
def test_counts_are_those_of_the_slow_version(counts):
    text = write_counts(counts)
    assert rle.compress(np.array(counts, "<u4").tobytes()) == text
    assert rle.decompress(text).tolist() == read_counts(text) == counts


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32))
def test_masks_are_those_painted_pixel_by_pixel(height, width, seed):
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    by_row = np.frombuffer(encode_mask(mask.T), "<u4")
    np.testing.assert_array_equal(paint(by_row.tolist(), width, height).T, mask)
    np.testing.assert_array_equal(rle.mask_by_row(by_row, height, width), mask)
    by_column = np.frombuffer(encode_mask(mask), "<u4")
    assert rle.runs_of_counts(by_column, height, width) == (encode_mask(mask) if mask.any() else None)


def test_counts_of_zero_within_are_joined():
    runs = rle.runs_of_counts(np.array([0, 2, 0, 1, 3, 0]), 2, 3)
    assert np.frombuffer(runs, "<u4").tolist() == [0, 3, 3]


@pytest.mark.parametrize("text", ["é", "/", "p", " ", "P", "0P", "oooooooo0", "S1P"])
def test_what_is_no_compressed_text_is_refused(text):
    with pytest.raises(ValueError, match=r"count|ascii"):
        rle.decompress(text)


@pytest.mark.parametrize(
    "counts", [[], [5], [7], [-1, 7], [3.5, 2.5], [np.nan, 6], [np.inf, 1], [1e300, 6], [[6]], [3, 4]]
)
def test_counts_of_another_size_are_refused(counts):
    with pytest.raises(ValueError, match="counts"):
        rle.runs_of_counts(np.array(counts), 2, 3)
