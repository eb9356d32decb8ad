"""The rest of the material of Table 1, drawn: a VOC 2012 and categories as in Caltech-101.

VOC 2007 and clips are drawn by the sample and the drawn world, each in its own way.
"""

from pathlib import Path

import numpy as np

from core.datasets import still_life
from core.datasets.caltech101 import BACKGROUND, FOLDER
from core.datasets.drawn_files import write_image, write_pictures

VOC2012_SETS = (("train", 30), ("val", 30), ("test", 10))
"""Sets and their pictures; `trainval` is `train` and `val` together."""

CATEGORY_IMAGES = 8
BACKGROUND_IMAGES = 4


def write_table1_data(folder: Path, seed: int) -> None:
    """Draw `VOCdevkit/VOC2012` and `101_ObjectCategories` into a folder, in about a second.

    As in the real VOC 2012, nothing is annotated in its `test`. There are five categories of eight images,
    and `BACKGROUND_Google`, which is none. The same seed gives the same files.
    """
    _write_voc2012(folder / "VOCdevkit" / "VOC2012", np.random.default_rng([seed, 2012]))
    _write_categories(folder / FOLDER, np.random.default_rng([seed, 101]))


def _write_voc2012(folder: Path, rng: np.random.Generator) -> None:
    write_pictures(folder, rng, VOC2012_SETS, prefix="2012_")
    train, val, test = (folder / "ImageSets" / "Main" / f"{name}.txt" for name, _ in VOC2012_SETS)
    train.with_name("trainval.txt").write_bytes(train.read_bytes() + val.read_bytes())
    for id in test.read_text(encoding="ascii").split():
        (folder / "Annotations" / f"{id}.xml").unlink()


def _write_categories(folder: Path, rng: np.random.Generator) -> None:
    for name in still_life.CLASSES:
        for number in range(CATEGORY_IMAGES):
            picture = still_life.draw(rng, (name,))
            while not any(one.name == name and not one.difficult for one in picture.objects):
                picture = still_life.draw(rng, (name,))
            write_image(folder / name / f"image_{number + 1:04d}.jpg", picture.image)
    for number in range(BACKGROUND_IMAGES):
        write_image(folder / BACKGROUND / f"image_{number + 1:04d}.jpg", still_life.draw(rng, ()).image)
