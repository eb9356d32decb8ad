import cv2
import numpy as np

from core.motion_segmentation.grouped import CAMERA
from core.motion_segmentation.masks import find_masks
from core.motion_segmentation.moving_with import APART, Picture, moving_with
from core.trajectories.model import PointTrajectories

FRAMES = 2 * APART + 1
BLOCK = np.s_[60:100, 60:110]  # where it is in the middle of the clip; it goes 2 pixels right a frame


def scene():
    """An even road with little to see on it, and a block that goes over it; points on the block's rim and on
    the upper third of the picture alone."""
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.normal(120, 40, (140, 200, 3)), (0, 0), 2)
    ground[50:] = 120 + cv2.GaussianBlur(rng.normal(0, 12, (90, 200, 3)), (0, 0), 2)
    block = cv2.GaussianBlur(rng.normal(100, 30, (40, 50, 3)), (0, 0), 1.5)
    frames = []
    for frame in range(FRAMES):
        image, x = ground.copy(), 60 + 2 * (frame - APART)
        image[60:100, x : x + 50] = block
        frames.append(np.clip(image, 0, 255).astype(np.uint8))
    far = np.stack(np.meshgrid(np.arange(5, 200, 10), np.arange(5, 50, 10)), axis=-1).reshape(-1, 2)
    near = np.array([(x, y) for x in range(64, 110, 8) for y in (63, 72, 80, 88, 97)])
    way = 2.0 * (np.arange(FRAMES) - APART)[:, None] * (1, 0)
    paths = [*(np.repeat(one[None], FRAMES, axis=0) for one in far), *(one + way for one in near)]
    groups = np.repeat([CAMERA, 1], (len(far), len(near))).astype(np.int32)
    return frames, PointTrajectories.pack([0] * len(paths), [np.float32(one) for one in paths]), groups


def test_pixels_of_a_road_without_points_go_with_the_camera_and_those_of_the_block_with_it():
    frames, points, groups = scene()
    pictures = {frame: Picture.of(image) for frame, image in enumerate(frames)}
    odds = moving_with(points, groups, [1], APART, pictures)[1]
    assert odds.shape == (140, 200)
    assert odds[BLOCK].mean() > 1
    around = np.ones(odds.shape, bool)
    around[55:105, 55:115] = False
    assert odds[around].mean() < -0.2
    assert (odds[around] <= 0).mean() > 0.8


def test_nothing_is_said_without_frames_beside_or_without_points_of_the_camera():
    frames, points, groups = scene()
    alone = {APART: Picture.of(frames[APART])}
    assert moving_with(points, groups, [1], APART, alone) == {}
    pictures = {frame: Picture.of(image) for frame, image in enumerate(frames)}
    assert moving_with(points, np.ones_like(groups), [1], APART, pictures) == {}
    assert moving_with(points, groups, [2], APART, pictures) == {}


def test_a_mask_does_not_run_over_a_road_without_points():
    frames, points, groups = scene()
    pictures = {frame: Picture.of(image) for frame, image in enumerate(frames)}
    rows = points.at(APART)
    mask = find_masks(
        pictures[APART],
        points.xy[rows],
        groups[points.owner[rows]],
        np.ones(len(rows), np.float32),
        [1],
        moving_with(points, groups, [1], APART, pictures),
    )[1].mask
    truth = np.zeros(mask.shape, bool)
    truth[BLOCK] = True
    assert (mask & truth).sum() / (mask | truth).sum() > 0.85
