import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.clip import Clip

WALK = Clip(name="walk", dataset="frames", width=8, height=6, root=Path(), files=("0.png",) * 4)


def test_frames_of_a_clip_are_frames_of_its_source_from_start_on_by_steps():
    third = dataclasses.replace(WALK, start=2, step=3)
    assert third.source_frames(np.arange(4)).tolist() == [2, 5, 8, 11]
    assert third.frames_of_source(np.array([-1, 0, 2, 3, 5, 8, 11, 14])).tolist() == [
        *(-1, -1, 0, -1, 1, 2, 3, -1)
    ]
    assert WALK.frames_of_source(np.arange(6)).tolist() == [0, 1, 2, 3, -1, -1]
    assert third.frames_of_source(np.zeros(0, np.int64)).shape == (0,)


@pytest.mark.parametrize(
    ("start", "step", "count", "frames"), [(0, 1, 10, 10), (2, 3, 10, 3), (0, 4, 9, 3), (9, 5, 10, 1)]
)
def test_a_video_clip_has_the_frames_of_its_choice(start, step, count, frames):
    clip = dataclasses.replace(WALK, timestamps=tuple(range(0, 5 * count, 5)), start=start, step=step)
    assert clip.frames == frames
    assert clip.source_frames(np.arange(frames)).tolist() == list(range(count))[start::step]


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.lists(st.integers(0, 3)))
def test_there_and_back(start, step, frames):
    clip = dataclasses.replace(WALK, start=start, step=step)
    assert clip.frames_of_source(clip.source_frames(np.array(frames, np.int32))).tolist() == frames
