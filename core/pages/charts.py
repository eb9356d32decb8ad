"""Curves as inline SVG, coloured by the style sheet of the page they stand in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.pages.templates import render

WIDTH, HEIGHT = 560, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, WIDTH - 16, 14, HEIGHT - 42


@dataclass(frozen=True)
class Curve:
    """A named curve in a colour of the style sheet, 1 to 3; values that are not finite are left out."""

    name: str
    steps: Sequence[float]
    values: Sequence[float]
    colour: int = 1

    @property
    def points(self) -> list[tuple[float, float]]:
        pairs = zip(self.steps, self.values, strict=True)
        return [(step, value) for step, value in pairs if math.isfinite(value)]


def line_chart(
    title: str,
    curves: Sequence[Curve],
    x_label: str,
    y_label: str,
    span: tuple[float, float] | None = None,
    reference: tuple[float, str] | None = None,
) -> Markup:
    """A chart of curves over steps.

    Args:
        title: what it shows, for those who do not see it.
        curves: the first is drawn on top.
        x_label, y_label: quantity and unit.
        span: lowest and highest value of the vertical axis; fitted to the values where None.
        reference: a value that is marked by a dashed line, and what it stands for.
    """
    points = [point for curve in curves for point in curve.points]
    if not points:
        return Markup("<p>{}: nothing was measured.</p>").format(title)
    low, high = span or _fitted([value for _, value in points])
    last = max(1, *(step for step, _ in points))

    def x(step: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * step / last, 1)

    def y(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(_BOTTOM - (_BOTTOM - _TOP) * share, 1)

    lines = [(curve.colour, [(x(step), y(value)) for step, value in curve.points]) for curve in curves]
    return render(
        "chart.html",
        title=title,
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        middle=(_TOP + _BOTTOM) / 2,
        heights=[(y(tick), f"{tick:g}") for tick in ticks(low, high, 5)],
        steps=[(x(tick), f"{tick:g}") for tick in ticks(0, last, 6)],
        x_label=x_label,
        y_label=y_label,
        reference=(y(reference[0]), reference[1]) if reference else None,
        lines=lines[::-1],
        names=[(curve.name, curve.colour) for curve in curves],
    )


def _fitted(values: Sequence[float]) -> tuple[float, float]:
    """A span from 0, or from below, to a round number above the values."""
    high = max(*values, 0.0) or 1.0
    step = _round_step(high / 5)
    return min(*values, 0.0), math.ceil(high / step) * step


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values within a span, about `most` of them."""
    step = _round_step((high - low) / most)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, at least as large."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))
