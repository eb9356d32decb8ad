"""Which frame of a clip each of its label files belongs to, by the names of both."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import same_name
from core.datasets.image import SUFFIXES
from core.errors import StudioError

_MOST_ODD = 0.1  # of the files; more that belong to no frame are refused
_LOSSY = (".jpg", ".jpeg", ".webp")


def matched(paths: Sequence[Path], clip: Clip) -> tuple[list[tuple[int, Path]], list[str]]:
    """Frame and path of each file, by frame, and what is to be said.

    A file belongs to the frame of its name, whatever the suffixes of both (`00012.jpg.png` too). Where not
    all do, the reading of the numbers in their names that finds most frames counts: the numbers in the names
    of the frames, or those of the frames of the source, from 0, or from 1 where only that finds all.

    Raises:
        StudioError: more than a tenth belong to no frame, or to one that has a file already.
    """
    if not paths:
        return [], []
    frames, said = _frames([name_of(path.name) for path in paths], clip)
    places = list(zip(frames.tolist(), paths, strict=True))
    if lost := [path for frame, path in places if frame < 0]:
        said = [*said, _left_out(lost, paths, f"belongs to no frame of {clip.name}", clip)]
    once: dict[int, Path] = {}
    for frame, path in sorted(places, key=lambda item: item[1].suffix.lower() in _LOSSY):
        if frame >= 0:
            once.setdefault(frame, path)
    twice = [(frame, path) for frame, path in places if frame >= 0 and once[frame] != path]
    if twice and {path.suffix for _, path in twice}.isdisjoint(path.suffix for path in once.values()):
        frame, path = twice[0]  # such as frames and masks that lie together
        said = [
            *said,
            f"Of {path.name} and {once[frame].name}, the second was taken, and likewise of others.",
        ]
    elif twice:
        what = f"belongs to a frame of {clip.name} that has a picture already"
        said = [*said, _left_out([path for _, path in twice], paths, what, clip)]
    return sorted(once.items()), said


def frame_numbers(clip: Clip) -> np.ndarray:
    """(T,) int64: the number that the name of each frame is, where all names are; else that in its source."""
    stems = [] if clip.is_video else [name_of(name) for name in clip.files]
    if stems and all(map(_is_number, stems)):
        numbers = np.array([int(stem) for stem in stems], np.int64)
        if len(np.unique(numbers)) == len(numbers):
            return numbers
    return clip.source_frames(np.arange(clip.frames))


def name_of(name: str) -> str:
    """The name of a file as it compares: without folders and suffixes of images, in small letters."""
    path = Path(same_name(name.rsplit("/", 1)[-1]))
    while path.suffix.lower() in (*SUFFIXES, ".mat") and path.stem:
        path = Path(path.stem)
    return path.name.casefold()


def _frames(names: Sequence[str], clip: Clip) -> tuple[np.ndarray, list[str]]:
    """(N,) int64 frame of each name, -1 where it has none, and how that was found out if not by name."""
    stems = [] if clip.is_video else [name_of(name) for name in clip.files]
    by_name = {stem: frame for frame, stem in enumerate(stems)}
    named = np.array([by_name.get(name, -1) for name in names])
    if (named >= 0).all():
        return named, []
    numbers = _numbers(names)
    own = _numbers(stems) if stems else np.empty(0, np.int64)
    by_number = {int(number): frame for frame, number in enumerate(own) if number >= 0}
    listed = np.array([by_number.get(int(number), -1) for number in numbers])
    counted = np.where(numbers >= 0, clip.frames_of_source(numbers), -1)
    from_one = np.where(numbers >= 1, clip.frames_of_source(numbers - 1), -1)
    plain = bool(stems) and all(map(_is_number, stems))
    digits = all(map(_is_number, names))
    first_readings = (
        [named, listed] if plain else [named, counted, listed] if digits else [named, listed, counted]
    )
    frames = max(first_readings, key=_found)
    said = "The masks go by the numbers in their names, so that"
    if frames is named or digits or clip.is_video:
        said = ""
    for other, begin in ((counted, 0), (from_one, 1)):
        whole = _found(other) == len(names) > _found(frames)
        if whole and (len(names) == clip.frames or (len(names) > 2 and _found(frames) * 2 < len(names))):
            frames, said = other, f"The masks were taken to be numbered from {begin} on, so that"
    if not said or not _found(frames):
        return frames, []
    first = int(np.argmax(frames >= 0))
    return frames, [f"{said} {names[first]} is frame {frames[first]} of {clip.name}."]


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 18


def _found(frames: np.ndarray) -> int:
    """How many frames there are, without -1."""
    return len(np.unique(frames[frames >= 0]))


def _numbers(names: Sequence[str]) -> np.ndarray:
    """(N,) int64: of the numbers in names of one pattern the last that differs among them; -1 without one."""
    found = [[part for part in re.findall(r"\d+", name) if part.isascii()] for name in names]
    usual = Counter(len(parts) for parts in found).most_common(1)[0][0]
    columns = [{parts[place] for parts in found if len(parts) == usual} for place in range(usual)]
    place = max((place for place, values in enumerate(columns) if len(values) > 1), default=usual - 1)
    return np.array(
        [
            int(parts[place]) if usual and len(parts) == usual and len(parts[place]) < 18 else -1
            for parts in found
        ],
        np.int64,
    )


def _left_out(odd: Sequence[Path], paths: Sequence[Path], what: str, clip: Clip) -> str:
    """What is said of files that have no place.

    Raises:
        StudioError: they are more than a tenth.
    """
    if len(odd) > _MOST_ODD * len(paths):
        names = f"{Path(clip.files[0]).name} to {Path(clip.files[-1]).name}"
        has = f"the frames 0 to {clip.frames - 1}" + ("" if clip.is_video else f", {names}")
        others = f", like {len(odd) - 1:,} others," if len(odd) > 1 else ","
        raise StudioError(
            f"{odd[0]} {what}{others} while {clip.name} has {has}; name each as its frame or by its number."
        )
    return f"Left out, in {odd[0].parent.name}: {len(odd):,} of {len(paths):,} files; {odd[0].name} {what}."
