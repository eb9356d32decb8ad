"""The report of an evaluation: one HTML page that needs nothing beside it and runs no script."""

import datetime
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.evaluation.bootstrap import BootstrapInterval
from core.evaluation.diagnosis import ClassDiagnosis, Diagnosis
from core.evaluation.missed import CROWDED
from core.evaluation.repairs import REPAIRS
from core.evaluation.verdicts import COLOURS, MEANINGS, TOUCHES, VERDICTS, Verdict
from core.evaluation.voc_ap import best_beyond, metric_title
from core.pages.charts import Curve, line_chart
from core.pages.evaluation_tiles import Tiles
from core.pages.templates import render, style
from core.runs.measured_run import MeasuredRun
from core.version import code_version

_POINTS = 150
"""True detections at which a curve is drawn, at most."""


def write_report(
    run: MeasuredRun,
    path: Path,
    diagnosis: Diagnosis | None = None,
    title: str = "",
    on_class: Callable[[str], None] | None = None,
) -> None:
    """Explain the AP of a run on one page, with pictures of its detections where the pictures are there.

    Args:
        run: what was measured.
        path: of the page.
        diagnosis: of the run; made here if it is not given.
        title: what the run is called; the name of its folder if empty.
        on_class: called with the name of each class that is finished; what it raises ends the work.

    Raises:
        StudioError: the detections are damaged, or the page cannot be written.
    """
    diagnosis = diagnosis or run.diagnosis()
    tiles = Tiles(run)
    classes = []
    for each in diagnosis.measured:
        classes.append(_class_values(each, tiles))
        if on_class is not None:
            on_class(each.name)
    page = render(
        "evaluation.html",
        style=style(),
        title=title or run.folder.name,
        classes=classes,
        absent=tiles.absent,
        verdicts=[
            {"word": str(each), "colour": COLOURS[each], "meaning": MEANINGS[each]} for each in VERDICTS
        ],
        overlap=f"{diagnosis.overlap:g}",
        touches=f"{TOUCHES:g}",
        crowded=f"{CROWDED:g}",
        made=f"Made by AssociationNet Studio {code_version()}, {datetime.date.today():%Y-%m-%d}.",
        **_head(run, diagnosis),
    )
    try:
        write_atomically(path, f"{page.strip()}\n".encode())
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error


def _head(run: MeasuredRun, of: Diagnosis) -> dict[str, Any]:
    objects = sum(each.objects for each in of.measured)
    detections = sum(len(each.detections.scores) for each in of.classes.values())
    return {
        "conditions": f"The mean of {len(of.measured)} classes on VOC {run.year} {run.set} "
        f"{metric_title(of.metric)}, correct from an IoU of {of.overlap:g}",
        "figures": [
            (f"{of.images:,}", "pictures"),
            (f"{objects:,}", "objects, without difficult ones"),
            (f"{detections:,}", "detections"),
        ],
        "mean": {
            **_measured(of.mean_ap, of.mean_interval),
            "objects": f"{objects:,}",
            "detections": f"{detections:,}",
        },
        "rows": [
            {
                **_measured(each.ap, each.interval),
                "name": each.name,
                "objects": f"{each.objects:,}",
                "detections": f"{len(each.detections.scores):,}",
            }
            for each in of.measured
        ],
        "without": ", ".join(name for name, each in of.classes.items() if not each.objects),
        "resamples": len(of.resampled),
        "mean_gains": _gains(of.mean_without),
    }


def _measured(ap: float, interval: BootstrapInterval) -> dict[str, Any]:
    known = math.isfinite(interval.low)
    return {
        "ap": _percent(ap),
        "share": ap if math.isfinite(ap) else 0.0,
        "span": (interval.low, interval.high) if known else None,
        "interval": f"{_percent(interval.low)} – {_percent(interval.high)}" if known else "",
    }


def _percent(value: float) -> str:
    return f"{100 * value:.1f}" if math.isfinite(value) else "n/a"


def _gains(gains: Mapping[str, float]) -> list[dict[str, Any]]:
    """A row for each kind of error; bars are as long as points of AP, so those of all classes compare."""
    colours = {str(verdict): colour for verdict, colour in COLOURS.items()}
    return [
        {
            "word": str(kind),
            "colour": colours.get(kind, ""),
            "gain": f"+{_percent(gains[kind])}" if math.isfinite(gains[kind]) else "n/a",
            "share": gains[kind] if math.isfinite(gains[kind]) else 0.0,
            "how": how,
        }
        for kind, how in REPAIRS.items()
    ]


def _class_values(of: ClassDiagnosis, tiles: Tiles) -> dict[str, Any]:
    threshold = of.break_even
    return {
        "name": of.name,
        "objects": f"{of.objects:,}",
        "ap": _percent(of.ap),
        "sentence": _sentence(of, threshold),
        "chart": _curve(of),
        "sizes": [
            {
                "name": size,
                "ap": _percent(each.ap),
                "share": each.ap,
                "objects": f"{each.objects:,} object{'s' if each.objects > 1 else ''}",
            }
            for size, each in of.by_size.items()
            if each.objects
        ],
        "groups": [
            {
                "name": each.name,
                "found": each.found,
                "objects": each.objects,
                "share": each.found / each.objects,
            }
            for each in of.recalls(threshold)
            if each.objects
        ],
        "cuts": _cuts(of),
        "gains": _gains(of.without),
        **tiles.of_class(of, threshold),
    }


def _sentence(of: ClassDiagnosis, threshold: float) -> str:
    if len(of.surest) == 0:
        why = "None of its detections counts" if len(of.detections.scores) else "Nothing was detected"
        return f"{why}; all {of.objects:,} objects are missed."
    interval = f"{_percent(of.interval.low)} to {_percent(of.interval.high)}"
    found = of.objects - len(of.missed(threshold))
    ever = of.objects - len(of.missed(-math.inf))
    return (
        f"95 % interval {interval}. Of its {of.objects:,} objects the surest {of.objects:,} detections "
        f"(score {threshold:.3g} and above) find {found:,}, all {len(of.detections.scores):,} find {ever:,}."
    )


def _curve(of: ClassDiagnosis) -> Any:
    judged = of.detections
    true = np.flatnonzero(judged.are(Verdict.TRUE))
    shown = np.linspace(0, max(len(true) - 1, 0), min(len(true), _POINTS)).round().astype(int)
    chosen = true[shown]
    # at a true detection precision peaks; just before the next it is lowest
    rows = np.unique(np.concatenate([chosen, chosen[chosen > 0] - 1]))
    best = best_beyond(judged.precision)
    return line_chart(
        f"Precision over recall, {of.name}",
        [
            Curve("after each detection", judged.recall[rows].tolist(), judged.precision[rows].tolist()),
            Curve("best at a recall or beyond", judged.recall[rows].tolist(), best[rows].tolist(), 2),
        ],
        "recall",
        "precision",
        span=(0.0, 1.0),
    )


def _cuts(of: ClassDiagnosis) -> list[dict[str, Any]]:
    """What the surest detections are: half as many as there are objects, as many, twice as many, all.

    The surest are those that count, as in `ClassDiagnosis.surest`; all are with those that are ignored.
    """
    verdicts = of.detections.verdicts
    counted = verdicts[~of.detections.are(Verdict.IGNORED)]
    cuts = {
        f"the surest {count:,}": counted[:count]
        for count in (max(1, of.objects // 2), of.objects, 2 * of.objects)
        if count < len(counted)
    }
    if len(verdicts):
        cuts[f"all {len(verdicts):,}"] = verdicts
    return [
        {
            "name": name,
            "parts": [
                {
                    "word": str(verdict),
                    "colour": COLOURS[verdict],
                    "count": counts[place],
                    "share": counts[place] / len(cut),
                }
                for place, verdict in enumerate(VERDICTS)
            ],
        }
        for name, cut in cuts.items()
        for counts in (np.bincount(cut, minlength=len(VERDICTS)).tolist(),)
    ]
