from pathlib import Path

import numpy as np
import pytest

from core.datasets.caltech101 import Caltech101
from core.pretraining.images import hold_out, images_words

COUNTS = {"ant": 40, "bonsai": 1, "camera": 10, "dolphin": 3}


def images(counts: dict[str, int]) -> Caltech101:
    paths = [
        Path("101") / name / f"image_{k:04d}.jpg" for name, count in counts.items() for k in range(count)
    ]
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    return Caltech101(tuple(paths), labels, tuple(counts))


def held_out_names(counts: dict[str, int], share: float, seed: int) -> set[str]:
    found = images(counts)
    training, held_out = hold_out(found, share, seed)
    assert sorted([*training, *held_out]) == list(range(len(found.labels)))
    return {f"{found.paths[place].parent.name}/{found.paths[place].name}" for place in held_out}


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, {}), (0.1, {"ant": 4, "camera": 1}), (0.9, {"ant": 36, "camera": 9, "dolphin": 2})],
)
def test_a_share_of_every_category_is_held_out_and_one_image_stays(share, expected):
    names = held_out_names(COUNTS, share, 0)
    assert {name: sum(one.startswith(name) for one in names) for name in expected} == expected
    assert len(names) == sum(expected.values())


def test_names_and_seed_alone_decide_which():
    assert held_out_names(COUNTS, 0.1, 0) == held_out_names(COUNTS, 0.1, 0)
    assert len({frozenset(held_out_names(COUNTS, 0.1, seed)) for seed in range(20)}) > 15
    others = {**dict(reversed(COUNTS.items())), "zebra": 7}
    assert {one for one in held_out_names(others, 0.1, 0) if "zebra" not in one} == held_out_names(
        COUNTS, 0.1, 0
    )


def test_the_counts_are_one_line():
    assert images_words(8677, 0, 101) == "8,677 images of 101 categories"
    assert images_words(7000, 1677, 101) == "7,000 images of 101 categories; held out: 1,677 images"
