"""A drawn world in which the question of the paper can be asked: do trajectories help a detector?

The things that move in its clips are those of its pictures: bottles, cars, cats, sofas and screens. The clips
are many and short, for the number of instances decides (with 16 clips nothing is gained); the pictures to
learn from are few. Drawn on the spot.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets import still_life
from core.datasets.caltech101 import FOLDER as CATEGORIES
from core.datasets.drawn_files import write_pictures, write_sequence, writing_whole
from core.datasets.drawn_table1 import write_table1_data
from core.datasets.synthetic import Effects, SyntheticClip, render_clip
from core.errors import StudioError

WIDTH, HEIGHT = 320, 240
"""Of every frame, in pixels; pictures are 200 x 150."""

SHORT_FRAMES = 12
THINGS = 3
"""In every clip; a class can come twice."""

_SCENES = (Effects(), Effects(shadows=True))
_SCENE_FRAMES = 40
_SCENE_KEYFRAMES = (0, 9, 19, 29, 39)


@dataclass(frozen=True, kw_only=True)
class WorldSize:
    """How much is drawn.

    Attributes:
        clips: short ones, of 12 frames and three things.
        keyframes: of a short clip, the frames whose masks are given.
        trainval, test: pictures of VOC 2007 to learn from, and to be tested on.
    """

    clips: int = 150
    keyframes: tuple[int, ...] = (0, 5, 11)
    trainval: int = 40
    test: int = 300


@dataclass(frozen=True)
class WorldPaths:
    """Where a world lies.

    Attributes:
        scenes, short_clips: in Moseg's layout.
        voc: a VOCdevkit with VOC2007 and VOC2012 in it.
        caltech101: folders of images, one a category.
    """

    scenes: Path
    short_clips: Path
    voc: Path
    caltech101: Path


def write_world(folder: Path, seed: int, size: WorldSize | None = None) -> WorldPaths:
    """Write the world into a folder; the same seed gives the same files.

    There are short clips `things001`, `things002` …, and two longer ones, `scene1` and `scene2` (40 frames,
    masks on frames 0, 9, 19, 29 and 39), which are pleasant to look at and to correct; pictures of VOC 2007,
    and what else Table 1 asks for, as `write_table1_data` draws it.

    Raises:
        StudioError: it has no clips or pictures, the folder holds one already, or cannot be written.
    """
    size = size or WorldSize()
    if min(size.clips, size.trainval, size.test) < 1:
        raise StudioError("A drawn world needs at least one clip and one picture in each set.")
    names = ("scenes", "short clips", "VOCdevkit", CATEGORIES)
    with writing_whole(folder, names) as unfinished:
        scenes, short_clips, voc = (unfinished / name for name in names[:3])
        for number, effects in enumerate(_SCENES, start=1):
            scene = _clip(np.random.default_rng([seed, 0, number]), _SCENE_FRAMES, effects)
            write_sequence(scenes / f"scene{number}", scene, _SCENE_KEYFRAMES)

        def draw(number: int) -> None:
            write_sequence(short_clips / f"things{number:03d}", short_clip(seed, number), size.keyframes)

        with ThreadPoolExecutor(
            os.cpu_count()
        ) as threads:  # numpy and OpenCV let other threads run meanwhile
            for _ in threads.map(draw, range(1, size.clips + 1)):
                pass  # an error of one is raised here
        sets = (("trainval", size.trainval), ("test", size.test))
        write_pictures(voc / "VOC2007", np.random.default_rng([seed, 2007]), sets)
        write_table1_data(unfinished, seed)
    return WorldPaths(*(folder / name for name in names))


def short_clip(seed: int, number: int) -> SyntheticClip:
    """A short clip of the world of a seed, in which three things move; with exact masks on all frames."""
    return _clip(np.random.default_rng([seed, number]), SHORT_FRAMES, Effects())


def _clip(rng: np.random.Generator, frames: int, effects: Effects) -> SyntheticClip:
    things = [str(name) for name in rng.choice(tuple(still_life.CLASSES), THINGS)]
    seed = int(rng.integers(2**31))
    return render_clip(seed, frames, WIDTH, HEIGHT, effects=effects, things=things)
