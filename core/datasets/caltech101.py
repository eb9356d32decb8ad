"""Caltech-101: `101_ObjectCategories/<category>/image_NNNN.jpg`.

The paper counts 101 categories: `Faces` and `Faces_easy` are two, and `BACKGROUND_Google`, which is
none, is left out. Source: Fei-Fei, Fergus and Perona, CVPR Workshop 2004.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.datasets.folder import files, folders
from core.datasets.image import SUFFIXES
from core.errors import StudioError

BACKGROUND = "BACKGROUND_Google"
FOLDER = "101_ObjectCategories"


@dataclass(frozen=True, eq=False)
class Caltech101:
    """Images of categories.

    Attributes:
        paths: N image files, by category, then name.
        labels: (N,) int64, the place of each image's category in `names`.
        names: the categories, capital letters first.
        left_out: folders of images that are no category, and how many images each has.
    """

    paths: tuple[Path, ...]
    labels: np.ndarray
    names: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def without(self) -> str:
        """What was left out, after a comma; empty if nothing was."""
        return "".join(
            f", without {count:,} images of {name}, which is no category"
            for name, count in self.left_out.items()
        )


def read_caltech101(folder: Path) -> Caltech101:
    """The images of `101_ObjectCategories`, or of the folder above it; none is opened.

    Raises:
        StudioError: there are no folders of images.
    """
    top = next((item for item in (folder / FOLDER, folder / "caltech101" / FOLDER) if item.is_dir()), folder)
    if not top.is_dir():
        raise StudioError(f"There is no folder {folder}; choose the one that holds {FOLDER}.")
    images = {item.name: files(item, SUFFIXES) for item in sorted(folders(top))}
    names = tuple(name for name, paths in images.items() if paths and name != BACKGROUND)
    if len(names) < 2:
        raise StudioError(f"{top} does not hold folders of images, one a category; choose {FOLDER}.")
    labels = np.repeat(np.arange(len(names)), [len(images[name]) for name in names])
    left_out = {name: len(paths) for name, paths in images.items() if paths and name not in names}
    return Caltech101(tuple(path for name in names for path in images[name]), labels, names, left_out)
