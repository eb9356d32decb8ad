"""How sure a file is of its rows, and what that says of where they come from.

Between 0 and 1 a number comes from a detector or tracker, which propagates; 1, -1 and nothing are what a
person or ground truth gives. Numbers above 1 are a detector's too: percent, where nine of ten rows lie
within 0 to 100, else of a scale that nobody tells.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.trajectories.model import Origin

_BULK = 0.9  # of the rows, which decides the scale


@dataclass(frozen=True, eq=False)
class Scores:
    """What the scores of a file say.

    Attributes:
        confidence: (M,) float64 in 0..1; NaN where unknown.
        origin: (M,) uint8 `Origin`: annotated or propagated.
        warnings: which scale was taken, where that is not 0 to 1.
    """

    confidence: np.ndarray
    origin: np.ndarray
    warnings: list[str]


def read_scores(values: np.ndarray, path: Path) -> Scores:
    """The scores (M,) of a file's rows; NaN and -1 where it says nothing."""
    values = np.asarray(values, np.float64)
    silent = np.isnan(values) | (values == -1)
    said = values[~silent]
    if not len(said) or ((said >= 0) & (said <= 1)).mean() >= _BULK:
        scale, warnings = 1.0, list[str]()
    elif ((said >= 0) & (said <= 100)).mean() >= _BULK:
        scale = 100.0
        warnings = [f"Taken as percent, in {path.name}: scores up to {said[said <= 100].max():g}."]
    else:
        scale = float("nan")
        warnings = [
            f"Left out, in {path.name}: scores from {said.min():g} to {said.max():g}, which are neither "
            "within 0 to 1 nor percent."
        ]
    confidence = np.clip(np.where(silent, np.nan, values) / scale, 0, 1)
    given = silent | (values == 1) if scale == 1 else silent
    origin = np.where(given, Origin.ANNOTATED, Origin.PROPAGATED).astype(np.uint8)
    return Scores(confidence, origin, warnings)
