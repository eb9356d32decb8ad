"""What a run's losses are for tracks: values by id, ranges of equally many tracks, words."""

import numpy as np
import pytest

from core.overlay.track_losses import CLASSES, class_of, names_of
from tests.studio.losses import losses


def test_losses_are_found_by_id() -> None:
    found = losses({3: 0.25, 7: np.nan, 9: 2.0}).mean(np.array([9, 1, 3, 7, 100]))
    np.testing.assert_array_equal(found, np.array([2.0, np.nan, 0.25, np.nan, np.nan], np.float32))
    assert np.isnan(losses({}).mean(np.array([1, 2]))).all()


def test_each_range_holds_as_many_tracks() -> None:
    values = np.random.default_rng(0).gamma(2, 0.4, 1000)
    some = losses(dict(enumerate(values.tolist(), start=1)) | {2000: np.nan})
    classes = class_of(some, np.arange(1, 1001))
    assert np.bincount(classes, minlength=CLASSES).tolist() == [200] * 5
    for place, bound in enumerate(np.sort(values)[[199, 399, 599, 799]]):
        assert values[classes <= place].max() == pytest.approx(bound, rel=1e-6)
    assert class_of(some, np.array([2000, 3000])).tolist() == [CLASSES, CLASSES]
    assert class_of(None, np.array([1])).tolist() == [CLASSES]


def test_the_ranges_are_named_by_their_bounds() -> None:
    some = losses({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5, 6: 0.6})
    assert names_of(some) == ["loss ≤ 0.2", "≤ 0.3", "≤ 0.4", "≤ 0.5", "> 0.5", "never drawn"]
    assert names_of(None) == names_of(losses({4: np.nan})) == ["no loss recorded"]


def test_a_track_is_described() -> None:
    some = losses({3: 0.25, 7: np.nan})
    assert some.about(3) == "mean loss 0.25, drawn 3 times, last 0.75 at step 100 of a run"
    assert some.about(7) == some.about(99) == "never drawn as an anchor in a run"
