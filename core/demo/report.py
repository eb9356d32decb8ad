"""The report of the demo: one HTML page that needs nothing beside it."""

import base64
import importlib.resources
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from core.atomic_file import write_atomically
from core.datasets.reading import open_frames
from core.demo.charts import Curve, line_chart
from core.demo.demo import DemoResult, Stage, measured_classes
from core.demo.pictures import filters_png, overlay_jpeg, read_filters
from core.evaluation.table1 import TableRow
from core.events import Filters, Metric
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import store
from core.trajectories.model import Origin


def write_report(result: DemoResult) -> Path:
    """Write `report.html` and `conv1_filters.png` into the project's folder; returns the page's path."""
    filters = _filters(result.pretraining)
    write_atomically(result.project / "conv1_filters.png", filters_png(filters[-1][1]))
    style = importlib.resources.files("resources").joinpath("report.css").read_text(encoding="utf-8")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>AssociationNet Studio: the demo</title><style>{style}</style></head><body><main>"
        + _head(result)
        + _path(result.stages)
        + _trajectories(result.project)
        + _pretraining(result.pretraining, filters)
        + _detection(result)
        + _making(result)
        + "</main></body></html>\n"
    )
    path = result.project / "report.html"
    write_atomically(path, page.encode())
    return path


def _head(result: DemoResult) -> str:
    minutes, seconds = divmod(round(sum(stage.seconds for stage in result.stages)), 60)
    steps = _curve(result.pretraining, "loss", "loss")
    held_out = _curve(result.pretraining, "held_out_accuracy", "").values
    figures = [(f"{row.mean_ap:.1f} %", f"mean AP, {_short(row)}") for row in result.rows]
    if held_out:
        figures.append((f"{100 * held_out[-1]:.0f} %", "pairs of a held-out clip told apart (chance 50 %)"))
    if steps.values:
        figures.append((f"{steps.values[0]:.2f} → {steps.values[-1]:.2f}", "loss of pretraining"))
    tiles = "".join(
        f"<div><strong>{value}</strong><span>{escape(what)}</span></div>" for value, what in figures
    )
    return (
        '<header><p class="kind">AssociationNet Studio, demo on the generated sample</p>'
        f"<h1>From clips to average precision in {minutes} min {seconds:02d} s</h1>"
        '<p class="lead">Clips were imported, points tracked and objects densified; a tiny trunk learnt from '
        "pairs of their patches, and Fast R-CNN was fine-tuned from it and from random weights.</p>"
        f'<div class="figures">{tiles}</div></header>'
    )


def _path(stages: Sequence[Stage]) -> str:
    longest = max(stage.seconds for stage in stages)
    rows = "".join(
        f'<tr><th scope="row">{escape(stage.name)}</th><td class="wide">{_bar(stage.seconds / longest)}</td>'
        f'<td class="number">{stage.seconds:.1f} s</td></tr>'
        for stage in stages
    )
    return f"<h2>The path, and what it took</h2>{_table(rows)}"


def _trajectories(folder: Path) -> str:
    pictures, rows = [], []
    with Project.open(folder) as project, project.reading() as connection:
        for clip in store.clips(connection):
            points, objects = store.points(connection, clip.id), store.objects(connection, clip.id)
            filled = sum(int((one.origin == Origin.PROPAGATED).sum()) for one in objects)
            given = sum(len(one.frames) for one in objects) - filled
            middle = clip.frames // 2
            with open_frames(clip) as frames:
                picture = _inline("jpeg", overlay_jpeg(frames[middle], middle, points, objects))
            words = f"{clip.name}, frame {middle}: masks, boxes, and the paths of points over 12 frames"
            pictures.append(
                f'<figure><img src="{picture}" alt="{escape(words)}">'
                f"<figcaption>{escape(clip.name)}, frame {middle}</figcaption></figure>"
            )
            cells = (clip.frames, len(objects), given, filled, f"{len(points):,}")
            numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
            rows.append(f'<tr><th scope="row">{escape(clip.name)}</th>{numbers}</tr>')
    heads = ("frames", "objects", "masks given", "masks filled in", "point trajectories")
    columns = "".join(f'<th scope="col" class="number">{head}</th>' for head in heads)
    return (
        "<h2>Trajectories</h2><p>Masks are given on five frames of each clip; optical flow from both sides "
        "filled the frames between. White lines are the last twelve frames of each tracked point.</p>"
        f'<div class="frames">{"".join(pictures)}</div>'
        + _table("".join(rows), f'<tr><th scope="col">clip</th>{columns}</tr>')
    )


def _pretraining(run: RunFolder, filters: Sequence[tuple[int, np.ndarray]]) -> str:
    loss = line_chart("Loss of pretraining", [_curve(run, "loss", "loss")], "step", "loss (nats)")
    accuracy = line_chart(
        "Pair accuracy of pretraining",
        [
            _curve(run, "accuracy", "training clips"),
            _curve(run, "held_out_accuracy", "a clip held out"),
        ],
        "step",
        "pairs told apart (share)",
        span=(0.4, 1.0),
        reference=(0.5, "chance"),
    )
    first, last = filters[0], filters[-1]
    shown = ""
    for step, weights in (first, last):
        picture = _inline("png", filters_png(weights))
        shown += f'<figure><h3>at step {step}</h3><img src="{picture}" alt="filters at step {step}"></figure>'
    return (
        "<h2>Pretraining</h2><p>A pair is one patch and another of the same trajectory some frames later, or "
        "one that overlaps it by less than half: the trunk learns to tell which.</p>"
        f'<div class="pair"><figure class="card">{loss}</figure>'
        f'<figure class="card">{accuracy}</figure></div>'
        "<h2>The first layer’s filters</h2><p>Each is stretched to its own contrast.</p>"
        f'<div class="pair filters">{shown}</div>'
    )


def _detection(result: DemoResult) -> str:
    losses = [
        _curve(run, "loss", _short(row)) for run, row in zip(result.evaluations, result.rows, strict=True)
    ]
    chart = line_chart("Loss of fine-tuning", losses, "step", "loss (nats)", span=_usual_span(losses))
    names = "".join(
        f'<li class="curve-{number}"><span></span>{escape(_short(row))}</li>'
        for number, row in enumerate(result.rows, start=1)
    )
    rows = [_ap_row(name, [row.aps[name] for row in result.rows]) for name in measured_classes(result.rows)]
    mean = _ap_row("mean", [row.mean_ap for row in result.rows])
    heads = "".join(f'<th scope="col" class="number">{escape(_short(row))}</th>' for row in result.rows)
    return (
        f'<h2>Average precision</h2><ul class="legend">{names}</ul>'
        + _table("".join(rows), f'<tr><th scope="col">class</th><td></td>{heads}</tr>', mean)
        + '<p class="note">Percent, by the eleven-point rule of VOC 2007, on the sample’s test pictures. One '
        "seed, a tiny network, generated pictures and minutes of training: this shows that the path works, "
        "not which start is better.</p>"
        f'<h3>Loss of fine-tuning</h3><figure class="card narrow">{chart}</figure>'
    )


def _ap_row(name: str, values: Sequence[float]) -> str:
    bars = ""
    for number, value in enumerate(values, start=1):
        bars += f'<span class="rail curve-{number}">{_bar(value / 100)}</span>'
    cells = "".join(f'<td class="number">{value:.1f}</td>' for value in values)
    return f'<tr><th scope="row">{escape(name)}</th><td class="wide">{bars}</td>{cells}</tr>'


def _making(result: DemoResult) -> str:
    made = json.loads((result.pretraining.path / "environment.json").read_text(encoding="utf-8"))
    settings = result.pretraining.settings_as_written()
    versions = {"AssociationNet Studio": made["program"], "Python": made["python"], **made["versions"]}
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(version))}</td></tr>'
        for name, version in versions.items()
    )
    commands = f"python main.py demo --out DIR --seed {settings['seed']}\npython main.py DIR"
    return (
        "<h2>How it was made</h2><p>The first command does all of this again; the second opens the project "
        "in the window, with every run, curve and edit.</p>"
        f"<pre>{escape(commands)}</pre>"
        + _table(rows)
        + f"<footer>Made {escape(made['created'])} on {escape(made['platform'])}, "
        f"{made['cpus']} processors.</footer>"
    )


def _table(rows: str, head: str = "", foot: str = "") -> str:
    parts = f"<thead>{head}</thead><tbody>{rows}</tbody><tfoot>{foot}</tfoot>"
    return f'<div class="scroll"><table>{parts}</table></div>'


def _short(row: TableRow) -> str:
    """The network's name without its run."""
    return row.name.partition(" (")[0]


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


def _bar(share: float) -> str:
    return f'<span class="bar" style="width:{100 * share:.1f}%"></span>'


def _inline(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
