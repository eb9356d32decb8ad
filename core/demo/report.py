"""The report of the demo: one HTML page that needs nothing beside it."""

import base64
import importlib.resources
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
from core.demo.charts import Curve, line_chart
from core.demo.comparison import Comparison
from core.demo.demo import DemoResult, Timing
from core.demo.dots import Dots, dot_chart
from core.demo.pictures import TRAIL, filters_png, overlay_jpeg
from core.demo.templates import render
from core.evaluation.differences import signed
from core.evaluation.intervals import Interval
from core.evaluation.table1 import measured_classes
from core.events import Filters, Metric
from core.filters import read_filters
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import store
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_STRIP = 12
"""Short clips that are shown."""

_COUNTED = ("clips", "frames", "objects", "masks given", "masks filled in", "point trajectories")


def write_report(result: DemoResult) -> Path:
    """Write `report.html` and `conv1_filters.png` into the project's folder; returns the page's path."""
    filters = _filters(result.pretrainings[0])
    write_atomically(result.project / "conv1_filters.png", filters_png(filters[-1][1]))
    style = importlib.resources.files("resources").joinpath("report.css").read_text(encoding="utf-8")
    page = render(
        "report.html",
        style=Markup(style),
        trail=TRAIL,
        filters=[
            (step, _image("png", filters_png(weights), f"filters at step {step}"))
            for step, weights in (filters[0], filters[-1])
        ],
        **_clips(result.project),
        **_head(result),
        **_seeds(result.comparison),
        **_charts(result),
        **_precisions(result.comparison),
        **_origin(result),
    )
    path = result.project / "report.html"
    write_atomically(path, f"{page.strip()}\n".encode())
    return path


def _head(result: DemoResult) -> dict[str, Any]:
    minutes, seconds = divmod(round(result.seconds), 60)
    of = result.comparison
    figures = [(f"{ap.mean:.1f} %", f"mean AP, {name}") for name, ap in zip(of.names, of.means, strict=True)]
    held_out = _mean_curve(result.pretrainings, "held_out_accuracy", "").values
    if held_out:
        correct = "pairs of held-out clips classified correctly (chance 50 %)"
        figures.append((f"{100 * held_out[-1]:.0f} %", correct))
    steps = _steps(result.timings)
    return {"minutes": minutes, "seconds": seconds, "figures": figures, "steps": steps}


def _steps(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    longest = max(step.seconds for step in timings)
    return [{"name": step.name, "seconds": step.seconds, "share": step.seconds / longest} for step in timings]


def _seeds(of: Comparison) -> dict[str, Any]:
    """The claim: seed by seed, and what follows from it."""
    return {
        "verdict": of.verdict,
        "sentence": of.sentence,
        "seed_chart": dot_chart(
            "mAP by seed from either start",
            [
                Dots(name, [row.mean_ap for row in rows], interval)
                for name, rows, interval in zip(of.names, (of.rows, of.baselines), of.means, strict=True)
            ],
            of.seeds,
            "mAP (%)",
        ),
        "difference_chart": dot_chart(
            "Difference by seed",
            [Dots("difference", of.points, of.difference)],
            of.seeds,
            "points of mAP",
            zero="equal",
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
    return {"name": clip.name, "frame": middle, "image": _image("jpeg", data, words), "counts": counts}


def _charts(result: DemoResult) -> dict[str, Markup]:
    """Curves, each the mean over the seeds."""
    pretraining = result.pretrainings
    accuracies = [
        _mean_curve(pretraining, "accuracy", "training clips"),
        _mean_curve(pretraining, "held_out_accuracy", "held-out clips"),
    ]
    losses = [
        _mean_curve(runs, "loss", name)
        for runs, name in zip((result.evaluations, result.baselines), result.comparison.names, strict=True)
    ]
    unit, span = "loss (nats)", _usual_span(losses)
    return {
        "loss_chart": line_chart(
            "Loss of pretraining", [_mean_curve(pretraining, "loss", "loss")], "step", unit
        ),
        "accuracy_chart": line_chart(
            "Pair accuracy of pretraining",
            accuracies,
            "step",
            "accuracy of pairs (share)",
            span=(0.4, 1.0),
            reference=(0.5, "chance"),
        ),
        "finetuning_chart": line_chart("Loss of fine-tuning", losses, "step", unit, span=span),
    }


def _precisions(of: Comparison) -> dict[str, Any]:
    """The table of AP: a row a class, a column a start, and the difference with its interval."""

    def line(name: str, first: float, second: float, apart: Interval) -> dict[str, Any]:
        cells = [f"{first:.1f}", f"{second:.1f}", _with_half(apart)]
        return {"name": name, "shares": [first / 100, second / 100], "cells": cells}

    rows = (*of.rows, *of.baselines)
    first, second = of.means
    return {
        "networks": of.names,
        "classes": [line(name, *of.of_class(name)) for name in measured_classes(rows)],
        "mean": line("mean", first.mean, second.mean, of.difference),
        "unlike": of.reason,
        "count": len(of.seeds),
        "conditions": f"{rows[0].conditions}, {rows[0].measured_words}",
    }


def _with_half(of: Interval) -> str:
    """A difference and its interval in points; the difference alone where one seed has no interval."""
    return f"{signed(of.mean)} ± {of.half:.1f}" if math.isfinite(of.half) else signed(of.mean)


def _origin(result: DemoResult) -> dict[str, Any]:
    made = json.loads((result.pretrainings[0].path / "environment.json").read_text(encoding="utf-8"))
    seeds = result.comparison.seeds
    return {
        "made": made,
        "seed": seeds[0],
        "seed_words": ", ".join(map(str, seeds)),
        "versions": {
            "AssociationNet Studio": made["program"],
            "Python": made["python"],
            **made["versions"],
        },
    }


def _curves(runs: Sequence[RunFolder], metric: str) -> list[Curve]:
    """The curve of each run, without a name."""
    curves = []
    for run in runs:
        found = [event for event in run.events()[0] if isinstance(event, Metric) and event.name == metric]
        curves.append(Curve("", [event.step for event in found], [event.value for event in found]))
    return curves


def _mean_curve(runs: Sequence[RunFolder], metric: str, name: str) -> Curve:
    """The mean of the curves of runs, at the steps that all of them reported."""
    curves = [dict(curve.points) for curve in _curves(runs, metric)]
    steps = [step for step in curves[0] if all(step in curve for curve in curves)]
    return Curve(name, steps, [float(np.mean([curve[step] for curve in curves])) for step in steps])


def _usual_span(curves: Sequence[Curve]) -> tuple[float, float]:
    """From 0 to a little above what the curves are like after their first tenth."""
    late = [value for curve in curves for value in list(curve.values)[len(curve.values) // 10 + 1 :]]
    return 0.0, 1.2 * max(late, default=1.0)


def _filters(run: RunFolder) -> list[tuple[int, np.ndarray]]:
    """Step and (F, 3, k, k) of every picture of the filters that the run left."""
    found = [event for event in run.events()[0] if isinstance(event, Filters)]
    return [(event.step, read_filters(run.path / event.path)) for event in found]


def _image(kind: str, data: bytes, alt: str) -> dict[str, str]:
    return {"kind": kind, "data": base64.b64encode(data).decode("ascii"), "alt": alt}
