"""The paper's Table 1, and runs of this program beside it."""

import csv
import functools
import importlib.resources
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core import config
from core.datasets.voc import CLASSES
from core.errors import StudioError

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "voc2007": "VOC 2007, one scale",
        "voc2007_sa": "VOC 2007, several scales (*SA)",
        "voc2012": "VOC 2012, one scale",
    }
)
"""The three parts of the table; a run belongs to one by the year it was measured on and its scales."""

FORMATS = ("text", "markdown", "latex", "csv", "json")

HEADS = (
    "aero",
    "bike",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "table",
    "dog",
    "horse",
    "mbike",
    "person",
    "plant",
    "sheep",
    "sofa",
    "train",
    "tv",
)
"""The paper's short names of `CLASSES`."""

_METRICS = {"voc07_11point": "eleven-point AP", "voc10_area": "area AP"}

_NAMES = {"association": "AssociationNet", "slowfeat": "SlowFeat", "contrastive": "Contrastive"}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        setting: a key of `SETTINGS`.
        name: of the network, by how it was pretrained.
        ap: percent by class; NaN where the set has no such object.
        mean_ap: percent, over the classes that have objects.
        source: `paper` for what is quoted, else what it was measured on, and how.
    """

    setting: str
    name: str
    ap: Mapping[str, float]
    mean_ap: float
    source: str

    @property
    def is_quoted(self) -> bool:
        return self.source == "paper"


@functools.cache
def paper_rows() -> tuple[Row, ...]:
    """The sixteen rows of the paper, Section 4, Table 1."""
    text = importlib.resources.files("resources").joinpath("table1.csv").read_text(encoding="utf-8")
    rows = []
    for values in csv.DictReader(io.StringIO(text)):
        ap = {name: float(values[head]) for name, head in zip(CLASSES, HEADS, strict=True)}
        rows.append(Row(values["setting"], values["network"], ap, float(values["mAP"]), "paper"))
    return tuple(rows)


def row_of_run(run: Path) -> Row:
    """The row of a run that evaluated on VOC.

    Raises:
        StudioError: the folder is no run, or its evaluation has not finished.
    """
    settings: dict[str, Any] = config.read_toml(run / "config.toml").get("settings", {})
    try:
        result = json.loads((run / "results" / "ap.json").read_text(encoding="utf-8"))
        ap = {name: _percent(result["ap"].get(name)) for name in CLASSES}
        mean_ap, objects = _percent(result["map"]), sum(result["objects"].values())
        metric = _METRICS.get(result["metric"], result["metric"])
        # A result that does not name them was written before it did, by the run itself.
        year, part = result.get("year", settings.get("year", 2007)), result.get("set", "its test set")
    except FileNotFoundError as error:
        raise StudioError(f"{run} has no AP yet; let its evaluation finish, or leave it out.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudioError(f"{run / 'results' / 'ap.json'} is damaged; evaluate again.") from error
    several = settings.get("scales") == "multi"
    source = f"measured on {objects:,} objects of {part}, {metric}"
    return Row(f"voc{year}" + ("_sa" if several else ""), _name(run, settings), ap, mean_ap, source)


def format_table(rows: Sequence[Row], how: str) -> str:
    """Rows, part by part of the table, as `text`, `markdown`, `latex`, `csv` or `json`.

    Raises:
        StudioError: there is no such format.
    """
    if how not in FORMATS:
        raise StudioError(f"There is no format {how!r}; choose one of {', '.join(FORMATS)}.")
    formats: dict[str, Callable[[Sequence[Row]], str]] = {
        "text": _text,
        "markdown": _markdown,
        "latex": _latex,
        "csv": _csv,
        "json": _json,
    }
    return formats[how](rows)


def _name(run: Path, settings: Mapping[str, Any]) -> str:
    """How the trunk was pretrained, as the paper names it, then the run; the run alone if it is not known."""
    init = settings.get("init")
    if init is None:
        return run.name
    if init == "random":
        return f"RandomNet ({run.name})"
    start = Path(init) / "config.toml"
    pretraining = config.read_toml(start).get("settings", {}) if start.is_file() else {}
    method = pretraining.get("method")
    if method == "caltech101":
        return f"Caltech101Net ({run.name})"
    if method in _NAMES:
        return f"{_NAMES[method]}-{pretraining.get('regime')} ({run.name})"
    return f"{Path(init).stem} ({run.name})"


def _percent(value: float | None) -> float:
    return math.nan if value is None else 100 * float(value)


def _cells(row: Row) -> list[str]:
    values = [row.ap[name] for name in CLASSES] + [row.mean_ap]
    return ["–" if math.isnan(value) else f"{value:.1f}" for value in values]


def _parts(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    settings = [*SETTINGS, *sorted({row.setting for row in rows} - SETTINGS.keys())]
    parts = [
        (SETTINGS.get(setting, setting), [row for row in rows if row.setting == setting])
        for setting in settings
    ]
    return [(title, members) for title, members in parts if members]


def _text(rows: Sequence[Row]) -> str:
    width = max((len(row.name) for row in rows), default=0)
    lines = []
    for title, members in _parts(rows):
        heads = " ".join(f"{head:>6}" for head in (*HEADS, "mAP"))
        lines += ["", title, f"{'':{width}} {heads}"]
        for row in members:
            cells = " ".join(f"{cell:>6}" for cell in _cells(row))
            lines.append(f"{row.name:{width}} {cells}  {row.source}")
    return "\n".join(lines[1:]) + "\n"


def _markdown(rows: Sequence[Row]) -> str:
    lines = []
    for title, members in _parts(rows):
        heads = ["", *HEADS, "mAP", "source"]
        lines += ["", f"**{title}**", "", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
        lines += ["| " + " | ".join([row.name, *_cells(row), row.source]) + " |" for row in members]
    return "\n".join(lines[1:]) + "\n"


def _latex(rows: Sequence[Row]) -> str:
    lines = [r"\begin{tabular}{l" + "r" * (len(HEADS) + 1) + "l}"]
    for title, members in _parts(rows):
        heads = " & ".join([rf"\textbf{{{title}}}", *HEADS, "mAP", "source"])
        lines += [r"\hline", heads + r" \\", r"\hline"]
        for row in members:
            cells = [row.name, *_cells(row), row.source]
            lines.append(" & ".join(cells).replace("–", "--").replace("_", r"\_") + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def _csv(rows: Sequence[Row]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["setting", "network", *HEADS, "mAP", "source"])
    for row in rows:
        cells = ["" if cell == "–" else cell for cell in _cells(row)]
        writer.writerow([row.setting, row.name, *cells, row.source])
    return file.getvalue()


def _json(rows: Sequence[Row]) -> str:
    """AP in 0..1, as everywhere in JSON."""
    return json.dumps(
        [
            {
                "setting": row.setting,
                "network": row.name,
                "ap": {name: _fraction(row.ap[name]) for name in CLASSES},
                "map": _fraction(row.mean_ap),
                "source": row.source,
            }
            for row in rows
        ],
        indent=1,
        allow_nan=False,
    )


def _fraction(percent: float) -> float | None:
    return None if math.isnan(percent) else round(percent / 100, 6)
