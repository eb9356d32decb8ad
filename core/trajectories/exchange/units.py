"""Whether places are pixels or shares of the frame, by the bulk of them."""

import numpy as np

_NEARLY_ALL, _MOST = 0.9, 0.5  # of the places


def is_scaled(*places: np.ndarray) -> bool:
    """Whether places are shares of the frame: most within 0 to 1, nearly all within -1 to 2.

    Pixels would all lie in one corner then.

    Args:
        places: each (M, 2) or (M, 4) float; rows that are not all finite do not count.
    """
    total, near, inside = 0, 0, 0
    for values in places:
        finite = values[np.isfinite(values).all(axis=1)]
        total += len(finite)
        near += int(((finite >= -1) & (finite <= 2)).all(axis=1).sum())
        inside += int(((finite >= 0) & (finite <= 1)).all(axis=1).sum())
    return total > 0 and near >= _NEARLY_ALL * total and inside >= _MOST * total
