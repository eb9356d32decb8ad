"""Paths drawn without the camera's motion, from points that we moved ourselves."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.overlay.layers import Layers
from core.overlay.rendering import Renderer
from core.overlay.trails import trails
from core.tracking.camera_motion import CameraMotion
from core.trajectories.model import PointTrajectories

FRAMES, SIZE = 8, 160
SHAKE = np.array([(12 * np.sin(2.5 * frame), 9 * np.cos(1.7 * frame)) for frame in range(FRAMES)])
WALKER = 40
"""The place of the one point that moves by itself, 4 pixels to the right a frame; the others stand still."""


def shaken() -> PointTrajectories:
    """40 points on a wall and a walker; the walker begins at frame 2, a point of the wall ends at frame 5."""
    wall = np.random.default_rng(2).uniform(30, 130, (WALKER, 2))
    paths = [place + SHAKE for place in wall]
    paths[0] = paths[0][:6]
    walker = (60, 80) + SHAKE + np.arange(FRAMES)[:, None] * (4, 0)
    return PointTrajectories.pack([0] * WALKER + [2], [*paths, walker[2:]])


def lengths(lines: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(axis=1)


def test_the_wall_has_no_path_and_the_walker_has_its_own():
    points, places = shaken(), np.arange(WALKER + 1)
    motion = CameraMotion(points)
    for step in range(FRAMES - 1):
        motion.estimate(step)
    plain = trails(points, places, 5, behind=4, ahead=0)
    lines = trails(points, places, 5, behind=4, ahead=0, motion=motion)
    assert lengths(plain)[:WALKER].min() > 30
    assert lengths(lines)[:WALKER].max() < 0.1
    steps = np.diff(lines[WALKER], axis=0)
    np.testing.assert_allclose(steps[1:], [(4, 0)] * 3, atol=0.05)
    np.testing.assert_allclose(lines[:, -1], plain[:, -1], atol=1e-3)  # at the points themselves
    np.testing.assert_array_equal(lines[WALKER, 0], lines[WALKER, 1])  # it begins at frame 2
    ahead = trails(points, np.array([0]), 5, behind=0, ahead=2, motion=motion)[0]
    np.testing.assert_array_equal(ahead, np.tile(ahead[:1], (3, 1)))  # it ends there


def test_a_path_goes_as_far_as_the_motion_is_known():
    points = shaken()
    motion = CameraMotion(points)
    motion.estimate(4)
    line = trails(points, np.array([WALKER]), 5, behind=3, ahead=1, motion=motion)[0]
    np.testing.assert_array_equal(line[:2], np.tile(line[2:3], (2, 1)))
    np.testing.assert_allclose(line[3] - line[2], (4, 0), atol=0.05)
    np.testing.assert_array_equal(line[4], line[3])


def test_an_export_leaves_the_motion_out_where_the_window_does():
    points = shaken()
    clip = Clip(
        name="c", dataset="frames", width=SIZE, height=SIZE, root=Path("x"), files=("x.png",) * FRAMES
    )
    black = np.zeros((SIZE, SIZE, 3), np.uint8)

    def painted(**changes) -> int:
        layers = replace(Layers(trail=4), **changes)
        return int(Renderer(clip, points, [], layers).draw(black, 5).any(axis=2).sum())

    heads = painted(trail=0)
    assert painted(stabilise=False) > 3 * heads
    assert heads < painted() < heads + 60  # the walker's path, and half pixels
    assert painted(trails_chosen=True) == heads
