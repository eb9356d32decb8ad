import gc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.datasets.readers import find_clips
from core.datasets.reading import check_frames, open_frames
from core.errors import StudioError

FRAMES = 90


def numbered(frame: int, size: int = 64) -> np.ndarray:
    """A picture that carries its number in eight broad stripes, black or white."""
    bits = (frame >> np.arange(8)) & 1
    return (
        np.repeat(np.repeat(bits * 255, size // 8)[None, :, None], size, axis=0)
        .repeat(3, axis=2)
        .astype(np.uint8)
    )


def number_of(picture: np.ndarray) -> int:
    stripes = picture.mean(axis=(0, 2)).reshape(8, -1).mean(axis=1)
    return int(((stripes > 127) << np.arange(8)).sum())


def write_video(path: Path, codec: str, times: list[int], options: dict[str, str] | None = None) -> None:
    """Frame n is `numbered(n)` at `times[n]` sixtieths of a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=60, options=options or {})
        stream.width, stream.height, stream.time_base = 64, 64, Fraction(1, 60)
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 60)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 60)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


STEADY = [2 * number for number in range(FRAMES)]
UNEVEN = list(np.cumsum(np.random.default_rng(0).choice([1, 2, 3, 7], FRAMES)).tolist())
LATE = [600 + time for time in STEADY]
H264 = {"g": "30", "bf": "3", "sc_threshold": "0"}
VIDEOS = {
    "steady.mp4": ("libx264", STEADY, H264),
    "uneven.mp4": ("libx264", UNEVEN, H264),
    "uneven.mkv": ("libx264", UNEVEN, H264),
    "late.mkv": ("libx264", LATE, H264),
    "open_gop.mp4": ("libx264", STEADY, {**H264, "x264-params": "open-gop=1:keyint=30"}),
    "one_key.mp4": ("libx264", STEADY, {"g": "300", "sc_threshold": "0"}),
    "broadcast.ts": ("libx264", STEADY, H264),
    "old.avi": ("mpeg4", STEADY, {"g": "12"}),
    "every.avi": ("mjpeg", STEADY, {}),
    "web.webm": ("libvpx", STEADY, {"g": "25", "deadline": "realtime", "cpu-used": "8"}),
}


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for name, (codec, times, options) in VIDEOS.items():
        write_video(folder / name, codec, times, options)
    return folder


@pytest.mark.parametrize("name", VIDEOS)
def test_frame_n_is_frame_n(videos, name):
    (found,) = find_clips(videos / name).clips
    clip = found.clip
    assert clip.frames == FRAMES
    assert (clip.name, clip.dataset, clip.width, clip.height) == (name.split(".")[0], "video", 64, 64)
    assert (clip.root, clip.files) == (videos, (name,))
    assert found.warnings == ()
    with open_frames(clip) as frames:
        assert [number_of(frames[number]) for number in range(FRAMES)] == list(range(FRAMES))
        order = np.random.default_rng(1).permutation(FRAMES)
        assert [number_of(frames[int(number)]) for number in order] == order.tolist()
        assert [number_of(frames[number]) for number in (5, 5, 4, 89, 0, 89)] == [5, 5, 4, 89, 0, 89]
        assert frames[3].dtype == np.uint8
        assert frames[3].shape == (64, 64, 3)


def test_times_are_kept(videos):
    uneven = find_clips(videos / "uneven.mkv").clips[0].clip
    assert np.diff(uneven.timestamps).tolist() == pytest.approx(
        [1000 * step / 60 for step in np.diff(UNEVEN)], abs=1
    )  # Matroska counts in milliseconds
    assert uneven.keyframes == (0, 30, 60)
    assert find_clips(videos / "one_key.mp4").clips[0].clip.keyframes == (0,)


def test_a_folder_of_videos_is_a_clip_each(videos):
    found = find_clips(videos)
    assert found.format == "video"
    assert [one.clip.name for one in found.clips] == [
        *("broadcast", "every", "late", "old", "one_key", "open_gop", "steady", "uneven", "uneven-2", "web")
    ]


def pictures_of(data: bytes, name: str) -> tuple[int, int]:
    """Where in a video file its coded pictures lie: in an MP4 the payload of mdat, else the middle half."""
    if not name.endswith(".mp4"):
        return len(data) // 4, len(data) * 3 // 4
    kind = data.index(b"mdat")
    return kind + 4, kind - 4 + int.from_bytes(data[kind - 4 : kind], "big")


@pytest.mark.parametrize("name", ["steady.mp4", "broadcast.ts", "old.avi"])
def test_a_damaged_video_gives_the_same_frames_in_any_order(videos, tmp_path, name):
    data = bytearray((videos / name).read_bytes())
    rng = np.random.default_rng(2)
    for place in rng.integers(*pictures_of(data, name), 12):
        data[place] ^= 0xFF
    (tmp_path / name).write_bytes(data)
    clip = find_clips(tmp_path / name).clips[0].clip
    with open_frames(clip) as frames:
        in_order = [frames[number] for number in range(len(frames))]
        assert len(in_order) > FRAMES // 2
        for number in rng.permutation(len(frames))[:40]:
            np.testing.assert_array_equal(frames[int(number)], in_order[number])


def test_a_video_cut_short_is_warned_of(videos, tmp_path):
    data = (videos / "every.avi").read_bytes()
    (tmp_path / "every.avi").write_bytes(data[: len(data) // 4])
    (found,) = find_clips(tmp_path).clips
    assert 10 < found.clip.frames < 30
    assert found.warnings[-1].startswith("every.avi announces 3.0 s and holds 0.")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is not a video that can be read"), (b"RIFF but nothing else", "is not a video that can be read")],
)
def test_no_video_is_said(tmp_path, content, says):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(StudioError, match=says):
        find_clips(tmp_path / "a.mp4")


def test_sound_alone_is_no_video(tmp_path):
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(StudioError, match="holds no video"):
        find_clips(tmp_path / "a.wav")


def test_a_video_that_is_gone_or_another_is_said(videos, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes((videos / "steady.mp4").read_bytes())
    clip = find_clips(path).clips[0].clip
    assert check_frames(clip) == []
    path.write_bytes((videos / "uneven.mp4").read_bytes())
    with open_frames(clip) as frames, pytest.raises(StudioError, match="is not the video that was imported"):
        frames[70]
    shifted = [
        time + (number % 30 != 0) for number, time in enumerate(STEADY)
    ]  # key pictures at the same times
    write_video(path, "libx264", shifted, H264)
    with open_frames(clip) as frames, pytest.raises(StudioError, match="is not the video that was imported"):
        frames[70]
    write_video(path, "libx264", STEADY[:20], H264)
    assert "is not the video that was imported" in check_frames(clip)[0]
    path.unlink()
    assert "There is no file" in check_frames(clip)[0]
    with pytest.raises(StudioError, match="There is no file"):
        open_frames(clip)


def test_progress_within_a_video_can_give_up(videos):
    heard = []

    def hear(done: int, total: int, what: str) -> None:
        heard.append((done, total, what))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_clips(videos, on_progress=hear)
    assert heard == [(0, 10, "broadcast.ts")]


@pytest.mark.data
def test_reads_the_real_videos(data_dir: Path):
    found = {one.clip.name: one.clip for one in find_clips(data_dir / "video").clips}
    assert {name: clip.frames for name, clip in found.items()} == {
        "cup": 217,
        "Megamind_bugy": 270,
        "tree": 68,
    }
    assert found["Megamind_bugy"].keyframes == (0,)  # its times are out of order
    for clip in found.values():
        with open_frames(clip) as frames, open_frames(clip) as others:
            in_order = {number: frames[number] for number in range(0, clip.frames, 29)}
            for number in reversed(in_order):
                np.testing.assert_array_equal(others[number], in_order[number])


def pictures_in_memory() -> list[av.VideoFrame]:
    frames = [one for one in gc.get_objects() if type(one) is av.VideoFrame]  # asks nothing of others
    return [one for one in frames if one.width == 64]


@pytest.mark.parametrize("name", VIDEOS)
def test_no_picture_and_so_no_decoder_outlives_the_reading(videos, name):
    gc.collect()
    gc.disable()  # what is tied into a ring stays
    try:
        others = pictures_in_memory()
        (found,) = find_clips(videos / name).clips
        open_frames(found.clip)[1]
        assert len(pictures_in_memory()) == len(others)
    finally:
        gc.enable()
