"""Detections as files: `comp4_det_<set>_<class>.txt`, the devkit's results of competition 4.

Other programs put a salt or the number of another competition in front (`comp4_<id>_det_test_car.txt`), and
their lines may have commas, names of the columns above them, images with endings, and a few rows that are no
detections. What no name of a file can hold in the name of a class is written as `%2F`, as in addresses.

One detection a line, `image score x1 y1 x2 y2`, corners counted from 1 and inclusive, as in VOC's
annotations (`core.datasets.voc`). They become our boxes here: `(x1 - 1, y1 - 1, x2, y2)`. Scores are
written in full (nine digits give a float32 back), not with the usual three decimals, which make thousands
of ties whose order moves the AP.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.atomic_file import write_atomically
from core.datasets.folder import entries, folders, same_name
from core.datasets.image import SUFFIXES
from core.errors import StudioError
from core.evaluation.voc_ap import Detections
from core.text_file import lines_of, read_text

_UNSAFE = re.compile(r'[<>:"/\\|?*%]')
_NAMED = re.compile(r"(?:^|_)det_(\w+?)_[^_]+\.txt$", re.IGNORECASE)
_OUTWARDS = np.array([1, 1, 0, 0])
_BLANKS = np.frombuffer(b"     \n", np.uint8)


def file_name(set_name: str, class_name: str) -> str:
    """The name the devkit gives the file of a class."""
    safe = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", class_name)
    return f"comp4_det_{set_name}_{safe}.txt"


def files_of(folder: Path, set_name: str, classes: Sequence[str]) -> dict[str, Path]:
    """The files of those classes that have one in a folder, whatever stands before `det_<set>_<class>.txt`.

    Raises:
        StudioError: a class has several.
    """
    if not folder.is_dir():
        return {}
    listed: dict[str, list[Path]] = {}
    for item in entries(folder):
        found = re.fullmatch(r"(?:comp.*?_)?(det_.*\.txt)", same_name(item.name), re.IGNORECASE)
        if found:
            listed.setdefault(found[1].casefold(), []).append(item)
    found_files = {}
    for name in classes:
        written = file_name(set_name, name).removeprefix("comp4_").casefold()
        files = listed.get(written, []) or listed.get(f"det_{set_name}_{name}.txt".casefold(), [])
        if len(files) > 1:
            raise StudioError(
                f"{folder} holds several files of {name}, {files[0].name} and {files[1].name}; "
                "move those away that are not to be measured."
            )
        if files:
            found_files[name] = files[0]
    return found_files


def without_files(folder: Path, set_name: str) -> str:
    """The sentence on a folder that has no files of a set: where they may be, or how to make them."""
    start = f"{folder} holds no comp4_det_{set_name}_<class>.txt"
    if not folder.is_dir():
        return f"{start}; detect in {set_name} first."
    sets = {found[1] for item in entries(folder) if (found := _NAMED.search(item.name))}
    below = [path for one in folders(folder) for path in (one, *folders(one), *_grandchildren(one))]
    inner = next((one for one in below if any(_NAMED.search(item.name) for item in entries(one))), None)
    if sets:
        return f"{start}, but files of {', '.join(sorted(sets))}; choose the set that was detected in."
    if inner is not None:
        return f"{start}, but {inner} holds such files; choose that folder."
    return f"{start}; detect in {set_name} first, or give files of such names."


def _grandchildren(folder: Path) -> list[Path]:
    return [inner for one in folders(folder) for inner in folders(one)]


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


def read(
    path: Path,
    images: Collection[str] = (),
    on_warning: Callable[[str], None] | None = None,
    most_odd: float = 0.1,
) -> Detections:
    """Read the detections of one class; blank lines, commas, tabs and ends of lines are taken as they come.

    A line that cannot be meant is left out: without six finite fields, with corners upside down, or of an
    image that the set does not list.

    Args:
        path: of the file.
        images: ids of the images of the set, if others are to be left out; endings of pictures are no part.
        on_warning: is told, in a sentence, what was left out and what may mean something else.
        most_odd: the share of the lines that may be none; the file is something else where more are.

    Raises:
        StudioError: the file is missing or cannot be read, or more than `most_odd` of its lines are none;
            names the first.
    """
    text = read_text(path)
    known = frozenset(images)
    rows = _columns(text) or _line_by_line(text, known)
    rows.check(known)
    if rows.odd:
        number, what, remedy = min(rows.odd)
        count = len(rows.odd)
        if count > most_odd * (count + len(rows.images)):
            raise StudioError(f"{path}, line {number}, {what}; {remedy}.")
        if on_warning is not None:
            lines = f"{count:,} line{'s that are no detections' if count > 1 else ' that is no detection'}"
            on_warning(f"Left out, in {path.name}: {lines}, the first in line {number}, which {what}.")
    corners = rows.numbers[1:]
    if len(rows.images) and (np.abs(corners) <= 1).all() and (corners % 1 != 0).any(axis=0).all():
        raise StudioError(
            f"The corners in {path} lie between 0 and 1, as if they were shares of the picture; write them "
            "in pixels, as VOC does."
        )
    zeros = np.flatnonzero((rows.numbers[1:3] == 0).any(axis=0))
    if len(zeros) and on_warning is not None:
        on_warning(
            f"{len(zeros):,} of the boxes of {path.name} begin at 0, the first in line "
            f"{rows.lines[zeros[0]]}, as if corners were counted from 0; they are taken as VOC's, which are "
            "counted from 1."
        )
    if not rows.images:
        return Detections.none()
    return Detections(np.array(rows.images), rows.numbers[0], rows.numbers[1:].T - _OUTWARDS)


@dataclass
class _Rows:
    """The lines of a file.

    Attributes:
        images: N names.
        numbers: (5, N) float64, scores and corners as they are in the file.
        lines: (N,) int64, from 1.
        odd: line, what it is, and what to do about it, of those that are left out.
    """

    images: list[str]
    numbers: np.ndarray
    lines: np.ndarray
    odd: list[tuple[int, str, str]]

    def check(self, images: frozenset[str]) -> None:
        """Leave out boxes that are none, and what lies in other images than some, if any are given."""
        names = {name: _id(name, images) for name in set(self.images)}
        if any(name != id for name, id in names.items()):
            self.images = [names[name] for name in self.images]
        _, x1, y1, x2, y2 = self.numbers
        # Both ends are included, so boxes cut to nothing at a border have -1; they count as false, as in VOC.
        upside_down = (x2 - x1 < -1.5) | (y2 - y1 < -1.5)
        others = {id for id in names.values() if id not in images} if images else set()
        stripped = {id.lstrip("0"): id for id in images if id.isdecimal()} if others else {}
        listed = np.array([name not in others for name in self.images] if others else True)
        listed = np.broadcast_to(listed, upside_down.shape)
        for row in np.flatnonzero(upside_down | ~listed).tolist():
            if listed[row]:
                corners = " ".join(f"{value:g}" for value in self.numbers[1:, row])
                what, remedy = f"has corners upside down ({corners})", "write xmin ymin xmax ymax"
            else:
                what = f"has image {self.images[row][:60]}, which the set does not list"
                remedy = "choose the right set"
                if self.images[row].isdecimal() and self.images[row].lstrip("0") in stripped:
                    remedy = f"write {stripped[self.images[row].lstrip('0')]}, with its zeros"
            self.odd.append((int(self.lines[row]), what, remedy))
        kept = ~upside_down & listed
        if not kept.all():
            self.images = [name for name, keep in zip(self.images, kept.tolist(), strict=True) if keep]
            self.numbers, self.lines = self.numbers[:, kept], self.lines[kept]


def _id(name: str, known: frozenset[str]) -> str:
    """The id of an image that a line may name by its file."""
    if not known or name in known:
        return name
    last = re.split(r"[\\/]", same_name(name))[-1]
    end = Path(last).suffix
    bare = last.removesuffix(end) if end.lower() in SUFFIXES else last
    return next((id for id in (same_name(name), last, bare) if id in known), name)


def _line_by_line(text: str, images: frozenset[str]) -> _Rows:
    names: list[str] = []
    numbers: list[list[float]] = []
    lines: list[int] = []
    odd: list[tuple[int, str, str]] = []
    for number, line in enumerate(lines_of(text), start=1):
        fields = re.split(r"[\s,;]+", line.strip(" \t,;"))
        if not line.strip():
            continue
        try:
            values = [float(field) for field in fields[-5:]]
        except ValueError:
            values = []
        name = _id(" ".join(fields[:-5]), images)
        whole = len(fields) == 6 or (len(fields) > 6 and name in images)  # its name may have blanks
        if not whole or not np.isfinite(values or [np.nan]).all():
            if not lines and not odd and not values and not re.search(r"\d", "".join(fields[1:2])):
                continue  # the names of the columns
            expected = f"is {line[:60]!r} where `image score x1 y1 x2 y2` is expected"
            odd.append((number, expected, "correct it or write the file again"))
            continue
        names.append(name)
        numbers.append(values)
        lines.append(number)
    return _Rows(names, np.array(numbers, float).reshape(-1, 5).T, np.array(lines, np.int64), odd)


def _columns(text: str) -> _Rows | None:
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
    if not np.isfinite(numbers).all():
        return None
    return _Rows(fields[::6], numbers, np.arange(1, lines + 1), [])
