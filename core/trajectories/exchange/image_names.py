"""Which frames of a clip the images of a file are, by their names and numbers.

A file may give numbers, or names with or without folders; names are those of the clip's own files, or end
with a number. Numbers are those of the clip's source, from 0, or from 1 where only that fits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import same_name
from core.errors import StudioError
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.json_file import floats

_ROBOFLOW = re.compile(r"_(jpe?g|png|bmp|webp)\.rf\.[0-9A-Za-z]+(?=\.\w+$)", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(\d{1,15})\D*$")
_INDEX = re.compile(r"frame_\d{6}|0|[1-9]\d*")  # as CVAT and scripts number frames, from 0
_MOST = 0.1  # of the images, as of odd rows
_FURTHEST = 2.0**52


@dataclass(frozen=True)
class ImageFrames:
    """Frames of images.

    Attributes:
        frames: (N,) int64, -1 for images that are no frames of the clip.
        warnings: what is to be said of how they were taken.
    """

    frames: np.ndarray
    warnings: list[str]


def posix(name: Any) -> str:
    """A name of a file as it compares: slashes as separators, accents composed; empty for what is no text.

    What Roboflow adds to names is taken off: `frame_0007_jpg.rf.2f1c….jpg` was `frame_0007.jpg`.
    """
    return _ROBOFLOW.sub("", same_name(name.replace("\\", "/"))) if isinstance(name, str) else ""


def is_named(name: Any, clip: Clip) -> bool:
    """Whether a name of a video or folder is that of a clip, with or without folders and suffix."""
    path, own = PurePosixPath(posix(name)), same_name(clip.name)
    return own in (str(path), path.name, path.stem) if str(path) != "." else False


def of_folders(names: Sequence[str], path: Path, clip: Clip) -> np.ndarray:
    """(N,) bool: which images are in the folder of the clip, or in none, where there are several; else all.

    Raises:
        StudioError: images of several folders go for the same frame, and no folder is the clip's.
    """
    folders = [PurePosixPath(name).parent for name in names]
    everywhere = np.ones(len(names), bool)
    if len(set(folders)) < 2:
        return everywhere
    own = {PurePosixPath(posix(name)).parent for name in clip.files} - {PurePosixPath(".")}
    ours = {one for one in set(folders) if one in own or same_name(clip.name) in one.parts}
    if ours:
        return np.array([one in ours or one == PurePosixPath(".") for one in folders])
    if len({PurePosixPath(name).stem for name in names}) == len(names):
        return everywhere
    shown = ", ".join(sorted(str(one) for one in set(folders))[:4])
    raise StudioError(
        f"{path} has images of several folders ({shown}) and none named {clip.name}; choose the clip it "
        "belongs to."
    )


@dataclass(frozen=True, eq=False)
class _Reading:
    """Images as frames (N,), -1 where they are none, of numbers (N,) that count from `first`."""

    frames: np.ndarray
    numbers: np.ndarray
    first: int = 0
    is_own: bool = False  # whether the clip's own frames are numbered, not those of its source

    @property
    def fits(self) -> int:
        return len(np.unique(self.frames[self.frames >= 0]))


def frames_of_images(names: Sequence[str], numbers: Sequence[Any], path: Path, clip: Clip) -> ImageFrames:
    """Frames of images by `posix` names and by numbers (None where there is none).

    Of all readings the one is taken that gives most images a frame of their own: the names of the clip's
    files, then numbers of its source from 0, then from 1, then of its own frames where it does not take all,
    then the numbers at the end of names, likewise.

    Raises:
        StudioError: more than a tenth of the images are no frames of the clip, not counting those between
            the frames that the clip takes from its source.
    """
    if not names:
        raise StudioError(f"{path} has no images of {clip.name}; choose the clip it belongs to.")
    given, ends = floats(numbers), _last_numbers(names)
    by_name = _Reading(_by_name(names, clip), np.full(len(names), np.nan))
    readings = [by_name, *_by_number(given, clip), *_by_number(ends, clip)]
    best = readings[int(np.argmax([one.fits for one in readings]))]
    frames, warnings = best.frames, _doubts(best, readings, names, given, path, clip)
    if best.numbers is not ends:  # images that lack what the others are known by
        other = (readings[1] if best is by_name else by_name).frames
        frames = np.where((frames < 0) & ~np.isin(other, frames), other, frames)
    last = clip.frames - 1 if best.is_own else int(clip.source_frames(np.array([clip.frames - 1]))[0])
    with np.errstate(invalid="ignore"):  # frames that the clip passes over are not strange
        strange = (frames < 0) & ~((best.numbers >= best.first) & (best.numbers - best.first <= last))
    if np.count_nonzero(strange) > _MOST * len(frames) or not best.fits:
        first = int(np.argmax(strange if strange.any() else frames < 0))
        shown = PurePosixPath(names[first]).stem or f"{given[first]:g}"
        raise StudioError(
            f"{path} has the image {shown[:60]!r}, which is no frame of {clip.name}; choose the clip it "
            "belongs to."
        )
    if strange.any():
        shown = PurePosixPath(names[int(np.argmax(strange))]).name[:60] or "one without a name"
        warnings.append(
            f"Left out, in {path.name}: {counted(int(strange.sum()), 'image')} that are no frames of "
            f"{clip.name}, the first {shown}."
        )
    return ImageFrames(frames, warnings)


def _by_number(numbers: np.ndarray, clip: Clip) -> list[_Reading]:
    """Frames with these numbers in the clip's source, from 0 and from 1; then within the clip, if others."""
    whole = replace(clip, start=0, step=1, timestamps=(0,) * clip.frames if clip.is_video else ())
    counted_by = [(clip, False), (whole, True)] if clip.start or clip.step > 1 else [(clip, False)]
    return [
        _Reading(_in_source(numbers - first, of), numbers, first, is_own)
        for of, is_own in counted_by
        for first in (0, 1)
    ]


def _doubts(
    best: _Reading,
    readings: Sequence[_Reading],
    names: Sequence[str],
    given: np.ndarray,
    path: Path,
    clip: Clip,
) -> list[str]:
    """What is to be said of the reading that was taken."""
    if best is readings[0]:
        return []
    if best.first or best.is_own:
        what = " within the clip" if best.is_own else ""
        how = f"counted from {best.first}{what}, in {path.name}"
        return [f"Frames taken as {how}, as only that fits {clip.name}."]
    other = readings[next(place for place, one in enumerate(readings) if one is best) + 1]
    is_sure = best.numbers is given or all(_INDEX.fullmatch(PurePosixPath(name).stem) for name in names)
    if is_sure or other.fits < best.fits or (best.frames == 0).any():
        return []
    return [f"Frames taken as counted from 0, in {path.name}; counted from 1 they would fit {clip.name} too."]


def _by_name(names: Sequence[str], clip: Clip) -> np.ndarray:
    """(N,) int64: frames whose files have these names, with their folders or without."""
    if clip.is_video:
        return np.full(len(names), -1)
    files = [PurePosixPath(posix(name)) for name in clip.files]
    whole = {str(file): frame for frame, file in enumerate(files)}
    stems = {file.stem: frame for frame, file in enumerate(files)}
    if len(stems) < len(files):
        stems = {}
    return np.array([whole.get(name, stems.get(PurePosixPath(name).stem, -1)) for name in names], np.int64)


def _last_numbers(names: Sequence[str]) -> np.ndarray:
    """(N,) float64: the number that the stem of a name ends with, NaN without one."""
    found = [_LAST_NUMBER.search(PurePosixPath(name).stem) for name in names]
    return np.array([np.nan if match is None else int(match[1]) for match in found], np.float64)


def _in_source(numbers: np.ndarray, clip: Clip) -> np.ndarray:
    """(N,) int64: the frames of the clip with these numbers in its source; -1 where there is none."""
    with np.errstate(invalid="ignore"):
        good = (np.abs(numbers) < _FURTHEST) & (numbers % 1 == 0)
    return np.where(good, clip.frames_of_source(np.where(good, numbers, -1).astype(np.int64)), -1)
