"""Tracks over frames at full size; expected colours are worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.geometry import encode_mask, mask_box
from core.overlay import tags
from core.overlay.colours import TRACK_COLOURS
from core.overlay.label_colours import UNNAMED, LabelColours
from core.overlay.layers import Layers
from core.overlay.rendering import Renderer, without_letters
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review

NOTHING = PointTrajectories.pack([], [])
ONLY_MASKS = Layers(boxes=False, trails=False, names=False)
GREY = np.full((40, 60, 3), 100, np.uint8)


def clip(width=60, height=40):
    files = tuple(f"{frame}.png" for frame in range(3))
    return Clip(name="c", dataset="frames", width=width, height=height, root=Path("x"), files=files)


def block(id=3, label="", review=Review.OPEN):
    """Pixels 10 to 29 by 10 to 29 in frame 1, annotated."""
    mask = np.zeros((40, 60), bool)
    mask[10:30, 10:30] = True
    return ObjectTrajectory(
        frames=np.array([1], np.int32),
        boxes=mask_box(mask)[None],
        origin=np.array([Origin.ANNOTATED], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(encode_mask(mask),),
        id=id,
        label=label,
        review=review,
    )


@pytest.mark.parametrize("opacity", [0, 33, 100])
def test_the_inside_of_a_mask_is_tinted(opacity):
    layers = replace(ONLY_MASKS, opacity=opacity)
    picture = Renderer(clip(), NOTHING, [block()], layers).draw(GREY, 1)
    expected = 100 * (1 - opacity / 100) + TRACK_COLOURS[3] * (opacity / 100)
    assert abs(picture[15, 15] - expected).max() <= 2
    assert abs(picture[27, 12] - expected).max() <= 2
    assert (picture[31:] == 100).all()
    assert (picture[:9] == 100).all()
    assert (GREY == 100).all()


def test_nothing_is_drawn_where_nothing_is():
    renderer = Renderer(clip(), NOTHING, [block()], Layers())
    np.testing.assert_array_equal(renderer.draw(GREY, 0), GREY)
    hidden = Layers(masks=False, boxes=False, trails=False, names=False)
    np.testing.assert_array_equal(Renderer(clip(), NOTHING, [block()], hidden).draw(GREY, 1), GREY)


def test_a_box_and_a_point_have_the_colours_of_their_ids():
    points = replace(PointTrajectories.pack([0], [[[40.5, 20.5]] * 3]), ids=np.array([16]))
    picture = Renderer(clip(), points, [block()], Layers(masks=False, names=False)).draw(GREY, 1)
    np.testing.assert_array_equal(picture[20, 40], TRACK_COLOURS[6])
    np.testing.assert_array_equal(picture[10, 20], TRACK_COLOURS[3])
    np.testing.assert_array_equal(picture[20, 20], [100, 100, 100])


def test_lines_grow_with_the_frame():
    large = clip(2160, 2160)
    point = replace(PointTrajectories.pack([1], [[[1000, 1000]]]), ids=np.array([6]))
    blank = np.zeros((2160, 2160, 3), np.uint8)
    dot = Renderer(large, point, [], Layers()).draw(blank, 1).any(axis=2)
    assert dot[:, 1000].sum() == 13  # 3 pixels of the picture for one of the view, a radius of 2
    assert dot[:, 1000].nonzero()[0].mean() == 1000


def test_names_stand_on_their_boxes():
    with_name = Renderer(clip(), NOTHING, [block(label="ox")], Layers(masks=False, boxes=False))
    picture = with_name.draw(GREY, 1)
    changed = (picture != 100).any(axis=2)
    assert changed[:10, 10:50].any()
    assert not changed[25:].any()
    assert not changed[:, :9].any()
    np.testing.assert_array_equal(picture[changed][len(picture[changed]) // 2].shape, (3,))
    assert (picture == TRACK_COLOURS[3]).all(axis=2).sum() > 20
    assert (picture < 30).all(axis=2).any()


def test_a_name_larger_than_the_frame_is_cut():
    tiny = replace(clip(), width=5, height=4)
    long = block(label="very long name\nof two lines\t" + 300 * "x")
    one = replace(long, masks=(None,), boxes=np.array([[0, 0, 5, 4]], np.float32))
    picture = Renderer(tiny, NOTHING, [one], Layers()).draw(np.zeros((4, 5, 3), np.uint8), 1)
    assert picture.any()


def test_letters_that_no_font_has_are_said(monkeypatch):
    monkeypatch.setattr(tags, "_FONTS", ())
    tags.font_of.cache_clear()
    try:
        assert without_letters([block(label="走路"), block(label="apple 1"), block()]) == ["走路"]
        assert tags.shown_name(3, "走路") == "3"
        assert tags.shown_name(3, "ox") == "3 · ox"
    finally:
        tags.font_of.cache_clear()


def test_labels_have_the_colours_of_the_list_and_the_others_are_pale():
    red, blue = (255, 0, 0), (0, 0, 255)
    labels = LabelColours((("ox", "#ff0000"), ("cow", "#0000ff")))
    by_label = replace(ONLY_MASKS, colour_by="label", labels=labels, opacity=100)

    def inside(label, points=NOTHING, layers=by_label):
        return tuple(Renderer(clip(), points, [block(label=label)], layers).draw(GREY, 1)[20, 20])

    assert (inside("cow"), inside("ox")) == (blue, red)
    assert inside("goat") == inside("") == tuple(UNNAMED)
    points = replace(PointTrajectories.pack([0], [np.full((3, 2), 5.5)]), labels=("cow",))
    dot = Renderer(clip(), points, [], replace(by_label, trails=True, trail=0)).draw(GREY, 1)[5, 5]
    assert tuple(dot) == blue
