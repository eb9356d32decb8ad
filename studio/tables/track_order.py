"""The tracks of a table in the order of one of its columns; a million of them in a fraction of a second."""

import numpy as np

from core.trajectories.track_rows import TrackRows


def sorted_places(rows: TrackRows, column: str, descending: bool) -> np.ndarray:
    """(N,) int64: places in the order of a column; ties by id, NaN and empty labels last; objects first.

    Args:
        column: a column of `TrackRows`, or `labels`.
    """
    if column == "labels":
        values, last = rows.name, np.array([not name for name in rows.names], bool)[rows.name]
    else:
        values = ~rows.is_object if column == "is_object" else getattr(rows, column)
        last = values < 0 if column == "end_reason" else np.isnan(values)
    keys = _keys(values)
    if descending:
        keys = ~keys
    keys[last] = 2**32 - 1
    order = np.arange(len(keys))
    if (rows.ids[1:] < rows.ids[:-1]).any():
        order = np.argsort(rows.ids, kind="stable")
    for part in (keys & 0xFFFF, keys >> 16):  # halves of 16 bits are sorted by radix, tenfold faster
        order = order[np.argsort(part.astype(np.uint16)[order], kind="stable")]
    return order


def _keys(values: np.ndarray) -> np.ndarray:
    """(N,) uint32 below 2³² - 1, ascending as the values are; NaN may be anything."""
    if values.dtype == np.float32:
        bits = np.where(values == 0, np.float32(0), values).view(np.uint32)  # -0 is 0
        keys = np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
        return np.minimum(keys, 2**32 - 2).astype(np.uint32)
    values = values.astype(np.int64)
    low = int(values.min(initial=0))
    if int(values.max(initial=0)) - low < 2**32 - 1:
        return (values - low).astype(np.uint32)
    return np.unique(values, return_inverse=True)[1].astype(np.uint32)
