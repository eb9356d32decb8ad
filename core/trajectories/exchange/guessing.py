"""Which format a file or folder is of, by its content, else by its suffix."""

import zipfile
from pathlib import Path

from core.datasets.image import SUFFIXES
from core.datasets.tiff import is_tiff
from core.errors import StudioError
from core.text_file import decoded, lines_of
from core.trajectories.exchange import READ, mots
from core.trajectories.exchange.json_kinds import kind_of_folder, kind_of_json
from core.trajectories.exchange.mot_folder import is_sequence
from core.trajectories.exchange.mot_layout import is_kitti, is_vatic, names_boxes
from core.trajectories.exchange.number_lines import split_lines
from core.trajectories.exchange.unread import refuse_lines
from core.whole_file import open_file, unreadable

_HEAD = 8192  # bytes looked at
_ZIP = b"PK\x03\x04"
_SIGNS = ((b"PAR1", "parquet"), (b"\x80", "tapvid"), (b"\x93NUMPY", "tapvid"))
"""What files begin with; the reader refuses the latter two, a pickle and a single array."""
_IN_ARCHIVES = ((".npy", "tapvid"), (".xml", "cvat"), ("gt.txt", "mot"), (".json", "coco"))
_MOT_COLUMNS = 6


def guess_format(path: Path) -> str:
    """The name of a format in `READ`: what the content looks like, else what the suffix stands for.

    Raises:
        StudioError: the path is missing, cannot be read, or is of none of the formats.
    """
    try:
        if path.is_dir():
            return _of_folder(path)
        with open_file(path) as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from error
    if is_tiff(head):
        return "davis"
    found = next((name for sign, name in _SIGNS if head.startswith(sign)), None)
    found = found or (_of_archive(path) if head.startswith(_ZIP) else _of_text(head, path))
    if found is not None:
        return found
    for name, format in READ.items():
        if format.suffix and path.suffix.lower() == format.suffix:
            return name
    if path.suffix.lower() in SUFFIXES:
        raise StudioError(f"{path} is one picture; choose the folder that holds a clip's masks.")
    raise StudioError(
        f"{path} is of no known format ({', '.join(READ)}); choose another file, or say on the command line "
        "which it is."
    )


def _of_folder(path: Path) -> str:
    if (path / "annotations.xml").is_file():
        return "cvat"
    return "mot" if is_sequence(path) else kind_of_folder(path)


def _of_archive(path: Path) -> str:
    """What lies in a zip archive; TAP-Vid's arrays are one."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return "tapvid"
    if any(name.startswith("xl/") or name == "content.xml" for name in names):
        return "csv"  # a workbook, which the reader names
    ends = (format for end, format in _IN_ARCHIVES if any(name.endswith(end) for name in names))
    found = next(ends, None)
    if found is None:
        raise StudioError(f"{path} is a zip archive; unpack it, and choose what it gives.")
    return kind_of_json(path) if found == "coco" else found


def _of_text(head: bytes, path: Path) -> str | None:
    text = decoded(head, path, fallback="latin-1")
    lines = lines_of(text)
    if len(head) == _HEAD:
        lines = lines[:-1] or lines  # the last one is cut
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("<"):
        return "cvat"
    if first.startswith(("{", "[")):
        return kind_of_json(path)
    if mots.is_of(lines):
        return "mot"
    if first.lower().startswith("sep="):
        return "csv"
    table = split_lines(lines)
    refuse_lines(table, path)
    if names_boxes(table.names):
        return "mot"
    if len(table.names) > 1 and table.separator is not None:
        return "csv"
    if is_kitti(table) or is_vatic(table) or (table.width >= _MOT_COLUMNS and table.is_numbers):
        return "mot"
    if not table.is_numbers:
        return None
    return "brox" if table.lengths[0] <= 2 else "csv"
