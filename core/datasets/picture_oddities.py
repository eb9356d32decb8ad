"""What is odd about the pictures of a clip and does not stop them from being read, told by a few of them."""

from collections.abc import Sequence
from pathlib import Path

from core.datasets import tiff
from core.datasets.image import orientation_of, pictures_in, read_values
from core.datasets.orientation import AS_STORED
from core.whole_file import open_file

_DARK = 1 << 13  # values of 16 bits up to here show as less than 32 of 255


def oddities(paths: Sequence[Path]) -> list[str]:
    """Sentences about pictures that are stored turned, hold others, or show dark.

    Raises:
        StudioError: one of the few that are looked at cannot be read.
    """
    found, first = [], paths[0]
    if orientation_of(first) != AS_STORED:
        place = first.parent.name
        found.append(f"{place}: its pictures are stored turned; they were turned as they ask (EXIF).")
    held = 1 if tiff.page_of(first) else pictures_in(first)
    if held > 1:
        found.append(
            f"{first.name} holds {held} pictures; of each file like it the first was taken, so save it as a "
            "video if the others count."
        )
    if _has_16_bits(first):
        highest = max(int(read_values(paths[place]).max()) for place in (0, len(paths) // 2, -1))
        if highest <= _DARK:
            found.append(
                f"{first.name} and those like it hold 16 bits and values up to about {highest:,} of 65,535; "
                f"they show dark ({highest >> 8} of 255), so stretch their contrast and save them in 8 bits."
            )
    return found


def _has_16_bits(path: Path) -> bool:
    page = tiff.page_of(path)
    if page or path.suffix.lower() in tiff.SUFFIXES:
        return read_values(path).itemsize == 2
    with open_file(path) as file:
        head = file.read(26)
    return head.startswith(b"\x89PNG") and head[24:25] == b"\x10"
