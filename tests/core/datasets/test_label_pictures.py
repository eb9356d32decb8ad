"""Masks as people have them, drawn here: what they show is known before they are saved."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.datasets import label_pictures
from core.datasets.clip import Clip
from core.datasets.label_meaning import palette
from core.datasets.label_pictures import LabelPictures
from core.errors import StudioError

HEIGHT, WIDTH, FRAMES = 64, 96, 3
Save = Callable[[np.ndarray, Path], object]


def drawn(
    *boxes: tuple[int, int, int, int, int], height: int = HEIGHT, width: int = WIDTH
) -> list[np.ndarray]:
    """(H, W) uint8 pictures; a box (top, bottom, left, right, number) moves right, 3 pixels a frame."""
    pictures = []
    for frame in range(FRAMES):
        picture = np.zeros((height, width), np.uint8)
        for top, bottom, left, right, number in boxes:
            picture[top:bottom, left + 3 * frame : right + 3 * frame] = number
        pictures.append(picture)
    return pictures


ONE = drawn((20, 40, 10, 30, 1))
TWO = drawn((20, 40, 10, 30, 1), (45, 60, 60, 80, 2))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., LabelPictures]:
    """Saves pictures and reads them as those of a clip."""

    def reading(
        pictures: Sequence[np.ndarray],
        save: Save,
        suffix: str = ".png",
        size: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> LabelPictures:
        paths = [tmp_path / f"{frame:05d}{suffix}" for frame in range(len(pictures))]
        for picture, path in zip(pictures, paths, strict=True):
            save(picture, path)
        names = tuple(f"{frame:05d}.jpg" for frame in range(len(paths)))
        clip = Clip(name="walk", dataset="davis", width=size[0], height=size[1], root=tmp_path, files=names)
        return LabelPictures(paths, clip)

    return reading


def as_array(change: Callable[[np.ndarray], np.ndarray], **options: int) -> Save:
    """Saves the array that `change` makes, RGB if it has colours."""
    return lambda picture, path: Image.fromarray(change(picture)).save(path, **options)


def with_palette(colours: np.ndarray) -> Save:
    def save(picture: np.ndarray, path: Path) -> None:
        image = Image.fromarray(picture)
        image.putpalette(colours.astype(np.uint8).tobytes())
        image.save(path)

    return save


def agreement(found: Sequence[np.ndarray], truth: Sequence[np.ndarray]) -> float:
    """The least intersection over union of any object over all pictures; 0 where objects differ."""
    numbers = {int(number) for picture in truth for number in np.unique(picture)} - {0}
    if numbers != {int(number) for picture in found for number in np.unique(picture)} - {0}:
        return 0
    stacks = np.stack(found), np.stack(truth)
    return min(
        np.logical_and(*(stack == number for stack in stacks)).sum()
        / np.logical_or(*(stack == number for stack in stacks)).sum()
        for number in numbers
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m,
        lambda m: m * 128,
        lambda m: m * 255,
        lambda m: m.astype(bool),
        lambda m: m.astype(np.uint16) * 65535,
        lambda m: m.astype(np.uint16) * 1,
        lambda m: np.dstack([m * 255] * 3),
        lambda m: np.dstack([np.full_like(m, 255), m * 255]),
        lambda m: np.dstack([np.zeros_like(m)] * 3 + [m * 255]),
        lambda m: np.dstack([m * 255] * 3 + [np.full_like(m, 255)]),
    ],
    ids=["0/1", "0/128", "0/255", "1-bit", "16-bit", "16-bit-0/1", "RGB", "LA", "alpha-on-black", "opaque"],
)
def test_one_object_however_it_is_stored(read, change):
    labels = read(ONE, as_array(change))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(ONE))
    assert (labels.warnings, labels.names) == ((), {})
    assert next(iter(labels)).dtype == np.int32


def test_a_cut_out_photograph_is_its_opacity(read):
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    labels = read(ONE, as_array(lambda m: np.dstack([noise, m * 255])))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(ONE))


@pytest.mark.parametrize("quality", [98, 75, 40, 15])
def test_a_mask_saved_as_jpeg_is_one_object_cut_at_half(read, quality):
    labels = read(ONE, as_array(lambda m: m * 255, quality=quality), ".jpg")
    assert agreement(list(labels), ONE) == 1
    (said,) = labels.warnings
    assert "so they are taken as one object, 128 and above." in said


def test_what_a_jpeg_left_in_a_png_is_noise_too(read):
    def jpeg(picture: np.ndarray) -> np.ndarray:
        stored = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
        return cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE)

    assert agreement(list(read(ONE, as_array(lambda m: jpeg(m * 255)))), ONE) == 1
    scaled = [picture * 100 for picture in TWO]
    assert agreement([np.rint(found / 100) for found in read(scaled, as_array(jpeg))], TWO) > 0.9


@pytest.mark.parametrize("way", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_resized_mask_is_one_object_cut_at_half(read, way, scale):
    small = drawn((6, 16, 5, 13, 1), height=HEIGHT // scale, width=WIDTH // scale)
    size = (WIDTH // scale * scale, HEIGHT // scale * scale)
    labels = read(small, as_array(lambda m: cv2.resize(m * 255, size, interpolation=way)), size=size)
    assert len(labels.warnings) == 1
    truth = [cv2.resize(m * 255, size, interpolation=cv2.INTER_LINEAR) >= 128 for m in small]
    assert agreement(list(labels), truth) > 0.98


@pytest.mark.parametrize("way", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("numbers", [(1, 7), (1, 3), (3, 40), (2, 255), (100, 200)])
def test_between_numbers_there_are_no_objects(read, way, numbers):
    first, second = numbers
    small = drawn((5, 12, 3, 12, first), (16, 29, 20, 35, second), height=32, width=48)
    labels = read(small, as_array(lambda m: cv2.resize(m, (WIDTH, HEIGHT), interpolation=way)))
    truth = [cv2.resize(m, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) for m in small]
    names = sorted({int(number) for picture in labels for number in np.unique(picture)} - {0})
    assert np.abs(np.subtract(names, numbers)).max() <= max(numbers) // 10  # what was smoothed most can waver
    found = [np.array([0, *numbers])[np.searchsorted([0, *names], picture)] for picture in labels]
    assert agreement(found, truth) > 0.88
    (said,) = labels.warnings
    assert f"the objects are {names[0]} and {names[1]}, and pixels of other values went to" in said


def test_rings_of_the_numbers_between_are_no_part_of_other_objects(read):
    """Around 3 resizing leaves rings of 1 and of 2, which are numbers of objects too."""
    small = drawn((3, 12, 3, 12, 1), (3, 12, 24, 33, 2), (16, 29, 20, 35, 3), height=32, width=48)
    labels = read(small, as_array(lambda m: cv2.resize(m, None, fx=3, fy=3)), size=(144, 96))
    truth = [np.kron(picture, np.ones((3, 3), int)) for picture in small]
    assert agreement(list(labels), truth) > 0.95
    assert "the objects are 1, 2 and 3" in labels.warnings[0]


def test_numbers_that_are_close_are_different_objects(read):
    small = drawn((3, 14, 3, 15, 20), (16, 29, 20, 35, 22), height=32, width=48)
    labels = read(small, as_array(lambda m: cv2.resize(m, (WIDTH, HEIGHT))))
    assert agreement(list(labels), [np.kron(picture, np.ones((2, 2), int)) for picture in small]) > 0.97


def test_what_a_cubic_spline_overshoots_is_the_same_object(read):
    """Doubled without smoothing, then halved by a cubic spline: rims of 8 around 7, and no other value."""
    pictures = drawn((20, 40, 10, 30, 1), (45, 60, 60, 80, 7))
    doubled = [np.kron(picture, np.ones((2, 2), np.uint8)) for picture in pictures]
    halved = [cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) for picture in doubled]
    assert {int(value) for picture in halved for value in np.unique(picture)} == {0, 1, 7, 8}
    labels = read(halved, as_array(lambda m: m))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(pictures))


def test_an_antialiased_disc_is_one_object(read):
    def disc(picture: np.ndarray) -> np.ndarray:
        fine = np.zeros((8 * HEIGHT, 8 * WIDTH), np.uint8)
        cv2.circle(fine, (8 * 30, 8 * 30), 8 * 11, 255, -1)
        return cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)

    labels = read(ONE, as_array(disc))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    truth = np.hypot(rows - 30, columns - 30) <= 11
    assert agreement(list(labels), [truth] * FRAMES) > 0.97
    assert len(labels.warnings) == 1


def test_small_and_thin_objects_of_clean_masks_stay(read):
    """One pixel, 2 x 2 pixels on another object, and a rope one pixel high across two."""
    pictures = drawn(
        (20, 40, 10, 30, 3), (25, 27, 15, 17, 2), (50, 51, 50, 51, 1), (5, 6, 10, 80, 9), (30, 31, 5, 60, 12)
    )
    labels = read(pictures, as_array(lambda m: m))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(pictures))
    assert labels.warnings == ()


def test_many_numbers_in_clean_grays_are_all_objects(read):
    pictures = drawn(*((4 * row, 4 * row + 3, 5 * row, 5 * row + 4, 240 - row) for row in range(15)))
    pictures = [picture + np.roll(picture // 3, 30, axis=1) * (picture == 0) for picture in pictures]
    labels = read(pictures, as_array(lambda m: m))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(pictures))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_hundreds_of_cells_that_touch_are_hundreds_of_objects(read, suffix):
    """As the Cell Tracking Challenge saves them, in 16 bits, numbered on and on."""
    numbers = np.arange(1, 2001, dtype=np.uint16).reshape(40, 50)
    cells = np.pad(np.kron(numbers, np.ones((6, 6), np.uint16)), 10)
    cells[::7] = 0
    size = (cells.shape[1], cells.shape[0])
    labels = read([cells, np.roll(cells, 3, axis=1)], as_array(lambda m: m), suffix, size)
    np.testing.assert_array_equal(next(iter(labels)), cells)
    assert labels.warnings == ()


def test_255_is_void_in_a_palette_beside_others_and_an_object_else(read):
    marked = [np.where(np.arange(HEIGHT)[:, None] < 3, 255, picture).astype(np.uint8) for picture in TWO]
    labels = read(marked, with_palette(palette()))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(TWO))
    assert labels.warnings == ()
    alone = read([picture * 255 for picture in ONE], with_palette(palette()))
    np.testing.assert_array_equal(np.stack(list(alone)), np.stack(ONE))
    gray = read(marked, as_array(lambda m: m))
    np.testing.assert_array_equal(np.stack(list(gray)), np.stack(marked))
    assert "255 is an object beside 1 and 2" in gray.warnings[0]


def test_palettes_that_differ_from_picture_to_picture_are_read_by_colour(read):
    """As programs that save few colours choose them: each picture numbers them anew."""
    orders = iter([(0, 1, 2), (2, 0, 1), (1, 2, 0)])

    def save(picture: np.ndarray, path: Path) -> None:
        order = next(orders)
        with_palette(palette()[np.argsort(order)])(np.array(order, np.uint8)[picture], path)

    labels = read(TWO, save)
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(TWO))
    assert "palettes of the masks of walk differ" in labels.warnings[0]


@pytest.mark.parametrize("kept", [64 << 20, 0])
def test_that_a_picture_is_lossy_is_known_whether_it_is_kept_or_read_again(tmp_path, monkeypatch, kept):
    """Grays of JPEGs beside a palette are refused, since they are no numbers of objects."""
    monkeypatch.setattr(label_pictures, "_KEPT", kept)
    names = ["000.png", "001.jpg", "002.jpg"]
    numbered = Image.fromarray(drawn((20, 40, 10, 30, 1))[0])
    numbered.putpalette([0, 0, 0, 12, 12, 12] + [0] * 762)
    numbered.save(tmp_path / names[0])
    for place, name in enumerate(names[1:], start=1):
        picture = drawn((20 + place, 40, 10, 30, 12), (45, 60, 60, 80, 18))[0]
        Image.fromarray(picture).save(tmp_path / name, quality=90)
    clip = Clip(name="walk", dataset="frames", width=WIDTH, height=HEIGHT, root=tmp_path, files=tuple(names))
    with pytest.raises(StudioError, match="is a JPEG or WebP, which changes numbers of objects"):
        list(LabelPictures([tmp_path / name for name in names], clip))


def test_a_palette_whose_first_colour_is_white_is_read_by_colour(read):
    turned = read([1 - picture for picture in ONE], with_palette(np.array([[255, 255, 255], [0, 0, 0]])))
    np.testing.assert_array_equal(np.stack(list(turned)), np.stack(ONE))


DAVIS = palette()[:3]
OTHERS = np.array([[0, 0, 0], [10, 200, 30], [250, 3, 99]], np.uint8)
MIXED = np.array([[0, 0, 0], [128, 0, 0], [250, 3, 99]], np.uint8)
ON_WHITE = np.array([[255, 255, 255], [10, 200, 30], [250, 3, 99]], np.uint8)


@pytest.mark.parametrize(
    ("colours", "says"),
    [
        (DAVIS, []),
        (OTHERS, ["2 of 2 colours"]),
        (MIXED, ["1 of 2"]),
        (ON_WHITE, ["2 of 2", "no black; #ffffff"]),
    ],
)
@pytest.mark.parametrize("opacity", [None, 255])
def test_colours_are_objects_the_same_through_the_clip(read, colours, says, opacity):
    def save(picture: np.ndarray) -> np.ndarray:
        shown = colours[picture]
        return shown if opacity is None else np.dstack([shown, np.full_like(picture, opacity)])

    labels = read(TWO, as_array(save))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(TWO))
    assert len(labels.warnings) == len(says)
    assert all(part in text for part, text in zip(says, labels.warnings, strict=True))


def test_colours_saved_as_jpeg_or_resized_go_to_what_is_nearest(read):
    pictures = drawn((20, 60, 20, 80, 1), (80, 115, 90, 160, 2), height=128, width=192)
    big = (192, 128)
    labels = read(pictures, as_array(lambda m: DAVIS[m], quality=90), ".jpg", big)
    assert agreement(list(labels), pictures) > 0.97
    assert "soft edges or noise" in labels.warnings[0]

    def resized(picture: np.ndarray) -> np.ndarray:
        return cv2.resize(DAVIS[picture[::2, ::2]], big, interpolation=cv2.INTER_LINEAR)

    assert agreement(list(read(pictures, as_array(resized), size=big)), pictures) > 0.95


def test_names_of_colours_come_from_a_labelmap_beside_them(read, tmp_path):
    (tmp_path / "labelmap.txt").write_text(
        "\ufeff# label:color_rgb:parts:actions\r\nbackground:0,0,0::\r\ncat:10,200,30::\r\nbroken:1,2\r\n"
        "dog:250,3,99::\r\n",
        encoding="utf-8",
    )
    labels = read(TWO, as_array(lambda m: OTHERS[m]))
    assert (labels.names, labels.warnings) == ({1: "cat", 2: "dog"}, ())


def test_numbers_of_16_bits_are_those_of_kitti_mots(read):
    ids = np.array([0, 1003, 2001, 10000], np.uint16)
    marked = drawn((20, 40, 10, 30, 1), (45, 60, 60, 80, 2), (0, 5, 0, 20, 3))
    labels = read(marked, as_array(lambda m: ids[m]))
    expected = np.where(np.stack(marked) == 3, 0, ids[np.stack(marked)])
    np.testing.assert_array_equal(np.stack(list(labels)), expected)
    assert labels.names == {1003: "car", 2001: "pedestrian"}
    assert "KITTI MOTS" in labels.warnings[0]


def test_an_empty_picture_of_another_mode_fits_in(read):
    pictures = [TWO[0], np.zeros_like(TWO[0]), TWO[2]]

    def save(picture: np.ndarray, path: Path) -> None:
        with_palette(palette())(picture, path) if picture.any() else Image.fromarray(picture).save(path)

    np.testing.assert_array_equal(np.stack(list(read(pictures, save))), np.stack(pictures))
    colours = read(pictures, as_array(lambda m: DAVIS[m] if m.any() else m))
    np.testing.assert_array_equal(np.stack(list(colours)), np.stack(pictures))
    nothing = read([np.zeros_like(TWO[0])], as_array(lambda m: m))
    assert not np.stack(list(nothing)).any()


def test_inverted_masks_are_said(read):
    labels = read(ONE, as_array(lambda m: 255 - m * 255))
    assert "seem to be inverted, since the object takes 93 % of the pixels" in labels.warnings[0]
    whole = read([np.full_like(ONE[0], 255)], as_array(lambda m: m))
    assert whole.warnings == ()


def test_pictures_of_another_size_are_fitted_where_the_ratio_is_the_same(read):
    double = [cv2.resize(m, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_NEAREST) for m in TWO]
    labels = read(double, as_array(lambda m: m))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(TWO))
    (said,) = labels.warnings
    assert "192 x 128 pixels and its frames 96 x 64" in said
    centre = np.zeros((3, 3), np.uint8)
    centre[1, 1] = 1
    labels = read([np.kron(picture, centre) for picture in TWO], with_palette(palette()))
    np.testing.assert_array_equal(np.stack(list(labels)), np.stack(TWO))


@pytest.mark.parametrize(
    ("change", "suffix", "says"),
    [
        (lambda m: m[:, :80], ".png", "is 80 x 64 pixels while the frames are 96 x 64; replace"),
        (
            lambda m: np.ascontiguousarray(m.T),
            ".png",
            "64 x 96 pixels while the frames are 96 x 64, as if turned",
        ),
        (lambda m: m, ".jpg", "changes numbers of objects a little"),
        (
            lambda m: np.random.default_rng(0).integers(0, 256, (*m.shape, 3), np.uint8),
            ".png",
            "too many to be objects",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_cause(read, change, suffix, says):
    with pytest.raises(StudioError, match=says) as caught:
        read(TWO, as_array(change), suffix)
    assert str(caught.value).count(". ") == 0


def test_one_picture_of_another_size_is_named(read):
    other = [*TWO[:2], TWO[2][:, :90]]
    with pytest.raises(StudioError, match=r"00002\.png is 90 x 64 pixels while the frames are 96 x 64"):
        read(other, as_array(lambda m: m))
    with pytest.raises(StudioError, match=r"00002\.png is 90 x 64 pixels while 00000\.png is 96 x 64"):
        read(other, as_array(lambda m: m), size=(192, 128))
