import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from core.datasets.image import (
    common_size,
    encode_palette_png,
    image_names,
    image_size,
    read_image,
    read_values,
)
from core.errors import StudioError

rng = np.random.default_rng(0)
PICTURE = cv2.GaussianBlur(rng.integers(0, 256, (41, 67, 3)).astype(np.uint8), (0, 0), 2)  # RGB


def write(path: Path, pixels: np.ndarray, *options: int) -> Path:
    """Through OpenCV, which takes BGR."""
    swapped = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[:, :, ::-1])
    path.write_bytes(cv2.imencode(path.suffix, swapped, list(options))[1].tobytes())
    return path


@pytest.mark.parametrize("suffix", [".png", ".ppm", ".bmp", ".tif", ".webp", ".jpg"])
def test_reads_rgb(tmp_path, suffix):
    options = (cv2.IMWRITE_WEBP_QUALITY, 101) if suffix == ".webp" else (cv2.IMWRITE_JPEG_QUALITY, 100)
    path = write(tmp_path / f"a{suffix}", PICTURE, *options)
    image = read_image(path)
    assert (image.dtype, image.shape) == (np.uint8, (41, 67, 3))
    np.testing.assert_allclose(image.astype(int), PICTURE, atol=30 if suffix == ".jpg" else 0)
    assert image_size(path) == (67, 41)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_sixteen_bits_and_gray_become_rgb(tmp_path, suffix):
    gray = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    image = read_image(write(tmp_path / f"a{suffix}", gray))
    assert (image.dtype, image.shape) == (np.uint8, (16, 16, 3))
    np.testing.assert_allclose(image[:, :, 1], gray >> 8, atol=1)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_asks(tmp_path, suffix, orientation):
    path = tmp_path / f"a{suffix}"
    image = Image.fromarray(PICTURE)
    image.getexif()[0x0112] = orientation
    image.save(path, exif=image.getexif(), **({"lossless": True} if suffix == ".webp" else {"quality": 100}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)
    np.testing.assert_allclose(read_image(path), expected, atol=30)
    np.testing.assert_allclose(read_values(path), expected, atol=30)
    assert image_size(path) == common_size([path]) == expected.shape[1::-1]
    np.testing.assert_allclose(read_image(path, upright=False), PICTURE.astype(int), atol=30)
    assert image_size(path, upright=False) == (67, 41)


def test_exif_behind_the_pixels_of_a_png_counts(tmp_path):
    path = write(tmp_path / "a.png", PICTURE)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = png((b"eXIf", content))[8:-12]
    path.write_bytes(path.read_bytes()[:-12] + chunk + path.read_bytes()[-12:])
    assert image_size(path) == common_size([path]) == (41, 67)
    np.testing.assert_array_equal(read_image(path), np.rot90(PICTURE, -1))


def test_indices_of_a_palette_are_turned_too(tmp_path):
    indices = rng.integers(0, 256, (5, 7)).astype(np.uint8)
    image = Image.open(io.BytesIO(encode_palette_png(indices, np.zeros((256, 3)))))
    image.getexif()[0x0112] = 8
    image.save(tmp_path / "a.png", exif=image.getexif())
    np.testing.assert_array_equal(read_values(tmp_path / "a.png"), np.rot90(indices))
    np.testing.assert_array_equal(read_values(tmp_path / "a.png", upright=False), indices)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_upright_in_any_case(tmp_path, orientation):
    path = tmp_path / "a.tif"
    Image.fromarray(PICTURE).save(path, tiffinfo={0x0112: orientation})
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    for up in (True, False):
        np.testing.assert_array_equal(read_image(path, upright=up), expected)
    assert image_size(path) == common_size([path]) == expected.shape[1::-1]


def test_cmyk_is_rgb(tmp_path):
    for suffix in (".jpg", ".tif"):
        path = tmp_path / f"a{suffix}"
        Image.fromarray(PICTURE).convert("CMYK").save(path, quality=100)
        np.testing.assert_allclose(read_image(path), PICTURE.astype(int), atol=30)


def test_what_is_transparent_shows_its_colour(tmp_path):
    pixels = np.dstack([PICTURE, np.full((41, 67), 9, np.uint8)])
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PICTURE)
    image = Image.fromarray(PICTURE).quantize(16)
    image.save(tmp_path / "b.png", transparency=3)
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), np.asarray(image.convert("RGB")))


def test_values_of_32_bits_are_refused_by_their_kind(tmp_path):
    write(tmp_path / "a.tif", PICTURE[:, :, 0].astype(np.float32))
    with pytest.raises(
        StudioError, match="holds floating-point numbers of 32 bits; save it with 8 or 16 bits"
    ):
        read_image(tmp_path / "a.tif")
    Image.fromarray(PICTURE[:, :, 0].astype(np.int32)).save(tmp_path / "b.tif")
    with pytest.raises(StudioError, match="holds integers of 32 bits"):
        common_size([tmp_path / "b.tif"])


def test_a_heic_picture_by_another_name_is_said(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\0\0\0\x18ftypheic" + bytes(300))
    for read in (read_image, read_values, image_size):
        with pytest.raises(
            StudioError, match=r"a\.jpg is a HEIC picture, which cannot be read; save it as JPEG"
        ):
            read(tmp_path / "a.jpg")


def test_a_tiff_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "a.tif"
    Image.fromarray(PICTURE).save(path)
    data = bytearray(path.read_bytes())
    for tag, before, value in ((256, 67, 60_000), (257, 41, 50_000)):
        entries = [struct.pack("<HHI", tag, kind, 1) + before.to_bytes(4, "little") for kind in (3, 4)]
        (entry,) = (entry for entry in entries if entry in data)
        data = data.replace(entry, struct.pack("<HHII", tag, 4, 1, value))
    path.write_bytes(data)
    for read in (read_image, read_values, image_size):
        with pytest.raises(
            StudioError, match=r"60000 x 50000 pixels, which is too large \(at most 134,217,728"
        ):
            read(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".ppm", ".pgm", ".bmp", ".webp"])
def test_no_image_cut_short_is_taken_for_whole(tmp_path, suffix):
    pixels = PICTURE[:, :, 0] if suffix == ".pgm" else PICTURE
    data = write(tmp_path / f"a{suffix}", pixels).read_bytes()
    path = tmp_path / f"b{suffix}"
    for length in (*range(0, len(data) - 1, max(1, len(data) // 150)), len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(StudioError) as caught:
            read_image(path)
        assert str(path) in str(caught.value)


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of its chunks, each a kind and what it holds."""
    parts = [
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in (*chunks, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_jpeg_with_a_whole_thumbnail_is_still_cut_short(tmp_path):
    small = write(tmp_path / "small.jpg", PICTURE[:8, :8]).read_bytes()
    path = write(tmp_path / "a.jpg", PICTURE)
    data = path.read_bytes()
    data = data[:2] + segment(0xE1, b"Exif\0\0" + small) + data[2:]
    for whole in (data, data + b"\0\0trailing"):
        path.write_bytes(whole)
        assert common_size([path]) == image_size(path) == (67, 41)
    path.write_bytes(data[:-40])
    with pytest.raises(StudioError, match="cut short"):
        common_size([path])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".ppm", ".pgm", ".bmp", ".webp", ".tif"])
def test_a_clip_with_a_frame_cut_short_is_not_taken(tmp_path, suffix):
    data = write(tmp_path / f"a{suffix}", PICTURE[:, :, 0] if suffix == ".pgm" else PICTURE).read_bytes()
    for missing in (1, 2, 3, 4, 13, 100):
        (tmp_path / f"b{suffix}").write_bytes(data[:-missing])
        with pytest.raises(StudioError, match=rf"b\{suffix} is (cut short|not an image)"):
            common_size([tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"])


def test_progressive_jpegs_are_whole(tmp_path):
    path = write(tmp_path / "a.jpg", PICTURE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert common_size([path]) == image_size(path) == (67, 41)


def test_damaged_exif_does_not_matter(tmp_path):
    path = write(tmp_path / "a.jpg", PICTURE)
    before, data = read_image(path), path.read_bytes()
    path.write_bytes(data[:2] + segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12") + data[2:])
    assert common_size([path]) == (67, 41)
    np.testing.assert_array_equal(read_image(path), before)


def test_a_png_with_one_wrong_bit_is_refused(tmp_path):
    data = bytearray(write(tmp_path / "a.png", PICTURE).read_bytes())
    data[200] ^= 4
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(StudioError, match="is cut short or damaged; copy it again"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("read", [read_image, read_values])
def test_a_png_without_pixels_is_refused(tmp_path, read):
    header = struct.pack(">IIBBBBB", 13, 9, 8, 2, 0, 0, 0)
    (tmp_path / "a.png").write_bytes(png((b"IHDR", header)))
    with pytest.raises(StudioError, match="is cut short or damaged"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    "header", [b"P5\n99999 99999\n255\n", b"P6\n40000 40000\n255\n" + bytes(9), b"P5 0 7 255\n"]
)
def test_image_bombs_are_refused(tmp_path, header):
    (tmp_path / "a.pgm").write_bytes(header)
    for read in (read_image, read_values, image_size):
        with pytest.raises(StudioError):
            read(tmp_path / "a.pgm")


def test_a_small_file_of_a_huge_image_is_refused(tmp_path):
    """20,000 x 20,000 black pixels are 49 kB as a PNG and 1.2 GB as RGB."""
    path = tmp_path / "a.png"
    header = (20_000).to_bytes(4, "big") * 2 + bytes((1, 0, 0, 0, 0))
    rows = zlib.compress(bytes(20_000 * 2_501), 9)
    path.write_bytes(png((b"IHDR", header), (b"IDAT", rows)))
    for read in (read_image, read_values, image_size):
        with pytest.raises(StudioError, match="20000 x 20000 pixels, which is too large"):
            read(path)


def test_what_is_missing_or_no_image_is_said(tmp_path):
    with pytest.raises(StudioError, match=r"There is no file .*gone\.jpg; put it back"):
        read_image(tmp_path / "gone.jpg")
    (tmp_path / "text.jpg").write_text("not an image")
    for read in (read_image, read_values, image_size):
        with pytest.raises(StudioError, match="not an image that can be read"):
            read(tmp_path / "text.jpg")


def test_values_are_those_stored(tmp_path):
    gray = rng.integers(0, 256, (5, 7)).astype(np.uint8)
    np.testing.assert_array_equal(read_values(write(tmp_path / "a.png", gray)), gray)
    np.testing.assert_array_equal(read_values(write(tmp_path / "a.png", PICTURE)), PICTURE)
    (tmp_path / "a.pgm").write_bytes(b"P5 # drawn by hand\n7\t5\n# more\n31\n" + (gray % 32).tobytes())
    np.testing.assert_array_equal(read_values(tmp_path / "a.pgm"), gray % 32)
    (tmp_path / "a.pgm").write_bytes(b"P5\n7 5\n65535\n" + (gray.astype(int) * 3).astype(">u2").tobytes())
    np.testing.assert_array_equal(read_values(tmp_path / "a.pgm"), gray.astype(int) * 3)
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 256 \x00\x07\x01\x00")  # two bytes a value from 256 on
    np.testing.assert_array_equal(read_values(tmp_path / "a.pgm"), [[7, 256]])
    colour = rng.integers(0, 1001, (5, 7, 3))
    (tmp_path / "a.ppm").write_bytes(b"P6\n7 5\n1000\n" + colour.astype(">u2").tobytes() + b"trailing")
    np.testing.assert_array_equal(read_values(tmp_path / "a.ppm"), colour)


def test_a_palette_png_keeps_its_indices(tmp_path):
    indices = rng.integers(0, 256, (37, 53)).astype(np.uint8)
    palette = rng.integers(0, 256, (256, 3)).astype(np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(encode_palette_png(indices, palette))
    np.testing.assert_array_equal(read_values(path), indices)
    np.testing.assert_array_equal(read_image(path), palette[indices])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StudioError, match="cut short"):
        read_values(path)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_palette_png_of_few_colours_keeps_its_indices(tmp_path, bits):
    indices = rng.integers(0, 2**bits, (5, 11)).astype(np.uint8)
    packed = np.unpackbits(indices[:, :, None], axis=2)[:, :, 8 - bits :].reshape(5, -1)
    rows = b"".join(b"\0" + row.tobytes() for row in np.packbits(packed, axis=1))  # unfiltered
    palette = rng.integers(0, 256, (2**bits, 3)).astype(np.uint8)
    header = (11).to_bytes(4, "big") + (5).to_bytes(4, "big") + bytes((bits, 3, 0, 0, 0))
    path = tmp_path / "a.png"
    path.write_bytes(png((b"IHDR", header), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows))))
    np.testing.assert_array_equal(read_values(path), indices)
    np.testing.assert_array_equal(read_image(path), palette[indices])


def test_a_palette_bmp_keeps_its_indices(tmp_path):
    indices = rng.integers(0, 256, (3, 8)).astype(np.uint8)
    colours = rng.integers(0, 256, (256, 4)).astype(np.uint8).tobytes()  # blue, green, red, unused
    info = struct.pack("<IiiHHIIiiII", 40, 8, -3, 1, 8, 0, 24, 0, 0, 256, 0)  # height < 0: top row first
    head = struct.pack("<2sIII", b"BM", 14 + 40 + 1024 + 24, 0, 14 + 40 + 1024)
    (tmp_path / "a.bmp").write_bytes(head + info + colours + indices.tobytes())
    np.testing.assert_array_equal(read_values(tmp_path / "a.bmp"), indices)
    assert image_size(tmp_path / "a.bmp") == (8, 3)


def test_names_are_in_natural_order(tmp_path, jpg):
    for name in ("f10.jpg", "f9.JPG", "f1.png", ".f0.jpg", "f2.txt", "b100.bmp"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    assert image_names(tmp_path) == ["b100.bmp", "f1.png", "f9.JPG", "f10.jpg"]


def test_the_odd_size_is_named(tmp_path, jpg):
    jpg(tmp_path / "1.jpg", 0)
    jpg(tmp_path / "2.jpg", 0)
    jpg(tmp_path / "3.jpg", 0, width=33)
    assert common_size([tmp_path / "1.jpg", tmp_path / "2.jpg"]) == (32, 24)
    with pytest.raises(StudioError, match=r"3\.jpg is 33 x 24 pixels while 1\.jpg is 32 x 24"):
        common_size([tmp_path / f"{n}.jpg" for n in (1, 2, 3)])


OPENED = """
import sys
from pathlib import Path
from core.datasets.image import common_size
paths = [Path(word) for word in sys.argv[1:]]
opened = []  # with a mode, as `open` has it, and not the system's call beneath it
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" and args[1] else None)
assert common_size(paths) == (67, 41)
print([opened.count(str(path)) for path in paths])
"""


def test_each_frame_is_opened_once_to_see_whether_all_have_one_size(tmp_path):
    paths = [write(tmp_path / f"a{suffix}", PICTURE) for suffix in (".png", ".jpg", ".tif", ".webp")]
    command = [sys.executable, "-c", OPENED, *map(str, paths)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[1, 1, 1, 1]\n"
