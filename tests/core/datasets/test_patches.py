import threading

import cv2
import numpy as np
import pytest

from core.datasets.clip import Clip
from core.datasets.decoding import THREADS
from core.datasets.patches import PatchReader, cut
from core.datasets.reading import open_frames
from core.datasets.video import index_video
from core.errors import StudioError


@pytest.fixture
def clip(tmp_path):
    generator = np.random.default_rng(0)
    for frame in range(3):
        image = cv2.resize(generator.integers(0, 256, (12, 16, 3), np.uint8), (160, 120))
        assert cv2.imwrite(str(tmp_path / f"{frame}.png"), image)
    files = tuple(f"{frame}.png" for frame in range(3))
    return Clip(name="a", dataset="frames", width=160, height=120, root=tmp_path, files=files)


def pixels_of(clip, frame):
    return cv2.imread(str(clip.root / clip.files[frame]))[:, :, ::-1]


def test_a_box_of_the_patch_size_is_copied_and_mirrored(clip):
    reader = PatchReader([clip], 32)
    box = np.array([[10, 20, 42, 52]] * 2, np.float32)
    patches = reader.read(np.zeros(2, int), np.array([1, 2]), box, np.array([False, True]))
    np.testing.assert_array_equal(patches[0], pixels_of(clip, 1)[20:52, 10:42])
    np.testing.assert_array_equal(patches[1], pixels_of(clip, 2)[20:52, 10:42][:, ::-1])


@pytest.mark.parametrize(
    ("box", "pad"),
    [
        ((-8, 5, 24, 37), "left"),
        ((140, 100, 172, 132), "right and below"),
        ((-60, -50, 260, 270), "larger than it"),
    ],
)
def test_beyond_the_border_the_frame_is_reflected(clip, box, pad):
    pixels = pixels_of(clip, 0)
    x1, y1, x2, y2 = box
    far = 400
    padded = cv2.copyMakeBorder(np.ascontiguousarray(pixels), far, far, far, far, cv2.BORDER_REFLECT)
    expected = padded[y1 + far : y2 + far, x1 + far : x2 + far]
    np.testing.assert_array_equal(cut(pixels, np.array(box, np.float32), x2 - x1), expected)


def test_an_empty_box_still_gives_a_patch(clip):
    assert cut(pixels_of(clip, 0), np.array([5, 5, 5, 5], np.float32), 16).shape == (16, 16, 3)


def test_the_cache_keeps_to_its_budget_and_reads_the_same(clip):
    small, large = PatchReader([clip], 16, budget=160 * 120 * 3), PatchReader([clip], 16)
    generator = np.random.default_rng(1)
    frame = generator.integers(0, 3, 50)
    box = np.tile(np.array([3, 3, 80, 90], np.float32), (50, 1)) + generator.uniform(0, 30, (50, 1)).astype(
        np.float32
    )
    arguments = np.zeros(50, int), frame, box, np.zeros(50, bool)
    np.testing.assert_array_equal(small.read(*arguments), large.read(*arguments))


@pytest.fixture
def mixed(tmp_path, clip):
    """That clip, one of 40 small images, and a video of 9 frames."""
    files = tuple(f"many{frame}.png" for frame in range(40))
    for frame, name in enumerate(files):
        assert cv2.imwrite(str(tmp_path / name), np.full((30, 40, 3), 5 * frame, np.uint8))
    many = Clip(name="many", dataset="frames", width=40, height=30, root=tmp_path, files=files)
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for frame in range(9):
        writer.write(np.full((48, 64, 3), 20 * frame, np.uint8))
    writer.release()
    return [clip, many, index_video(path).clip]


@pytest.mark.parametrize("budget", [1, 20_000, 1 << 30])
def test_decoding_by_several_threads_gives_what_one_frame_after_the_other_gives(mixed, budget):
    generator, reader = np.random.default_rng(3), PatchReader(mixed, 16, budget)
    for _ in range(4):
        clips = generator.integers(0, 3, 90)
        frames = np.array([generator.integers(0, mixed[place].frames) for place in clips])
        corner = generator.uniform(-5, 20, (90, 2))
        boxes = np.concatenate([corner, corner + generator.uniform(5, 40, (90, 2))], axis=1).astype(
            np.float32
        )
        flips = generator.random(90) < 0.5
        expected = []
        for place, frame, box, flip in zip(clips, frames, boxes, flips, strict=True):
            with open_frames(mixed[place]) as opened:
                patch = cut(opened[frame], box, 16)
            expected.append(patch[:, ::-1] if flip else patch)
        np.testing.assert_array_equal(reader.read(clips, frames, boxes, flips), np.stack(expected))
    reader.close()


def test_the_first_frame_that_cannot_be_read_is_named(mixed):
    for frame in (30, 7, 21):
        (mixed[1].root / mixed[1].files[frame]).unlink()
    arguments = (
        np.ones(40, int),
        np.arange(40),
        np.tile(np.float32([0, 0, 9, 9]), (40, 1)),
        np.zeros(40, bool),
    )
    with pytest.raises(StudioError, match=r"many7\.png"):
        PatchReader(mixed, 16).read(*arguments)


def test_a_reader_keeps_its_threads_until_it_is_closed(clip):
    arguments = (
        np.zeros(3, int),
        np.arange(3),
        np.tile(np.float32([0, 0, 9, 9]), (3, 1)),
        np.zeros(3, bool),
    )
    before = set(threading.enumerate())
    with PatchReader([clip], 16, budget=1) as reader:
        reader.read(*arguments)
        decoding = set(threading.enumerate()) - before
        assert decoding
        for _ in range(3):
            reader.read(*arguments)
        assert decoding <= set(threading.enumerate())
        assert len(set(threading.enumerate()) - before) <= THREADS
    assert set(threading.enumerate()) <= before


def test_nothing_to_read_is_nothing(clip):
    empty = np.zeros(0, int)
    assert PatchReader([clip], 16).read(empty, empty, np.zeros((0, 4)), empty).shape == (0, 16, 16, 3)


@pytest.mark.parametrize(("width", "height"), [(100, 100), (65, 117), (128, 64), (150, 119), (40, 90)])
def test_a_patch_is_what_opencv_makes_of_the_box(clip, width, height):
    pixels = np.ascontiguousarray(pixels_of(clip, 0))
    way = cv2.INTER_AREA if width >= 64 and height >= 64 else cv2.INTER_LINEAR
    expected = cv2.resize(pixels[1 : 1 + height, 2 : 2 + width], (64, 64), interpolation=way)
    box = np.array([2.4, 0.6, 2 + width - 0.3, 1 + height + 0.4], np.float32)
    np.testing.assert_array_equal(cut(pixels, box, 64), expected)


@pytest.mark.parametrize("budget", [1, 5 * 8 * 3 * 16 * 16, 1 << 20])
def test_boxes_that_come_again_give_the_same_patch_mirrored_or_not(clip, budget):
    generator = np.random.default_rng(0)
    corners = generator.uniform(-5, 60, (9, 2))
    some = np.concatenate([corners, corners + generator.uniform(10, 70, (9, 2))], axis=1).astype(np.float32)
    with PatchReader([clip], 16, budget) as reader:
        for _ in range(6):
            which, frame = generator.integers(0, 9, 20), generator.integers(0, 2, 20)
            flip = generator.random(20) < 0.5
            patches = reader.read(np.zeros(20, int), frame, some[which], flip)
            for row, number in enumerate(which):
                own = cut(np.ascontiguousarray(pixels_of(clip, frame[row])), some[number], 16)
                np.testing.assert_array_equal(patches[row], own[:, ::-1] if flip[row] else own)
