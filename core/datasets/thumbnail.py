"""The first frame of a clip, small; kept in a folder, so that it is decoded once."""

import contextlib
import hashlib
from pathlib import Path

import cv2
import numpy as np

from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.datasets.image import read_image
from core.datasets.reading import open_frames
from core.datasets.tiff import file_of
from core.errors import StudioError

HEIGHT, WIDEST = 72, 160
"""Pixels: of its height, and at most of its width."""


def thumbnail(clip: Clip, folder: Path) -> np.ndarray:
    """The first frame of a clip as it fits `WIDEST` x `HEIGHT` pixels, from the folder where it is there.

    A file of the folder that is damaged is made again; one that cannot be written is done without.

    Args:
        clip: the clip.
        folder: what it is kept in; made where it is missing.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        StudioError: the frame is missing or damaged; says which file.
    """
    file = folder / f"{_digest(clip)}.jpg"
    found = _read(file)
    if found is not None:
        return found
    with open_frames(clip) as frames:
        image = frames[0]
    height, width = image.shape[:2]
    scale = min(HEIGHT / height, WIDEST / width)
    size = (max(round(scale * width), 1), max(round(scale * height), 1))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        write_atomically(file, data.tobytes())
    return small


def _digest(clip: Clip) -> str:
    """What the picture depends on: the file, as long as it is the same, and which of its frames."""
    path = clip.root / file_of(clip.files[0])
    try:
        known = path.stat()
    except OSError as error:
        raise StudioError(
            f"{path} cannot be read ({error.strerror}); say where it is: File ▸ Find moved frames."
        ) from error
    parts = (clip.files[0], known.st_size, known.st_mtime_ns, clip.start, clip.upright)
    return hashlib.blake2b(repr((str(clip.root), *parts)).encode(), digest_size=16).hexdigest()


def _read(file: Path) -> np.ndarray | None:
    try:
        return read_image(file, upright=False)
    except StudioError:
        return None
