"""Writes what was detected and how it was judged, for other programs; called in a thread."""

import csv
import io
from pathlib import Path

import numpy as np

from core.atomic_file import write_atomically
from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation import comp4
from core.evaluation.diagnosis import Diagnosis
from core.evaluation.verdicts import VERDICTS
from core.runs.measured_run import MeasuredRun

JUDGED = (
    *("class", "rank", "image", "score", "x1 (px)", "y1 (px)", "x2 (px)", "y2 (px)"),
    *("verdict", "IoU", "object", "recall", "precision"),
)
"""Columns of judged detections; `object` is the number in its image, from 1, of what the verdict is about."""

OBJECTS = (
    *("class", "image", "object", "x1 (px)", "y1 (px)", "x2 (px)", "y2 (px)"),
    *("size", "truncated", "crowded", "best IoU"),
)
"""Columns of missed objects."""


def save_comp4(run: MeasuredRun, folder: Path) -> list[Path]:
    """Copy the files of all classes, as the run measured them, to a folder.

    Raises:
        StudioError: they cannot be written.
    """
    names = [comp4.file_name(run.set, name) for name in CLASSES]
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            if (run.files / name).is_file():
                write_atomically(folder / name, (run.files / name).read_bytes())
                written.append(folder / name)
    except OSError as error:
        raise StudioError(f"Cannot write to {folder} ({error.strerror}); choose another folder.") from error
    return written


def save_judged(diagnosis: Diagnosis, file: Path) -> list[Path]:
    """Write every detection with its verdict as CSV, class after class, surest first.

    Raises:
        StudioError: the file cannot be written.
    """
    rows = []
    for name, one in diagnosis.classes.items():
        judged = one.detections
        for place, (image, score, box) in enumerate(
            zip(judged.images.tolist(), judged.scores.tolist(), judged.boxes.tolist(), strict=True)
        ):
            nearest = int(judged.nearest[place])
            numbers = (judged.overlaps[place], judged.recall[place], judged.precision[place])
            overlap, recall, precision = (_number(float(number)) for number in numbers)
            verdict = str(VERDICTS[judged.verdicts[place]])
            thing = nearest + 1 if nearest >= 0 else ""
            corners = [_number(value) for value in box]
            rows.append(
                (name, place + 1, image, repr(score), *corners, verdict, overlap, thing, recall, precision)
            )
    return _write(JUDGED, rows, file)


def save_missed(diagnosis: Diagnosis, threshold: float, file: Path) -> list[Path]:
    """Write every object that is missed at a threshold as CSV.

    Raises:
        StudioError: the file cannot be written.
    """
    rows = [
        (
            name,
            missed.image,
            missed.number + 1,
            *(_number(value) for value in missed.box.tolist()),
            missed.size,
            int(missed.truncated),
            int(missed.crowded),
            _number(missed.best_overlap),
        )
        for name, one in diagnosis.classes.items()
        for missed in one.missed(threshold)
    ]
    return _write(OBJECTS, rows, file)


def _write(columns: tuple[str, ...], rows: list[tuple[object, ...]], file: Path) -> list[Path]:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    try:
        write_atomically(file, text.getvalue().encode())
    except OSError as error:
        raise StudioError(f"Cannot write {file} ({error.strerror}); choose another place.") from error
    return [file]


def _number(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""
