"""Pictures that stand within a text, as base64."""

import base64

import cv2
import numpy as np

_PNG_SIZE = slice(16, 24)  # width and height, big-endian


def decode_grey_png(text: str, width: int, height: int) -> np.ndarray:
    """The (height, width) uint8 grey values of a PNG in base64; its size is looked at before it is decoded.

    Raises:
        ValueError: it is no such picture, or of another size; the text says which.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("no picture") from error
    if np.frombuffer(data[_PNG_SIZE].ljust(8, b"\0"), ">u4").tolist() != [width, height]:
        raise ValueError(f"not of {width} x {height} pixels")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None or picture.shape != (height, width):
        raise ValueError("no picture")
    return picture
