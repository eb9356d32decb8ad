from dataclasses import replace

import numpy as np
import pytest

from core.datasets.synthetic import SyntheticClip, render_clip
from core.geometry import decode_mask, encode_mask, mask_box
from core.tracking.carrying import carry
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.trajectories.model import ObjectTrajectory, Origin


@pytest.fixture(scope="module")
def clip() -> SyntheticClip:
    return render_clip(44, frames=17, width=200, height=150, objects=2)


def seen(clip: SyntheticClip, number: int, frame: int) -> ObjectTrajectory:
    mask = clip.labels[frame] == number
    return ObjectTrajectory(
        frames=np.array([frame], np.int32),
        boxes=mask_box(mask)[None],
        origin=np.array([Origin.EDITED], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(encode_mask(mask),),
    )


class Read(list):
    """Frames that remember which of them were read."""

    def __init__(self, frames) -> None:
        super().__init__(frames)
        self.seen: list[int] = []

    def __getitem__(self, frame):
        self.seen.append(frame)
        return super().__getitem__(frame)


@pytest.mark.parametrize(("start", "end"), [(8, 12), (8, 4)])
def test_a_mask_is_carried_both_ways_as_the_densifier_carries_it(clip, start: int, end: int):
    one, frames = seen(clip, 1, start), Read(clip.frames)
    found = list(carry(frames, one, start, end, DensifyConfig()))
    by = 1 if end > start else -1
    assert [each.frame for each in found] == list(range(start + by, end + by, by))
    assert frames.seen == list(range(start, end + by, by))
    densifier = Densifier(clip.frames, [one], DensifyConfig(one_way_frames=4))
    for _ in densifier.steps():
        pass
    (expected,) = densifier.trajectories()
    for each in found:
        mask, truth = decode_mask(each.mask, 150, 200), clip.labels[each.frame] == 1
        other = decode_mask(expected.masks[expected.place(each.frame)], 150, 200)
        assert np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth) > 0.75
        assert np.count_nonzero(mask & other) / np.count_nonzero(mask | other) > 0.97
        assert 0 < each.confidence <= 1


def test_a_box_follows_what_moves_in_it_and_grows_with_it():
    """A texture that moves 3 pixels a frame to the right and grows by 2 % about its middle."""
    noise = np.random.default_rng(1).integers(0, 255, (120, 160), np.uint8)
    frames, boxes = [], []
    for frame in range(8):
        rows, columns = np.mgrid[:120, :160].astype(np.float32)
        size, x, y = 1.02**frame, 40 + 3 * frame, 60.0
        inside = (abs(columns - x) < 15 * size) & (abs(rows - y) < 15 * size)
        u, v = (columns - x) / size + 60, (rows - y) / size + 60
        picture = np.full((120, 160), 90, np.uint8)
        smooth = (128 + 60 * np.sin(u / 2.5) + 60 * np.cos(v / 3 + u / 7)).astype(np.uint8)
        picture[inside] = smooth[inside]
        frames.append(np.repeat((0.9 * picture + 0.1 * noise).astype(np.uint8)[..., None], 3, axis=2))
        boxes.append((x - 15 * size, y - 15 * size, x + 15 * size, y + 15 * size))
    one = ObjectTrajectory(
        frames=np.array([0], np.int32),
        boxes=np.array([boxes[0]], np.float32),
        origin=np.array([Origin.EDITED], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(None,),
    )
    found = list(carry(frames, one, 0, 7, DensifyConfig(min_confidence=0)))
    assert [each.frame for each in found] == list(range(1, 8))
    np.testing.assert_allclose(found[-1].box, boxes[-1], atol=2)
    assert all(each.mask is None for each in found)


def test_it_ends_where_its_confidence_falls_and_where_the_picture_is_cut(clip):
    frames = np.array(clip.frames)
    frames[12:] = np.random.default_rng(0).integers(0, 255, frames[12:].shape, np.uint8)
    found = list(carry(frames, seen(clip, 1, 8), 8, 16, DensifyConfig(min_confidence=0.5)))
    assert [each.frame for each in found] == [9, 10, 11]
    first, second, _ = (each.confidence for each in found)
    assert first > second
    limit = DensifyConfig(min_confidence=(first + second) / 2)
    assert [each.frame for each in carry(frames, seen(clip, 1, 8), 8, 16, limit)] == [9]


def test_the_keyframes_of_others_keep_their_pixels(clip):
    one = seen(clip, 1, 8)
    free = {each.frame: each for each in carry(clip.frames, one, 8, 10, DensifyConfig())}
    mask = decode_mask(free[9].mask, 150, 200)
    rows = np.flatnonzero(mask.any(axis=1))
    mask[rows[len(rows) // 2] :] = False  # the upper half
    other = replace(seen(clip, 1, 9), masks=(encode_mask(mask),))
    found = {each.frame: each for each in carry(clip.frames, one, 8, 10, DensifyConfig(), [other])}
    assert not (decode_mask(found[9].mask, 150, 200) & mask).any()
    assert found[10].mask == free[10].mask
