"""Rows of a file that cannot be meant: which they are, and what is said of them.

Up to a tenth of the rows may be odd: they are left out, counted in one sentence that shows the first. With
more, the file is refused, for what is wrong with most of them: it is then of another clip or another layout.
Places outside the frame are kept and said; a file that has most of them there is refused.
"""

import enum
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from core.datasets.clip import Clip

_MOST = 0.1  # of the rows of a file
_MARGIN = 2  # pixels by which a place may miss the frame without a word
_Say = Callable[[int], str]


class Fault(enum.IntEnum):
    """What is wrong with a row; of several, the first."""

    NONE = 0
    OWN = 1  # what its reader says of it
    FRAME = 2  # the clip does not have it
    NUMBERS = 3  # not finite
    OUTSIDE = 4  # further off the frame than the frame is wide or high
    FLAT = 5  # a box whose right is not right of its left, or its bottom not below its top
    TWICE = 6  # another place of the same trajectory in the same frame


def faults(frame: np.ndarray, values: np.ndarray, clip: Clip) -> np.ndarray:
    """(M,) uint8 `Fault` of each row by itself, from (M,) frames and (M, 2) points or (M, 4) boxes."""
    size = np.tile([clip.width, clip.height], values.shape[1] // 2)
    with np.errstate(invalid="ignore", over="ignore"):
        has_frame = (frame >= 0) & (frame < clip.frames) & (frame % 1 == 0)
        is_near = ((values >= -size) & (values <= 2 * size)).all(axis=1)
        is_open = np.ones(len(values), bool)
        if values.shape[1] == 4:
            kept = values.astype(np.float32)  # where a narrow box may become flat
            is_open = (kept[:, 2] > kept[:, 0]) & (kept[:, 3] > kept[:, 1])
    right = [has_frame, np.isfinite(values).all(axis=1), is_near, is_open]
    kinds = [Fault.FRAME, Fault.NUMBERS, Fault.OUTSIDE, Fault.FLAT]
    return np.select([~good for good in right], [np.uint8(kind) for kind in kinds], np.uint8(Fault.NONE))


def repeated(
    keys: np.ndarray, values: np.ndarray, masks: Sequence[bytes | None] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Rows that have the key of an earlier one: two (M,) bool, the identical ones and the different ones.

    Args:
        keys: (M,) int, of trajectory and frame.
        values: (M, 2) or (M, 4), the places of the rows.
        masks: M, or None.
    """
    same, other = np.zeros(len(keys), bool), np.zeros(len(keys), bool)
    if (np.diff(keys) > 0).all():
        return same, other
    order = np.argsort(keys, kind="stable")
    fresh = np.diff(keys[order], prepend=-1) != 0
    first = order[np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))]
    again, first = order[~fresh], first[~fresh]
    alike = (values[again] == values[first]).all(axis=1)
    if masks is not None:
        pairs = zip(again.tolist(), first.tolist(), strict=True)
        alike &= np.array([masks[one] == masks[before] for one, before in pairs], bool)
    same[again], other[again] = alike, ~alike
    return same, other


def is_too_much(found: np.ndarray) -> bool:
    """Whether so many of (M,) `Fault` are some that the file is to be refused."""
    return int(np.count_nonzero(found)) > _MOST * len(found)


def outside(values: np.ndarray, clip: Clip) -> np.ndarray:
    """(M,) bool, which of (M, 2) points or (M, 4) boxes have nothing within the frame."""
    size = np.array([clip.width, clip.height])
    return np.any((values[:, -2:] < -_MARGIN) | (values[:, :2] > size + _MARGIN), axis=1).reshape(-1)


def reaching_out(boxes: np.ndarray, clip: Clip) -> np.ndarray:
    """(M,) bool, which of (M, 4) boxes lie partly outside the frame."""
    size = np.array([clip.width, clip.height])
    return np.any((boxes[:, :2] < -_MARGIN) | (boxes[:, 2:] > size + _MARGIN), axis=1).reshape(-1)


def reason(
    found: np.ndarray, row: int, values: np.ndarray, frame: _Say, owner: _Say, own: Mapping[int, str]
) -> str:
    """What is wrong with a row, in a few words, such as "its box is 0 pixels wide".

    `frame` and `owner` give the words for the frame and trajectory of a row; `own` what its reader says.
    """
    what = "box" if values.shape[1] == 4 else "point"
    if found[row] == Fault.FLAT:
        width, height = np.diff(values[row].astype(np.float32).reshape(2, 2), axis=0)[0]
        size = f"{width:g} pixels wide" if not width > 0 else f"{height:g} pixels high"
        return f"its box is {size}"
    return {
        Fault.OWN: own.get(row, ""),
        Fault.FRAME: f"{frame(row)} is none of the clip",
        Fault.NUMBERS: f"its {what} is not all numbers",
        Fault.OUTSIDE: f"its {what} is far outside the frame",
        Fault.TWICE: f"a second {what} of {owner(row)} in {frame(row)}",
    }[Fault(int(found[row]))]


def refusal(
    found: np.ndarray,
    values: np.ndarray,
    place: _Say,
    short: _Say,
    own: Mapping[int, str],
    clip: Clip,
    span: str,
) -> str:
    """What is wrong with most odd rows, by the first of them; a sentence without its subject, the file.

    `place` gives the words for where a row stands, `short` fewer of them, `span` those for the
    first and last frame of the clip.
    """
    kinds = np.bincount(found, minlength=len(Fault))
    kinds[Fault.NONE] = 0
    kind = Fault(int(np.argmax(kinds)))
    row = int(np.argmax(found == kind))
    what, where = "a box" if values.shape[1] == 4 else "a point", place(row)
    return {
        Fault.OWN: (
            f"has {kinds[kind]} of {len(found)} rows that cannot be taken, the first {short(row)} "
            f"({own.get(row, '')}); correct them."
        ),
        Fault.FRAME: (
            f"has {where}, while {clip.name} has the frames {span}; choose the clip it belongs to."
        ),
        Fault.NUMBERS: f"has {what} that is not all numbers, {where}; correct it or take it out.",
        Fault.OUTSIDE: (
            f"has {what} far outside the {clip.width} x {clip.height} pixels of {clip.name}, {where}; choose "
            "the clip it belongs to."
        ),
        Fault.FLAT: f"has a box without an area, {where}; correct it or take it out.",
        Fault.TWICE: f"has two rows for one track and frame, {where}; take one of them out.",
    }[kind]
