import numpy as np
import pytest

from core.datasets.caltech101 import read_caltech101
from core.datasets.drawn_world import WorldSize, short_clip, write_world
from core.datasets.readers import find_clips, read_labels
from core.datasets.voc import read_split
from core.errors import StudioError

SMALL = WorldSize(clips=3, trainval=4, test=6)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"), seed=5, size=SMALL)


def test_many_clips_are_short_and_two_are_longer(world):
    short, scenes = find_clips(world.short_clips), find_clips(world.scenes)
    assert (short.format, scenes.format) == ("moseg", "moseg")
    assert [one.clip.name for one in short.clips] == ["things001", "things002", "things003"]
    assert [one.clip.name for one in scenes.clips] == ["scene1", "scene2"]
    for found, frames, keyframes in ((short, 12, [0, 5, 11]), (scenes, 40, [0, 9, 19, 29, 39])):
        for one in found.clips:
            assert one.warnings == ()
            assert [annotation.frame for annotation in one.annotations] == keyframes
            assert (one.clip.frames, one.clip.width, one.clip.height) == (frames, 320, 240)


def test_its_masks_are_those_drawn_and_three_things_move(world):
    truth = short_clip(5, 2)
    for frame in read_labels(find_clips(world.short_clips).clips[1]):
        np.testing.assert_array_equal(frame.labels, truth.labels[frame.frame])
    assert set(np.unique(truth.labels)) == {0, 1, 2, 3}
    for number in (1, 2, 3):
        first, last = (np.argwhere(truth.labels[frame] == number).mean(axis=0) for frame in (0, -1))
        assert np.hypot(*(last - first)) > 2


def test_the_motion_of_a_thing_is_known_exactly():
    """Where a thing moved to, it looks as it did: the picture agrees with the truth's correspondences."""
    clip = short_clip(5, 1)
    rows, columns = np.nonzero(clip.labels[0] == 3)  # the one in front
    places = np.stack([columns, rows], axis=1) + 0.5
    seen = clip.visible(0, places, 6)
    assert seen.mean() > 0.6
    there = np.floor(clip.position(0, places[seen], 6)).astype(int)
    before = clip.frames[0][rows[seen], columns[seen]].astype(float)
    after = clip.frames[6][there[:, 1], there[:, 0]].astype(float)
    still = clip.frames[6][rows[seen], columns[seen]].astype(float)
    assert np.abs(after - before).mean() < 0.5 * np.abs(still - before).mean()


def test_its_pictures_are_few_to_learn_from_and_show_all_classes(world):
    trainval, test = (read_split(world.voc, 2007, name) for name in ("trainval", "test"))
    assert (len(trainval), len(test)) == (4, 6)
    names = {one.name for image in (*trainval, *test) for one in image.objects}
    assert names == {"bottle", "car", "cat", "sofa", "tvmonitor"}
    assert len(read_split(world.voc, 2012, "val")) == 30
    assert len(read_caltech101(world.caltech101).names) == 5


def test_another_seed_draws_another_world_and_other_clips():
    first = short_clip(1, 1).frames
    np.testing.assert_array_equal(first, short_clip(1, 1).frames)
    for other in (short_clip(1, 2), short_clip(2, 1)):
        assert np.abs(first.astype(int) - other.frames).mean() > 10


def test_an_empty_world_is_refused(tmp_path):
    with pytest.raises(StudioError, match="at least one clip"):
        write_world(tmp_path, 0, WorldSize(clips=0))
