"""What a start is worth against another one: mean, interval, and the sentence that follows from them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluation.differences import difference
from core.evaluation.intervals import Interval, t_interval
from core.evaluation.table1 import TableRow


@dataclass(frozen=True)
class Comparison:
    """Two starts that were measured with the same seeds.

    Attributes:
        names: of the start that is judged, and of the baseline.
        seeds: one for each pair.
        rows: what was measured from the start that is judged, seed by seed.
        baselines: the same from the baseline.
    """

    names: tuple[str, str]
    seeds: tuple[int, ...]
    rows: tuple[TableRow, ...]
    baselines: tuple[TableRow, ...]

    @property
    def points(self) -> tuple[float, ...]:
        """How far each row lies above its baseline, in percentage points of mAP; NaN if measured unlike."""
        return tuple(difference(row, other).mean_ap for row, other in self._pairs)

    @property
    def difference(self) -> Interval:
        """The mean of the points, and its 95 % t-interval, paired by seed."""
        return t_interval(self.points)

    def of_class(self, name: str) -> Interval:
        """The difference in AP of a class, in percentage points."""
        return t_interval([difference(*pair).aps[name] for pair in self._pairs])

    @property
    def reason(self) -> str:
        """Why no difference may be taken; empty if it may."""
        return next(filter(None, (difference(*pair).reason for pair in self._pairs)), "")

    @property
    def verdict(self) -> str:
        """The shortest sentence that the interval allows."""
        return "not measured alike" if self.reason else verdict(self.difference)

    @property
    def sentence(self) -> str:
        """The verdict, with what was compared and how."""
        if self.reason:
            return f"{self.names[0]} and {self.names[1]} cannot be compared: {self.reason}."
        if self.difference.count < 2:
            return f"{self.names[0]} against {self.names[1]}: {self.verdict}."
        return (
            f"{self.names[0]} against {self.names[1]}: {self.verdict} "
            "(points of mAP; mean and 95 % t-interval, paired by seed)."
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON; percentage points, and null for what one seed cannot say."""
        of = self.difference
        return {
            "starts": list(self.names),
            "seeds": list(self.seeds),
            "map": [[row.mean_ap for row in rows] for rows in (self.rows, self.baselines)],
            "points": [None if self.reason else point for point in self.points],
            "difference": None if self.reason else of.mean,
            "half_width": of.half if math.isfinite(of.half) else None,
            "confidence": 0.95,
            "sentence": self.sentence,
        }

    @property
    def _pairs(self) -> list[tuple[TableRow, TableRow]]:
        return list(zip(self.rows, self.baselines, strict=True))


def verdict(of: Interval) -> str:
    """Ahead or behind only where the whole interval is, else that these seeds cannot tell."""
    if of.count < 2:
        return f"{of.mean:+.1f}, and one seed tells no difference"
    if of.mean - of.half > 0:
        return f"ahead by {of.mean:.1f} ± {of.half:.1f} over {of.count} seeds"
    if of.mean + of.half < 0:
        return f"behind by {-of.mean:.1f} ± {of.half:.1f} over {of.count} seeds"
    return f"no difference that {of.count} seeds can tell, {of.mean:+.1f} ± {of.half:.1f}"


def seed_table(comparisons: Sequence[Comparison]) -> str:
    """mAP in percent as text: a row for each start and each difference, a column for each seed."""
    first = comparisons[0]
    lines = [("mAP, %", [f"seed {seed}" for seed in first.seeds], "mean")]
    starts = [(of.names[0], of.rows) for of in comparisons] + [(first.names[1], first.baselines)]
    for name, rows in starts:
        lines.append((name, [f"{row.mean_ap:.1f}" for row in rows], f"{_mean_ap(rows).mean:.1f}"))
    for of in comparisons:
        points = [f"{point:+.1f}" for point in of.points]
        lines.append((f"{of.names[0]}, difference", points, _signed(of.difference)))
    widths = [max(len(cells[place]) for _, cells, _ in lines) for place in range(len(first.seeds))]
    room = max(len(name) for name, _, _ in lines)
    return "\n".join(
        f"{name:<{room}}  {'  '.join(f'{cell:>{width}}' for cell, width in zip(cells, widths, strict=True))}"
        f"   {last}"
        for name, cells, last in lines
    )


def _signed(of: Interval) -> str:
    return f"{of.mean:+.1f} ± {of.half:.1f}" if of.count > 1 else f"{of.mean:+.1f}"


def _mean_ap(rows: Sequence[TableRow]) -> Interval:
    return t_interval([row.mean_ap for row in rows])
