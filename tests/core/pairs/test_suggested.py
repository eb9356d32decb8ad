"""Suggested objects train only where a run asks for them: sampler, counts and window agree."""

import numpy as np
import pytest

from core.pairs.impact import Rules, material
from core.pairs.training_set import build_training_set
from core.trajectories.model import Review
from core.trajectories.snapshot import ClipSnapshot, Snapshot
from core.trajectories.track_filter import TrackFilter
from tests.core.pairs.conftest import make_clip, make_object, make_points

FRAMES = np.arange(20)
BOXES = np.tile(np.float32([10, 10, 60, 60]), (20, 1))


@pytest.fixture
def content():
    objects = tuple(make_object(1 + place, FRAMES, BOXES, review) for place, review in enumerate(Review))
    points = make_points(11, [0] * 4, [np.full((20, 2), 30.0)] * 4)
    points.review[:] = list(Review)
    return ClipSnapshot(make_clip(0, 20), points, objects)


@pytest.mark.parametrize(("suggestions", "expected"), [(False, [1, 2]), (True, [1, 2, 4])])
def test_who_trains(content, suggestions, expected):
    packed = build_training_set(Snapshot((content,), 0, ""), suggestions=suggestions)
    assert packed.objects.ids.tolist() == expected
    assert packed.points.ids.tolist() == [11, 12]  # points are never suggested
    counted = material(content.points, content.objects, Rules("obj", suggestions=suggestions))
    assert counted.amount().trajectories == len(expected)
    assert counted.ids[counted.waiting].tolist() == ([14] if suggestions else [4, 14])


def test_suggestions_alone_by_a_filter(content):
    only = TrackFilter(reviews=frozenset((Review.SUGGESTED,)))
    for asked, expected in ((True, [4]), (False, [])):
        packed = build_training_set(Snapshot((content,), 0, ""), suggestions=asked)
        assert packed.of_filter((content,), only).objects.ids.tolist() == expected
