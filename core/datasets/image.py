"""Read image files: as RGB pictures, or with the very values that are stored."""

import io
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from core.datasets.clip import MOST_PIXELS
from core.datasets.file_kind import is_heic
from core.datasets.folder import files
from core.datasets.orientation import AS_STORED, of_exif, upright_size
from core.datasets.orientation import upright as turned_upright
from core.datasets.tiff import as_if_first, first_page, is_tiff, page_of
from core.errors import StudioError
from core.whole_file import open_file

SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".webp")
"""Of files that are taken as images, in lower case."""

_AT_ONCE = (1 << 31) - 1  # bytes of a file in memory that OpenCV decodes
_LARGEST = 2 << 30  # bytes of a file; so many pixels of four times 32 bits, not packed

_AS_RGB = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
_HEADERS = ("JPEG", "PNG", "PPM", "BMP", "WEBP", "GIF", "JPEG2000")
"""What Pillow reads the header of; that of TIFF is read by `tiff`."""

_ABSENT = "put it back, or use Find moved frames"
_LOSSY = ("JPEG", "MPO", "WEBP")
_PNG_END = 1 << 16  # bytes, which hold the EXIF data of a PNG where they follow its pixels

_DAMAGED = (OSError, SyntaxError, ValueError, IndexError)  # what Pillow raises
Image.MAX_IMAGE_PIXELS = None  # `MOST_PIXELS` is the limit; Pillow's own would warn below it
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what it says of damage is said by us
warnings.filterwarnings("ignore", module="PIL")  # of wrong EXIF data and the like, which are not used


def read_image(path: Path, *, upright: bool = True) -> np.ndarray:
    """An image file or a page of a TIFF stack as (H, W, 3) uint8, RGB; 16 bits become 8, gray becomes RGB.

    Args:
        path: of the file; a page as `core.datasets.tiff` names it.
        upright: turn it as its EXIF data ask; else it is as stored (a TIFF is upright in any case).

    Raises:
        StudioError: the file is missing, cut short, too large or not an image.
    """
    pixels, orientation = _decoded(path, _AS_RGB)
    return turned_upright(pixels, orientation) if upright else pixels


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


def read_stored(path: Path, *, upright: bool = True) -> Stored:
    """An image file with the values it stores, for label pictures; as `read_image`.

    Raises:
        StudioError: the file is missing, cut short, too large or not an image.
    """
    if page := page_of(path):
        return _with_alpha(_decoded_page(path, *page, cv2.IMREAD_UNCHANGED))
    data = _read(path)
    image = _check(data, path)
    if image is not None and image.mode == "P":
        stored, orientation = _with_palette(data, path), _orientation(image, io.BytesIO(data))
    else:
        values, orientation = _decoded_bytes(data, image, path, cv2.IMREAD_UNCHANGED)
        stored = _with_alpha(values, image is not None and image.format in _LOSSY)
    if not upright or orientation == AS_STORED:
        return stored
    alpha = None if stored.alpha is None else turned_upright(stored.alpha, orientation)
    return replace(stored, values=turned_upright(stored.values, orientation), alpha=alpha)


def read_values(path: Path, *, upright: bool = True) -> np.ndarray:
    """The `Stored.values` of an image file.

    Raises:
        StudioError: the file is missing, cut short, too large or not an image.
    """
    return read_stored(path, upright=upright).values


def encode_palette_png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """A palette PNG: (H, W) uint8 indices into `palette`, (256, 3) uint8 RGB."""
    image = Image.fromarray(indices)
    image.putpalette(palette.astype(np.uint8).tobytes())
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    return encoded.getvalue()


def image_size(path: Path, *, upright: bool = True) -> tuple[int, int]:
    """Width and height as `read_image` gives them, from the header.

    Raises:
        StudioError: the file is missing, too large or not an image.
    """
    if page_of(path):
        return _size_of_whole(path, upright=upright)
    try:
        with open_file(path, _ABSENT) as file:
            image = _opened(file, path)
            if image is None:
                return _size_of_whole(path, upright=upright)
            return upright_size(*image.size, _orientation(image, file) if upright else AS_STORED)
    except OSError as error:
        raise _unreadable(path, error) from error


def orientation_of(path: Path) -> int:
    """How a picture is turned as it is read, see `core.datasets.orientation`.

    Raises:
        StudioError: the file is missing, too large or damaged.
    """
    if page_of(path):
        return AS_STORED
    try:
        with open_file(path, _ABSENT) as file:
            image = _opened(file, path)
            return AS_STORED if image is None else _orientation(image, file)
    except OSError as error:
        raise _unreadable(path, error) from error


def image_orientation(path: Path) -> int:
    """How `read_image` turns a picture, of `core.datasets.orientation`, from the header.

    Raises:
        StudioError: the file is missing, too large or not an image.
    """
    try:
        with open_file(path, _ABSENT) as file:
            image = _opened(file, path)
            return AS_STORED if image is None else _orientation(image, file)
    except OSError as error:
        raise _unreadable(path, error) from error


def common_size(paths: Sequence[Path]) -> tuple[int, int]:
    """The one size of all frames of a clip, upright; each file is read, JPEG and PNG are not decoded.

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


def pictures_in(path: Path) -> int:
    """How many pictures of the first one's size a file holds: more than one where it is animated.

    Raises:
        StudioError: the file is missing, too large or not an image.
    """
    with open_file(path, _ABSENT) as file:
        image = _opened(file, path)
        count = getattr(image, "n_frames", 1) if image is not None else 1
        if image is None or image.format != "MPO":
            return count
        size = image.size  # phones put smaller or other pictures behind the first
        image.seek(1)
        return count if image.size == size else 1


def _size_of_whole(path: Path, *, upright: bool = True) -> tuple[int, int]:
    if page_of(path):
        pixels, orientation = _decoded(path, _AS_RGB)
    else:
        data = _read(path)
        image = _check(data, path)
        if image is not None and image.format in ("JPEG", "MPO", "PNG"):
            orientation = _orientation(image, io.BytesIO(data))
            return upright_size(*image.size, orientation) if upright else image.size
        pixels, orientation = _decoded_bytes(data, image, path, _AS_RGB)
    height, width = pixels.shape[:2]
    return upright_size(width, height, orientation) if upright else (width, height)


def _decoded(path: Path, flags: int) -> tuple[np.ndarray, int]:
    """The pixels of a file or a page as stored, and how they are to be turned."""
    page = page_of(path)
    if page is not None:
        return _decoded_page(path, *page, flags), AS_STORED
    data = _read(path)
    return _decoded_bytes(data, _check(data, path), path, flags)


def _decoded_bytes(data: bytes, image: Image.Image | None, path: Path, flags: int) -> tuple[np.ndarray, int]:
    """As `_decoded`, of a file's bytes and what `_check` gave for them."""
    if image is None:
        if not is_tiff(data):
            raise _no_image(path, data)
        _check_tiff(data, path, flags)
        return _decode(np.frombuffer(data, np.uint8), flags, path), AS_STORED
    orientation = _orientation(image, io.BytesIO(data))
    return _decode(np.frombuffer(data, np.uint8), flags, path), orientation


def _decoded_page(path: Path, file: Path, number: int, flags: int) -> np.ndarray:
    try:
        with as_if_first(file, number) as data:
            _check_tiff(data, path, flags)
            if len(data) <= _AT_ONCE:
                return _decode(data, flags, path)
        _, pages = cv2.imreadmulti(str(file), start=number, count=1, flags=flags)
        return _as_rgb(pages[0] if pages else None, flags, path)
    except OSError as error:
        raise _unreadable(file, error) from error
    except (ValueError, cv2.error) as error:
        raise _damaged(path) from error


def _check_tiff(data: Any, path: Path, flags: int) -> None:
    try:
        page = first_page(data)
    except ValueError as error:
        raise _damaged(path) from error
    if page.width * page.height > MOST_PIXELS:
        raise _too_large(path, page.width, page.height)
    if page.bits > 16 and flags != cv2.IMREAD_UNCHANGED:
        kind = "floating-point numbers" if page.is_float else "integers"
        raise StudioError(f"{path} holds {kind} of {page.bits} bits; save it with 8 or 16 bits.")


def _orientation(image: Image.Image, file: BinaryIO) -> int:
    """How a picture asks to be turned; `file` is where it was opened from, or the same bytes again."""
    exif = image.info.get("exif")
    if exif is None and image.format == "PNG":
        exif = _png_exif(file)
    return of_exif(exif) if exif else AS_STORED


def _png_exif(file: BinaryIO) -> bytes | None:
    """The EXIF data at the end of a PNG, behind its pixels, where Pillow does not look."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _PNG_END))
    tail = file.read()
    place = tail.find(b"eXIf")
    if place < 4:
        return None
    return tail[place + 4 : place + 4 + int.from_bytes(tail[place - 4 : place], "big")]


def _read(path: Path) -> bytes:
    try:
        with open_file(path, _ABSENT) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _LARGEST:
                raise StudioError(
                    f"{path} has {size:,} bytes, more than a picture of {MOST_PIXELS:,} pixels; "
                    "choose another one."
                )
            data = file.read()
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
    if width * height > MOST_PIXELS:
        raise _too_large(path, width, height)
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


def _with_alpha(values: np.ndarray, is_lossy: bool = False) -> Stored:
    if values.ndim == 2:
        return Stored(values, is_lossy=is_lossy)
    channels = values.shape[2]
    alpha = values[:, :, -1] if channels in (2, 4) else None
    return Stored(values[:, :, 0] if channels == 2 else values[:, :, :3], alpha=alpha, is_lossy=is_lossy)


def _with_palette(data: bytes, path: Path) -> Stored:
    try:
        image = Image.open(io.BytesIO(data), formats=_HEADERS)
        indices = np.array(image)
        colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    except _DAMAGED as error:
        raise _damaged(path) from error
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(colours)] = colours[:256]
    return Stored(indices, palette)


def _decode(data: np.ndarray, flags: int, path: Path) -> np.ndarray:
    """Values of (N,) uint8 bytes whose header was read; colours as RGB, or RGBA where they are as stored."""
    try:
        return _as_rgb(cv2.imdecode(data, flags), flags, path)
    except cv2.error as error:  # such as more than 2^30 pixels
        raise _damaged(path) from error


def _as_rgb(image: np.ndarray | None, flags: int, path: Path) -> np.ndarray:
    """What OpenCV gave, in the order of colours that `_decode` gives."""
    if image is None or image.size == 0:
        raise _damaged(path)
    if flags != cv2.IMREAD_UNCHANGED or image.ndim == 2:
        return image
    return image if image.shape[2] == 2 else image[:, :, [2, 1, 0, 3][: image.shape[2]]]


def _damaged(path: Path) -> StudioError:
    return StudioError(f"{path} is cut short or damaged; copy it again from where it came from.")


def _too_large(path: Path, width: int, height: int) -> StudioError:
    return StudioError(
        f"{path} is {width} x {height} pixels, which is too large (at most {MOST_PIXELS:,} pixels); make it "
        "smaller."
    )


def _no_image(path: Path, data: bytes) -> StudioError:
    if is_heic(data):
        return StudioError(f"{path} is a HEIC picture, which cannot be read; save it as JPEG.")
    return StudioError(f"{path} is not an image that can be read; replace it or take it out.")


def _unreadable(path: Path, error: OSError) -> StudioError:
    if isinstance(error, FileNotFoundError):
        return StudioError(f"There is no file {path}; {_ABSENT}.")
    return StudioError(f"{path} cannot be read ({error.strerror}); check the permissions of the file.")
