"""Which format a file or folder is of, by its suffix and its first bytes."""

import re
from pathlib import Path

from core.errors import StudioError
from core.trajectories.exchange import FORMATS
from core.trajectories.exchange.json_kinds import kind_of_json

_HEAD = 4096  # bytes looked at
_SIGNS = (
    ("parquet", rb"PAR1"),
    ("tapvid", rb"PK\x03\x04"),  # a zip archive, as .npz is
    ("tapvid", rb"\x80"),  # a pickle, which the reader refuses
    ("cvat", rb"\s*<"),
    ("coco", rb"\s*[{\[]"),
    ("csv", rb"[^\n]*\bkind\b[^\n]*,"),
    ("mot", rb"\s*-?[\d.]+\s*,\s*-?[\d.]+\s*,"),
    ("brox", rb"\s*\d+\s+\d+\s"),
)


def guess_format(path: Path) -> str:
    """The name of a format in `FORMATS`: what the content looks like, else what the suffix stands for.

    Raises:
        StudioError: the path is missing, cannot be read, or is of none of the formats.
    """
    try:
        if path.is_dir():
            return "davis"
        with open(path, "rb") as file:
            head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}; check its name.") from error
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    for name, sign in _SIGNS:
        if re.match(sign, head):
            return kind_of_json(path) if name == "coco" else name
    for name, format in FORMATS.items():
        if format.suffix and path.suffix.lower() == format.suffix:
            return name
    raise StudioError(f"{path} is of no known format; say which with one of {', '.join(FORMATS)}.")
