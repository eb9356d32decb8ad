"""The sample that comes with the program: drawn on the spot, so it needs no download and no licence."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.drawn_files import write_pictures, write_sequence
from core.datasets.synthetic import Effects, render_clip
from core.errors import StudioError

_FRAMES = 40
_KEYFRAMES = (0, 9, 19, 29, 39)
_CLIPS = (
    ("creatures1", 2, Effects()),
    ("creatures2", 2, Effects(shadows=True)),
    ("creatures3", 3, Effects()),
    ("creatures4", 2, Effects(parallax=True)),
)
_SETS = (("trainval", 120), ("test", 60))


@dataclass(frozen=True)
class SamplePaths:
    """Where the sample lies: `clips` in Moseg's layout, `voc` a VOCdevkit with VOC2007 in it."""

    clips: Path
    voc: Path


def write_sample(folder: Path, seed: int) -> SamplePaths:
    """Write the sample into a folder: four clips and 180 pictures; the same seed gives the same files.

    The clips, 320 x 240 px and 40 frames, have exact masks on frames 0, 9, 19, 29 and 39. The pictures,
    200 x 150 px, show things of five VOC classes: 120 in `trainval`, 60 in `test`.

    Raises:
        StudioError: the folder holds files already or cannot be written.
    """
    with sample_in(folder) as paths:
        for number, (name, objects, effects) in enumerate(_CLIPS):
            clip = render_clip(seed * len(_CLIPS) + number, frames=_FRAMES, objects=objects, effects=effects)
            write_sequence(paths.clips / name, clip, _KEYFRAMES)
        write_pictures(paths.voc / "VOC2007", np.random.default_rng([seed, 2007]), _SETS)
    return _paths(folder)


@contextmanager
def sample_in(folder: Path) -> Iterator[SamplePaths]:
    """Where to write a sample that is to lie in `folder`: it comes there when all of it is written.

    Raises:
        StudioError: the folder holds a sample already or cannot be written.
    """
    final = _paths(folder)
    if final.clips.exists() or final.voc.exists():
        raise StudioError(f"{folder} holds a sample already; choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as name:
            unfinished = _paths(Path(name))
            yield unfinished
            unfinished.clips.rename(final.clips)
            unfinished.voc.rename(final.voc)
    except OSError as error:
        raise StudioError(f"Cannot write to {folder} ({error.strerror}); choose another folder.") from error


def _paths(folder: Path) -> SamplePaths:
    return SamplePaths(clips=folder / "clips", voc=folder / "VOCdevkit")
