import cv2
import numpy as np
import pytest

from core.datasets.synthetic import render_clip
from core.geometry import decode_mask
from core.motion_segmentation.config import SuggestConfig
from core.motion_segmentation.grouped import Grouping
from core.motion_segmentation.joining import join_alike
from core.motion_segmentation.masks import find_masks
from core.motion_segmentation.moving_with import Picture
from core.motion_segmentation.objects import ObjectFinder
from core.trajectories.model import Origin, PointTrajectories, Review

FRAMES = 12


@pytest.fixture(scope="module")
def drawn():
    """A clip of two creatures, exact points on a grid of its first frame, and whose each is."""
    clip = render_clip(3, frames=FRAMES, width=160, height=120)
    xy = np.stack(np.meshgrid(np.arange(3.5, 160, 5), np.arange(3.5, 120, 5)), axis=-1).reshape(-1, 2)
    paths, owner = [], []
    for point in xy:
        path = []
        for frame in range(FRAMES):
            if not clip.visible(0, point[None], frame)[0]:
                break
            path.append(clip.position(0, point[None], frame)[0])
        paths.append(np.array(path))
        owner.append(clip.labels[0, int(point[1]), int(point[0])])
    points = PointTrajectories.pack([0] * len(paths), paths)
    return clip, points, Grouping(np.array(owner, np.int32), np.ones(len(paths), np.float32))


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def found_in(frames, points, grouping, **settings):
    finder = ObjectFinder(frames, points, grouping, SuggestConfig(**settings))
    assert list(finder.steps()) == list(range(1, len(frames) + 1))
    return finder.trajectories()


def test_masks_from_points_are_the_objects(drawn):
    clip, points, grouping = drawn
    found = found_in(clip.frames, points, grouping)
    assert len(found) == 2
    for one in found:
        assert one.review == Review.SUGGESTED
        assert set(one.origin.tolist()) == {Origin.PROPAGATED}
        assert one.frames.tolist() == list(range(FRAMES))
        masks = [decode_mask(runs, 120, 160) for runs in one.masks]
        best = max(
            np.mean([overlap(mask, clip.labels[frame] == number) for frame, mask in enumerate(masks)])
            for number in (1, 2)
        )
        assert best > 0.85
    means = [one.confidence.mean() for one in found]
    assert means == sorted(means, reverse=True)
    assert means[-1] > 0.6


def test_an_object_ends_with_its_last_point(drawn):
    clip, points, grouping = drawn
    short = points.lengths.copy()
    short[grouping.groups == 1] = np.minimum(short[grouping.groups == 1], 7)
    rows = [points.points(place)[:length] for place, length in enumerate(short)]
    found = found_in(clip.frames, PointTrajectories.pack([0] * len(rows), rows), grouping)
    assert sorted(one.frames[-1] for one in found) == [6, FRAMES - 1]


@pytest.mark.parametrize("settings", [{"fewest": 400}, {"shortest": 13}, {"least_confidence": 1.0}])
def test_small_short_and_unsure_objects_are_not_suggested(drawn, settings):
    clip, points, grouping = drawn
    assert found_in(clip.frames, points, grouping, **settings) == []


def test_an_object_of_too_few_points_is_left_out_beside_a_larger_one(drawn):
    clip, points, grouping = drawn
    smaller, larger = sorted(np.bincount(grouping.groups)[1:].tolist())
    assert smaller < larger
    assert len(found_in(clip.frames, points, grouping, fewest=larger)) == 1


def test_nothing_is_found_where_nothing_is_known(drawn):
    clip, points, _ = drawn
    silent = Grouping(np.full(len(points), -1, np.int32), np.zeros(len(points), np.float32))
    assert found_in(clip.frames, points, silent) == []
    none = PointTrajectories.pack([], [])
    assert found_in(clip.frames, none, Grouping(np.zeros(0, np.int32), np.zeros(0, np.float32))) == []


def test_a_mask_has_the_size_of_a_large_frame_and_keeps_its_place():
    image = np.full((1200, 2000, 3), 40, np.uint8)
    cv2.rectangle(image, (800, 400), (1199, 799), (200, 60, 60), -1)
    grid = np.stack(np.meshgrid(np.arange(20, 2000, 60), np.arange(20, 1200, 60)), axis=-1).reshape(-1, 2)
    inside = ((grid >= (800, 400)) & (grid < (1200, 800))).all(axis=1).astype(int)
    found = find_masks(
        Picture.of(image), grid.astype(np.float32), 7 * inside, np.ones(len(grid), np.float32), [7], {}
    )
    assert list(found) == [7]
    truth = np.zeros((1200, 2000), bool)
    truth[400:800, 800:1200] = True
    assert overlap(found[7].mask, truth) > 0.97


def test_patches_without_points_belong_to_the_object_around_them():
    image = np.full((120, 160, 3), 130, np.uint8)
    bright = np.indices((10, 10)).sum(axis=0) % 2
    image[30:90, 50:110] = np.kron(30 + 200 * bright, np.ones((6, 6)))[..., None]
    cells = np.argwhere(bright)[:, ::-1]
    around = np.array([(x, y) for x in range(8, 160, 16) for y in (8, 112)])
    xy = np.concatenate((cells * 6 + (53, 33), around)).astype(np.float32)
    groups = np.repeat([1, 0], (len(cells), len(around)))
    found = find_masks(Picture.of(image), xy, groups, np.ones(len(xy), np.float32), [1], {})
    truth = np.zeros((120, 160), bool)
    truth[30:90, 50:110] = True
    assert overlap(found[1].mask, truth) > 0.85


def test_one_object_that_fills_the_frame_is_all_of_it():
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 6)
    xy = np.random.default_rng(1).uniform(0, (80, 60), (50, 2)).astype(np.float32)
    found = find_masks(Picture.of(image), xy, np.ones(50, int), np.ones(50, np.float32), [1], {})
    assert found[1].mask.all()


def turning(centre, angle, count=40, seed=0):
    """Paths of points of a disc that turns by an angle a frame about a centre that shifts."""
    rng = np.random.default_rng(seed)
    around = rng.uniform(-25, 25, (count, 2))
    paths = np.empty((count, 20, 2))
    for frame in range(20):
        c, s = np.cos(angle * frame), np.sin(angle * frame)
        paths[:, frame] = around @ np.array([[c, s], [-s, c]]) + centre + (2.0 * frame, 0)
    return around, paths


def still(count=200):
    spots = np.random.default_rng(9).uniform(0, (320, 240), (count, 2))
    return np.repeat(spots[:, None], 20, axis=1)


def test_halves_of_one_thing_that_turns_are_joined_and_two_things_are_not():
    around, one = turning((100, 120), 0.03)
    _, other = turning((160, 120), -0.03, seed=1)
    other[..., 0] -= 2 * 2.0 * np.arange(20)  # the other way
    paths = np.concatenate((still(), one, other))
    groups = np.concatenate((np.zeros(200), np.where(around[:, 0] < 0, 1, 2), np.full(40, 3))).astype(
        np.int32
    )
    points = PointTrajectories.pack([0] * len(paths), list(paths))
    joined = join_alike(points, groups, 320, 240)
    assert set(joined[:200].tolist()) == {0}
    assert len(set(joined[200:240].tolist())) == 1
    assert len(set(joined[240:].tolist())) == 1
    assert joined[200] != joined[240]
    assert sorted(set(joined.tolist())) == [0, 1, 2]


def test_what_only_stands_nearer_to_a_camera_that_sways_is_no_object():
    sway = 6 * np.sin(np.arange(20) / 3)
    ground, tree, walker = still(), still(30) * (0.2, 1), still(30) * (0.2, 1) + (200, 0)
    ground[..., 0] += sway
    tree[..., 0] += 2 * sway
    walker[..., 0] += sway + 2.0 * np.arange(20)
    paths = np.concatenate((ground, tree, walker))
    groups = np.repeat([0, 1, 2], (200, 30, 30)).astype(np.int32)
    points = PointTrajectories.pack([0] * len(paths), list(paths))
    joined = join_alike(points, groups, 320, 240)
    assert set(joined[:230].tolist()) == {0}
    assert set(joined[230:].tolist()) == {1}


def test_a_steady_pan_that_only_gathers_speed_shows_scenery_too_and_what_is_as_near_as_it():
    pan = np.cumsum(2 + np.arange(20) / 6)
    ground, tree, brief = still(), still(30) * (0.2, 1), still(20) * (0.1, 1) + (250, 0)
    walker = still(30) * (0.2, 1) + (120, 0)
    ground[..., 0] += pan
    tree[..., 0] += 1.8 * pan
    brief[..., 0] += 1.8 * pan
    walker[..., 0] += pan + 3.0 * np.arange(20)
    paths = [*ground, *tree, *walker, *brief[:, :16]]
    groups = np.repeat([0, 1, 2, 3], (200, 30, 30, 20)).astype(np.int32)
    joined = join_alike(PointTrajectories.pack([0] * len(paths), paths), groups, 320, 240)
    assert set(joined[:230].tolist()) == {0}
    assert set(joined[230:260].tolist()) == {1}
    assert set(joined[260:].tolist()) == {0}


@pytest.mark.parametrize("seen_between", [False, True])
def test_parts_on_both_sides_of_a_tree_are_one_and_two_with_ground_between_are_not(seen_between):
    rng = np.random.default_rng(4)
    way = np.stack((np.zeros(20), 2.0 * np.arange(20)), axis=1)
    left, right = rng.uniform((100, 60), (130, 110), (30, 2)), rng.uniform((170, 60), (200, 110), (30, 2))
    ground = still()
    inside = (
        (ground[:, 0, 0] > 95) & (ground[:, 0, 0] < 205) & (ground[:, 0, 1] > 55) & (ground[:, 0, 1] < 160)
    )
    ground = ground[~inside]
    if seen_between:
        ground = np.concatenate(
            (ground, np.repeat(rng.uniform((140, 60), (160, 110), (30, 1, 2)), 20, axis=1))
        )
    paths = np.concatenate((ground, *(side[:, None] + way for side in (left, right))))
    groups = np.repeat([0, 1, 2], (len(ground), 30, 30)).astype(np.int32)
    joined = join_alike(PointTrajectories.pack([0] * len(paths), list(paths)), groups, 320, 240)
    assert joined.max() == (2 if seen_between else 1)
