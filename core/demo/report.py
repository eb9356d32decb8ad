"""The report of the demo: one HTML page that needs nothing beside it."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.datasets.drawn_world import SHORT_FRAMES
from core.datasets.reading import open_frames
from core.demo.demo import DemoResult, Start, Timing
from core.demo.dots import Dots, dot_chart
from core.demo.pictures import TRAIL, filters_png, overlay_jpeg
from core.evaluation.differences import signed
from core.evaluation.intervals import Interval, t_interval
from core.evaluation.table1 import measured_classes
from core.events import Filters, Metric
from core.filters import read_filters
from core.pages.charts import Curve, line_chart
from core.pages.templates import picture, render, style
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import store
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_STRIP = 12
"""Short clips that are shown."""

_COUNTED = ("clips", "frames", "objects", "masks given", "masks filled in", "point trajectories")


def write_report(result: DemoResult) -> Path:
    """Write `report.html` and `conv1_filters.png` into the project's folder; returns the page's path."""
    filters = [_filters(start.pretrainings[0]) for start in result.starts]
    write_atomically(result.project / "conv1_filters.png", filters_png(filters[0][-1][1]))
    shown = [("at step 0", filters[0][0][1])]
    for start, (*_, (step, weights)) in zip(result.starts, filters, strict=True):
        shown.append((f"{start.name}, step {step:,}", weights))
    page = render(
        "report.html",
        style=style(),
        trail=TRAIL,
        filters=[(name, picture("png", filters_png(weights), f"filters, {name}")) for name, weights in shown],
        names=[(start.name, colour) for start, colour in _coloured(result)],
        **_clips(result.project),
        **_head(result),
        **_seeds(result),
        **_charts(result),
        **_precisions(result),
        **_origin(result),
    )
    path = result.project / "report.html"
    write_atomically(path, f"{page.strip()}\n".encode())
    return path


def _coloured(result: DemoResult) -> list[tuple[Start, int]]:
    """The starts from left to right, each with its colour: the baseline between the others."""
    first, *others = result.starts
    return [(start, colour) for colour, start in enumerate((first, result.baseline, *others), start=1)]


def _head(result: DemoResult) -> dict[str, Any]:
    minutes, seconds = divmod(round(result.seconds), 60)
    figures = [
        (signed(of.difference.mean), of.difference.half, f"points of mAP, {of.names[0]}")
        for of in result.comparisons
        if not of.reason
    ]
    steps = _steps(result.timings)
    return {"minutes": minutes, "seconds": seconds, "figures": figures, "steps": steps}


def _steps(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    longest = max(step.seconds for step in timings)
    return [{"name": step.name, "seconds": step.seconds, "share": step.seconds / longest} for step in timings]


def _seeds(result: DemoResult) -> dict[str, Any]:
    """The claim: seed by seed, and what follows from it."""
    colours = {start.name: colour for start, colour in _coloured(result)}
    return {
        "sentences": [
            of.sentence.replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}") for of in result.comparisons
        ],
        "seed_chart": dot_chart(
            "mAP by seed from each start",
            [
                Dots(start.name, values, t_interval(values), colour)
                for start, colour in _coloured(result)
                for values in ([row.mean_ap for row in start.rows],)
            ],
            result.seeds,
            "mAP (%)",
        ),
        "difference_chart": dot_chart(
            "Difference to random weights by seed",
            [Dots(of.names[0], of.points, of.difference, colours[of.names[0]]) for of in result.comparisons],
            result.seeds,
            "points of mAP",
            zero=result.baseline.name,
        ),
    }


def _clips(folder: Path) -> dict[str, Any]:
    """Pictures of the longer clips with all their trajectories, of some short ones, and counts of both."""
    scenes: list[dict[str, Any]] = []
    strip: list[dict[str, Any]] = []
    short = Counter[str]()
    with Project.open(folder) as project, project.reading() as connection:
        for clip in store.clips(connection):
            points, objects = store.points(connection, clip.id), store.objects(connection, clip.id)
            filled = sum(int((one.origin == Origin.PROPAGATED).sum()) for one in objects)
            given = sum(len(one.frames) for one in objects) - filled
            counts = (clip.frames, len(objects), given, filled, len(points))
            is_scene = clip.frames > SHORT_FRAMES
            if not is_scene:
                short.update(dict(zip(_COUNTED, (1, *counts), strict=True)))
            if is_scene or len(strip) < _STRIP:
                shown = _picture(clip, points if is_scene else None, objects, counts)
                (scenes if is_scene else strip).append(shown)
    return {"scenes": scenes, "strip": strip, "short": dict(short), "counted": _COUNTED[1:]}


def _picture(
    clip: Clip, points: PointTrajectories | None, objects: Sequence[ObjectTrajectory], counts: tuple[int, ...]
) -> dict[str, Any]:
    """The middle frame of a clip with its trajectories, larger where they have points."""
    middle = clip.frames // 2
    with open_frames(clip) as frames:
        data = overlay_jpeg(frames[middle], middle, points, objects, zoom=2 if points is None else 3)
    trails = "" if points is None else f", and the paths of points over {TRAIL} frames"
    words = f"{clip.name}, frame {middle}: masks and boxes{trails}"
    return {"name": clip.name, "frame": middle, "image": picture("jpeg", data, words), "counts": counts}


def _charts(result: DemoResult) -> dict[str, Markup]:
    """Curves, each the mean over the seeds."""

    def curves(metric: str) -> list[Curve]:
        return [
            _mean_curve(start.pretrainings, metric, start.name, colour)
            for start, colour in _coloured(result)
            if start.pretrainings
        ]

    losses = [
        _mean_curve(start.evaluations, "loss", start.name, colour) for start, colour in _coloured(result)
    ]
    unit, span = "loss (nats)", _usual_span(losses)
    return {
        "loss_chart": line_chart("Loss of pretraining", curves("loss"), "step", unit),
        "accuracy_chart": line_chart(
            "Accuracy on held-out clips",
            curves("held_out_accuracy"),
            "step",
            "correct on held-out clips (share)",
            span=(0.0, 1.0),
        ),
        "finetuning_chart": line_chart("Loss of fine-tuning", losses, "step", unit, span=span),
    }


def _precisions(result: DemoResult) -> dict[str, Any]:
    """The table of AP: a row a class, a column a start, and the differences with their intervals."""
    starts = [start for start, _ in _coloured(result)]

    def line(name: str, values: Sequence[float], apart: Sequence[Interval]) -> dict[str, Any]:
        cells = [*(f"{value:.1f}" for value in values), *map(_with_half, apart)]
        return {"name": name, "shares": [value / 100 for value in values], "cells": cells}

    def of_class(name: str) -> dict[str, Any]:
        values = [t_interval([row.aps[name] for row in start.rows]).mean for start in starts]
        return line(name, values, [of.of_class(name) for of in result.comparisons])

    rows = [row for start in starts for row in start.rows]
    means = [t_interval([row.mean_ap for row in start.rows]).mean for start in starts]
    return {
        "differences": [of.names[0] for of in result.comparisons],
        "classes": [of_class(name) for name in measured_classes(rows)],
        "mean": line("mean", means, [of.difference for of in result.comparisons]),
        "unlike": next(filter(None, (of.reason for of in result.comparisons)), ""),
        "count": len(result.seeds),
        "conditions": f"{rows[0].conditions}, {rows[0].measured_words}",
    }


def _with_half(of: Interval) -> str:
    """A difference and its interval in points; the difference alone where one seed has no interval."""
    return f"{signed(of.mean)} ± {of.half:.1f}" if math.isfinite(of.half) else signed(of.mean)


def _origin(result: DemoResult) -> dict[str, Any]:
    environment = result.starts[0].pretrainings[0].path / "environment.json"
    made = json.loads(environment.read_text(encoding="utf-8"))
    return {
        "made": made,
        "seed": result.seeds[0],
        "seed_words": ", ".join(map(str, result.seeds)),
        "versions": {
            "AssociationNet Studio": made["program"],
            "Python": made["python"],
            **made["versions"],
        },
    }


def _mean_curve(runs: Sequence[RunFolder], metric: str, name: str, colour: int) -> Curve:
    """The mean of the curves of runs, at the steps that all of them reported."""
    curves = []
    for run in runs:
        found = [event for event, _ in run.all_events() if isinstance(event, Metric) and event.name == metric]
        curves.append({event.step: event.value for event in found if math.isfinite(event.value)})
    steps = [step for step in curves[0] if all(step in curve for curve in curves)]
    return Curve(name, steps, [float(np.mean([curve[step] for curve in curves])) for step in steps], colour)


def _usual_span(curves: Sequence[Curve]) -> tuple[float, float]:
    """From 0 to a little above what the curves are like after their first tenth."""
    late = [value for curve in curves for value in list(curve.values)[len(curve.values) // 10 + 1 :]]
    return 0.0, 1.2 * max(late, default=1.0)


def _filters(run: RunFolder) -> list[tuple[int, np.ndarray]]:
    """Step and (F, 3, k, k) of every picture of the filters that the run left."""
    found = [event for event, _ in run.all_events() if isinstance(event, Filters)]
    return [(event.step, read_filters(run.path / event.path)) for event in found]
