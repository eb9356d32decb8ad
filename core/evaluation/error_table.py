"""All judged detections as a CSV file."""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.evaluation.diagnosis import ClassDiagnosis, Diagnosis
from core.evaluation.verdicts import VERDICTS

COLUMNS = (
    *("class", "rank", "image", "score", "x1", "y1", "x2", "y2"),
    *("verdict", "overlap", "object", "object_class", "recall", "precision"),
)
"""Of the file. `rank` and `object`, the object's number in the annotation, count from 1; boxes are pixels of
`core.geometry`; a detection on background is on no object, and without objects there is no recall."""


def write_errors(diagnosis: Diagnosis, path: Path) -> None:
    """Write every detection with its verdict, class after class, the surest first.

    Raises:
        StudioError: the file cannot be written; an old one stays.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in diagnosis.classes.values():
        writer.writerows(_rows(each))
    try:
        write_atomically(path, text.getvalue().encode())
    except OSError as error:
        raise StudioError(f"Cannot write {path} ({error.strerror}); choose another place.") from error


def _rows(of: ClassDiagnosis) -> Iterator[tuple[object, ...]]:
    judged, objects = of.detections, of.found.of
    columns = zip(
        judged.images.tolist(),
        judged.scores.tolist(),
        judged.boxes.tolist(),
        judged.verdicts.tolist(),
        judged.overlaps.tolist(),
        judged.nearest.tolist(),
        objects.starts[judged.pictures].tolist(),
        judged.recall.tolist(),
        judged.precision.tolist(),
        strict=True,
    )
    for rank, (image, score, box, verdict, overlap, number, first, recall, precision) in enumerate(
        columns, 1
    ):
        on = ("", "") if number < 0 else (number + 1, objects.names[objects.classes[first + number]])
        known = "" if math.isnan(recall) else f"{recall:.6f}"
        yield (
            *(of.name, rank, image, f"{score:.9g}", *(f"{value:.7g}" for value in box)),
            *(str(VERDICTS[verdict]), f"{overlap:.6f}", *on, known, f"{precision:.6f}"),
        )
