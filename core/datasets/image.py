"""Read image files: as RGB pictures, or with the very values that are stored."""

import re
import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from core.datasets import image_headers
from core.errors import StudioError

SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".webp")
"""Of files that are taken as images, in lower case."""

_HEAD = 65536  # bytes that hold the header of nearly every image
_AS_RGB = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
_MOST_PIXELS = 1 << 27  # 400 MB as RGB; a header can claim more than there is


def read_image(path: Path) -> np.ndarray:
    """An image file as (H, W, 3) uint8, RGB; 16 bits become 8, gray becomes RGB, EXIF is ignored.

    Raises:
        StudioError: the file is missing, cut short or not an image.
    """
    return _decode(_whole(path), _AS_RGB, path)


def read_values(path: Path) -> np.ndarray:
    """An image file with the values it stores, for label pictures.

    Returns:
        (H, W) for gray and for palette images (the indices, not the colours), (H, W, 3) RGB for
        colour (a fourth channel is dropped); uint8 or uint16.

    Raises:
        StudioError: the file is missing, cut short or not an image.
    """
    data = _whole(path)
    layout = image_headers.netpbm_layout(data)
    if layout is not None and layout.channels:
        pixels = np.frombuffer(data[layout.start : layout.end], ">u2" if layout.depth == 2 else "u1")
        shape = (layout.height, layout.width) + ((3,) if layout.channels == 3 else ())
        return pixels.reshape(shape).astype(np.uint16 if layout.depth == 2 else np.uint8)
    bits = _palette_bits(data)
    if bits:
        gray = _decode(_palette_as_gray(data), cv2.IMREAD_UNCHANGED, path)
        return gray // np.uint8(255 // (2**bits - 1)) if bits < 8 else gray
    values = _decode(data, cv2.IMREAD_UNCHANGED, path)
    return values if values.ndim == 2 else values[:, :, 2::-1]


def encode_palette_png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """A palette PNG: (H, W) uint8 indices into `palette`, (256, 3) uint8 RGB."""
    _, encoded = cv2.imencode(".png", indices)
    chunks = list(image_headers.png_chunks(encoded.tobytes()))
    (_, header), rest = chunks[0], chunks[1:]
    header = header[:9] + b"\x03" + header[10:]  # colour type 3: palette
    return image_headers.png_bytes([(b"IHDR", header), (b"PLTE", palette.astype(np.uint8).tobytes()), *rest])


def image_size(path: Path) -> tuple[int, int]:
    """Width and height as stored, from the header where that is possible.

    Raises:
        StudioError: the file is missing or not an image.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            found = image_headers.size(head)
            if found is None:
                found = image_headers.size(head + file.read())
    except OSError as error:
        raise _unreadable(path, error) from error
    return _sensible(found, path) if found else _size_of_whole(path)


def common_size(paths: Sequence[Path]) -> tuple[int, int]:
    """The one size of all frames of a clip; each file is read, but not decoded.

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
    """Names of the image files in a folder, in natural order (2 before 10); hidden files are left out."""
    names = (item.name for item in folder.iterdir() if item.suffix.lower() in SUFFIXES and item.is_file())
    return sorted((name for name in names if not name.startswith(".")), key=natural_key)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Orders names as people do: numbers by value, `frame2` before `frame10`."""
    parts = re.split(r"(\d+)", name)
    return tuple((1, int(part), part) if part.isdecimal() else (0, 0, part.lower()) for part in parts)


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
    data = _whole(path)
    found = image_headers.size(data)
    if found:
        return _sensible(found, path)
    height, width = _decode(data, _AS_RGB, path).shape[:2]
    return width, height


def _sensible(size: tuple[int, int], path: Path) -> tuple[int, int]:
    if 0 in size:
        raise StudioError(f"{path} is not an image that can be read; replace it or take it out.")
    return size


def _whole(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    fault = image_headers.damage(data)
    if fault:
        raise StudioError(f"{path} {fault}; copy it again from where it came from.")
    width, height = image_headers.size(data) or (0, 0)
    if width * height > _MOST_PIXELS:
        raise StudioError(f"{path} is {width} x {height} pixels, which is too large; make it smaller.")
    return data


def _decode(data: bytes, flags: int, path: Path) -> np.ndarray:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:  # such as more than 2^30 pixels
        raise StudioError(f"{path} is not an image that can be read; replace it or take it out.") from error
    if image is None or image.size == 0:
        raise StudioError(f"{path} is not an image that can be read; replace it or take it out.")
    return image


def _unreadable(path: Path, error: OSError) -> StudioError:
    if isinstance(error, FileNotFoundError):
        return StudioError(f"There is no file {path}; put it back, or use Find moved frames.")
    return StudioError(f"{path} cannot be read ({error.strerror}); check the permissions of the file.")


def _palette_bits(data: bytes) -> int:
    """Bits a pixel of a palette PNG; 0 for every other file."""
    return data[24] if image_headers.is_png(data) and data[25] == 3 else 0


def _palette_as_gray(data: bytes) -> bytes:
    """The same PNG with its indices declared as gray values; OpenCV would look up the colours."""
    chunks = [(k, c) for k, c in image_headers.png_chunks(data) if k in (b"IHDR", b"IDAT", b"IEND")]
    header = bytearray(chunks[0][1])
    struct.pack_into("B", header, 9, 0)  # colour type 0: gray
    return image_headers.png_bytes([(b"IHDR", bytes(header)), *chunks[1:]])
