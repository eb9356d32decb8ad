"""Several rings as one, for programs whose polygons have a single one.

Each ring is joined to the others by a seam, a line that is gone along there and back: it encloses nothing, so
filling gives the same pixels, whether by even-odd or by turns (holes run the other way, see `polygons`).
"""

from collections.abc import Sequence

import numpy as np


def joined(rings: Sequence[np.ndarray]) -> np.ndarray:
    """One ring (K, 2) float32 of several, at least one, each sewn on at its nearest corner."""
    whole = rings[0]
    for ring in rings[1:]:
        at, start = _nearest(whole, ring)
        sewn = [whole[: at + 1], ring[start:], ring[: start + 1], whole[at:]]
        whole = np.concatenate(sewn)
    return whole.astype(np.float32)


def _nearest(whole: np.ndarray, ring: np.ndarray) -> tuple[int, int]:
    """The corner of what is there that is nearest to the ring's first one, and the ring's nearest to that."""
    at = int(np.argmin(((whole - ring[0]) ** 2).sum(axis=1)))
    return at, int(np.argmin(((ring - whole[at]) ** 2).sum(axis=1)))
