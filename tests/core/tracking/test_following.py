"""One point followed along drawn surfaces whose motion is known exactly."""

import cv2
import numpy as np
import pytest

from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.tracking.following import Followed, follow_point
from core.trajectories.model import EndReason


def followed(frames, xy, start: int, end: int) -> tuple[list[Followed], EndReason]:
    """All of it, and why it ended."""
    way, found = follow_point(frames, np.array(xy), start, end), []
    while True:
        try:
            found.append(next(way))
        except StopIteration as ended:
            return found, ended.value


def texture(height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8 with structure at every scale."""
    rng = np.random.default_rng(3)
    image = np.zeros((height, width), np.float32)
    for scale in (2, 4, 8, 16, 32):
        coarse = rng.random((height // scale + 1, width // scale + 1)).astype(np.float32)
        image += scale * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    image = 255 * (image - image.min()) / np.ptp(image)
    return np.repeat(image.astype(np.uint8)[..., None], 3, axis=2)


def test_points_keep_to_their_surface_on_and_back():
    clip = render_clip(13, frames=12, width=240, height=180)
    rows, columns = np.nonzero(clip.labels[6] == 2)
    starts = np.stack([columns, rows], axis=1)[:: len(rows) // 12] + 0.5
    errors = []
    for end in (11, 0):
        frames = range(7, 12) if end else range(5, -1, -1)
        seen = starts[np.all([clip.visible(6, starts, frame) for frame in frames], axis=0)]
        for start in seen[:5]:
            found, why = followed(clip.frames, start, 6, end)
            assert [one.frame for one in found] == list(frames)[: len(found)]
            assert (why == EndReason.CLIP_END) == (len(found) == len(frames))
            errors += [np.linalg.norm(one.xy - clip.position(6, start[None], one.frame)[0]) for one in found]
    assert len(errors) > 40
    assert np.median(errors) < 0.35
    assert np.mean(np.array(errors) > 2) < 0.1


def test_it_ends_where_the_point_leaves_the_frame():
    wide = texture(80, 400)
    frames = [np.ascontiguousarray(wide[:, 12 * t : 12 * t + 120]) for t in range(12)]
    found, why = followed(frames, (60.5, 40.5), 0, 11)
    assert why == EndReason.LEFT_FRAME
    expected = [(60.5 - 12 * t, 40.5) for t in range(1, 5)]
    np.testing.assert_allclose([one.xy for one in found], expected, atol=0.3)
    found, why = followed(frames, (60.5, 40.5), 9, 4)
    assert why == EndReason.LEFT_FRAME
    expected = [(60.5 + 12 * t, 40.5) for t in range(1, 5)]
    np.testing.assert_allclose([one.xy for one in found], expected, atol=0.3)


def test_it_ends_where_nothing_can_be_followed():
    rng = np.random.default_rng(0)
    still = texture(120, 160)
    noise = rng.integers(0, 255, still.shape).astype(np.uint8)
    found, why = followed([still, still, noise], (80.5, 60.5), 0, 2)
    assert [one.frame for one in found] == [1]
    assert why in (EndReason.INCONSISTENT, EndReason.APPEARANCE)


def test_only_the_frames_of_the_way_are_read_in_their_order():
    class Asked(list):
        def __getitem__(self, frame):
            asked.append(frame)
            return super().__getitem__(frame)

    asked: list[int] = []
    followed(Asked([texture(60, 80)] * 9), (40.5, 30.5), 5, 2)
    assert asked == [5, 4, 3, 2]


def test_frames_that_are_too_small_are_refused():
    with pytest.raises(StudioError, match="too small for flow"):
        followed([np.zeros((8, 40, 3), np.uint8)] * 2, (4, 4), 0, 1)
