"""The report of the demo: one HTML page that needs nothing beside it."""

import base64
import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from core.atomic_file import write_atomically
from core.datasets.reading import open_frames
from core.demo.charts import Curve, line_chart
from core.demo.demo import DemoResult, Timing
from core.demo.pictures import TRAIL, filters_png, overlay_jpeg
from core.demo.templates import render
from core.evaluation.differences import difference, signed
from core.evaluation.table1 import measured_classes
from core.events import Filters, Metric
from core.filters import read_filters
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import store
from core.trajectories.model import Origin


def write_report(result: DemoResult) -> Path:
    """Write `report.html` and `conv1_filters.png` into the project's folder; returns the page's path."""
    filters = _filters(result.pretraining)
    write_atomically(result.project / "conv1_filters.png", filters_png(filters[-1][1]))
    style = importlib.resources.files("resources").joinpath("report.css").read_text(encoding="utf-8")
    page = render(
        "report.html",
        style=Markup(style),
        trail=TRAIL,
        clips=_clips(result.project),
        filters=[
            (step, _image("png", filters_png(weights), f"filters at step {step}"))
            for step, weights in (filters[0], filters[-1])
        ],
        **_head(result),
        **_charts(result),
        **_precisions(result),
        **_origin(result.pretraining),
    )
    path = result.project / "report.html"
    write_atomically(path, f"{page.strip()}\n".encode())
    return path


def _head(result: DemoResult) -> dict[str, Any]:
    minutes, seconds = divmod(round(sum(step.seconds for step in result.timings)), 60)
    losses = _curve(result.pretraining, "loss", "").values
    held_out = _curve(result.pretraining, "held_out_accuracy", "").values
    figures = [(f"{row.mean_ap:.1f} %", f"mean AP, {row.start}") for row in result.rows]
    if held_out:
        correct = "pairs of a held-out clip classified correctly (chance 50 %)"
        figures.append((f"{100 * held_out[-1]:.0f} %", correct))
    if losses:
        figures.append((f"{losses[0]:.2f} → {losses[-1]:.2f}", "loss of pretraining"))
    return {"minutes": minutes, "seconds": seconds, "figures": figures, "steps": _steps(result.timings)}


def _steps(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    longest = max(step.seconds for step in timings)
    return [{"name": step.name, "seconds": step.seconds, "share": step.seconds / longest} for step in timings]


def _clips(folder: Path) -> list[dict[str, Any]]:
    """Of each clip its middle frame with trajectories, and how many there are."""
    clips = []
    with Project.open(folder) as project, project.reading() as connection:
        for clip in store.clips(connection):
            points, objects = store.points(connection, clip.id), store.objects(connection, clip.id)
            filled = sum(int((one.origin == Origin.PROPAGATED).sum()) for one in objects)
            given = sum(len(one.frames) for one in objects) - filled
            middle = clip.frames // 2
            with open_frames(clip) as frames:
                picture = overlay_jpeg(frames[middle], middle, points, objects)
            words = f"{clip.name}, frame {middle}: masks, boxes, and the paths of points over {TRAIL} frames"
            clips.append(
                {
                    "name": clip.name,
                    "frame": middle,
                    "image": _image("jpeg", picture, words),
                    "counts": (clip.frames, len(objects), given, filled, len(points)),
                }
            )
    return clips


def _charts(result: DemoResult) -> dict[str, Markup]:
    run = result.pretraining
    accuracies = [
        _curve(run, "accuracy", "training clips"),
        _curve(run, "held_out_accuracy", "a clip held out"),
    ]
    losses = [
        _curve(run, "loss", row.start) for run, row in zip(result.evaluations, result.rows, strict=True)
    ]
    unit, span = "loss (nats)", _usual_span(losses)
    return {
        "loss_chart": line_chart("Loss of pretraining", [_curve(run, "loss", "loss")], "step", unit),
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


def _precisions(result: DemoResult) -> dict[str, Any]:
    """The table of AP: a row a class, a column a start, and how far the first start lies above the last."""
    rows = result.rows
    of = difference(rows[0], rows[-1])

    def line(name: str, values: Sequence[float], points: float) -> dict[str, Any]:
        cells = [*(f"{value:.1f}" for value in values), signed(points)]
        return {"name": name, "shares": [value / 100 for value in values], "cells": cells}

    return {
        "networks": [row.start for row in rows],
        "classes": [
            line(name, [row.aps[name] for row in rows], of.aps[name]) for name in measured_classes(rows)
        ],
        "mean": line("mean", [row.mean_ap for row in rows], of.mean_ap),
        "unlike": of.reason,
        "conditions": f"{rows[0].conditions}, {rows[0].measured_words}",
    }


def _origin(run: RunFolder) -> dict[str, Any]:
    made = json.loads((run.path / "environment.json").read_text(encoding="utf-8"))
    return {
        "made": made,
        "seed": run.settings_as_written()["seed"],
        "versions": {
            "AssociationNet Studio": made["program"],
            "Python": made["python"],
            **made["versions"],
        },
    }


def _curve(run: RunFolder, metric: str, name: str) -> Curve:
    found = [event for event in run.events()[0] if isinstance(event, Metric) and event.name == metric]
    return Curve(name, [event.step for event in found], [event.value for event in found])


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
