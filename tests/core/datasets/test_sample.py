import numpy as np
import pytest

from core.datasets import still_life
from core.datasets.caltech101 import read_caltech101
from core.datasets.readers import find_clips, read_labels
from core.datasets.reading import check_frames
from core.datasets.sample import SamplePaths, write_sample
from core.datasets.synthetic import render_clip
from core.datasets.voc import read_split
from core.errors import StudioError
from core.geometry import iou
from tests.small_data import digest


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SamplePaths:
    return write_sample(tmp_path_factory.mktemp("sample"), seed=3)


def test_its_clips_are_moseg(sample):
    found = find_clips(sample.clips)
    assert found.format == "moseg"
    assert [one.clip.name for one in found.clips] == [f"creatures{number}" for number in (1, 2, 3, 4)]
    for one in found.clips:
        assert (one.clip.frames, one.clip.width, one.clip.height, one.warnings) == (40, 320, 240, ())
        assert [annotation.frame for annotation in one.annotations] == [0, 9, 19, 29, 39]
        assert all(frame.labels.max() >= 2 and not frame.warnings for frame in read_labels(one))
    assert check_frames(found.clips[0].clip) == []


def test_its_masks_are_those_drawn(sample):
    truth = render_clip(seed=12, frames=40, objects=2)
    for frame in read_labels(find_clips(sample.clips).clips[0]):
        np.testing.assert_array_equal(frame.labels, truth.labels[frame.frame])


def test_its_pictures_are_voc(sample):
    trainval, test = (read_split(sample.voc, 2007, name) for name in ("trainval", "test"))
    assert (len(trainval), len(test)) == (120, 60)
    assert not {image.id for image in trainval} & {image.id for image in test}
    for images, least in ((trainval, 25), (test, 12)):
        objects = [one for image in images for one in image.objects]
        for name in still_life.CLASSES:
            assert sum(one.name == name and not one.difficult for one in objects) >= least
        assert any(one.difficult for one in objects)
        assert any(one.truncated for one in objects)
        assert all(image.objects and (image.width, image.height) == (200, 150) for image in images)
        boxes = np.array([one.box for one in objects])
        assert (boxes >= 0).all()
        assert (boxes[:, 2:] <= (200, 150)).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_it_has_what_the_whole_table_asks_for(sample):
    assert [len(read_split(sample.voc, 2012, name)) for name in ("trainval", "val", "test")] == [60, 30, 10]
    assert len(read_caltech101(sample.caltech101).paths) == 40


def test_boxes_hold_what_is_drawn():
    """Without a thing, its picture differs only within its box."""
    for seed in range(6):
        alone = still_life.draw(np.random.default_rng(seed), ("car",))
        if not alone.objects:
            continue
        bare = still_life.draw(np.random.default_rng(seed), ())
        differs = np.abs(alone.image.astype(int) - bare.image).max(axis=2) > 40
        rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
        seen = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)
        assert iou(seen, alone.objects[0].box) > 0.85


def test_a_thing_that_is_covered_is_difficult_or_left_out():
    counts = {"all": 0, "difficult": 0, "gone": 0}
    for seed in range(20):
        picture = still_life.draw(
            np.random.default_rng(seed), ("bottle", "car", "tvmonitor", "sofa", "cat", "car")
        )
        counts["all"] += 6
        counts["gone"] += 6 - len(picture.objects)
        counts["difficult"] += sum(one.difficult for one in picture.objects)
        assert all(
            one.truncated for one in picture.objects if one.difficult and min(one.box[2:] - one.box[:2]) >= 14
        )
    assert 0 < counts["gone"] < counts["difficult"] < counts["all"] / 4


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(sample, tmp_path):
    assert digest(write_sample(tmp_path / "again", seed=3).clips.parent) == digest(sample.clips.parent)
    assert digest(write_sample(tmp_path / "other", seed=4).clips.parent) != digest(sample.clips.parent)


def test_nothing_is_written_over(sample, tmp_path):
    with pytest.raises(StudioError, match="holds a sample already"):
        write_sample(sample.clips.parent, seed=3)
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="Cannot write to"):
        write_sample(tmp_path / "file", seed=3)
