"""The patches nearest in fc7 to those of pinned trajectories: `results/neighbours/step-NNNNNN.npz`.

```
query_*     (P,)    the patch of each pinned trajectory, see `PatchPlaces` for the arrays
found_*     (P, K)  the patches nearest to it, the nearest first
distance    (P, K)  float32, Euclidean, in fc7
```

Queries and the patches among which neighbours are looked for are the same at every step, so that two steps
can be laid side by side. The query's own patch is not among them; others of its trajectory may be.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.array_file import measured, read_arrays
from core.pretraining.record.patch_places import PatchPlaces
from core.pretraining.record.step_files import step_file, write_step

ROOM = "neighbours"

NEAREST = 8
"""Neighbours that are kept of each query."""

_FORMS = {
    **PatchPlaces.forms("query", "P"),
    **PatchPlaces.forms("found", "P", "K"),
    "distance": measured("f4", "P", "K"),
}


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of one step; see the module. `same` says which neighbours lie on the query's own trajectory."""

    step: int
    query: PatchPlaces
    found: PatchPlaces
    distance: np.ndarray

    @property
    def same(self) -> np.ndarray:
        """(P, K) bool."""
        return self.found.trajectory == self.query.trajectory[:, None]

    def write(self, folder: Path) -> None:
        """Write the file of its step in a run's folder.

        Raises:
            OSError: it cannot be written.
        """
        patches = {**self.query.arrays("query"), **self.found.arrays("found")}
        write_step(folder, ROOM, self.step, {**patches, "distance": self.distance})


def read_neighbours(folder: Path, step: int) -> Neighbours:
    """Those of a step.

    Raises:
        StudioError: they were not recorded at this step, or the file is damaged.
    """
    arrays = read_arrays(step_file(folder, ROOM, step), _FORMS)
    query, found = PatchPlaces.of_arrays(arrays, "query"), PatchPlaces.of_arrays(arrays, "found")
    return Neighbours(step, query, found, arrays["distance"])


def nearest(features: np.ndarray, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows nearest to some rows.

    Args:
        features: (S, D) float32.
        queries: (P,) int, rows.
        count: how many for each; all but the query where there are fewer.

    Returns:
        Rows (P, K) int64, the nearest first, the lower of two at one distance first, and their Euclidean
        distances (P, K) float32.
    """
    apart = distances(features[queries], features)
    apart[np.arange(len(queries)), queries] = np.inf
    order = np.argsort(apart, axis=1, kind="stable")[:, : min(count, len(features) - 1)]
    return order, np.take_along_axis(apart, order, axis=1)


def recall(queries: np.ndarray, targets: np.ndarray, ranks: tuple[int, ...]) -> list[float]:
    """How often the target of a query is among the nearest targets of all.

    Args:
        queries, targets: (N, D) float32; row n of both shows one trajectory, in two frames.
        ranks: recall at each; with fewer targets than a rank it is 1.

    Returns:
        Shares in 0..1. At equal distance another one counts as nearer, so that features that are all alike,
        or are no numbers, recall nothing.
    """
    apart = distances(queries, targets)
    own = np.diagonal(apart)[:, None]
    nearer = np.count_nonzero(~(apart > own), axis=1) - 1
    return [float(np.mean(nearer < rank)) for rank in ranks]


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(A, D) and (B, D) → (A, B) float32 Euclidean distances; rows that are alike are 0 apart exactly."""
    apart = np.empty((len(first), len(second)), np.float32)
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that goes astray
        for row, features in enumerate(first):
            apart[row] = np.linalg.norm(second - features, axis=1)
    return apart
