import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.clip import Clip
from core.datasets.found import FoundClip, FoundClips
from core.datasets.frame_choice import FrameChoice, Moment, choose, choose_from_all, frames_of, moment
from core.datasets.readers import find_clips
from core.datasets.reading import open_frames
from core.errors import StudioError
from core.project.importing import import_edit
from core.project.project import Project
from core.trajectories import journal, store
from tests.core.datasets.test_video import H264, LATE, STEADY, number_of, write_video

TEN = Clip(
    name="ten",
    dataset="frames",
    width=8,
    height=6,
    root=Path("/data"),
    files=tuple(f"{number}.png" for number in range(10)),
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("120", Moment(120)),
        (" 0 ", Moment(0)),
        ("12.5s", Moment(12.5, True)),
        ("7s", Moment(7, True)),
        ("0:12", Moment(12, True)),
        ("1:02:03.5", Moment(3723.5, True)),
        ("0:90", Moment(90, True)),
        ("", None),
    ],
)
def test_what_a_person_types(text, meant):
    assert moment(text) == meant


@pytest.mark.parametrize(
    "text", ["12.5", "-3", "a", "1:2:3:4", "1e3", "12 s", ":3", "nan", "٣", "s", "0x10", "9" * 5000]
)
def test_what_is_neither_a_frame_nor_a_time_is_refused(text):
    with pytest.raises(StudioError, match="is no frame and no time; give a frame such as 120"):
        moment(text)


@given(
    st.integers(1, 12),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 12),
)
def test_the_choice_is_a_slice_of_the_source(every, first, last):
    choice = FrameChoice(
        every=every,
        first=None if first is None else Moment(first),
        last=None if last is None else Moment(last),
    )
    expected = TEN.files[first : None if last is None else last + 1 : every]
    chosen = choose(FoundClip(clip=TEN), choice)
    assert len(frames_of(FoundClip(clip=TEN), choice)) == len(expected)
    if not expected:
        assert chosen is None
        return
    clip = chosen.clip
    assert clip.files == expected
    assert [f"{number}.png" for number in clip.source_frames(np.arange(clip.frames))] == list(expected)
    again = choose(chosen, FrameChoice(every=2))  # a choice of a choice is one of the source too
    assert again.clip.files == expected[::2]
    assert [f"{number}.png" for number in again.clip.source_frames(np.arange(again.clip.frames))] == list(
        expected[::2]
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    write_video(folder / "film.mp4", "libx264", STEADY, H264)
    write_video(folder / "late.mkv", "libx264", LATE, H264)
    write_video(folder / "disorder.avi", "mpeg4", STEADY, {"g": "12", "bf": "2"})
    return folder


@pytest.mark.parametrize("name", ["film.mp4", "late.mkv", "disorder.avi"])
@pytest.mark.parametrize(("every", "first", "last"), [(7, 0, 89), (1, 31, 64), (4, 29, 61), (5, 89, 89)])
def test_every_nth_frame_of_a_video_is_that_frame_in_any_order(film, name, every, first, last):
    found = find_clips(film / name).clips[0]
    clip = choose(found, FrameChoice(every=every, first=Moment(first), last=Moment(last))).clip
    expected = list(range(first, last + 1, every))
    assert clip.frames == len(expected)
    assert clip.source_frames(np.arange(clip.frames)).tolist() == expected
    with open_frames(clip) as frames:
        assert [number_of(frames[place]) for place in range(len(frames))] == expected
        for place in np.random.default_rng(3).permutation(len(frames)).tolist():
            assert number_of(frames[place]) == expected[place]
        with pytest.raises(IndexError):
            frames[len(expected)]


@pytest.mark.parametrize("name", ["film.mp4", "late.mkv"])
def test_a_span_of_a_video_can_be_stored(film, name, tmp_path):
    chosen = choose_from_all(find_clips(film / name), FrameChoice(first=Moment(31), last=Moment(40)))
    with Project.create(tmp_path / "project") as project, project.writing() as connection:
        journal.perform(connection, import_edit(chosen))
        (clip,) = store.clips(connection)
    assert (clip.frames, max(clip.keyframes)) == (10, 30)


@pytest.mark.parametrize("name", ["film.mp4", "late.mkv"])
@pytest.mark.parametrize(
    ("first", "last", "frames"),
    [("0.5s", "1s", (15, 30)), ("0:01", "", (30, 89)), ("", "0.033s", (0, 1)), ("2s", "99s", (60, 89))],
)
def test_a_span_of_time_of_a_video(film, name, first, last, frames):
    """The pictures of `late` begin at 10 s: times count from the first."""
    found = find_clips(film / name).clips[0]
    taken = frames_of(found, FrameChoice(first=moment(first), last=moment(last)))
    assert (taken[0], taken[-1]) == frames  # 30 pictures a second


def test_frames_far_apart_are_sought_not_decoded_one_after_the_other(film, monkeypatch):
    found = find_clips(film / "film.mp4").clips[0]
    clip = choose(found, FrameChoice(every=30)).clip
    decoded = []
    with open_frames(clip) as frames:
        pictures = frames._video._pictures
        counted = lambda: (decoded.append(one) or one for one in pictures())  # noqa: E731
        monkeypatch.setattr(frames._video, "_pictures", counted)
        assert [number_of(frames[place]) for place in range(3)] == [0, 30, 60]
    assert len(decoded) < 15  # of 61 up to the last


def test_pictures_have_no_times(jpg, tmp_path):
    jpg(tmp_path / "walk" / "0.jpg", 9)
    found = find_clips(tmp_path / "walk")
    with pytest.raises(StudioError, match="walk has no times, so no moment can be given in seconds"):
        choose_from_all(found, FrameChoice(first=moment("1s")))


def test_label_pictures_of_frames_that_are_not_chosen_are_left_out_and_counted(tmp_path, jpg):
    for frame in range(6):
        jpg(tmp_path / "JPEGImages" / "480p" / "dog" / f"{frame:05d}.jpg", 9)
    for frame in (0, 2, 3, 4):
        mask = np.zeros((24, 32), np.uint8)
        mask[:, : frame + 1] = 255
        path = tmp_path / "Annotations" / "480p" / "dog" / f"{frame:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", mask)[1].tobytes())
    found = choose_from_all(find_clips(tmp_path), FrameChoice(every=2, first=Moment(2)))
    edit = import_edit(found)
    ((clip, (dog,)),) = edit.clips
    assert clip.files == ("JPEGImages/480p/dog/00002.jpg", "JPEGImages/480p/dog/00004.jpg")
    assert dog.frames.tolist() == [0, 1]
    assert dog.boxes[:, 2].tolist() == [3, 5]
    assert edit.warnings == (
        "dog: of its 4 frames with label pictures, 2 are not among the frames that were chosen; their label "
        "pictures were left out.",
    )


def test_clips_without_a_chosen_frame_are_left_out_and_all_of_them_is_refused():
    short = dataclasses.replace(TEN, name="short", files=TEN.files[:3])
    found = FoundClips(format="frames", clips=(FoundClip(clip=TEN), FoundClip(clip=short)))
    chosen = choose_from_all(found, FrameChoice(first=Moment(5)))
    assert [one.clip.name for one in chosen.clips] == ["ten"]
    assert chosen.warnings == ("No frame between the moments that were chosen, so left out: short.",)
    with pytest.raises(StudioError, match=r"No frame lies between .*; ten has 10 frames, from 0 on"):
        choose_from_all(found, FrameChoice(first=Moment(10)))
    assert choose_from_all(found, FrameChoice()) is found
    with pytest.raises(StudioError, match="Every 0-th frame is no choice"):
        FrameChoice(every=0)


def test_a_number_beyond_every_number_is_one_frame():
    clip = choose(FoundClip(clip=TEN), FrameChoice(every=10**30)).clip
    assert (clip.files, clip.start, clip.step) == (("0.png",), 0, 1)
    assert frames_of(FoundClip(clip=TEN), FrameChoice(last=Moment(10**30))) == range(10)
