import cv2
import numpy as np
import pytest

from core.datasets.clip import Clip
from core.pairs.patches import PatchReader, cut


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
