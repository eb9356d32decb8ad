import dataclasses

import numpy as np
import pytest

from core.errors import StudioError
from studio.canvas.frame_loader import AHEAD, FrameLoader
from tests.studio.canvas.drawn import draw_frame


def load(qtbot, loader, frame):
    """The frame, waited for."""
    found = loader.request(frame)
    if found is None:
        with qtbot.waitSignal(loader.loaded, check_params_cb=lambda number, _: number == frame) as caught:
            pass
        found = caught.args[1]
    return found


@pytest.fixture
def loader(qtbot, clip):
    loader = FrameLoader()
    loader.open(clip)
    yield loader
    loader.open(None)


def test_a_frame_comes_as_blue_green_red_with_its_own_number(qtbot, loader):
    found = load(qtbot, loader, 7)
    assert found.shape == (48, 64, 4)
    np.testing.assert_array_equal(found[..., 2::-1], draw_frame(7))


def test_the_frames_around_are_read_in_advance(qtbot, loader):
    load(qtbot, loader, 3)
    qtbot.waitUntil(lambda: loader.cached == frozenset(range(12)))
    assert loader.request(9) is not None


def test_the_newest_request_is_served_and_no_queue_builds_up(qtbot, loader):
    shown = []
    loader.loaded.connect(lambda frame, _: shown.append(frame))
    for frame in range(12):
        loader.request(frame)
    qtbot.waitUntil(lambda: 11 in shown)
    assert len(shown) <= 3  # the one under way when the next came, and the last


@pytest.mark.parametrize("later", [None, 6])
def test_a_frame_that_was_left_for_one_that_is_there_is_not_shown_after_it(qtbot, clip, later):
    loader = FrameLoader(budget=5 * 64 * 48 * 4)
    loader.open(clip)
    load(qtbot, loader, 11)
    qtbot.waitUntil(lambda: loader.cached == {10, 11})  # nothing more to read in advance here
    shown = []
    loader.loaded.connect(lambda frame, _: shown.append(frame))
    assert loader.request(2) is None
    assert loader.request(11) is not None  # the canvas shows it at once
    if later is None:
        qtbot.waitUntil(lambda: 2 in loader.cached)
    else:
        loader.request(later)
        qtbot.waitUntil(lambda: later in shown)
    assert 2 not in shown
    loader.open(None)


def test_memory_keeps_within_the_budget_around_the_cursor(qtbot, clip):
    loader = FrameLoader(budget=5 * 64 * 48 * 4)
    loader.open(clip)
    load(qtbot, loader, 0)
    load(qtbot, loader, 8)
    qtbot.waitUntil(lambda: loader.cached >= {8, 9, 10, 11})
    assert len(loader.cached) <= 5
    loader.open(None)


def test_going_back_reads_backward_in_advance(qtbot, clip):
    loader = FrameLoader(budget=5 * 64 * 48 * 4)
    loader.open(clip)
    load(qtbot, loader, 9)
    load(qtbot, loader, 8)
    qtbot.waitUntil(lambda: loader.cached >= {8, 7, 6, 5})
    loader.open(None)


def test_a_missing_frame_is_one_sentence_and_can_be_put_back(qtbot, loader, clip):
    path = clip.root / clip.files[5]
    data = path.read_bytes()
    path.unlink()
    error = load(qtbot, loader, 5)
    assert isinstance(error, StudioError)
    assert str(path) in str(error)
    path.write_bytes(data)
    load(qtbot, loader, 4)
    assert isinstance(load(qtbot, loader, 5), np.ndarray)


def test_a_video_that_is_gone_is_one_sentence_a_request(qtbot, clip):
    video = dataclasses.replace(clip, dataset="video", files=("gone.mp4",), timestamps=tuple(range(12)))
    loader = FrameLoader()
    loader.open(video)
    assert isinstance(load(qtbot, loader, 0), StudioError)
    assert isinstance(load(qtbot, loader, 6), StudioError)
    loader.open(None)


def test_another_clip_forgets_the_frames_of_the_one_before(qtbot, loader, clip):
    load(qtbot, loader, 2)
    loader.request(4)
    loader.open(dataclasses.replace(clip, id=2, files=clip.files[::-1]))
    assert loader.cached == frozenset()
    np.testing.assert_array_equal(load(qtbot, loader, 0)[..., 2::-1], draw_frame(11))
    assert AHEAD > 11
