import numpy as np
import pytest

from core.geometry import decode_mask, encode_mask, mask_box
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.shapes import ShapeBlend
from core.trajectories.model import ObjectTrajectory, Origin


def disc(x, y, radius, height=60, width=90) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


def shown(blend: ShapeBlend, time: float, size=(60, 90)) -> np.ndarray:
    mask = np.zeros(size, bool)
    depth, x, y = blend.at(time)
    mask[y : y + depth.shape[0], x : x + depth.shape[1]] = depth > 0
    return mask


def given(*masks, gap=10, label="disc") -> ObjectTrajectory:
    count = len(masks)
    return ObjectTrajectory(
        frames=np.arange(0, gap * count, gap, dtype=np.int32),
        boxes=np.array([mask_box(mask) for mask in masks]),
        origin=np.full(count, Origin.ANNOTATED, np.uint8),
        confidence=np.ones(count, np.float32),
        masks=tuple(encode_mask(mask) for mask in masks),
        label=label,
    )


def fill(objects, frames=11, **settings) -> list[ObjectTrajectory]:
    densifier = Densifier(
        np.zeros((frames, 60, 90, 3), np.uint8), objects, DensifyConfig(method="shape", **settings)
    )
    assert list(densifier.steps()) == list(range(1, densifier.total + 1))
    return densifier.trajectories()


def test_a_disc_that_moves_at_constant_speed_is_filled_exactly():
    (found,) = fill([given(disc(20, 25, 9), disc(50, 35, 9))])
    assert found.frames.tolist() == list(range(1, 10))
    for frame, runs in zip(found.frames.tolist(), found.masks, strict=True):
        np.testing.assert_array_equal(decode_mask(runs, 60, 90), disc(20 + 3 * frame, 25 + frame, 9))
        assert found.boxes[frame - 1].tolist() == mask_box(disc(20 + 3 * frame, 25 + frame, 9)).tolist()
    np.testing.assert_allclose(found.confidence, 1)
    assert (found.origin == Origin.PROPAGATED).all()
    assert (found.flags == 0).all()


def test_a_disc_that_grows_grows_evenly():
    blend = ShapeBlend(disc(45, 30, 8), disc(45, 30, 20))
    for time, radius in ((0.25, 11), (0.5, 14), (0.75, 17)):
        assert (shown(blend, time) != disc(45, 30, radius)).sum() < 0.05 * np.pi * radius**2
    np.testing.assert_array_equal(shown(blend, 0), disc(45, 30, 8))
    np.testing.assert_array_equal(shown(blend, 1), disc(45, 30, 20))
    assert blend.likeness == disc(45, 30, 8).sum() / disc(45, 30, 20).sum()


def slow_distance(mask: np.ndarray) -> np.ndarray:
    """Signed distance to the outline, half way to the nearest pixel of the other kind, by looking at each."""
    inside, outside = np.argwhere(mask), np.argwhere(~mask)
    distance = np.empty(mask.shape)
    for place in np.ndindex(mask.shape):
        others = outside if mask[place] else inside
        nearest = np.sqrt(((others - place) ** 2).sum(axis=1)).min() - 0.5
        distance[place] = nearest if mask[place] else -nearest
    return distance


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_blend_of_distances_it_says_it_is(seed):
    """Masks of random rectangles whose centres lie on whole pixels, at times where the shape does too."""
    rng = np.random.default_rng(seed)
    masks = []
    for at in ((20, 30), (28, 46)):
        mask = np.zeros((60, 90), bool)
        for high, wide in rng.integers(2, 12, (3, 2)):
            mask[at[0] - high : at[0] + high, at[1] - wide : at[1] + wide] = True
        masks.append(mask)
    blend = ShapeBlend(*masks)
    distances = [slow_distance(mask) for mask in masks]
    for time in (0.25, 0.5, 0.75):
        there = np.array([8, 16]) * time
        first = np.roll(distances[0], there.astype(int), (0, 1))
        second = np.roll(distances[1], (there - [8, 16]).astype(int), (0, 1))
        np.testing.assert_array_equal(shown(blend, time), (1 - time) * first + time * second > 1e-6)


def test_an_object_that_enters_is_not_cut_off_where_the_frame_ended():
    """A bar of constant width, of which more and more is seen: it keeps touching the edge."""
    before, after = np.zeros((2, 60, 90), bool)
    before[20:30, 82:], after[20:30, 74:] = True, True
    for time in (0.25, 0.5, 0.75):
        assert shown(ShapeBlend(before, after), time)[22:28, -1].all()


def test_likeness_is_told_centre_on_centre():
    blend = ShapeBlend(disc(20, 20, 9), disc(60, 40, 9))
    assert blend.likeness == 1
    assert blend.likeness_of(disc(70, 30, 9), 0.5) == 1
    small = disc(30, 30, 4.5)
    assert blend.likeness_of(small, 0.3) == pytest.approx(small.sum() / disc(30, 30, 9).sum(), rel=0.02)
    large = disc(45, 30, 28)
    assert blend.likeness_of(large, 0.3) == pytest.approx(disc(30, 30, 9).sum() / large.sum(), rel=0.05)
    assert blend.likeness_of(np.zeros((60, 90), bool), 0.5) == 0


def test_shapes_of_two_objects_do_not_overlap_and_one_seen_once_stays_as_it_is():
    crossing = [given(disc(20, 30, 12), disc(60, 30, 12)), given(disc(60, 30, 12), disc(20, 30, 12))]
    first, second, once = fill([*crossing, given(disc(45, 10, 5))], one_way_frames=10)
    for frame in range(1, 10):
        covered = np.zeros((60, 90), int)
        for one in (first, second):
            at = one.place(frame)
            covered += 0 if at is None else decode_mask(one.masks[at], 60, 90)
        assert covered.max() == 1
    assert len(once.frames) == 0
