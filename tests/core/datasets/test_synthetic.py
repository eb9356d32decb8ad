import numpy as np
import pytest

from core.datasets.synthetic import Effects, render_clip
from core.errors import StudioError


def test_the_same_seed_gives_the_same_clip_and_another_gives_another():
    first, again, other = render_clip(4, frames=3), render_clip(4, frames=3), render_clip(5, frames=3)
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert np.abs(first.frames.astype(int) - other.frames).mean() > 10


def test_shapes_types_and_labels():
    clip = render_clip(1, frames=4, width=96, height=64, objects=3)
    assert clip.frames.shape == (4, 64, 96, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.labels.dtype == np.int32
    assert set(np.unique(clip.labels)) == {0, 1, 2, 3}


@pytest.mark.parametrize("effects", [None, Effects(repeated_texture=True, parallax=True)])
def test_a_visible_point_looks_the_same_where_it_goes(effects):
    clip = render_clip(2, frames=12, noise=0, effects=effects)
    rng = np.random.default_rng(0)
    start = rng.uniform((4, 4), (316, 236), (4000, 2))
    moved = clip.position(0, start, 11)
    seen = clip.visible(0, start, 11)
    assert 0.5 < seen.mean() < 1
    before = _colours(clip.frames[0], start[seen])
    true = np.abs(_colours(clip.frames[11], moved[seen]) - before).mean()
    shifted = np.abs(_colours(clip.frames[11], moved[seen] + (1.5, 0)) - before).mean()
    assert true < 4
    assert shifted > 2.5 * true


def test_motion_and_way_back_agree_and_objects_keep_their_points():
    clip = render_clip(6, frames=20, objects=2)
    rows, columns = np.nonzero(clip.labels[0] == 2)
    start = np.stack([columns, rows], axis=1)[::7] + 0.5
    moved = clip.position(0, start, 19)
    assert np.abs(moved - start).max() > 5
    seen = clip.visible(0, start, 19)
    places = np.floor(moved[seen]).astype(int)
    assert (clip.labels[19][places[:, 1], places[:, 0]] == 2).all()
    back = clip.position(19, moved[seen], 0)
    np.testing.assert_allclose(back, start[seen], atol=1e-6)


def test_what_passes_in_front_hides_what_lies_behind():
    clip = render_clip(3, frames=41, objects=3)
    hidden = 0
    for frame in range(0, 41, 5):
        rows, columns = np.nonzero(clip.labels[0] == 1)
        start = np.stack([columns, rows], axis=1) + 0.5
        moved, seen = clip.position(0, start, frame), clip.visible(0, start, frame)
        inside = ((moved >= 0) & (moved < (320, 240))).all(axis=1)
        places = np.floor(moved[inside & ~seen]).astype(int)
        assert (clip.labels[frame][places[:, 1], places[:, 0]] != 1).all()
        hidden += len(places)
    assert hidden > 100


def test_effects_change_the_picture_and_not_the_truth():
    plain = render_clip(8, frames=3, noise=0)
    blurred = render_clip(8, frames=3, noise=0, effects=Effects(motion_blur=0.5, shadows=True))
    np.testing.assert_array_equal(plain.labels, blurred.labels)
    assert np.abs(plain.frames.astype(int) - blurred.frames).mean() > 0.5


def test_a_clip_of_nothing_is_refused():
    with pytest.raises(StudioError, match="at least 1 frame"):
        render_clip(0, frames=0)


def _colours(image: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Bilinear colours at points, worked out by hand."""
    x, y = (xy - 0.5).T
    c, r = np.floor(x).astype(int), np.floor(y).astype(int)
    c, r = c.clip(0, image.shape[1] - 2), r.clip(0, image.shape[0] - 2)
    u, v = (x - c)[:, None], (y - r)[:, None]
    image = image.astype(np.float64)
    top = image[r, c] * (1 - u) + image[r, c + 1] * u
    bottom = image[r + 1, c] * (1 - u) + image[r + 1, c + 1] * u
    return top * (1 - v) + bottom * v
