import dataclasses

import numpy as np
import pytest
from PIL import Image

from core.datasets.readers import find_clips
from core.datasets.reading import Backwards, check_frames, open_frames
from core.errors import StudioError


def test_frames_of_images_are_rgb(tmp_path, jpg):
    for number in range(3):
        jpg(tmp_path / "clip" / f"{number}.jpg", 80 * number)
    clip = find_clips(tmp_path / "clip").clips[0].clip
    with open_frames(clip) as frames:
        assert len(frames) == 3
        assert (frames[1].dtype, frames[1].shape) == (np.uint8, (24, 32, 3))
        assert [int(frames[number].mean()) for number in (2, 0, 1)] == [160, 0, 80]
        for beyond in (-1, 3):
            with pytest.raises(IndexError):
                frames[beyond]


def test_frames_are_turned_as_they_ask_but_not_those_of_clips_of_older_versions(tmp_path):
    (tmp_path / "clip").mkdir()
    pixels = np.arange(24 * 32 * 3, dtype=np.uint32).astype(np.uint8).reshape(24, 32, 3)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = 6
    for number in range(2):
        image.save(tmp_path / "clip" / f"{number}.png", exif=image.getexif())
    (found,) = find_clips(tmp_path / "clip").clips
    assert found.warnings == ("clip: its pictures are stored turned; they were turned as they ask (EXIF).",)
    clip = found.clip
    assert (clip.width, clip.height) == (24, 32)
    with open_frames(clip) as frames:
        np.testing.assert_array_equal(frames[1], np.rot90(pixels, -1))
    older = dataclasses.replace(clip, width=32, height=24, upright=False)
    with open_frames(older) as frames:
        np.testing.assert_array_equal(frames[1], pixels)
    assert check_frames(older) == []


def test_frames_that_are_missing_cut_short_or_of_another_size(tmp_path, jpg):
    folder = tmp_path / "clip"
    for number in range(5):
        jpg(folder / f"{number}.jpg", 80)
    clip = find_clips(folder).clips[0].clip
    assert check_frames(clip) == []
    (folder / "1.jpg").unlink()
    (folder / "2.jpg").write_bytes((folder / "2.jpg").read_bytes()[:-9])
    jpg(folder / "4.jpg", 80, width=30)
    missing, short, small = check_frames(clip)
    assert missing.startswith(f"There is no file {folder / '1.jpg'}; put it back")
    assert short.startswith(f"{folder / '2.jpg'} is cut short")
    assert small.startswith(f"{folder / '4.jpg'} is 30 x 24 pixels while its clip is 32 x 24")
    with open_frames(clip) as frames:
        assert frames[3].shape == (24, 32, 3)
        with pytest.raises(StudioError, match="cut short"):
            frames[2]


def test_a_moved_folder_is_read_by_its_new_root(tmp_path, jpg):
    jpg(tmp_path / "a" / "clip" / "0.jpg", 80)
    clip = find_clips(tmp_path / "a" / "clip").clips[0].clip
    (tmp_path / "a").rename(tmp_path / "b")
    assert len(check_frames(clip)) == 1
    assert check_frames(dataclasses.replace(clip, root=tmp_path / "b")) == []


def test_frames_asked_for_backwards_are_read_forwards_in_growing_runs_each_once():
    class Asked(list):
        def __getitem__(self, frame):
            asked.append(frame)
            return super().__getitem__(frame)

    asked: list[int] = []
    frames = Backwards(Asked(range(100, 130)))
    assert [frames[number] for number in range(29, -1, -1)] == list(range(129, 99, -1))
    runs = [29, *range(27, 29), *range(23, 27), *range(15, 23), *range(7, 15), *range(7)]
    assert asked == runs
    assert len(frames) == 30
