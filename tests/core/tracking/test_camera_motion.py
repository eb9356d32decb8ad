"""The camera's motion against a camera that we moved ourselves."""

import numpy as np
import pytest

from core.tracking.camera_motion import FEWEST, CameraMotion, motion_between, moved
from core.trajectories.model import PointTrajectories, Review

WIDTH, HEIGHT, FRAMES = 640, 480, 12
CORNERS = np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], np.float64)


def camera(frame: int, perspective: float = 0.0) -> np.ndarray:
    """From a wall that stands still to a frame: it shakes, turns, zooms, and leans if it has perspective."""
    turn, zoom = 0.01 * frame, 1 + 0.005 * frame
    c, s = zoom * np.cos(turn), zoom * np.sin(turn)
    lean = perspective * frame
    return np.array([(c, -s, 9 * np.sin(2 * frame)), (s, c, 7 * np.cos(3 * frame)), (lean, lean / 2, 1)])


def seen(places: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """(N, 2) places of the wall as a frame shows them; worked out one by one."""
    found = []
    for x, y in places:
        u, v, w = motion @ (x, y, 1)
        found.append((u / w, v / w))
    return np.array(found)


def wall(count: int) -> np.ndarray:
    return np.random.default_rng(3).uniform((0, 0), (WIDTH, HEIGHT), (count, 2))


def tracked(perspective: float = 0.0, noise: float = 0.0, still: int = 120, moving: int = 60):
    """Points on the wall, and others that go their own ways, in all frames."""
    random = np.random.default_rng(5)
    places = wall(still + moving)
    speeds = np.vstack((np.zeros((still, 2)), random.uniform(-6, 6, (moving, 2))))
    paths = [
        seen(places + speeds * frame, camera(frame, perspective)) + noise * random.normal(size=places.shape)
        for frame in range(FRAMES)
    ]
    return PointTrajectories.pack([0] * len(places), list(np.stack(paths, axis=1)))


def error(motion: np.ndarray, perspective: float, start: int, end: int) -> float:
    """How far a motion puts the corners of the frame from where they are, in pixels, at the worst."""
    true = camera(end, perspective) @ np.linalg.inv(camera(start, perspective))
    return float(np.abs(seen(CORNERS, motion) - seen(CORNERS, true)).max())


@pytest.mark.parametrize(("noise", "bound"), [(0.0, 0.02), (0.2, 0.6)])
@pytest.mark.parametrize("perspective", [0.0, 2e-5])
def test_a_camera_that_shakes_turns_zooms_and_leans_is_found_beside_what_moves_by_itself(
    perspective, noise, bound
):
    motion = CameraMotion(tracked(perspective, noise))
    for frame in range(FRAMES - 1):
        motion.estimate(frame)
        found, _ = motion.onto(frame + 1, [frame, frame + 1])
        assert error(found[0], perspective, frame, frame + 1) < bound
    found, known = motion.onto(6, range(FRAMES))
    assert known.all()
    for start in range(FRAMES):
        assert error(found[start], perspective, start, 6) < (0.05 if not noise else 6 * bound)


def test_what_is_not_estimated_cuts_the_chain_and_nothing_known_leaves_the_frame_itself():
    motion = CameraMotion(tracked())
    for frame in (3, 5, 6):
        motion.estimate(frame)
    assert motion.is_known(3)
    assert not motion.is_known(4)
    _, known = motion.onto(6, [2, 3, 4, 5, 6, 7, 8])
    assert known.tolist() == [False, False, False, True, True, True, False]
    found, known = motion.onto(10, [9, 10, 11])
    assert known.tolist() == [False, True, False]
    np.testing.assert_array_equal(found[1], np.eye(3))


def test_rejected_points_say_nothing():
    points = tracked(still=30, moving=0)
    drift = np.arange(FRAMES)[:, None] * (5.0, 0.0)
    led_astray = PointTrajectories.pack([0] * 60, [place + drift for place in wall(60)])
    both = PointTrajectories.join([points, led_astray])
    both.review[len(points) :] = Review.REJECTED
    alone, together = CameraMotion(points), CameraMotion(both)
    for motion in (alone, together):
        motion.estimate(4)
    np.testing.assert_array_equal(alone.onto(5, [4])[0], together.onto(5, [4])[0])


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_too_few_points_leave_the_camera_still(count):
    places = wall(count)
    np.testing.assert_array_equal(motion_between(places, places + 5), np.eye(3))


def test_chaos_and_points_on_one_spot_leave_the_camera_still():
    random = np.random.default_rng(1)
    chaos = random.uniform(0, 400, (2, 200, 2))
    np.testing.assert_array_equal(motion_between(*chaos), np.eye(3))
    spot = np.full((50, 2), 7.0)
    assert np.isfinite(motion_between(spot, spot)).all()


def test_places_are_moved_column_by_column():
    shift, lean = np.eye(3), np.eye(3)
    shift[:2, 2], lean[2, 0] = (3, -2), 0.01
    found = moved(np.array([[(10, 20), (100, 50)]], np.float32), np.stack((shift, lean)))
    np.testing.assert_allclose(found, [[(13, 18), (50, 25)]], rtol=1e-6)
