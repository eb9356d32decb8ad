"""The two lists of a Moseg sequence: `.bmf`, its frames, and `<sequence>Def.dat`, its label pictures.

Source: Brox and Malik, ECCV 2010; Ochs, Malik and Brox, PAMI 2014.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.datasets.folder import files
from core.datasets.frame_matching import name_of
from core.errors import StudioError
from core.text_file import read_lines


@dataclass(frozen=True)
class LabelPicture:
    """What a Def.dat says of one label picture.

    Attributes:
        frame: the place of its frame in the `.bmf`, from 0.
        name: of its file.
        input: the file of the frame; empty where it is not said.
    """

    frame: int
    name: str
    input: str = ""


@dataclass(frozen=True)
class Definition:
    """What a Def.dat says.

    Attributes:
        regions: the pixel value of each region, region 0 first; R·65536 + G·256 + B for colour.
        frames: how many frames it believes the sequence has.
        pictures: the label pictures.
    """

    regions: tuple[int, ...]
    frames: int
    pictures: tuple[LabelPicture, ...]


def read_bmf(path: Path, warnings: list[str]) -> list[str]:
    """The file names of a `.bmf`, in order; what is irregular is added to `warnings`.

    Raises:
        StudioError: the file cannot be read or lists nothing.
    """
    lines = _lines(path)
    try:
        count = int(lines[0].split()[0])
    except (IndexError, ValueError) as error:
        raise StudioError(f"{path} does not begin with a number of frames; restore it.") from error
    names = [line.replace("\\", "/").removeprefix("./") for line in lines[1:]]
    if not names:
        raise StudioError(f"{path} lists no frames; restore it.")
    if count != len(names):
        warnings.append(
            f"{path.name} announces {count} frames and lists {len(names)}; those it lists were taken."
        )
    return names


def read_definition(path: Path, warnings: list[str]) -> Definition:
    """A Def.dat; what is irregular is added to `warnings`. The penalty matrix is not used.

    Raises:
        StudioError: the file cannot be read as one.
    """
    regions: list[int] = []
    pictures: list[LabelPicture] = []
    totals = {}
    frame = None
    for line, following in pairwise([*_lines(path), ""]):
        if line.startswith("Total number of"):
            totals[line] = _number(following, line, path)
        elif line.startswith("Scale of region"):
            regions.append(_number(following, line, path))
        elif line == "Frame number:":
            frame = _number(following, line, path)
        elif line == "File name:" and frame is not None:
            pictures.append(LabelPicture(frame, following))
            frame = None
        elif line == "Input file name:" and pictures:
            pictures[-1] = LabelPicture(pictures[-1].frame, pictures[-1].name, following)
    announced = totals.get("Total number of regions:", 0)
    if not regions or len(regions) != announced:
        raise StudioError(
            f"{path} announces {announced} regions and gives {len(regions)} values; restore it."
        )
    if not all(0 <= value < 2**24 for value in regions):
        raise StudioError(f"{path} gives a region a value that no pixel has; restore it.")
    if not pictures:
        raise StudioError(
            f"{path} names no label picture; restore it, or take it away to import without objects."
        )
    labelled = totals.get("Total number of labeled frames for this shot:", 0)
    if labelled != len(pictures):
        warnings.append(f"{path.name} announces {labelled} label pictures and names {len(pictures)}.")
    return Definition(tuple(regions), totals.get("Total number of frames in this shot:", 0), tuple(pictures))


class ListedFiles:
    """The files of a folder, as a list can mean them."""

    def __init__(self, folder: Path) -> None:
        self._by_name: dict[str, list[str]] = {}
        for path in files(folder):
            self._by_name.setdefault(name_of(path.name), []).append(path.name)

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name and suffix, in capital or small letters."""
        suffix = Path(name).suffix.lower()
        return any(Path(other).suffix.lower() == suffix for other in self._by_name.get(name_of(name), []))

    def meant(self, name: str, listed_in: Path, suffixes: tuple[str, ...]) -> str:
        """The file of that name, else that of the same stem with its or the first of some suffixes.

        Raises:
            StudioError: it is not there, or `name` is no plain file name.
        """
        if "/" in name or "\0" in name or name in ("", ".", "..") or len(name) > 200:
            raise StudioError(f"{listed_in} names {name[:80]!r}, which is not a plain file name; correct it.")
        there = self._by_name.get(name_of(name), [])
        if name in there:
            return name
        for suffix in (Path(name).suffix.lower(), *suffixes):
            for candidate in there:
                if Path(candidate).suffix.lower() == suffix:
                    return candidate
        raise StudioError(
            f"{listed_in} names {name}, which is not there; put the file back or take out the entry."
        )


def _lines(path: Path) -> list[str]:
    """The lines that are not empty, without blanks at their ends."""
    return [line.strip() for line in read_lines(path, fallback="latin-1") if line.strip()]


def _number(text: str, what: str, path: Path) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise StudioError(
            f"{path} has {text[:40]!r} where a number belongs, after {what!r}; restore it."
        ) from error
