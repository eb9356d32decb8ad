"""All that a run measured, in files for other programs: TensorBoard's events, and CSV."""

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.events import ClassAP, Metric
from core.runs.run_folder import RunFolder
from core.runs.tensorboard_file import Scalar, event_file


@dataclass(frozen=True)
class Measurements:
    """What a run measured: every value of every metric in the order it was reported, and AP by class."""

    scalars: tuple[Scalar, ...]
    aps: dict[str, ClassAP]


def export_metrics(run: Path, form: str, out: Path) -> list[Path]:
    """Write what a run measured into a folder, in one of `FORMATS`; returns the files.

    Raises:
        StudioError: there is no run, it has measured nothing, or a file cannot be written.
    """
    folder = RunFolder.open(run)
    measured = read_measured(folder)
    if not measured.scalars and not measured.aps:
        raise StudioError(f"The run {folder.name} has measured nothing yet; export it later.")
    written = []
    try:
        for name, data in FORMATS[form](folder.name, measured).items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
            written.append(path)
    except OSError as error:
        raise StudioError(f"Cannot write to {out} ({error.strerror}); choose another folder.") from error
    return written


def read_measured(folder: RunFolder) -> Measurements:
    """What the events of a run say; a damaged line is passed over."""
    scalars, aps = [], {}
    for event, time in folder.all_events():
        if isinstance(event, Metric):
            scalars.append(Scalar(event.name, event.step, event.value, time))
        elif isinstance(event, ClassAP):
            aps[event.name] = event
    return Measurements(tuple(scalars), aps)


def _tensorboard(name: str, measured: Measurements) -> dict[str, bytes]:
    """A folder of the run's name, which TensorBoard shows as a run, with one event file."""
    last = measured.scalars[-1] if measured.scalars else Scalar("", 0, 0.0, 0.0)
    aps = [
        Scalar(f"ap/{one.name}", last.step, one.ap, last.time)
        for one in measured.aps.values()
        if math.isfinite(one.ap)
    ]
    started = measured.scalars[0].time if measured.scalars else 0.0
    data = event_file([*measured.scalars, *aps], started)
    return {f"{name}/events.out.tfevents.{int(started):010d}.{name}": data}


def _csv(name: str, measured: Measurements) -> dict[str, bytes]:
    """A row a step, a column a metric; AP by class in a file of its own."""
    files = {}
    if measured.scalars:
        tags = list(dict.fromkeys(one.tag for one in measured.scalars))
        rows: dict[int, dict[str, float | str]] = {}
        for one in measured.scalars:
            rows.setdefault(one.step, {})[one.tag] = "" if math.isnan(one.value) else one.value
        table = [[step, *(values.get(tag, "") for tag in tags)] for step, values in sorted(rows.items())]
        files[f"{name}.csv"] = _table(["step", *tags], table)
    if measured.aps:
        found = measured.aps.values()
        table = [[one.name, "" if math.isnan(one.ap) else one.ap, one.objects] for one in found]
        files[f"{name}-ap.csv"] = _table(["class", "ap", "objects"], table)
    return files


def _table(columns: list[str], rows: list[list[float | str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


FORMATS: dict[str, Callable[[str, Measurements], dict[str, bytes]]] = {
    "tensorboard": _tensorboard,
    "csv": _csv,
}
"""Name → makes the files, by their paths below the chosen folder."""
