"""Curves as inline SVG, coloured by the style sheet of the page they stand in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 42


@dataclass(frozen=True)
class Curve:
    """A named curve; values that are not finite are left out."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]


def line_chart(
    title: str,
    curves: Sequence[Curve],
    x_label: str,
    y_label: str,
    span: tuple[float, float] | None = None,
    reference: tuple[float, str] | None = None,
) -> str:
    """A chart of curves over steps.

    Args:
        title: what it shows, for those who do not see it.
        curves: up to four; the first is drawn on top.
        x_label, y_label: quantity and unit.
        span: lowest and highest value of the vertical axis; fitted to the values where None.
        reference: a value that is marked by a dashed line, and what it stands for.
    """
    points = [
        [(step, value) for step, value in zip(curve.steps, curve.values, strict=True) if math.isfinite(value)]
        for curve in curves
    ]
    everything = [point for curve in points for point in curve]
    if not everything:
        return f"<p>{escape(title)}: nothing was measured.</p>"
    low, high = span or _fitted([value for _, value in everything])
    last = max(1, *(step for step, _ in everything))

    def x(step: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * step / last

    def y(value: float) -> float:
        return (
            HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (min(max(value, low), high) - low) / (high - low)
        )

    right, middle = WIDTH - _RIGHT, (_TOP + HEIGHT - _BOTTOM) / 2
    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for tick in _ticks(low, high, 5):
        parts += [_across("grid", y(tick)), _text("tick", "end", _LEFT - 8, y(tick) + 4, f"{tick:g}")]
    parts += [_text("tick", "middle", x(tick), HEIGHT - 24, f"{tick:g}") for tick in _ticks(0, last, 6)]
    parts.append(_text("axis", "end", right, HEIGHT - 6, x_label))
    parts.append(
        f'<g transform="translate(12 {middle}) rotate(-90)">{_text("axis", "middle", 0, 0, y_label)}</g>'
    )
    if reference:
        value, words = reference
        parts += [_across("reference", y(value)), _text("tick", "end", right, y(value) - 5, words)]
    for number, curve in reversed(list(enumerate(points, start=1))):
        places = [(round(x(step), 1), round(y(value), 1)) for step, value in curve]
        line = " ".join(f"{px},{py}" for px, py in places)
        parts.append(f'<polyline class="curve curve-{number}" points="{line}"/>')
        for px, py in places[-1:]:
            parts.append(f'<circle class="end curve-{number}" cx="{px}" cy="{py}" r="3.5"/>')
    parts.append("</svg>")
    names = "".join(
        f'<li class="curve-{number}"><span></span>{escape(curve.name)}</li>'
        for number, curve in enumerate(curves, start=1)
    )
    return "".join(parts) + (f'<ul class="legend">{names}</ul>' if len(curves) > 1 else "")


def _text(kind: str, anchor: str, x: float, y: float, words: str) -> str:
    return f'<text class="{kind}" text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _across(kind: str, y: float) -> str:
    return f'<line class="{kind}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _fitted(values: Sequence[float]) -> tuple[float, float]:
    """A span from 0, or from below, to a round number above the values."""
    high = max(*values, 0.0) or 1.0
    step = _round_step(high / 5)
    return min(*values, 0.0), math.ceil(high / step) * step


def _ticks(low: float, high: float, most: int) -> list[float]:
    step = _round_step((high - low) / most)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, at least as large."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))
