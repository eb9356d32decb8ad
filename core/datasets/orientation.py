"""Pictures that are stored turned or mirrored: eight orientations, numbered as EXIF does.

1 is as stored, 2 mirrored left to right, 3 turned by 180 degrees, 4 mirrored top to bottom, 5 transposed,
6 to be turned clockwise by 90 degrees, 7 transposed along the other diagonal, 8 to be turned
counterclockwise by 90 degrees.

Source: Exif 2.32 (CIPA DC-008), tag 0x0112; ISO/IEC 14496-12, 8.3.2 for the matrices of videos.
"""

from collections.abc import Sequence

import numpy as np

AS_STORED = 1

_TAG = 0x0112
_MATRICES = {  # signs of a, b, c and d, where x' = a x + c y and y' = b x + d y
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, 1, -1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, -1, 1, 0): 8,
}


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A picture as it is to be seen, (H, W, …) or, for orientations from 5 on, (W, H, …); contiguous."""
    if orientation == AS_STORED:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return np.ascontiguousarray(pixels[::rows, ::columns])


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height of a picture as it is to be seen."""
    return (height, width) if orientation >= 5 else (width, height)


def of_exif(data: bytes) -> int:
    """The orientation that EXIF data ask for, after their `Exif` head or without it; 1 where damaged."""
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(data[:4])
    if order is None:
        return AS_STORED

    def number(place: int, length: int) -> int:
        return int.from_bytes(data[place : place + length], "little" if order == "little" else "big")

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), 512)):
        place = directory + 2 + 12 * entry
        if number(place, 2) == _TAG:
            value = number(place + 8, 2)
            return value if 1 <= value <= 8 and place + 12 <= len(data) else AS_STORED
    return AS_STORED


def of_matrix(matrix: Sequence[int]) -> int | None:
    """The orientation of a display matrix, 9 numbers row by row; None for any other angle than right ones."""
    a, b, _, c, d = matrix[:5]
    return _MATRICES.get((_sign(a), _sign(b), _sign(c), _sign(d)))


def _sign(value: int) -> int:
    return (value > 1 << 10) - (value < -(1 << 10))  # of 1 << 16 for 1: less is an error of rounding
