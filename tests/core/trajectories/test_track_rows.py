import numpy as np
import pytest

from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.track_rows import track_rows


def objects(*ids: int) -> list[ObjectTrajectory]:
    return [
        ObjectTrajectory(
            id=id,
            label=f"Object {id}",
            frames=np.array([2, 3, 9], np.int32),
            boxes=np.zeros((3, 4), np.float32),
            origin=np.array([Origin.ANNOTATED, Origin.PROPAGATED, Origin.EDITED], np.uint8),
            confidence=np.array([1, 0.5, 1], np.float32),
            masks=(None,) * 3,
        )
        for id in ids
    ]


def points(ids, first, errors, labels=None, review=None) -> PointTrajectories:
    packed = PointTrajectories.pack(first, [np.zeros((len(e), 2)) for e in errors], errors)
    count = len(ids)
    return PointTrajectories(
        ids=np.array(ids, np.int64),
        first=packed.first,
        offsets=packed.offsets,
        xy=packed.xy,
        error=packed.error,
        origin=packed.origin,
        end_reason=packed.end_reason,
        review=np.array(review or [0] * count, np.uint8),
        labels=tuple(labels or [""] * count),
    )


def test_the_columns_of_a_worked_example():
    rows = track_rows(
        points([5, 7, 8], [4, 0, 6], [[0, 1, 3], [0], [0, np.nan, 0.5]], ["leg", "", "Wing"], [1, 0, 2]),
        objects(3),
    )
    np.testing.assert_array_equal(rows.ids, [3, 5, 7, 8])
    np.testing.assert_array_equal(rows.is_object, [True, False, False, False])
    assert list(rows.labels) == ["Object 3", "leg", "", "Wing"]
    np.testing.assert_array_equal(rows.first, [2, 4, 0, 6])
    np.testing.assert_array_equal(rows.last, [9, 6, 0, 8])
    np.testing.assert_array_equal(rows.length, [3, 3, 1, 3])
    np.testing.assert_array_equal(rows.keyframes, [2, 0, 0, 0])
    np.testing.assert_allclose(rows.mean_error, [np.nan, 2, np.nan, 0.5])
    np.testing.assert_allclose(rows.max_error, [np.nan, 3, np.nan, 0.5])
    np.testing.assert_allclose(rows.confidence, [2.5 / 3, np.nan, np.nan, np.nan], rtol=1e-6)
    np.testing.assert_array_equal(rows.review, [0, 1, 0, 2])
    np.testing.assert_array_equal(rows.origins, [0b111, 0b1000, 0b1000, 0b1000])


def test_no_tracks_at_all():
    rows = track_rows(PointTrajectories.pack([], []), [])
    assert len(rows) == 0


def test_errors_are_those_of_a_plain_loop_over_random_tracks():
    rng = np.random.default_rng(3)
    errors = []
    for length in rng.integers(1, 9, 200):
        error = rng.exponential(1, length).astype(np.float32)
        error[rng.random(length) < 0.3] = np.nan
        error[0] = 0
        errors.append(error)
    rows = track_rows(points(range(200), [0] * 200, errors), [])
    for place, error in enumerate(errors):
        links = [value for value in error[1:] if not np.isnan(value)]
        if links:
            assert rows.mean_error[place] == pytest.approx(sum(links) / len(links), rel=1e-5)
            assert rows.max_error[place] == max(links)
        else:
            assert np.isnan(rows.mean_error[place])
            assert np.isnan(rows.max_error[place])
