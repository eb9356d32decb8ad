"""Points as DeepLabCut's CSV: a row a frame, three columns a point, named in lines below each other.

Points of one label that are not seen at once share a column; those without a label are `point1`, `point2` ….
A whole number is the middle of a pixel; what is seen has a likelihood of 1, and a cell is empty elsewhere.
Source: deeplabcut.github.io, *Standardized data format*; `presets` reads it.
"""

import csv
import itertools
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.replacing import replacing
from core.trajectories.exchange.sheet import one_line
from core.trajectories.model import PointTrajectories

HOLDS = frozenset(("points", "labels"))
_SCORER = "AssociationNet_Studio"
_MOST = 20_000_000  # places of points times frames, which are written whether seen or not


def write(clip: Clip, points: PointTrajectories, path: Path) -> None:
    """Write points; objects have no place in this table.

    Raises:
        StudioError: there are too many points for a table that has columns for each, or the file cannot be
            written.
    """
    names, column = _columns(points)
    if len(names) * clip.frames > _MOST:
        raise StudioError(
            f"DeepLabCut's table has three columns a point, and {len(names):,} points in {clip.frames:,} "
            "frames are too many for it; choose fewer tracks, or another preset."
        )
    numbers = clip.source_frames(np.arange(clip.frames)).tolist()
    places = np.round(points.xy.astype(np.float64) - 0.5, 5)
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["scorer", *[_SCORER] * 3 * len(names)])
        rows.writerow(["bodyparts", *(name for name in names for _ in range(3))])
        rows.writerow(["coords", *["x", "y", "likelihood"] * len(names)])
        for frame, number in enumerate(numbers):
            cells: list[object] = [""] * (3 * len(names))
            for row in points.at(frame).tolist():
                start = 3 * column[points.owner[row]]
                cells[start : start + 3] = (*places[row].tolist(), 1.0)
            rows.writerow([number, *cells])


def _columns(points: PointTrajectories) -> tuple[list[str], list[int]]:
    """The names of the columns, and the column of each trajectory."""
    names: dict[str, None] = {}  # in order
    ends: dict[str, list[tuple[int, int]]] = {}  # label → column and last frame of each
    column, last = [0] * len(points), points.last.tolist()
    for place in np.argsort(points.first, kind="stable").tolist():
        label, first = one_line(points.labels[place]), int(points.first[place])
        known = ends.setdefault(label, [])
        free = next((spot for spot, (_, end) in enumerate(known) if label and end < first), None)
        if free is None:
            numbered = (f"{label or 'point'}{number}" for number in itertools.count(1 + len(known)))
            tried = itertools.chain([label], numbered)
            names[next(name for name in tried if name and name not in names)] = None
            known.append((len(names) - 1, last[place]))
            column[place] = len(names) - 1
        else:
            column[place] = known[free][0]
            known[free] = (known[free][0], last[place])
    return list(names), column
