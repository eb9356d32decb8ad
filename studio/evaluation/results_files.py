"""Writes what was detected, how it was judged and what was missed, for other programs; called in a thread."""

import csv
import io
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.evaluation import comp4
from core.evaluation.diagnosis import Diagnosis
from core.runs.measured_run import MeasuredRun

OBJECTS = (
    *("class", "image", "object", "x1 (px)", "y1 (px)", "x2 (px)", "y2 (px)"),
    *("size", "truncated", "crowded", "best IoU"),
)
"""Columns of missed objects; `object` is the number in its image, from 1, boxes are of `core.geometry`."""


def save_comp4(run: MeasuredRun, folder: Path) -> list[Path]:
    """Copy the files of all classes, as the run measured them, to a folder; returns what was written.

    Raises:
        StudioError: they cannot be written, or are gone.
    """
    there = [*comp4.files_of(run.files, run.set, run.classes).values()]
    if not there:
        raise StudioError(f"The detections are no longer in {run.files}; detect and evaluate again.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in there:
            write_atomically(folder / file.name, file.read_bytes())
    except OSError as error:
        raise StudioError(f"Cannot write to {folder} ({error.strerror}); choose another folder.") from error
    return [folder / file.name for file in there]


def save_missed(diagnosis: Diagnosis, threshold: float, file: Path) -> list[Path]:
    """Write every object that is missed at a threshold as CSV; returns what was written.

    Raises:
        StudioError: the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(OBJECTS)
    for name, one in diagnosis.classes.items():
        for missed in one.missed(threshold):
            box = (f"{value:.7g}" for value in missed.box.tolist())
            kind = (missed.size, int(missed.truncated), int(missed.crowded), f"{missed.best_overlap:.6f}")
            writer.writerow((name, missed.image, missed.number + 1, *box, *kind))
    try:
        write_atomically(file, text.getvalue().encode())
    except OSError as error:
        raise StudioError(f"Cannot write {file} ({error.strerror}); choose another place.") from error
    return [file]
