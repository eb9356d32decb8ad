"""Find the clips in a folder or file, whatever their format."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from core.datasets import davis, frames, moseg, video, vsb100
from core.datasets.found import Found, FoundClip, Report
from core.errors import StudioError

FORMATS: dict[str, Callable[[Path, Report], Found | None]] = {
    "moseg": moseg.find,
    "vsb100": vsb100.find,
    "davis": davis.find,
    "video": video.find,
    "frames": frames.find,
}
"""Readers by format, in the order in which they are tried."""

_DATA_SETS = ("moseg", "vsb100", "davis")


def find_clips(
    source: Path, format: str = "auto", on_progress: Report = lambda done, total, what: None
) -> Found:
    """The clips of a folder or file; frames are read but not decoded, except that videos are decoded once.

    A folder one level above what a format expects is recognised too, and inside a data set, a
    resolution or a single clip. A call of `on_progress` may raise to give up.

    Args:
        source: a folder, or a video file.
        format: one of `FORMATS`, or `auto`.

    Raises:
        StudioError: there is nothing of that format, or what there is is broken; says where.
    """
    if format != "auto" and format not in FORMATS:
        raise StudioError(f"There is no format {format!r}; choose auto, {', '.join(FORMATS)}.")
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


def _find(source: Path, format: str, on_progress: Report) -> Found:
    if source.is_file():
        if format not in ("auto", "video"):
            raise StudioError(f"{source} is a file; choose the folder that holds the {format} data.")
        found = video.find(source, on_progress)
        if found is not None:
            return found
    elif not any(source.iterdir()):
        raise StudioError(f"{source} is empty; choose a folder that holds clips.")
    else:
        inside = sorted(item for item in source.iterdir() if item.is_dir())
        for name, find in FORMATS.items():
            if format in ("auto", name):
                for place in [source, *inside] if name in _DATA_SETS else [source]:
                    found = find(place, on_progress)
                    if found is not None:
                        return _only(found, place, source, inside)
    wanted = "clips of a known format" if format == "auto" else f"{format} clips"
    raise StudioError(
        f"{source} holds no {wanted}; choose a video, a folder of frames, "
        "or the folder of a Moseg, VSB100 or DAVIS data set."
    )


def _only(found: Found, place: Path, source: Path, inside: list[Path]) -> Found:
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
        name, number = found.clip.name, 2
        while name in taken:
            name, number = f"{found.clip.name}-{number}", number + 1
        taken.add(name)
        renamed.append(dataclasses.replace(found, clip=dataclasses.replace(found.clip, name=name)))
    return tuple(renamed)
