"""How the held-out pairs were scored: `results/scores/step-NNNNNN.npz`.

```
scores    (N,) float32  see `Judged.scores`; the same pairs, triplets or images at every step
positive  (N,) bool     whether a pair is positive; true for all triplets and images
losses    (N,) float32
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.array_file import Form, measured, read_arrays
from core.pretraining.record.step_files import step_file, write_step

ROOM = "scores"

_FORMS = {"scores": measured("f4", "N"), "positive": Form("?", ("N",)), "losses": measured("f4", "N")}


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """Of one step; see the module."""

    step: int
    scores: np.ndarray
    positive: np.ndarray
    losses: np.ndarray

    def write(self, folder: Path) -> None:
        """Write the file of its step in a run's folder.

        Raises:
            OSError: it cannot be written.
        """
        arrays = {"scores": self.scores, "positive": self.positive, "losses": self.losses}
        write_step(folder, ROOM, self.step, arrays)

    def histogram(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many positives and how many negatives lie between edges; scores beyond count at the ends.

        Args:
            edges: (bins + 1,) ascending, see `edges_of`.

        Returns:
            Positives and negatives, (bins,) int64 each.
        """
        clipped = np.clip(self.scores, edges[0], edges[-1])
        positives, negatives = clipped[self.positive], clipped[~self.positive]
        return np.histogram(positives, edges)[0], np.histogram(negatives, edges)[0]


def read_scores(folder: Path, step: int) -> HeldOutScores:
    """Those of a step.

    Raises:
        StudioError: they were not recorded at this step, or the file is damaged.
    """
    return HeldOutScores(step, **read_arrays(step_file(folder, ROOM, step), _FORMS))


def edges_of(several: Sequence[HeldOutScores], bins: int = 40) -> np.ndarray:
    """Edges that hold 0 and the scores of several steps, so that their histograms can be compared.

    They go from 0 to 1 where all scores lie between, as probabilities do.

    Returns:
        (bins + 1,) float64.
    """
    scores = np.concatenate([np.zeros(0, np.float32), *(one.scores for one in several)])
    scores = scores[np.isfinite(scores)]
    low, high = float(scores.min(initial=0.0)), float(scores.max(initial=0.0))
    return np.linspace(low, 1.0 if low == 0 and high <= 1 else high, bins + 1)
