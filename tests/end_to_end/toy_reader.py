"""A reader of clips that nobody knows: a text file, each line of which is the shade of one frame."""

from pathlib import Path

import cv2
import numpy as np

from core.datasets.clip import Clip
from core.datasets.found import FoundClip, FoundClips
from core.datasets.readers import Reader
from core.events import OnProgress


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clip of a `.toyclip` file; its frames are drawn into a folder beside it."""
    if source.suffix != ".toyclip":
        return None
    folder, files = source.with_suffix(""), []
    folder.mkdir(exist_ok=True)
    for number, shade in enumerate(source.read_text().split()):
        on_progress(number, 0, source.name)
        name = f"{number:03d}.png"
        cv2.imwrite(str(folder / name), np.full((24, 32, 3), int(shade), np.uint8))
        files.append(f"{folder.name}/{name}")
    clip = Clip(name=folder.name, dataset="toy", width=32, height=24, root=source.parent, files=tuple(files))
    return FoundClips(format="toy", clips=(FoundClip(clip=clip),))


TOY = Reader("toy", "Toy clips", "a list of shades", find, suffixes=(".toyclip",))
