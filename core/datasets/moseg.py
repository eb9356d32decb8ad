"""Moseg: BMS-26 (flat folders) and FBMS-59 (Trainingset and Testset).

A sequence folder holds its frames, a `.bmf` that lists them, and `<sequence>Def.dat`, beside them or
in `GroundTruth/`, which lists the label pictures. Source: Brox and Malik, ECCV 2010; Ochs, Malik and
Brox, PAMI 2014.

Taken as they come: a `.bmf` names `.ppm` files while `.jpg` files of the same stem are there; frame
numbers in Def.dat are 0-based places in the `.bmf`; pixel values that Def.dat does not list are
background; `PROB` pictures (weights of FBMS's evaluation) are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.datasets.folder import natural_key
from core.datasets.found import AnnotatedFrame, FoundClip, FoundClips, FrameLabels
from core.datasets.frame_folder import clip_of
from core.datasets.image import image_names, read_values
from core.errors import StudioError
from core.events import OnProgress

_FRAMES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".ppm",
    ".bmp",
)  # what a `.bmf` can mean by a .ppm; a .pgm is a label picture


@dataclass(frozen=True)
class Definition:
    """What a Def.dat says.

    Attributes:
        regions: the pixel value of each region, region 0 first; R·65536 + G·256 + B for colour.
        frames: how many frames it believes the sequence has.
        pictures: frame (from 0) and file name of each label picture.
    """

    regions: tuple[int, ...]
    frames: int
    pictures: tuple[tuple[int, str], ...]


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The sequences in a folder: the folder itself, those in it, or those in Trainingset and Testset.

    Raises:
        StudioError: a sequence is broken (files missing, a `.bmf` or Def.dat that cannot be read).
    """
    sequences = _sequences(source)
    clips = []
    for number, sequence in enumerate(sequences):
        on_progress(number, len(sequences), sequence.name)
        clips.append(read_sequence(sequence))
    return FoundClips(format="moseg", clips=tuple(clips)) if clips else None


def read_sequence(folder: Path) -> FoundClip:
    """The sequence of one folder.

    Raises:
        StudioError: as `find`.
    """
    warnings: list[str] = []
    listings, definitions = _listings(folder), _definitions(folder)
    names = read_bmf(listings[0], warnings) if listings else _frame_names(folder, warnings)
    names = [_present(folder, name, listings[0] if listings else folder, _FRAMES) for name in names]
    clip = clip_of(folder, names, "moseg", folder.parent)
    if not definitions:
        warnings.append(f"{folder.name} has no Def.dat; it was taken without objects.")
        return FoundClip(clip=clip, warnings=tuple(warnings))
    definition = read_definition(definitions[0], warnings)
    if definition.frames != len(names):
        warnings.append(
            f"{definitions[0].name} speaks of {definition.frames} frames, there are {len(names)}; "
            "the frames that are there were taken."
        )
    pictures = definitions[0].parent
    annotations = {}
    for frame, name in definition.pictures:
        if "PROB" in name:
            continue
        if not 0 <= frame < len(names):
            raise StudioError(
                f"{definitions[0]} labels frame {frame}, but {folder.name} has the frames 0 to "
                f"{len(names) - 1}; correct it or take the entry out."
            )
        path = pictures / _present(pictures, name, definitions[0], ())
        annotations[frame] = AnnotatedFrame(frame=frame, annotator=0, path=path)
    return FoundClip(
        clip=clip,
        annotations=tuple(annotations[frame] for frame in sorted(annotations)),
        regions=definition.regions,
        warnings=tuple(warnings),
    )


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The label pictures of a sequence, decoded; object number n is region n of Def.dat.

    Raises:
        StudioError: a picture cannot be read or has another size than the frames.
    """
    size = (found.clip.height, found.clip.width)
    for annotation in found.annotations:
        values = read_values(annotation.path)
        if values.shape[:2] != size:
            raise StudioError(
                f"{annotation.path} is {values.shape[1]} x {values.shape[0]} pixels while the frames are "
                f"{size[1]} x {size[0]}; replace it by the right picture."
            )
        labels, unlisted = _regions(values, found.regions)
        warnings = tuple(
            f"{annotation.path.name}: value {value} ({count} pixels) is not in Def.dat; taken as background."
            for value, count in unlisted
        )
        yield FrameLabels(frame=annotation.frame, annotator=0, labels=labels, warnings=warnings)


def read_bmf(path: Path, warnings: list[str]) -> list[str]:
    """The file names of a `.bmf`, in order; what is irregular is added to `warnings`.

    Raises:
        StudioError: the file cannot be read or lists nothing.
    """
    lines = [line.strip() for line in _text(path).splitlines() if line.strip()]
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
    lines = [line.strip() for line in _text(path).splitlines() if line.strip()]
    regions: list[int] = []
    pictures: list[tuple[int, str]] = []
    totals = {}
    frame = None
    for line, following in pairwise([*lines, ""]):
        if line.startswith("Total number of"):
            totals[line] = _number(following, line, path)
        elif line.startswith("Scale of region"):
            regions.append(_number(following, line, path))
        elif line == "Frame number:":
            frame = _number(following, line, path)
        elif line == "File name:" and frame is not None:
            pictures.append((frame, following))
            frame = None
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


def _regions(values: np.ndarray, regions: tuple[int, ...]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Region numbers (H, W) int32 of a label picture, and value and count of what no region has."""
    if values.ndim == 3:
        red, green, blue = (values[:, :, channel].astype(np.int64) for channel in range(3))
        is_gray = max(regions) < 256 and bool(((red == green) & (green == blue)).all())
        codes = red if is_gray else red * 65536 + green * 256 + blue
    else:
        codes = values.astype(np.int64)
    order = np.argsort(regions, kind="stable")
    known = np.array(regions)[order]
    place = np.minimum(np.searchsorted(known, codes), len(regions) - 1)
    listed = known[place] == codes
    values, counts = np.unique(codes[~listed], return_counts=True)
    labels = np.where(listed, order[place], 0).astype(np.int32)
    return labels, list(zip(values.tolist(), counts.tolist(), strict=True))


def _sequences(source: Path) -> list[Path]:
    if _is_sequence(source):
        return [source]
    folders = [item for item in sorted(source.iterdir()) if item.is_dir()]
    for split in (item for item in folders if item.name.lower() in ("trainingset", "testset")):
        folders += [item for item in sorted(split.iterdir()) if item.is_dir()]
    return sorted((item for item in folders if _is_sequence(item)), key=lambda item: natural_key(item.name))


def _is_sequence(folder: Path) -> bool:
    return bool(_listings(folder) or _definitions(folder))


def _listings(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.bmf"), key=lambda path: (path.stem != folder.name, path.name))


def _definitions(folder: Path) -> list[Path]:
    found = [*folder.glob("*Def.dat"), *folder.glob("GroundTruth/*Def.dat")]
    return sorted(found, key=lambda path: (path.stem != f"{folder.name}Def", path.name))


def _frame_names(folder: Path, warnings: list[str]) -> list[str]:
    names = [name for name in image_names(folder) if name.lower().endswith((".jpg", ".jpeg", ".ppm"))]
    if not names:
        raise StudioError(f"{folder} has ground truth but neither a .bmf nor frames; restore them.")
    warnings.append(f"{folder.name} has no .bmf; its images were taken in the order of their names.")
    return names


def _present(folder: Path, name: str, listed_in: Path, suffixes: tuple[str, ...]) -> str:
    """The file that a list means: by that name, else by the same stem and one of some suffixes."""
    if "/" in name or "\0" in name or name in ("", ".", "..") or len(name) > 200:
        raise StudioError(f"{listed_in} names {name[:80]!r}, which is not a plain file name; correct it.")
    stem = Path(name).stem
    for candidate in (name, *(stem + suffix for suffix in suffixes)):
        if (folder / candidate).is_file():
            return candidate
    raise StudioError(
        f"{listed_in} names {name}, which is not there; put the file back or take out the entry."
    )


def _number(text: str, what: str, path: Path) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise StudioError(
            f"{path} has {text[:40]!r} where a number belongs, after {what!r}; restore it."
        ) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > 10_000_000:
            raise StudioError(f"{path} is far too large for what it should hold; restore it.")
        return path.read_text(encoding="latin-1")
    except OSError as error:
        raise StudioError(
            f"{path} cannot be read ({error.strerror}); check the permissions of the file."
        ) from error
