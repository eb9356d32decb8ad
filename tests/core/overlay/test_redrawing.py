"""A picture that is kept looks like one that is drawn anew, whatever changed in between."""

from dataclasses import replace

import numpy as np
import pytest

from core.geometry import encode_mask
from core.overlay.drawing import Overlay
from core.overlay.layers import Layers
from core.overlay.look import Look
from core.overlay.mask_shapes import MaskShapes
from core.overlay.placement import Placement
from core.overlay.scene import ClipTracks
from core.tracking.camera_motion import CameraMotion
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

WIDTH, HEIGHT, FRAMES = 160, 120, 20
MARK = np.uint32(0x12345678)


def object_of(id, left):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[30:90, left : left + 50] = True
    return ObjectTrajectory(
        id=id,
        label="thing",
        frames=np.arange(FRAMES, dtype=np.int32),
        boxes=np.tile(np.array([left, 30, left + 50, 90], np.float32), (FRAMES, 1)),
        origin=np.full(FRAMES, Origin.PROPAGATED, np.uint8),
        confidence=np.ones(FRAMES, np.float32),
        masks=(encode_mask(mask),) * FRAMES,
    )


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    starts = rng.uniform((0, 0), (WIDTH, HEIGHT), (300, 1, 2))
    paths = starts + np.cumsum(rng.normal(0, 2, (300, FRAMES, 2)), axis=1)
    return replace(
        PointTrajectories.pack([0] * 300, list(paths), [np.zeros(FRAMES)] * 300), ids=np.arange(1, 301)
    )


OBJECTS = {id: object_of(id, left) for id, left in ((1001, 20), (1002, 50))}
SHAPES = MaskShapes(HEIGHT, WIDTH)
LOOK = Look(
    camera=Placement(2.0, 5.0, 3.0),
    size=(330, 250),
    ratio=1.0,
    shapes=SHAPES,
    layers=Layers(),
    selection=frozenset(),
)


def scene_of(points, objects=OBJECTS, frame=12):
    return ClipTracks(points, objects).at(frame)


def moved(points, place, to, frame=11):
    xy = points.xy.copy()
    xy[points.offsets[place] + frame] = to
    return replace(points, xy=xy)


def test_a_point_that_moves_is_drawn_again_as_in_a_new_picture(points):
    kept = Overlay()
    kept.draw(scene_of(points), LOOK)
    for place, to in ((7, (40.0, 60.0)), (8, (79.5, 90.2)), (9, (-30.0, 5.0)), (9, (150.0, 119.0))):
        points = moved(points, place, to)
        assert np.array_equal(kept.draw(scene_of(points), LOOK), Overlay().draw(scene_of(points), LOOK))
    points = moved(points, 3, (10.0, 10.0), frame=12)  # its head, too
    assert np.array_equal(kept.draw(scene_of(points), LOOK), Overlay().draw(scene_of(points), LOOK))


@pytest.mark.parametrize(
    "change",
    [
        {"selection": frozenset({3})},
        {"selection": frozenset({3, 200, 1001})},
        {"selection": frozenset({1002})},
        {"layers": Layers(trail=4)},
        {"layers": Layers(trails=False)},
        {"layers": Layers(masks=False)},
        {"layers": Layers(boxes=False)},
        {"layers": Layers(opacity=80)},
        {"layers": Layers(colour_by="review")},
        {"camera": Placement(3.0, -50.0, 3.0)},
        {"ratio": 2.0},
        {"size": (331, 251)},
    ],
)
def test_it_looks_as_it_is_asked_for_and_as_before_again(points, change):
    kept = Overlay()
    for look in (LOOK, replace(LOOK, **change), LOOK):
        assert np.array_equal(kept.draw(scene_of(points), look), Overlay().draw(scene_of(points), look))


@pytest.mark.parametrize("trail", [0, 16])
def test_another_selected_point_alone_is_drawn_again(points, trail):
    kept, chosen = Overlay(), replace(LOOK, layers=Layers(trail=trail), selection=frozenset({3}))
    kept.draw(scene_of(points), chosen)
    for ids in ({4}, {4, 5}, {5, 1001}, {1001}, {6}):
        chosen = replace(chosen, selection=frozenset(ids))
        assert np.array_equal(kept.draw(scene_of(points), chosen), Overlay().draw(scene_of(points), chosen))


def test_other_frames_and_other_objects_are_drawn_whole(points):
    kept = Overlay()
    kept.draw(scene_of(points), LOOK)
    shifted = {1001: object_of(1001, 24), 1002: OBJECTS[1002]}
    fewer = points.take(np.arange(250))
    for scene in (
        scene_of(points, frame=13),
        scene_of(points, shifted, frame=13),
        scene_of(points, {}, frame=13),
        scene_of(fewer, {}, frame=13),
        scene_of(points.take(np.arange(0)), {}, frame=13),
        scene_of(points.take(np.arange(0)), OBJECTS, frame=13),
    ):
        assert np.array_equal(kept.draw(scene, LOOK), Overlay().draw(scene, LOOK))


def test_only_what_is_around_a_point_that_moved_is_drawn_again(points):
    quiet = replace(LOOK, layers=Layers(trail=1))
    kept, points = Overlay(), moved(moved(points, 7, (40.0, 60.0), 11), 7, (41.0, 60.0), 12)
    picture = kept.draw(scene_of(points), quiet)
    picture[200:, 200:] = MARK
    picture = kept.draw(scene_of(moved(points, 7, (42.0, 61.0), 12)), quiet)
    assert (picture[200:, 200:] == MARK).all()
    picture = kept.draw(scene_of(points, frame=13), quiet)
    assert not (picture[200:, 200:] == MARK).any()


@pytest.mark.parametrize("scale", [1.37, 2.0, 0.83])
def test_selecting_one_far_away_after_another_leaves_what_lies_between(points, scale):
    look = replace(LOOK, camera=Placement(scale, 4.3, -7.7), layers=Layers(trail=2))
    points = moved(points, 7, (20.0, 20.0), 12)
    for frame in (10, 11, 12):
        points = moved(moved(points, 7, (20.0, 20.0), frame), 9, (130.0, 100.0), frame)
    ids = [points.ids[place] for place in (7, 9)]
    kept = Overlay()
    for chosen in (*ids, *ids):
        look = replace(look, selection=frozenset({int(chosen)}))
        picture = kept.draw(scene_of(points), look)
        assert np.array_equal(picture, Overlay().draw(scene_of(points), look))
    middle = tuple(round(scale * at + by) for at, by in ((60, -7.7), (75, 4.3)))
    picture[middle] = MARK  # between the two
    picture = kept.draw(scene_of(points), replace(look, selection=frozenset({int(ids[0])})))
    assert picture[middle] == MARK


def test_paths_follow_what_becomes_known_of_the_camera_and_points_that_end_elsewhere(points):
    motion, kept = CameraMotion(points), Overlay()
    look = replace(LOOK, layers=Layers(stabilise=True), motion=motion)
    kept.draw(scene_of(points), look)
    for step in (11, 10, 12):
        motion.estimate(step)
        assert np.array_equal(kept.draw(scene_of(points), look), Overlay().draw(scene_of(points), look))
    offsets = points.offsets.copy()
    offsets[1] -= 4  # the first ends sooner, the second begins with what was its end
    for changed in (replace(points, offsets=offsets), points, points.take(np.arange(1, 300))):
        assert np.array_equal(kept.draw(scene_of(changed), look), Overlay().draw(scene_of(changed), look))
    for hidden in (5, 9):
        scene = ClipTracks(points, OBJECTS, frozenset(range(1, 1003)) - {hidden}).at(12)
        assert np.array_equal(kept.draw(scene, look), Overlay().draw(scene, look))
