"""What the raster puts where; expected places are worked out by hand."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor

from core.geometry import encode_mask
from core.overlay.colours import TRACK_COLOURS, colouring, premultiplied
from core.overlay.drawing import Overlay
from core.overlay.layers import COLOUR_BY, Layers
from core.overlay.look import Look
from core.overlay.mask_shapes import MaskShape, MaskShapes
from core.overlay.scene import ClipTracks
from core.overlay.trails import trails
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review
from studio.canvas.camera import Camera
from studio.canvas.colours import legend, track_colour
from studio.canvas.picture import scaled_picture
from tests.studio.losses import losses

UNMOVED = Camera()
NOTHING = Layers(masks=False, boxes=False, trails=False, names=False)


def pixels(image):
    width, height = image.width(), image.height()
    return np.frombuffer(image.constBits(), np.uint32).reshape(height, width).copy()


def rgb(image):
    """(H, W, 4) uint8 blue, green, red, alpha."""
    return pixels(image).view(np.uint8).reshape(image.height(), image.width(), 4)


def draw(tracks, frame, layers, camera=UNMOVED, size=(40, 30), ratio=1.0, selection=frozenset(), shapes=None):
    look = Look(
        camera=camera,
        size=size,
        ratio=ratio,
        shapes=shapes or MaskShapes(15, 20),
        layers=layers,
        selection=selection,
    )
    return Overlay().draw(tracks.at(frame), look).view(np.uint8).reshape(size[1], size[0], 4)


def points(*paths, first=0):
    found = PointTrajectories.pack([first] * len(paths), [np.array(path, float) for path in paths])
    return dataclasses.replace(found, ids=np.arange(1, len(paths) + 1))


def boxed(box, origin=Origin.ANNOTATED, mask=None, id=3, review=Review.OPEN):
    return ObjectTrajectory(
        frames=np.array([0], np.int32),
        boxes=np.array([box], np.float32),
        origin=np.array([origin], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(None if mask is None else encode_mask(mask),),
        id=id,
        review=review,
    )


def test_a_frame_pixel_covers_its_square_of_the_picture():
    frame = np.zeros((15, 20, 4), np.uint8)
    frame[4, 6] = 255
    image, corner, _ = scaled_picture(frame, Camera(4, 0, 0), (80, 60))
    assert (corner.x(), corner.y()) == (0, 0)
    assert np.array_equal(
        np.argwhere(rgb(image)[..., 0] == 255),
        [[r, c] for r in range(16, 20) for c in range(24, 28)],
    )


def test_only_the_part_that_is_seen_is_scaled():
    frame = np.zeros((15, 20, 4), np.uint8)
    frame[14, 19] = 255
    image, corner, _ = scaled_picture(frame, Camera(4, -70, -50), (80, 60))
    assert (corner.x(), corner.y(), image.width(), image.height()) == (0, 0, 10, 10)
    assert np.argwhere(rgb(image)[..., 0]).min(axis=0).tolist() == [6, 6]
    assert scaled_picture(frame, Camera(1, 200, 0), (80, 60)) is None


def test_a_frame_shown_small_is_averaged():
    frame = np.zeros((16, 16, 4), np.uint8)
    frame[::2] = 200
    image, _, _ = scaled_picture(frame, Camera(0.25, 0, 0), (4, 4))
    assert (abs(rgb(image)[..., 0].astype(int) - 100) <= 1).all()


def test_a_point_is_drawn_where_it_is():
    canvas = draw(ClipTracks(points([(6.5, 4.5)])), 0, dataclasses.replace(NOTHING, trails=True), Camera(2))
    drawn = np.argwhere(canvas[..., 3])
    np.testing.assert_allclose(drawn.mean(axis=0), (9, 13))  # the pixel that holds (13, 9)


def test_a_trail_runs_back_from_the_point_and_ahead_where_asked():
    path = [(2.5, 2.5), (6.5, 2.5), (10.5, 2.5), (14.5, 2.5)]
    tracks = ClipTracks(points(path))
    behind = draw(tracks, 2, dataclasses.replace(NOTHING, trails=True, trail=1))
    assert behind[2, 7:10, 3].all()
    assert not behind[2, :5, 3].any()
    assert not behind[2, 14:, 3].any()
    ahead = draw(tracks, 2, dataclasses.replace(NOTHING, trails=True, trail=0, ahead=1))
    assert ahead[2, 14, 3]
    assert not ahead[2, 7, 3]


def test_trails_agree_with_a_slow_reading():
    rng = np.random.default_rng(1)
    paths = [rng.uniform(0, 20, (n, 2)) for n in (1, 4, 9)]
    found = dataclasses.replace(PointTrajectories.pack([5, 3, 1], paths), ids=np.arange(1, 4))
    lines = trails(found, np.arange(3), 5, behind=3, ahead=2)
    for line, first, path in zip(lines, (5, 3, 1), paths, strict=True):
        slow = [path[min(max(frame - first, 0), len(path) - 1)] for frame in range(2, 8)]
        np.testing.assert_allclose(line, slow, atol=1e-5)


def test_a_box_is_solid_for_a_keyframe_and_dashed_when_propagated():
    layers = dataclasses.replace(NOTHING, boxes=True)
    solid = draw(ClipTracks(objects={3: boxed((2, 2, 18, 12))}), 0, layers, Camera(2))
    dashed = draw(ClipTracks(objects={3: boxed((2, 2, 18, 12), Origin.PROPAGATED)}), 0, layers, Camera(2))
    row = solid[4, 4:36, 3]
    assert row.all()
    assert 0 < (dashed[4, 4:36, 3] == 0).sum() < 32
    assert not solid[10, 10, 3]


def test_a_suggestion_has_longer_dashes_than_what_was_propagated():
    layers, box = dataclasses.replace(NOTHING, boxes=True), (2, 2, 198, 38)

    def dashes(review):
        tracks = ClipTracks(objects={3: boxed(box, Origin.PROPAGATED, review=review)})
        row = draw(tracks, 0, layers, Camera(2), (400, 80))[4, 4:396, 3] > 0
        return int((np.diff(row.astype(int)) == 1).sum())

    assert 5 < dashes(Review.SUGGESTED) < dashes(Review.OPEN) / 1.5
    assert dashes(Review.ACCEPTED) == dashes(Review.OPEN)


def test_a_mask_tints_its_own_pixels_and_is_outlined_along_their_edges():
    mask = np.zeros((15, 20), bool)
    mask[4:8, 5:9] = True
    layers = dataclasses.replace(NOTHING, masks=True)
    canvas = draw(ClipTracks(objects={3: boxed((5, 4, 9, 8), mask=mask)}), 0, layers, Camera(4), (80, 60))
    assert canvas[24, 28, 3] == 84
    assert canvas[40, 40, 3] == 0
    inside, outside = canvas[16:32, 20:36, 3], canvas.copy()
    outside[15:33, 19:37] = 0
    assert inside.all()
    assert not outside.any()
    np.testing.assert_allclose(canvas[24, 28, :3][::-1], TRACK_COLOURS[3] * (84 / 255), atol=1)


def test_a_small_object_is_seen_on_a_large_one():
    large, small = np.zeros((15, 20), bool), np.zeros((15, 20), bool)
    large[1:14, 1:19], small[6:9, 8:12] = True, True
    objects = {
        1: boxed((8, 6, 12, 9), mask=small, id=1),
        2: boxed((1, 1, 19, 14), mask=large, id=2),
    }
    canvas = draw(
        ClipTracks(objects=objects), 0, dataclasses.replace(NOTHING, masks=True), Camera(4), (80, 60)
    )
    np.testing.assert_allclose(canvas[30, 40, :3][::-1], TRACK_COLOURS[1] * (84 / 255), atol=1)
    np.testing.assert_allclose(canvas[12, 12, :3][::-1], TRACK_COLOURS[2] * (84 / 255), atol=1)


def test_what_is_rejected_is_grey_and_without_a_trail():
    found = points([(2.5, 2.5), (12.5, 2.5)])
    found = dataclasses.replace(found, review=np.array([Review.REJECTED], np.uint8))
    canvas = draw(ClipTracks(found), 1, dataclasses.replace(NOTHING, trails=True))
    assert canvas[2, 12].tolist() == [150, 150, 150, 255]
    assert not canvas[2, :8, 3].any()


def test_what_is_not_selected_is_dimmed_while_something_is():
    tracks = ClipTracks(points([(5.5, 5.5)], [(15.5, 5.5)]))
    layers = dataclasses.replace(NOTHING, trails=True)
    canvas = draw(tracks, 0, layers, selection=frozenset({1}))
    assert canvas[5, 5, 3] == 255
    assert canvas[5, 15, 3] == 120
    elsewhere = draw(tracks, 0, layers, selection=frozenset({77}))
    assert elsewhere[5, 15, 3] == 255


def test_the_filter_leaves_points_and_objects_out():
    tracks = ClipTracks(points([(5.5, 5.5)], [(15.5, 5.5)]), {3: boxed((2, 2, 18, 12))}, frozenset({2}))
    canvas = draw(tracks, 0, dataclasses.replace(NOTHING, trails=True, boxes=True))
    assert not canvas[5, 5, 3]
    assert canvas[5, 15, 3]
    assert not canvas[2, 8, 3]


def test_outlines_follow_the_edges_of_pixels():
    mask = np.zeros((10, 10), bool)
    mask[3:5, 2:6] = True
    shape = MaskShape.of(mask)
    assert len(shape.outlines) == 1
    low, high = shape.outlines[0].min(axis=0), shape.outlines[0].max(axis=0)
    np.testing.assert_allclose((low, high), [(2.25, 3.25), (5.75, 4.75)])
    assert shape.covers(2.0, 3.0)
    assert not shape.covers(6.0, 3.0)
    assert MaskShape.of(np.zeros((4, 4), bool)) is None


def test_what_a_small_mask_costs_does_not_depend_on_the_frame():
    wide = 100_000
    runs = np.array([20 * 8 + 3, 5, 15, 5, 20 * (wide - 10) + 12], "<u4").tobytes()  # columns 8 and 9
    mask = np.zeros((20, wide), bool)
    mask[3:8, 8:10] = True
    assert runs == encode_mask(mask)
    one = dataclasses.replace(boxed((8, 3, 10, 8)), masks=(runs,))
    layers = dataclasses.replace(NOTHING, masks=True)
    tracemalloc.start()
    canvas = draw(ClipTracks(objects={3: one}), 0, layers, shapes=MaskShapes(20, wide))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * wide  # bytes
    assert canvas[3:8, 8:10, 3].all()


def test_masks_are_decoded_once_and_the_oldest_forgotten():
    shapes = MaskShapes(4, 5, capacity=1)
    one, two = np.eye(4, 5, dtype=bool), np.ones((4, 5), bool)
    first = shapes.of(encode_mask(one))
    assert shapes.of(encode_mask(one)) is first
    shapes.of(encode_mask(two))
    assert shapes.of(encode_mask(one)) is not first


def test_zooming_keeps_what_is_under_the_mouse():
    camera, at = Camera(2, 10, -5), QPointF(33, 21)
    closer = camera.zoomed(1.7, at)
    assert closer.scale == pytest.approx(3.4)
    place, still = camera.to_frame(at), closer.to_frame(at)
    assert (still.x(), still.y()) == (pytest.approx(place.x()), pytest.approx(place.y()))


def test_fitting_centres_the_frame():
    camera = Camera.fitting(QRectF(0, 0, 20, 10), 100, 100)
    assert camera == Camera(5, 0, 25)


@pytest.mark.parametrize("colour_by", COLOUR_BY)
def test_rejected_is_grey_whatever_the_colours_mean(colour_by):
    reviews = np.array([Review.OPEN, Review.REJECTED])
    ids, known = np.array([4, 5]), losses({4: 0.2, 5: 0.3})
    found = colouring(colour_by, ids, np.array([0.3, 0.3]), np.array([3, 3]), reviews, known)
    assert found.table[found.index[1]].tolist() == [150, 150, 150]
    assert found.table[found.index[0]].tolist() != [150, 150, 150]


def test_colours_by_error_change_at_the_bounds_of_the_legend():
    errors = np.array([0.0, 0.25, 0.26, 2.0, 2.1, np.nan], np.float32)
    found = colouring("error", np.arange(6), errors, np.zeros(6, int), np.zeros(6, int))
    assert found.index.tolist() == [0, 0, 1, 3, 4, 5]
    assert len(legend("error")) == 6
    assert legend("track") == []


def test_colours_by_loss_are_those_of_the_legend():
    known, ids = losses({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5, 6: np.nan}), np.array([5, 1, 6, 7])
    found = colouring("loss", ids, np.zeros(4), np.zeros(4, int), np.zeros(4, int), known)
    shown = [QColor(*found.table[index].tolist()).name() for index in found.index]
    by_name = {name: colour.name() for name, colour in legend("loss", known)}
    assert list(by_name) == ["loss ≤ 0.18", "≤ 0.26", "≤ 0.34", "≤ 0.42", "> 0.42", "never drawn"]
    assert shown == [by_name["> 0.42"], by_name["loss ≤ 0.18"], *[by_name["never drawn"]] * 2]
    assert len(set(by_name.values())) == 6
    assert [name for name, _ in legend("loss", None)] == ["no loss recorded"]


def test_a_track_keeps_its_colour_and_neighbours_differ():
    assert track_colour(17) == track_colour(17)
    assert len({track_colour(id).name() for id in range(10)}) == 10


def test_premultiplied_pixels_as_qt_wants_them():
    assert premultiplied(np.array([(255, 128, 0)]), 128)[0] == (128 << 24) | (128 << 16) | (64 << 8)
