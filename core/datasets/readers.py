"""The readers of clips, one record each; command line, window and help follow from the table."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.datasets import davis, frames, moseg, tiff, video, vsb100
from core.datasets.folder import entries, folders
from core.datasets.found import FoundClip, FoundClips, FrameLabels
from core.errors import StudioError
from core.events import OnProgress
from core.free_name import free_name


@dataclass(frozen=True)
class Reader:
    """How clips of one format are read.

    Attributes:
        name: what it is called on the command line, and the `dataset` of the clips it finds.
        title: what it is called in the window.
        reads: what it can be given, for help and messages.
        find: what a folder or file holds of this format; None where that is nothing.
        read_labels: decodes the label pictures of a clip it found, ordered by annotator, then frame; None
            where the format has none.
        is_data_set: whether many clips lie together, so that the folder above is recognised too.
        suffixes: of the files it reads, in small letters; empty where it reads folders.
    """

    name: str
    title: str
    reads: str
    find: Callable[[Path, OnProgress], FoundClips | None]
    read_labels: Callable[[FoundClip], Iterator[FrameLabels]] | None = None
    is_data_set: bool = False
    suffixes: tuple[str, ...] = ()


READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader(
            "moseg",
            "Moseg",
            "a BMS-26 or FBMS-59 folder",
            moseg.find,
            moseg.read_labels,
            is_data_set=True,
        ),
        Reader("vsb100", "VSB100", "a VSB100 folder", vsb100.find, vsb100.read_labels, is_data_set=True),
        Reader("davis", "DAVIS", "a DAVIS folder", davis.find, davis.read_labels, is_data_set=True),
        Reader("video", "Videos", "a video file", video.find, suffixes=video.SUFFIXES),
        Reader(
            "frames", "Frames", "a folder of frames (or a TIFF stack)", frames.find, suffixes=tiff.SUFFIXES
        ),
    )
}
"""Every reader by its name, in the order in which they are tried."""


def reader_title(name: str) -> str:
    """The window's word for the data set of a clip; the name itself where no reader has it any more."""
    return READERS[name].title if name in READERS else name


def readable() -> str:
    """What can be imported, such as "a DAVIS folder or a video file"."""
    *others, last = (reader.reads for reader in READERS.values())
    return f"{', '.join(others)} or {last}"


def find_clips(
    source: Path, format: str = "auto", on_progress: OnProgress = lambda done, total, what: None
) -> FoundClips:
    """The clips of a folder or file; frames are read but not decoded, except that videos are decoded once.

    A folder one level above what a format expects is recognised too, and inside a data set, a
    resolution or a single clip. A call of `on_progress` may raise to give up.

    Args:
        source: a folder, or a video file.
        format: one of `READERS`, or `auto`.

    Raises:
        StudioError: there is nothing of that format, or what there is is broken; says where.
    """
    if format != "auto" and format not in READERS:
        raise StudioError(f"There is no format {format!r}; choose auto, {', '.join(READERS)}.")
    source = source.resolve() if ".." in source.parts else source.absolute()  # a link keeps its own name
    if not source.exists():
        raise StudioError(f"There is no folder or file {source}; check its name.")
    try:
        found = _find(source, format, on_progress)
    except OSError as error:
        raise StudioError(
            f"{error.filename or source} cannot be read ({error.strerror}); check its permissions."
        ) from error
    return dataclasses.replace(found, clips=_with_unique_names(found.clips))


def read_labels(found: FoundClip) -> Iterator[FrameLabels]:
    """The label pictures of a clip, one after the other, ordered by annotator, then frame.

    Raises:
        StudioError: a picture is missing, damaged or of another size than the frames.
    """
    read = READERS[found.clip.dataset].read_labels
    if found.annotations and read is not None:
        yield from read(found)


def _find(source: Path, format: str, on_progress: OnProgress) -> FoundClips:
    if source.is_file():
        readers = [
            reader for reader in READERS.values() if reader.suffixes and format in ("auto", reader.name)
        ]
        if not readers:
            raise StudioError(f"{source} is a file; choose the folder that holds the {format} data.")
        readers.sort(key=lambda reader: source.suffix.lower() not in reader.suffixes)
        for reader in readers:  # those of its suffix first
            found = reader.find(source, on_progress)
            if found is not None:
                return found
    elif not entries(source):
        raise StudioError(f"{source} is empty; choose a folder that holds clips.")
    else:
        inside = folders(source)
        for reader in READERS.values():
            if format in ("auto", reader.name):
                for place in [source, *inside] if reader.is_data_set else [source]:
                    found = reader.find(place, on_progress)
                    if found is not None:
                        return _only(found, place, source, inside)
    wanted = "clips of a known format" if format == "auto" else f"{format} clips"
    raise StudioError(f"{source} holds no {wanted}; choose {readable()}.")


def _only(found: FoundClips, place: Path, source: Path, inside: list[Path]) -> FoundClips:
    """What was found, with a warning where it lies in one folder of several."""
    if place == source or len(inside) == 1:
        return found
    warning = (
        f"Of {source.name}, only {place.name} was taken; choose its other folders one by one to import them."
    )
    return dataclasses.replace(found, warnings=(*found.warnings, warning))


def _with_unique_names(clips: tuple[FoundClip, ...]) -> tuple[FoundClip, ...]:
    """Clips whose second use of a name gets a number."""
    taken: set[str] = set()
    renamed = []
    for found in clips:
        name = free_name(found.clip.name, taken.__contains__)
        taken.add(name)
        renamed.append(dataclasses.replace(found, clip=dataclasses.replace(found.clip, name=name)))
    return tuple(renamed)
