"""Folders of frames as people have them: TIFF stacks, cameras side by side, leftovers, other files."""

import dataclasses
import struct
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.datasets import tiff
from core.datasets.image import read_stored
from core.datasets.readers import find_clips
from core.datasets.reading import check_frames, open_frames
from core.errors import StudioError

HEIGHT, WIDTH = 24, 32


def page(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width), 7 * number, np.uint8)


def write_stack(path: Path, pages, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = [Image.fromarray(one) for one in pages]
    first.save(path, save_all=True, append_images=others, **options)
    return path


def write_png(path: Path, shade: int = 9, dtype: type = np.uint8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.full((HEIGHT, WIDTH), shade, dtype))[1].tobytes())
    return path


def shades(clip) -> list[int]:
    with open_frames(clip) as frames:
        return [int(frames[frame][3, 3, 1]) for frame in range(len(frames))]


@pytest.mark.parametrize("options", [{}, {"big_tiff": True}, {"compression": "tiff_adobe_deflate"}])
def test_every_page_of_a_stack_is_a_frame(tmp_path, options):
    if "compression" in options:
        cv2.imwritemulti(str(tmp_path / "stack.tif"), [page(number) for number in range(30)])
    else:
        write_stack(tmp_path / "stack.tif", map(page, range(30)), **options)
    (found,) = find_clips(tmp_path / "stack.tif").clips
    clip = found.clip
    assert (clip.name, clip.frames, clip.width, clip.height) == ("stack", 30, WIDTH, HEIGHT)
    assert (clip.root, clip.files[12]) == (tmp_path, "stack.tif#12")
    assert found.warnings == ()
    assert shades(clip) == [7 * number for number in range(30)]
    with open_frames(clip) as frames:
        for frame in (29, 0, 17):
            assert (frames[frame] == 7 * frame).all()
    assert check_frames(clip) == []


def test_reading_a_page_changes_nothing_and_follows_the_file(tmp_path):
    path = write_stack(tmp_path / "a" / "stack.tif", map(page, range(5)))
    before = path.read_bytes()
    clip = find_clips(path).clips[0].clip
    assert shades(clip) == [0, 7, 14, 21, 28]
    assert path.read_bytes() == before
    (tmp_path / "a").rename(tmp_path / "b")
    moved = dataclasses.replace(clip, root=tmp_path / "b")
    assert check_frames(clip)[0].startswith(f"There is no file {path}; put it back")
    assert shades(moved) == [0, 7, 14, 21, 28]
    write_stack(tmp_path / "b" / "stack.tif", map(page, (9, 8, 7)), big_tiff=True)
    with open_frames(moved) as frames:
        assert frames[1][0, 0, 0] == 56
        with pytest.raises(StudioError, match=r"stack\.tif#4 is cut short or damaged"):
            frames[4]


def test_a_folder_with_one_stack_and_a_folder_of_stacks(tmp_path):
    write_stack(tmp_path / "one" / "film.tif", map(page, range(4)))
    (found,) = find_clips(tmp_path / "one").clips
    assert (found.clip.name, found.clip.frames, found.clip.files[0]) == ("one", 4, "one/film.tif#0")
    for name, count in (("b", 3), ("a", 5)):
        write_stack(tmp_path / "many" / f"{name}.tif", map(page, range(count)))
    found = find_clips(tmp_path / "many").clips
    assert [(one.clip.name, one.clip.frames) for one in found] == [("a", 5), ("b", 3)]
    for number in range(3):
        write_png(tmp_path / "single" / f"{number}.tif", 9 * number)
    (found,) = find_clips(tmp_path / "single").clips
    assert found.clip.files == ("single/0.tif", "single/1.tif", "single/2.tif")
    assert shades(found.clip) == [0, 9, 18]


def test_pages_of_another_size_are_left_out_and_said(tmp_path):
    write_stack(tmp_path / "a.tif", [page(1), page(2, 12, 16), page(3)])
    (found,) = find_clips(tmp_path / "a.tif").clips
    assert found.clip.files == ("a.tif#0", "a.tif#2")
    assert shades(found.clip) == [7, 21]
    assert found.warnings == (
        "a.tif: 1 pages were left out, being of another size than the first (32 x 24); page 2 is 16 x 12.",
    )


def test_smaller_copies_of_a_page_are_no_frames(tmp_path):
    path = write_stack(tmp_path / "a.tif", [page(1), page(2)])
    data = bytearray(path.read_bytes())
    second = tiff.pages(path)[1].place
    width = data.index(struct.pack("<H", 256), second)
    data[width : width + 12] = struct.pack(
        "<HHII", 254, 4, 1, 1
    )  # in the place of the width, which it lacks then
    path.write_bytes(data)
    (found,) = find_clips(path).clips
    assert found.clip.files == ("a.tif#0",)


@pytest.mark.parametrize("length", [3, 8, 60, 1000, -40])
def test_a_stack_cut_short_is_refused(tmp_path, length):
    path = write_stack(tmp_path / "a.tif", map(page, range(5)))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(StudioError, match=r"a\.tif is cut short or damaged"):
        find_clips(path)


@pytest.mark.skipif(sys.platform == "win32", reason="files with holes are not made so there")
def test_a_stack_of_more_than_2_gb_is_read(tmp_path):
    """Of a BigTIFF, its pages far apart; see https://www.awaresystems.be/imaging/tiff/bigtiff.html."""
    path, far = tmp_path / "a.tif", 3 << 29
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (8, 16, 3)).astype(np.uint8) for _ in range(3)]
    with open(path, "wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16))
        for number, picture in enumerate(pictures):
            place = 16 + number * far
            entries = [(256, 16), (257, 8), (258, 8), (262, 2), (273, place + 256), (277, 3), (278, 8)]
            file.seek(place)
            file.write(struct.pack("<Q", len(entries) + 1))
            for tag, value in (*entries, (279, picture.nbytes)):
                form, count = ("<3H2x", 3) if tag == 258 else ("<Q", 1)
                values = struct.pack(form, *[value] * count)
                file.write(struct.pack("<HHQ", tag, 3 if count == 3 else 16, count) + values)
            file.write(struct.pack("<Q", 0 if number == 2 else place + far))
            file.seek(place + 256)
            file.write(picture.tobytes())
    assert path.stat().st_size > 1 << 31
    (found,) = find_clips(path).clips
    with open_frames(found.clip) as frames:
        for number in (2, 0, 1):
            np.testing.assert_array_equal(frames[number], pictures[number])
    np.testing.assert_array_equal(read_stored(tmp_path / "a.tif#2").values, pictures[2])


def test_pages_that_go_round_are_refused(tmp_path):
    path = write_stack(tmp_path / "a.tif", map(page, range(2)))
    first, second = (one.place for one in tiff.pages(path))
    data = bytearray(path.read_bytes())
    (count,) = struct.unpack_from("<H", data, second)
    struct.pack_into("<I", data, second + 2 + 12 * count, first)
    path.write_bytes(data)
    with pytest.raises(StudioError, match="is cut short or damaged"):
        find_clips(path)


def described(path: Path, text: str, count: int) -> Path:
    return write_stack(path, map(page, range(count)), description=text)


def test_what_imagej_says_of_its_stacks_is_told(tmp_path):
    path = described(tmp_path / "big.tif", "ImageJ=1.54f\nimages=300\nframes=300\nloop=false\n", 1)
    for source in (path, tmp_path):
        with pytest.raises(StudioError, match="lists 1 of its 300 pictures; save it in ImageJ"):
            find_clips(source)
    path = described(
        tmp_path / "two.tif", "ImageJ=1.54f\nimages=6\nchannels=2\nframes=3\nhyperstack=true\n", 6
    )
    (found,) = find_clips(path).clips
    assert found.warnings[0].startswith(
        "two.tif holds 2 channels at every moment; its pages were taken one after"
    )
    path = described(tmp_path / "z.tif", '<OME><Pixels SizeC="1" SizeT="1" SizeZ="6"/></OME>', 6)
    assert find_clips(path).clips[0].warnings == ()  # slices alone may be meant as frames
    path = described(tmp_path / "tz.tif", '<OME><Pixels SizeC="1" SizeT="2" SizeZ="3"/></OME>', 6)
    assert find_clips(path).clips[0].warnings[0].startswith("tz.tif holds 3 slices at every moment")
    path = described(tmp_path / "t.tif", "ImageJ=1.54f\nimages=6\nframes=6\n", 6)
    assert find_clips(path).clips[0].warnings == ()


def test_two_cameras_in_a_folder_are_two_clips(tmp_path):
    for camera, shade in (("left", 10), ("right", 200)):
        for number in range(5):
            write_png(tmp_path / "walk" / f"{camera}_{number:04d}.png", shade + number)
    found = find_clips(tmp_path / "walk")
    clips = [one.clip for one in found.clips]
    assert [(clip.name, clip.frames) for clip in clips] == [("walk-left", 5), ("walk-right", 5)]
    assert shades(clips[1]) == [200, 201, 202, 203, 204]
    assert found.warnings == (
        "By their names, walk holds 2 sequences of pictures (left, right); each became a clip of its own.",
    )


def test_a_stray_picture_is_left_out_and_named(tmp_path):
    for number in range(5):
        write_png(tmp_path / "walk" / f"frame{number}.png", number)
    write_png(tmp_path / "walk" / "cover.png")
    (found,) = find_clips(tmp_path / "walk").clips
    assert found.clip.frames == 5
    assert found.warnings == ("walk: left out, being named otherwise than the frames: cover.png.",)


def test_masks_beside_frames_are_said(tmp_path):
    for number in range(4):
        write_png(tmp_path / f"{number}.jpg", number)
        write_png(tmp_path / f"{number}.png", number)
    (found,) = find_clips(tmp_path).clips
    assert found.clip.files[0].endswith("/0.jpg")
    assert "the other 4 were left out; named as the frames, they may be masks" in found.warnings[0]


def test_deeper_folders_are_found_and_those_beside_pictures_said(tmp_path):
    write_png(tmp_path / "day1" / "cam" / "0.png")
    write_png(tmp_path / "day2" / "cam" / "0.png")
    assert [one.clip.name for one in find_clips(tmp_path).clips] == ["cam", "cam-2"]
    write_png(tmp_path / "0.png")
    write_png(tmp_path / "day3" / "0.png")
    found = find_clips(tmp_path)
    assert len(found.clips) == 1
    assert "so those in its folders were left out (day3)" in found.warnings[0]


def test_leftovers_are_not_seen(tmp_path):
    write_png(tmp_path / "walk" / "0.png")
    for name in ("._0.png", "Thumbs.db", ".DS_Store"):
        (tmp_path / "walk" / name).write_bytes(b"x")
    for folder in ("@eaDir", ".ipynb_checkpoints", "__MACOSX"):
        write_png(tmp_path / folder / "0.png")
    assert [one.clip.files for one in find_clips(tmp_path).clips] == [("walk/0.png",)]


def test_pictures_that_cannot_be_read_are_named_with_what_to_do(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(StudioError, match=r"cannot be read: 3 \.heic files \(save as JPEG\)"):
        find_clips(tmp_path)
    write_png(tmp_path / "0.png")
    assert find_clips(tmp_path).warnings == (
        "Left out, as they cannot be read: 3 .heic files (save as JPEG).",
    )


def test_an_archive_is_to_be_unpacked(tmp_path):
    (tmp_path / "frames.zip").write_bytes(b"PK\x03\x04" + bytes(90))
    with pytest.raises(StudioError, match=r"holds an archive \(frames\.zip\); unpack it"):
        find_clips(tmp_path)


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_an_animation_among_frames_is_said(tmp_path, suffix):
    for number in range(2):
        write_stack(tmp_path / f"{number}{suffix}", [page(number), page(5), page(6)])
    (found,) = find_clips(tmp_path).clips
    assert found.clip.frames == 2
    assert found.warnings[0].startswith(
        f"0{suffix} holds 3 pictures; of each file like it the first was taken"
    )


def test_a_phone_that_puts_a_small_picture_behind_the_first_is_not_said(tmp_path):
    for number in range(2):
        write_stack(tmp_path / "small" / f"{number}.jpg", [page(1), page(2, 12, 16)], format="MPO")
        write_stack(tmp_path / "same" / f"{number}.jpg", [page(1), page(2)], format="MPO")
    assert find_clips(tmp_path / "small").clips[0].warnings == ()
    assert "holds 2 pictures" in find_clips(tmp_path / "same").clips[0].warnings[0]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_dark_pictures_of_16_bits_are_said(tmp_path, suffix):
    for number in range(3):
        write_png(tmp_path / "dark" / f"{number}{suffix}", 4095, np.uint16)
        write_png(tmp_path / "light" / f"{number}{suffix}", 60_000, np.uint16)
    (warning,) = find_clips(tmp_path / "dark").clips[0].warnings
    assert "hold 16 bits and values up to about 4,095 of 65,535; they show dark (15 of 255)" in warning
    assert find_clips(tmp_path / "light").clips[0].warnings == ()


def test_dark_pages_of_16_bits_are_said(tmp_path):
    pages = [np.full((HEIGHT, WIDTH), 900 + number, np.uint16) for number in range(4)]
    cv2.imwritemulti(str(tmp_path / "cells.tif"), pages)
    (warning,) = find_clips(tmp_path / "cells.tif").clips[0].warnings
    assert warning.startswith(
        "cells.tif#0 and those like it hold 16 bits and values up to about 903 of 65,535"
    )
