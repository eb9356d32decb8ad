from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.clip import Clip
from core.datasets.thumbnail import thumbnail
from core.errors import StudioError


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """A wide frame, the left half red, the right half blue; and a green one after it."""
    image = np.zeros((180, 400, 3), np.uint8)
    image[:, :200, 2], image[:, 200:, 0] = 255, 255
    (tmp_path / "frames").mkdir()
    cv2.imwrite(str(tmp_path / "frames" / "0.png"), image)
    green = np.full((180, 400, 3), (0, 255, 0), np.uint8)
    cv2.imwrite(str(tmp_path / "frames" / "1.png"), green)
    files = ("frames/0.png", "frames/1.png")
    return Clip(name="c", dataset="frames", width=400, height=180, root=tmp_path, files=files)


def test_it_is_the_first_frame_as_it_fits(clip: Clip, tmp_path: Path):
    for _ in range(2):  # made, then read
        image = thumbnail(clip, tmp_path / "kept")
        assert image.shape == (72, 160, 3)
        np.testing.assert_allclose(image[20, 20], (255, 0, 0), atol=8)
        np.testing.assert_allclose(image[50, 140], (0, 0, 255), atol=8)
    (file,) = (tmp_path / "kept").iterdir()
    assert file.suffix == ".jpg"


def test_it_is_decoded_once(clip: Clip, tmp_path: Path):
    thumbnail(clip, tmp_path / "kept")
    (file,) = (tmp_path / "kept").iterdir()
    cv2.imwrite(str(file), np.full((10, 10, 3), 90, np.uint8))
    assert thumbnail(clip, tmp_path / "kept").shape == (10, 10, 3)


@pytest.mark.parametrize("damage", [b"", b"no picture at all"])
def test_a_damaged_file_is_made_again(clip: Clip, tmp_path: Path, damage: bytes):
    thumbnail(clip, tmp_path / "kept")
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(damage)
    assert thumbnail(clip, tmp_path / "kept").shape == (72, 160, 3)
    assert len(file.read_bytes()) > 100


def test_another_first_frame_is_another_picture(clip: Clip, tmp_path: Path):
    thumbnail(clip, tmp_path / "kept")
    first = tmp_path / "frames" / "0.png"
    first.write_bytes((tmp_path / "frames" / "1.png").read_bytes())
    np.testing.assert_allclose(thumbnail(clip, tmp_path / "kept")[20, 20], (0, 255, 0), atol=8)


def test_a_folder_that_cannot_be_made_is_done_without(clip: Clip, tmp_path: Path):
    (tmp_path / "kept").write_text("a file")
    assert thumbnail(clip, tmp_path / "kept").shape == (72, 160, 3)


def test_frames_that_are_gone_are_one_sentence(clip: Clip, tmp_path: Path):
    gone = replace(clip, root=tmp_path / "elsewhere")
    with pytest.raises(StudioError, match=r"0\.png cannot be read .*Find moved frames"):
        thumbnail(gone, tmp_path / "kept")
