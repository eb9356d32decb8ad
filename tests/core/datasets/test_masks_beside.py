"""Masks beside their frames become no clips of their own, and a folder that is linked twice is one clip."""

import cv2
import numpy as np
import pytest

from core.datasets.readers import find_clips
from core.errors import StudioError
from tests.bad_inputs import is_clear

RNG = np.random.default_rng(0)


def draw(folder, count=4, names="{:03d}.png", masks=False, palette=255):
    folder.mkdir(parents=True)
    for number in range(count):
        picture = RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8)
        if masks:
            picture = np.zeros((24, 32), np.uint8)
            picture[4:12, 3 + number : 13 + number] = palette
        cv2.imwrite(str(folder / names.format(number)), picture)


@pytest.mark.parametrize(
    "places", [("images", "masks"), ("seq/img1", "seq/gt"), ("jpegimages/a", "annotations/a")]
)
@pytest.mark.parametrize("palette", [1, 255])
def test_masks_are_left_out_and_said(tmp_path, places, palette):
    draw(tmp_path / "set" / places[0], names="{:03d}.jpg")
    draw(tmp_path / "set" / places[1], masks=True, palette=palette)
    found = find_clips(tmp_path / "set")
    assert [one.clip.files[0].rpartition(".")[2] for one in found.clips] == ["jpg"]
    (warning,) = found.warnings
    assert str(tmp_path / "set" / places[1]) in warning
    assert "come in as tracks (format davis)" in warning


def test_what_is_named_otherwise_or_alone_is_a_clip(tmp_path):
    draw(tmp_path / "a" / "images")
    draw(tmp_path / "a" / "cartoon", names="{:04d}.png", masks=True)
    draw(tmp_path / "b" / "one", masks=True)
    draw(tmp_path / "b" / "two", masks=True)
    draw(tmp_path / "c" / "left")
    draw(tmp_path / "c" / "right")
    for name in "abc":
        assert len(find_clips(tmp_path / name).clips) == 2
    assert len(find_clips(tmp_path / "b" / "one").clips) == 1


def test_a_folder_that_a_link_shows_again_is_one_clip(tmp_path):
    draw(tmp_path / "walk")
    (tmp_path / "links").mkdir()
    try:
        (tmp_path / "links" / "walk").symlink_to(tmp_path / "walk", target_is_directory=True)
        (tmp_path / "links" / "loop").symlink_to(tmp_path / "links", target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    assert [one.clip.name for one in find_clips(tmp_path / "links").clips] == ["walk"]


@pytest.mark.parametrize("name", ["a.json", "a.xml", "gt.txt", "a.csv"])
def test_a_file_of_tracks_is_no_damaged_video(tmp_path, name):
    xml = '<?xml version="1.0"?><annotations/>'
    (tmp_path / name).write_text(xml if name == "a.xml" else '{"images": []}')
    with pytest.raises(StudioError, match="is no video; if it holds tracks") as caught:
        find_clips(tmp_path / name)
    assert is_clear(str(caught.value))
