"""Objects drawn on the spot, cut out again."""

import numpy as np
import pytest

from core.segmentation.model import said
from core.segmentation.segmenter import Prompts
from core.segmentation.superpixel_cut import SuperpixelCut

HEIGHT, WIDTH = 120, 160
ROWS, COLUMNS = np.indices((HEIGHT, WIDTH)) + 0.5


def disc(x: float, y: float, radius: float) -> np.ndarray:
    return np.hypot(COLUMNS - x, ROWS - y) < radius


def picture(*objects: tuple[np.ndarray, tuple[int, int, int]]) -> np.ndarray:
    """Noisy green ground that grows brighter to the right, with objects in colours of their own."""
    image = np.stack((0.2 * COLUMNS + 30, 0.3 * COLUMNS + 90, 0.1 * ROWS + 40), axis=-1)
    for mask, colour in objects:
        image[mask] = colour
    noise = np.random.default_rng(3).normal(0, 6, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


BALL, BEAM = disc(60, 50, 22), (ROWS > 46) & (ROWS < 56) & (COLUMNS > 80) & (COLUMNS < 130)
RED, BLUE = (190, 60, 50), (60, 70, 200)


def test_one_click_finds_an_object_by_its_colour_along_its_edge():
    found = SuperpixelCut().segment(picture((BALL, RED)), Prompts().with_point(60, 50, inside=True))
    assert iou(found.mask, BALL) > 0.95
    assert found.confidence > 0.9


def test_a_rough_box_is_enough():
    box = np.array((34, 31, 85, 70), np.float32)  # (38, 28, 82, 72) exactly
    found = SuperpixelCut().segment(picture((BALL, RED)), Prompts().with_box(box))
    assert iou(found.mask, BALL) > 0.95


def test_a_click_beside_takes_away_and_one_inside_adds_each_only_there():
    image = picture((BALL, RED), (BEAM, BLUE))
    both, alone = BALL | BEAM, BALL.copy()
    speck = np.zeros_like(BALL)
    speck[100:104, 20:24] = True  # far away, and wrong: nobody pointed at it
    less = SuperpixelCut().segment(
        image, Prompts().correcting(both | speck).with_point(110, 51, inside=False)
    )
    assert iou(less.mask & ~speck, alone) > 0.93
    assert less.mask[speck].all()
    more = SuperpixelCut().segment(image, Prompts().correcting(alone).with_point(110, 51, inside=True))
    assert iou(more.mask, both) > 0.93
    assert (more.mask & alone == alone).all()


def test_the_edge_is_that_of_the_large_picture():
    scale = 8
    large = np.kron(BALL, np.ones((scale, scale), bool))
    image = np.full((*large.shape, 3), (40, 110, 50), np.uint8)
    image[large] = RED
    found = SuperpixelCut().segment(image, Prompts().with_point(60 * scale, 50 * scale, inside=True))
    assert (found.mask != large).sum() < 0.3 * np.pi * 2 * 22 * scale  # a third of a pixel along the edge


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (40, 3), (30, 30)])
@pytest.mark.parametrize("even", [True, False])
def test_whatever_the_picture_and_the_prompts_there_is_an_answer(size, even):
    random = np.random.default_rng(1)
    image = np.full((*size, 3), 90, np.uint8) if even else random.integers(0, 256, (*size, 3), np.uint8)
    height, width = size
    point = Prompts().with_point(width + 7.0, -3.0, inside=True)
    box = np.array((-5, -5, width + 5, height + 5), np.float32)
    flat = np.array((0, 0, 0, 0), np.float32)
    nothing, all_ = np.zeros(size, bool), np.ones(size, bool)
    for prompts in (
        Prompts(),
        point,
        point.with_point(0.5, 0.5, inside=False),
        Prompts().with_box(box),
        point.with_box(flat),
        point.correcting(nothing),
        point.correcting(all_),
        Prompts().with_point(0.2, 0.1, inside=False).correcting(all_),
    ):
        found = SuperpixelCut().segment(image, prompts)
        assert found.mask.shape == size
        assert found.mask.dtype == bool
        assert 0 <= found.confidence <= 1


def test_it_says_the_same_each_time():
    image, prompts = picture((BALL, RED)), Prompts().with_point(60, 50, inside=True)
    first, again = (SuperpixelCut().segment(image, prompts) for _ in range(2))
    np.testing.assert_array_equal(first.mask, again.mask)


def test_a_click_is_heard_where_nothing_in_the_picture_supports_it():
    image, random = picture((BALL, RED)), np.random.default_rng(5)
    for x, y in random.uniform((40, 30), (80, 70), (12, 2)):
        inside = not BALL[int(y), int(x)]
        prompts = Prompts().correcting(BALL).with_point(x, y, inside=inside)
        assert SuperpixelCut().segment(image, prompts).mask[int(y), int(x)] == inside


def test_a_stroke_adds_and_takes_away_what_it_runs_along():
    left, right = BALL & (COLUMNS < 60), BALL & (COLUMNS >= 60)
    image, line = picture((left, RED), (right, BLUE)), np.array(((64, 40), (74, 50), (64, 60)))
    more = SuperpixelCut().segment(image, Prompts().correcting(left).with_stroke(line, inside=True)).mask
    assert iou(more, BALL) > 0.9
    less = SuperpixelCut().segment(image, Prompts().correcting(BALL).with_stroke(line, inside=False)).mask
    assert iou(less, left) > 0.9


def test_every_place_of_a_stroke_is_heard_where_nothing_in_the_picture_supports_it():
    image = picture((BALL, RED))
    for line, inside in (([(40, 30), (80, 70)], False), ([(20, 20), (20, 100), (120, 100)], True)):
        prompts = Prompts().correcting(BALL).with_stroke(np.array(line), inside=inside)
        places = np.floor(prompts.points).astype(int)
        found = SuperpixelCut().segment(image, prompts).mask
        assert (found[places[:, 1], places[:, 0]] == inside).all()


def test_a_stroke_is_told_in_places_along_it_and_to_models_in_a_few():
    prompts = (
        Prompts().with_point(1, 1, inside=True).with_stroke(np.array(((0, 0), (0, 5), (12, 5))), inside=False)
    )
    assert prompts.marks.tolist() == [0] + 10 * [1]
    steps = np.hypot(*np.diff(prompts.last, axis=0).T)
    assert steps.max() <= 2.0
    np.testing.assert_allclose(prompts.last[[0, -1]], ((0, 0), (12, 5)))
    points, labels = said(prompts)
    assert labels.tolist() == [1, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(points[0], (1, 1))
    assert np.diff(points[1:].sum(axis=1)).min() > 0, "in order along it"


def test_what_is_found_ends_inside_what_was_looked_at():
    image = np.full((400, 600, 3), (40, 60, 50), np.uint8)
    image[:150] = 170
    image += np.random.default_rng(2).integers(0, 9, image.shape, np.uint8)
    prompts = Prompts().with_point(200, 250, inside=True)
    found = SuperpixelCut().segment(image, prompts).mask
    for x, y in ((260, 260), (330, 270)):
        prompts = prompts.with_point(x, y, inside=True).correcting(found)
        found = SuperpixelCut().segment(image, prompts).mask
    sides = np.flatnonzero(found.any(axis=0))[[0, -1]]
    assert 0 < sides[0] < sides[1] < 599
    assert found[:, sides].sum(axis=0).max() < 200, "it is not cut off straight, from 150 to 400"
