"""Overlays as files, read back by other readers than ours."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from core.datasets.clip import Clip
from core.datasets.video import index_video
from core.datasets.video_file import VideoFile
from core.errors import StudioError
from core.geometry import encode_mask, mask_box
from core.overlay.colours import TRACK_COLOURS
from core.overlay.files import PICTURES, VIDEO, frames_of, overlay_losses, overlay_path, write_overlay
from core.overlay.layers import Layers
from core.overlay.rendering import Renderer
from core.trajectories.exchange.choice import Choice
from core.trajectories.exchange.spans import Spans
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review

NOTHING = PointTrajectories.pack([], [])
WIDTH, HEIGHT, FRAMES = 65, 47, 6
SHOWN = Layers(boxes=False, names=False)


@pytest.fixture
def clip(tmp_path):
    """Frames of one grey each, 40 times their number."""
    files = []
    for frame in range(FRAMES):
        files.append(f"{frame}.png")
        cv2.imwrite(str(tmp_path / files[-1]), np.full((HEIGHT, WIDTH, 3), 40 * frame, np.uint8))
    return Clip(name="c", dataset="frames", width=WIDTH, height=HEIGHT, root=tmp_path, files=tuple(files))


def block(id=3):
    """The right half of every frame."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:, 32:] = True
    return ObjectTrajectory(
        frames=np.arange(FRAMES, dtype=np.int32),
        boxes=np.repeat(mask_box(mask)[None], FRAMES, axis=0),
        origin=np.full(FRAMES, Origin.ANNOTATED, np.uint8),
        confidence=np.ones(FRAMES, np.float32),
        masks=(encode_mask(mask),) * FRAMES,
        id=id,
    )


def write(format, clip, folder, frames=None, objects=None, on_progress=None):
    path = overlay_path(format, clip, folder)
    numbers = np.arange(clip.frames) if frames is None else np.array(frames)
    renderer = Renderer(clip, NOTHING, [block()] if objects is None else objects, SHOWN)
    return write_overlay(format, path, clip, renderer, numbers, on_progress or (lambda *_: None))


def expected(frame):
    """RGB of the tinted half."""
    return 40 * frame * 0.67 + TRACK_COLOURS[3] * 0.33


def test_a_video_has_the_colours_of_the_window(clip, tmp_path):
    path = write(VIDEO, clip, tmp_path / "out")
    assert [one.name for one in path.parent.iterdir()] == ["c-overlay.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, stream.average_rate) == ("h264", "yuv420p", 25)
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == FRAMES
    for frame, picture in enumerate(pictures):
        assert picture.shape == (48, 66, 3)
        assert abs(picture[10:40, 40:60].reshape(-1, 3).mean(axis=0) - expected(frame)).max() < 4
        assert abs(picture[10:40, 5:25].astype(int) - 40 * frame).mean() < 3
        assert abs(picture[47].astype(int) - picture[46]).mean() < 4


def test_another_reader_sees_the_same_colours(clip, tmp_path):
    capture = cv2.VideoCapture(str(write(VIDEO, clip, tmp_path)))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES
    assert capture.get(cv2.CAP_PROP_FPS) == 25
    for frame in range(FRAMES):
        _, picture = capture.read()
        assert abs(picture[20, 50, ::-1] - expected(frame)).max() < 8


def test_pictures_are_exact(clip, tmp_path):
    folder = write(PICTURES, clip, tmp_path / "out", [2, 4])
    assert sorted(one.name for one in folder.iterdir()) == ["00002.png", "00004.png"]
    renderer = Renderer(clip, NOTHING, [block()], SHOWN)
    for frame in (2, 4):
        grey = np.full((HEIGHT, WIDTH, 3), 40 * frame, np.uint8)
        written = cv2.imread(str(folder / f"{frame:05d}.png"))[..., ::-1]
        np.testing.assert_array_equal(written, renderer.draw(grey, frame))
    write(PICTURES, clip, tmp_path / "out", [5])
    assert [one.name for one in folder.iterdir()] == ["00005.png"]


def test_a_suggestion_is_paler_and_in_dashes(clip, tmp_path):
    def picture(review):
        folder = write(PICTURES, clip, tmp_path / review.name, [2], [replace(block(), review=review)])
        return cv2.imread(str(folder / "00002.png")).astype(int)

    known, suggested = picture(Review.ACCEPTED), picture(Review.SUGGESTED)
    assert len(np.unique(known[3:-3, 32], axis=0)) == 1
    assert len(np.unique(suggested[3:-3, 32], axis=0)) > 1
    tints = [np.abs(one[10:40, 40:60] - 80).mean() for one in (known, suggested)]
    assert 0.3 < tints[1] / tints[0] < 0.7


def test_the_times_are_those_of_the_source(tmp_path):
    """Six frames, the later ones twice as far apart."""
    times = [0, 3, 6, 9, 15, 21]
    source = write_timed(tmp_path / "walk.mp4", times)
    clip = index_video(source).clip
    path = write(VIDEO, clip, tmp_path, objects=[])
    assert path.name == "walk-overlay.mp4"
    assert shown_at(path) == [Fraction(time, 90) for time in times]
    assert shown_at(write(VIDEO, clip, tmp_path, [3, 4], objects=[])) == [0, Fraction(6, 90)]


def test_without_h264_the_times_of_any_source_are_kept_to_the_millisecond(tmp_path, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    times = np.array([0, 3, 6, 9, 15, 21]) * 1001
    source = write_timed(tmp_path / "walk.mp4", times.tolist(), Fraction(1, 90_000))
    clip = index_video(source).clip
    with VideoFile(clip.root / clip.files[0]) as file:
        assert file.unit.denominator > 65_535, "more parts of a second than MPEG-4 can tell apart"
    shown = shown_at(write(VIDEO, clip, tmp_path, objects=[]))
    np.testing.assert_allclose([float(time) for time in shown], times / 90_000, atol=5e-4)


def test_a_colon_in_a_folder_names_no_protocol(clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(VIDEO, clip, Path("pipe:1"))
    assert path.stat().st_size > 500


def test_every_second_frame_keeps_its_time_and_its_number(clip, tmp_path):
    times = [0, 3, 6, 9, 15, 21]
    whole = index_video(write_timed(tmp_path / "walk.mp4", times)).clip
    part = replace(whole, start=1, step=2)
    path = write(VIDEO, part, tmp_path, objects=[])
    assert shown_at(path) == [0, Fraction(6, 90), Fraction(18, 90)]
    images = replace(clip, files=clip.files[1::2], start=1, step=2)
    folder = write(PICTURES, images, tmp_path, objects=[])
    assert sorted(one.name for one in folder.iterdir()) == ["00001.png", "00003.png", "00005.png"]


def write_timed(path, times, unit=Fraction(1, 90)):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = WIDTH + 1, HEIGHT + 1, "yuv420p"
        stream.time_base = stream.codec_context.time_base = unit
        for time in times:
            picture = np.full((HEIGHT + 1, WIDTH + 1, 3), 100, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time, unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def shown_at(path):
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


@pytest.mark.parametrize("format", [VIDEO, PICTURES])
def test_what_is_interrupted_leaves_what_was_there(clip, tmp_path, format):
    path = write(format, clip, tmp_path / "out")
    before = read(path)

    def interrupt(done, total, what):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(format, clip, tmp_path / "out", on_progress=interrupt)
    assert read(path) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def read(path):
    return [one.read_bytes() for one in (sorted(path.iterdir()) if path.is_dir() else [path])]


@pytest.mark.parametrize("format", [VIDEO, PICTURES])
def test_a_place_that_cannot_be_written_is_one_sentence(clip, tmp_path, format):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudioError, match=r"^Cannot write .*; choose another place\.$"):
        write(format, clip, tmp_path / "file")


def test_a_source_is_never_replaced(clip, tmp_path):
    source = write_timed(tmp_path / "walk.mp4", [0, 3])
    video = index_video(source).clip
    before = source.read_bytes()
    renderer = Renderer(video, NOTHING, [], Layers())
    with pytest.raises(StudioError, match=r"walk\.mp4 holds frames of walk; choose another place\."):
        write_overlay(VIDEO, source, video, renderer, np.arange(2), lambda *_: None)
    with pytest.raises(StudioError, match="holds frames of c; choose another place"):
        write_overlay(PICTURES, tmp_path, clip, renderer, np.arange(2), lambda *_: None)
    assert source.read_bytes() == before


def test_what_differs_is_said(clip):
    (said,) = overlay_losses(VIDEO, clip, NOTHING, [block()])
    assert said.startswith("The video is 66 x 48 pixels: such videos have even sides")
    assert overlay_losses(PICTURES, clip, NOTHING, [block()]) == []
    even = replace(clip, width=64, height=48)
    assert overlay_losses(VIDEO, even, NOTHING, [block()]) == []


def test_frames_of_a_choice(clip):
    assert frames_of(clip, Choice()).tolist() == [0, 1, 2, 3, 4, 5]
    assert frames_of(clip, Choice(frames=Spans.parsed("1-2,4-"))).tolist() == [1, 2, 4, 5]
