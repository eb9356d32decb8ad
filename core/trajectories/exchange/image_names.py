"""Which frames of a clip the images of a file are, by their names and numbers.

A file may give numbers, or names with or without folders; names are those of the clip's own files, or end
with a number. Numbers are those of the clip's source, from 0, or from 1 where only that fits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
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


def frames_of_images(names: Sequence[str], numbers: Sequence[Any], path: Path, clip: Clip) -> ImageFrames:
    """Frames of images by `posix` names and by numbers (None where there is none).

    Of all readings the one is taken that gives most images a frame of their own: the names of the clip's
    files, then numbers from 0, then from 1, then the numbers at the end of names, likewise.

    Raises:
        StudioError: more than a tenth of the images are no frames of the clip, not counting those between
            the frames that the clip takes from its source.
    """
    if not names:
        raise StudioError(f"{path} has no images of {clip.name}; choose the clip it belongs to.")
    given, ends = floats(numbers), _last_numbers(names)
    readings = [_by_name(names, clip)]
    readings += [_in_source(values - first, clip) for values in (given, ends) for first in (0, 1)]
    fits = [len(np.unique(frames[frames >= 0])) for frames in readings]
    best = int(np.argmax(fits))
    frames, warnings = readings[best], []
    is_sure = best != 3 or all(_INDEX.fullmatch(PurePosixPath(name).stem) for name in names)
    if not is_sure and fits[4] == fits[3] and not (frames == 0).any():
        warnings.append(
            f"Frames taken as counted from 0, in {path.name}; counted from 1 they would fit {clip.name} too."
        )
    if best in (2, 4):
        warnings.append(f"Frames taken as counted from 1, in {path.name}, as only that fits {clip.name}.")
    if best < 3:  # images that lack what the others are known by
        other = readings[0 if best else 1]
        lacking = (frames < 0) & ~np.isin(other, frames)
        frames = np.where(lacking, other, frames)
    strange = frames < 0
    if best:
        values = (given, given, ends, ends)[best - 1] - (best - 1) % 2
        with np.errstate(invalid="ignore"):
            strange &= ~((values >= 0) & (values <= clip.source_frames(np.array(clip.frames - 1))))
    if np.count_nonzero(strange) > _MOST * len(frames) or not fits[best]:
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
