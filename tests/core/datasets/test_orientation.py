"""Pictures that are stored turned: EXIF's eight orientations against Pillow, matrices against arithmetic."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.datasets.orientation import of_exif, of_matrix, upright, upright_size

PIXELS = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_pillow_turns_it(orientation):
    image = Image.fromarray(PIXELS)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    turned = upright(PIXELS, orientation)
    np.testing.assert_array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert upright_size(7, 5, orientation) == (expected.shape[1], expected.shape[0])
    assert of_exif(image.getexif().tobytes()) == orientation
    assert of_exif(image.getexif().tobytes().removeprefix(b"Exif\0\0")) == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_matrix_moves_every_pixel_where_the_orientation_puts_it(orientation):
    a, b, c, d = {
        1: (1, 0, 0, 1), 2: (-1, 0, 0, 1), 3: (-1, 0, 0, -1), 4: (1, 0, 0, -1),
        5: (0, 1, 1, 0), 6: (0, 1, -1, 0), 7: (0, -1, -1, 0), 8: (0, -1, 1, 0),
    }[orientation]  # fmt: skip
    one = 1 << 16
    assert of_matrix([a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]) == orientation
    assert of_matrix([a * one + 3, b * one - 3, 0, c * one, d * one, 0, 0, 0, 1 << 30]) == orientation
    y, x = np.mgrid[:5, :7]
    across, down = a * x + c * y, b * x + d * y
    width, height = upright_size(7, 5, orientation)
    moved = np.empty((height, width, 3), np.uint8)
    moved[down - down.min(), across - across.min()] = PIXELS
    np.testing.assert_array_equal(upright(PIXELS, orientation), moved)


def test_no_right_angle_is_none():
    half = int(0.7071 * (1 << 16))
    assert of_matrix([half, half, 0, -half, half, 0, 0, 0, 1 << 30]) is None
    assert of_matrix([0] * 9) is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_that_is_cut_short_or_wrong_is_as_stored(order):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    number = "little" if order == "<" else "big"

    def exif(value: int) -> bytes:
        entry = b"".join(
            part.to_bytes(length, number) for part, length in ((0x0112, 2), (3, 2), (1, 4), (value, 2))
        )
        return mark + (8).to_bytes(4, number) + (1).to_bytes(2, number) + entry + bytes(2)

    whole = exif(6)
    assert of_exif(whole) == 6
    assert {of_exif(whole[:length]) for length in range(len(whole))} == {1}
    assert [of_exif(exif(value)) for value in (0, 9, 255)] == [1, 1, 1]
    assert of_exif(b"") == of_exif(b"no exif at all") == of_exif(mark + b"\xff" * 20) == 1
