"""The sample that comes with the program: drawn on the spot, so it needs no download and no licence."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.caltech101 import FOLDER as CATEGORIES
from core.datasets.drawn_files import write_pictures, write_sequence, writing_whole
from core.datasets.drawn_table1 import write_table1_data
from core.datasets.synthetic import Effects, SyntheticClip, render_clip

FRAMES = 40
KEYFRAMES = (0, 9, 19, 29, 39)
"""Frames of a clip that have exact masks."""

_CLIPS = (
    ("creatures1", 2, Effects()),
    ("creatures2", 2, Effects(shadows=True)),
    ("creatures3", 3, Effects()),
    ("creatures4", 2, Effects(parallax=True)),
)
_SETS = (("trainval", 120), ("test", 60))


@dataclass(frozen=True)
class SamplePaths:
    """Where the sample lies.

    Attributes:
        clips: in Moseg's layout.
        voc: a VOCdevkit with VOC2007 and VOC2012 in it.
        caltech101: folders of images, one a category.
    """

    clips: Path
    voc: Path
    caltech101: Path


def write_sample(folder: Path, seed: int) -> SamplePaths:
    """Write the sample into a folder: four clips and pictures; the same seed gives the same files.

    The clips, 320 x 240 px and 40 frames, have exact masks on frames 0, 9, 19, 29 and 39. The pictures,
    200 x 150 px, show things of five VOC classes: of 2007, 120 in `trainval` and 60 in `test`; the rest as
    `write_table1_data` draws it.

    Raises:
        StudioError: the folder holds files already or cannot be written.
    """
    names = ("clips", "VOCdevkit", CATEGORIES)
    with writing_whole(folder, names) as unfinished:
        for name, clip in sample_clips(seed):
            write_sequence(unfinished / "clips" / name, clip, KEYFRAMES)
        write_pictures(unfinished / "VOCdevkit" / "VOC2007", np.random.default_rng([seed, 2007]), _SETS)
        write_table1_data(unfinished, seed)
    return SamplePaths(*(folder / name for name in names))


def sample_clips(
    seed: int, frames: int = FRAMES, width: int = 320, height: int = 240
) -> Iterator[tuple[str, SyntheticClip]]:
    """The clips of the sample by name, with their truth; smaller ones for tests."""
    for number, (name, objects, effects) in enumerate(_CLIPS):
        drawn = seed * len(_CLIPS) + number
        yield (
            name,
            render_clip(drawn, frames=frames, width=width, height=height, objects=objects, effects=effects),
        )
