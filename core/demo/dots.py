"""Values seed by seed as dots, with their mean and interval, as inline SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from core.evaluation.intervals import Interval
from core.pages.charts import HEIGHT, ticks
from core.pages.templates import render

_LEFT, _TOP, _BOTTOM = 52, 14, HEIGHT - 46
_ROOM = 170
"""Pixels across for each group of dots."""


@dataclass(frozen=True)
class Dots:
    """A named group: a value for each seed, their mean with its interval, a colour of the style sheet."""

    name: str
    values: Sequence[float]
    interval: Interval
    colour: int = 1


def dot_chart(title: str, groups: Sequence[Dots], seeds: Sequence[int], unit: str, zero: str = "") -> Markup:
    """A chart of dots; those of the same seed, in groups side by side, are joined.

    Args:
        title: what it shows, for those who do not see it.
        groups: from left to right, each with a value for each seed.
        seeds: in the order of the values; a dot names its own when pointed at.
        unit: quantity and unit of the values.
        zero: what is written at a dashed line at 0; without it there is no line.
    """
    ends = [end for group in groups for end in _ends(group)] + ([0.0] if zero else [])
    if not all(map(math.isfinite, ends)):
        return Markup("<p>{}: nothing was measured.</p>").format(title)
    low, high = _padded(min(ends), max(ends))
    width = _LEFT + _ROOM * len(groups) + 16

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low), 1)

    def x(place: int) -> float:
        return _LEFT + _ROOM * (place + 0.5)

    drawn = [
        {
            "words": group.name.replace(" (", "\n(").splitlines(),
            "number": group.colour,
            "x": x(place),
            # the interval stands beside its dots, away from the lines between the groups where it can
            "mean_x": x(place) + (-36 if place == 0 else 36 if place == len(groups) - 1 else 14),
            "mean": y(group.interval.mean),
            "ends": [y(end) for end in _ends(group)[-2:]],
            "dots": [
                (y(value), f"seed {seed}: {value:.1f}")
                for seed, value in zip(seeds, group.values, strict=True)
            ],
        }
        for place, group in enumerate(groups)
    ]
    return render(
        "dots.html",
        title=title,
        width=width,
        height=HEIGHT,
        left=_LEFT,
        right=width - 16,
        middle=(_TOP + _BOTTOM) / 2,
        bottom=HEIGHT - 24,
        heights=[(y(tick), f"{tick:g}") for tick in ticks(low, high, 5)],
        zero=(y(0), zero) if zero else None,
        unit=unit,
        groups=drawn,
        joins=[
            (x(place), y(before), x(place + 1), y(after))
            for place, (group, following) in enumerate(pairwise(groups))
            for before, after in zip(group.values, following.values, strict=True)
        ],
    )


def _ends(group: Dots) -> list[float]:
    """All values, and at last the two ends of the interval, which are its mean where it has no width."""
    half = group.interval.half if math.isfinite(group.interval.half) else 0.0
    return [*group.values, group.interval.mean - half, group.interval.mean + half]


def _padded(low: float, high: float) -> tuple[float, float]:
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room
