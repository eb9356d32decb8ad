"""Read image files: as RGB pictures, or with the very values that are stored."""

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from core.datasets.folder import files
from core.errors import StudioError

SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".webp")
"""Of files that are taken as images, in lower case."""

_AS_RGB = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
_MOST_PIXELS = 1 << 27  # 400 MB as RGB; a header can claim more than there is

_HEADERS = ("JPEG", "PNG", "PPM", "BMP", "WEBP")
"""What Pillow reads the header of; the rest, such as TIFF, is decoded to know its size."""

_LOSSY = ("JPEG", "MPO", "WEBP")

_DAMAGED = (OSError, SyntaxError, ValueError)  # what Pillow raises
Image.MAX_IMAGE_PIXELS = None  # `_MOST_PIXELS` is the limit; Pillow's own would warn below it
warnings.filterwarnings("ignore", module="PIL")  # of wrong EXIF data and the like, which are not used


def read_image(path: Path) -> np.ndarray:
    """An image file as (H, W, 3) uint8, RGB; 16 bits become 8, gray becomes RGB, EXIF is ignored.

    Raises:
        StudioError: the file is missing, cut short or not an image.
    """
    return _decode(_read(path), _AS_RGB, path)


@dataclass(frozen=True, eq=False)
class Stored:
    """An image file with the values it stores.

    Attributes:
        values: (H, W) for gray and for palette images (the indices, not the colours), (H, W, 3) RGB for
            colour; uint8 or uint16, other types only from TIFF.
        palette: (256, 3) uint8 RGB of a palette image, else None.
        alpha: (H, W) opacity where there is a fourth channel, else None.
        is_lossy: whether its compression changes values a little.
    """

    values: np.ndarray
    palette: np.ndarray | None = None
    alpha: np.ndarray | None = None
    is_lossy: bool = False


def read_stored(path: Path) -> Stored:
    """An image file with the values it stores, for label pictures.

    Raises:
        StudioError: the file is missing, cut short or not an image.
    """
    data = _read(path)
    image = _opened(io.BytesIO(data), path)
    if image is not None and image.mode == "P":
        _check(data, path)
        return _with_palette(image, path)
    values = _decode(data, cv2.IMREAD_UNCHANGED, path)
    is_lossy = image is not None and image.format in _LOSSY
    if values.ndim == 2:
        return Stored(values, is_lossy=is_lossy)
    alpha = values[:, :, 3] if values.shape[2] == 4 else None
    return Stored(values[:, :, 2::-1], alpha=alpha, is_lossy=is_lossy)


def read_values(path: Path) -> np.ndarray:
    """The `Stored.values` of an image file.

    Raises:
        StudioError: the file is missing, cut short or not an image.
    """
    return read_stored(path).values


def encode_palette_png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """A palette PNG: (H, W) uint8 indices into `palette`, (256, 3) uint8 RGB."""
    image = Image.fromarray(indices)
    image.putpalette(palette.astype(np.uint8).tobytes())
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    return encoded.getvalue()


def image_size(path: Path) -> tuple[int, int]:
    """Width and height as stored, from the header where that is possible.

    Raises:
        StudioError: the file is missing or not an image.
    """
    try:
        with open(path, "rb") as file:
            image = _opened(file, path)
            return _size_of_whole(path) if image is None else image.size
    except OSError as error:
        raise _unreadable(path, error) from error


def common_size(paths: Sequence[Path]) -> tuple[int, int]:
    """The one size of all frames of a clip; each file is read, JPEG and PNG are not decoded.

    Raises:
        StudioError: naming the first frame of another size, or one that is missing, cut short or no image.
    """
    width, height = _size_of_whole(paths[0])
    for path in paths[1:]:
        other = _size_of_whole(path)
        if other != (width, height):
            raise StudioError(
                f"{path} is {other[0]} x {other[1]} pixels while {paths[0].name} is {width} x {height}; "
                "make all frames of a clip the same size."
            )
    return width, height


def image_names(folder: Path) -> list[str]:
    """Names of the image files in a folder, in natural order (2 before 10), without leftovers."""
    return [item.name for item in files(folder, SUFFIXES)]


def skipped(names: Sequence[str]) -> str | None:
    """A sentence where the last number in the names of a clip's frames, in order, grows unevenly."""
    found = [re.findall(r"\d+", Path(name).stem) for name in names]
    if not all(found):
        return None
    steps = [int(b[-1]) - int(a[-1]) for a, b in pairwise(found)]
    usual = min(steps, default=0)
    place = next((place for place, step in enumerate(steps) if step != usual), None)
    if place is None or usual <= 0:
        return None
    return (
        f"After {names[place]} comes {names[place + 1]}; they were taken as neighbours, "
        "so put back what is missing between them and import again if that is wrong."
    )


def _size_of_whole(path: Path) -> tuple[int, int]:
    data = _read(path)
    image = _check(data, path)
    if image is not None and image.format in ("JPEG", "MPO", "PNG"):
        return image.size
    height, width = _decode(data, _AS_RGB, path).shape[:2]
    return width, height


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not data:
        raise StudioError(f"{path} is empty; copy it again from where it came from.")
    return data


def _opened(file: BinaryIO, path: Path) -> Image.Image | None:
    """The image with its header read and nothing decoded; None where it is none of `_HEADERS`."""
    try:
        image = Image.open(file, formats=_HEADERS)
    except UnidentifiedImageError:
        return None
    except _DAMAGED as error:
        raise _damaged(path) from error
    width, height = image.size
    if width * height > _MOST_PIXELS:
        raise StudioError(f"{path} is {width} x {height} pixels, which is too large; make it smaller.")
    return image


def _check(data: bytes, path: Path) -> Image.Image | None:
    """As `_opened`; of a JPEG and a PNG it is checked that all of the file is there, without decoding."""
    file = io.BytesIO(data)
    image = _opened(file, path)
    if image is None:
        return None
    if image.format == "PNG":
        try:
            image.verify()  # every checksum, up to the length and the name of the last chunk
        except _DAMAGED as error:
            raise _damaged(path) from error
        if len(file.read(4)) < 4:
            raise _damaged(path)
    elif image.format in ("JPEG", "MPO") and data.find(b"\xff\xd9", file.tell()) < 0:
        raise _damaged(path)  # no end after the start of the pixels
    return image


def _with_palette(image: Image.Image, path: Path) -> Stored:
    try:
        indices = np.array(image)
        colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    except _DAMAGED as error:
        raise _damaged(path) from error
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(colours)] = colours[:256]
    return Stored(indices, palette)


def _decode(data: bytes, flags: int, path: Path) -> np.ndarray:
    known = _check(data, path) is not None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:  # such as more than 2^30 pixels
        raise _damaged(path) if known else _no_image(path) from error
    if image is None or image.size == 0:
        raise _damaged(path) if known else _no_image(path)
    return image


def _damaged(path: Path) -> StudioError:
    return StudioError(f"{path} is cut short or damaged; copy it again from where it came from.")


def _no_image(path: Path) -> StudioError:
    return StudioError(f"{path} is not an image that can be read; replace it or take it out.")


def _unreadable(path: Path, error: OSError) -> StudioError:
    if isinstance(error, FileNotFoundError):
        return StudioError(f"There is no file {path}; put it back, or use Find moved frames.")
    return StudioError(f"{path} cannot be read ({error.strerror}); check the permissions of the file.")
