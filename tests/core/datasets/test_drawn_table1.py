from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from core.datasets import still_life
from core.datasets.caltech101 import read_caltech101
from core.datasets.drawn_table1 import write_table1_data
from core.datasets.image import read_image
from core.datasets.voc import read_split
from tests.small_data import digest


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table 1")
    write_table1_data(folder, seed=5)
    return folder


def test_its_voc_2012_has_the_sets_of_the_real_one(drawn):
    train, val, trainval, test = (
        read_split(drawn, 2012, name) for name in ("train", "val", "trainval", "test")
    )
    assert [image.id for image in trainval] == [image.id for image in (*train, *val)]
    assert len({image.id for image in (*trainval, *test)}) == len(trainval) + len(test)
    for images in (train, val):
        counts = Counter(one.name for image in images for one in image.objects if not one.difficult)
        assert set(counts) == set(still_life.CLASSES)
        assert min(counts.values()) >= 5
    assert not any(image.objects for image in test)
    assert {(image.width, image.height) for image in test} == {(200, 150)}


def test_its_categories_read_as_caltech101(drawn):
    images = read_caltech101(drawn)
    assert images.names == tuple(still_life.CLASSES)
    assert Counter(images.labels.tolist()) == dict.fromkeys(range(5), 8)
    assert len(list((drawn / "101_ObjectCategories" / "BACKGROUND_Google").iterdir())) == 4
    pictures = [read_image(path).astype(int) for path in images.paths[:8]]
    assert min(np.abs(a - b).mean() for a, b in pairwise(pictures)) > 5


def test_the_same_seed_gives_the_same_files(drawn, tmp_path):
    write_table1_data(tmp_path / "again", seed=5)
    write_table1_data(tmp_path / "other", seed=6)
    assert digest(tmp_path / "again") == digest(drawn) != digest(tmp_path / "other")
