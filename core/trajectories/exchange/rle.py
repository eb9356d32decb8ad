"""Run lengths of masks as other programs write them.

Ours (see `core.geometry`) are COCO's uncompressed counts: column by column, background first. COCO's
compressed counts are those as text: from the fourth on, each as its difference to the one two before,
in groups of five bits, lowest first, each group a character from `0` up to `o`; bit 6 says that
another group follows, the highest bit of the last group is the sign.
Source: `rleToString` and `rleFrString` of the COCO API (Lin et al., ECCV 2014).
"""

import numpy as np

from core.geometry import decode_mask, encode_mask

_GROUPS = 7  # of five bits: enough for 32
_BASE = 48  # "0"


def compress(runs: bytes) -> str:
    """COCO's compressed counts of run lengths."""
    counts = np.frombuffer(runs, "<u4").astype(np.int64)
    values = counts.copy()
    values[3:] -= counts[1:-2]
    rest = values[:, None] >> (5 * np.arange(_GROUPS + 1))  # (K, 8): what is left before each group
    groups = rest[:, :-1] & 31
    last = np.where(groups & 16, rest[:, 1:] == -1, rest[:, 1:] == 0)
    count = np.argmax(last, axis=1)  # groups before the last
    column = np.arange(_GROUPS)
    texts = groups + _BASE + np.where(column < count[:, None], 32, 0)
    return texts[column <= count[:, None]].astype(np.uint8).tobytes().decode("ascii")


def decompress(text: str | bytes) -> np.ndarray:
    """(K,) int64 counts of COCO's compressed text; they may still be of another size or negative.

    Raises:
        ValueError: the text holds other characters, or ends within a number.
    """
    data = text.encode("ascii") if isinstance(text, str) else text
    values = np.frombuffer(data, np.uint8).astype(np.int64) - _BASE
    if len(values) and (values.min() < 0 or values.max() > 63 or values[-1] & 32):
        raise ValueError("no compressed counts")
    if not len(values):
        return values
    ends = np.flatnonzero((values & 32) == 0)
    starts = np.concatenate(([0], ends[:-1] + 1))
    if (ends - starts).max() >= _GROUPS:
        raise ValueError("a count of compressed text is too large")
    group = np.arange(len(values)) - np.repeat(starts, ends - starts + 1)
    counts = np.add.reduceat((values & 31) << (5 * group), starts)
    counts -= np.where(values[ends] & 16, 1 << (5 * (ends - starts + 1)), 0)
    for first in (1, 2):  # odd and even places; the very first count stands alone
        counts[first::2] = np.cumsum(counts[first::2])
    return counts


def runs_of_counts(counts: np.ndarray, height: int, width: int) -> bytes | None:
    """Our run lengths of COCO's uncompressed counts; None for an empty mask.

    Raises:
        ValueError: they are no counts of height × width pixels.
    """
    if (
        counts.ndim != 1
        or not ((counts >= 0) & (counts <= height * width) & (counts == np.floor(counts))).all()
    ):
        raise ValueError("the counts are no whole numbers of pixels")
    exact = counts.astype(np.int64)
    if exact.sum() != height * width:
        raise ValueError("the counts do not fill the frame")
    if not exact[1::2].any():
        return None
    runs = exact.astype("<u4").tobytes()
    return runs if exact[1:].all() else encode_mask(decode_mask(runs, height, width))


def mask_by_row(counts: np.ndarray, height: int, width: int) -> np.ndarray:
    """The (height, width) bool mask of counts row by row, background first, as CVAT has them.

    Raises:
        ValueError: they are no counts of height × width pixels.
    """
    runs = runs_of_counts(counts, width, height)
    if runs is None:
        return np.zeros((height, width), bool)
    return decode_mask(runs, width, height).T


def box_of_runs(runs: bytes, height: int) -> np.ndarray:
    """The box (4,) float64 around the pixels of our run lengths of a mask, which is not empty."""
    ends = np.cumsum(np.frombuffer(runs, "<u4"), dtype=np.int64)
    starts, stops = ends[:-1:2], ends[1::2] - 1
    column, last = starts // height, stops // height
    left, right = float(column[0]), float(last[-1]) + 1
    if (column != last).any():  # from the foot of a column to the head of the next
        return np.array([left, 0, right, height])
    top = column * height
    return np.array([left, float((starts - top).min()), right, float((stops - top).max()) + 1])


def area(runs: bytes) -> int:
    """How many pixels a mask of our run lengths has."""
    return int(np.frombuffer(runs, "<u4")[1::2].sum())
