"""Frames that lie as images in a folder, and what lies beside them under the same names."""

from collections.abc import Sequence
from pathlib import Path

from core.datasets.clip import Clip
from core.datasets.image import common_size, image_names
from core.errors import StudioError


def frame_names(folder: Path) -> list[str]:
    """The images of a folder that must hold some, in natural order.

    Raises:
        StudioError: it holds none.
    """
    names = image_names(folder)
    if not names:
        raise StudioError(f"{folder} holds no frames; fill it or take it away.")
    return names


def clip_of(folder: Path, names: Sequence[str], dataset: str, root: Path, name: str = "") -> Clip:
    """The clip of some images of a folder, named after it where no `name` is given; `root` is a folder above.

    Raises:
        StudioError: they differ in size, or one is missing, cut short or no image.
    """
    width, height = common_size([folder / name for name in names])
    inside = folder.relative_to(root)
    return Clip(
        name=name or folder.name,
        dataset=dataset,
        width=width,
        height=height,
        root=root,
        files=tuple((inside / name).as_posix() for name in names),
    )
