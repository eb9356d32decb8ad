"""Detections as files: `comp4_det_<set>_<class>.txt`, the devkit's results of competition 4.

One detection a line, `image score x1 y1 x2 y2`, corners counted from 1 and inclusive, as in VOC's
annotations (`core.datasets.voc`). They become our boxes here: `(x1 - 1, y1 - 1, x2, y2)`. Scores are
written in full (nine digits give a float32 back), not with the usual three decimals, which make thousands
of ties whose order moves the AP.
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.evaluation.voc_ap import Detections

_OUTWARDS = np.array([1, 1, 0, 0])
_BLANKS = np.frombuffer(b"     \n", np.uint8)


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


def read(path: Path, images: Collection[str] = ()) -> Detections:
    """Read the detections of one class; blank lines, tabs and Windows line ends are taken as they come.

    Args:
        path: of the file.
        images: ids of the images of the set, if a detection in any other is to be refused.

    Raises:
        StudioError: the file is missing or cannot be read, or a line (named with its number) is not six
            finite fields, or is of another image.
    """
    text = _text(path)
    detections = _columns(text) or _line_by_line(text, path)
    unknown = set(detections.images.tolist()).difference(images) if images else set()
    for number, line in enumerate(text.splitlines() if unknown else (), start=1):
        if line.strip() and line.split()[0] in unknown:
            raise StudioError(
                f"{path}, line {number}, has image {line.split()[0]}, which the set does not list; "
                "choose the right set."
            )
    return detections


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}; detect first, or choose another folder.") from error
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except UnicodeDecodeError as error:
        raise StudioError(f"{path} is not a text file; write the detections again.") from error


def _line_by_line(text: str, path: Path) -> Detections:
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
                f"{path}, line {number}, is {line[:60]!r} where `image score x1 y1 x2 y2` is expected; "
                "correct it or write the file again."
            )
        images.append(fields[0])
        numbers.append(values)
    return _detections(images, np.array(numbers).reshape(-1, 5).T)


def _columns(text: str) -> Detections | None:
    """All lines at once, where each is six finite fields with one space between two of them; else None.

    Python's own loop over the lines, which can name a damaged one, takes four times as long.
    """
    lines, fields = text.count("\n"), text.split()
    if not lines or len(fields) != 6 * lines or not text.endswith("\n") or not text.isascii():
        return None
    characters = np.frombuffer(text.encode(), np.uint8)
    blanks = characters[characters <= ord(" ")]
    # Five spaces and an end in every line, and no other blank: no line can have more than six fields.
    if len(blanks) != 6 * lines or (blanks.reshape(-1, 6) != _BLANKS).any():
        return None
    try:
        numbers = np.array([list(map(float, fields[column::6])) for column in range(1, 6)])
    except ValueError:
        return None
    return _detections(fields[::6], numbers) if np.isfinite(numbers).all() else None


def _detections(images: list[str], numbers: np.ndarray) -> Detections:
    """Of (5, N) numbers: scores and corners as they are in the file."""
    if not images:
        return Detections.none()
    return Detections(np.array(images), numbers[0], numbers[1:].T - _OUTWARDS)
