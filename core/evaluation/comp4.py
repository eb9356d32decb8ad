"""Detections as files: `comp4_det_<set>_<class>.txt`, the devkit's results of competition 4.

One detection a line, `image score x1 y1 x2 y2`, corners counted from 1 and inclusive, as in VOC's
annotations (`core.datasets.voc`). They become our boxes here: `(x1 - 1, y1 - 1, x2, y2)`. Scores are
written in full (nine digits give a float32 back), not with the usual three decimals, which make thousands
of ties whose order moves the AP.
"""

from pathlib import Path

import numpy as np

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.evaluation.voc_ap import Detections

_OUTWARDS = np.array([1, 1, 0, 0])


def file_name(set_name: str, class_name: str) -> str:
    """The name the devkit gives the file of a class."""
    return f"comp4_det_{set_name}_{class_name}.txt"


def write(path: Path, detections: Detections) -> None:
    """Write the detections of one class, in their order.

    Raises:
        OSError: the file cannot be written; an old one stays.
    """
    corners = detections.boxes.astype(np.float64) + _OUTWARDS
    lines = [
        f"{image} {score:.9g} {x1:.9g} {y1:.9g} {x2:.9g} {y2:.9g}\n"
        for image, score, (x1, y1, x2, y2) in zip(detections.images, detections.scores, corners, strict=True)
    ]
    write_atomically(path, "".join(lines).encode())


def read(path: Path) -> Detections:
    """Read the detections of one class; blank lines, tabs and Windows line ends are taken as they come.

    Raises:
        StudioError: the file is missing or cannot be read, or a line (named with its number) is not six
            finite fields.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}; detect first, or choose another folder.") from error
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except UnicodeDecodeError as error:
        raise StudioError(f"{path} is not a text file; write the detections again.") from error
    images: list[str] = []
    numbers: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        try:
            values = [float(field) for field in fields[1:]]
        except ValueError:
            values = []
        if len(values) != 5 or not np.isfinite(values).all():
            raise StudioError(
                f"{path.name}, line {number}, is {line[:60]!r} where `image score x1 y1 x2 y2` is expected; "
                "correct it or write the file again."
            )
        images.append(fields[0])
        numbers.append(values)
    if not images:
        return Detections.none()
    values_of = np.array(numbers)
    return Detections(np.array(images), values_of[:, 0], values_of[:, 1:] - _OUTWARDS)
