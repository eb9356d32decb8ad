"""Whether places are pixels or shares of the frame, by the bulk of them."""

import numpy as np

_BULK = 0.9  # of the places
_SLACK = 0.001  # beyond 0 and 1 that rounding makes


def is_scaled(*places: np.ndarray) -> bool:
    """Whether nearly all places lie within 0 to 1, as shares of the frame do and pixels never do.

    Args:
        places: each (M, 2) or (M, 4) float; rows that are not all finite do not count.
    """
    inside, total = 0, 0
    for values in places:
        finite = values[np.isfinite(values).all(axis=1)]
        total += len(finite)
        inside += int(((finite >= -_SLACK) & (finite <= 1 + _SLACK)).all(axis=1).sum())
    return total > 0 and inside >= _BULK * total
