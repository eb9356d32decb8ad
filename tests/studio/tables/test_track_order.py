import numpy as np
import pytest

from core.trajectories.model import PointTrajectories
from core.trajectories.track_rows import TrackRows, track_rows
from studio.tables.track_order import sorted_places
from tests.core.trajectories.test_track_rows import objects, points

ROWS = track_rows(
    points(
        [10, 11, 12, 30],
        [0, 1, 2, 3],
        [[0, 0.5], [0, 2, 2], [0], [0, 1, 1, 1]],
        ["", "Left Eye", "eye", ""],
        [0, 1, 2, 0],
    ),
    objects(1),
)


@pytest.mark.parametrize(
    ("column", "descending", "ids"),
    [
        ("ids", False, [1, 10, 11, 12, 30]),
        ("ids", True, [30, 12, 11, 10, 1]),
        ("labels", False, [12, 11, 1, 10, 30]),  # case does not count; those without a label come last
        ("labels", True, [1, 11, 12, 10, 30]),
        ("length", True, [30, 1, 11, 10, 12]),  # ties by id
        ("max_error", False, [10, 30, 11, 1, 12]),  # unknown ones last
        ("max_error", True, [11, 30, 10, 1, 12]),
        ("is_object", False, [1, 10, 11, 12, 30]),
        ("is_object", True, [10, 11, 12, 30, 1]),
        ("review", True, [12, 11, 1, 10, 30]),
    ],
)
def test_sort(column, descending, ids):
    assert ROWS.ids[sorted_places(ROWS, column, descending)].tolist() == ids


def test_no_tracks_at_all():
    rows = track_rows(PointTrajectories.pack([], []), [])
    assert len(sorted_places(rows, "labels", True)) == 0


def test_the_order_is_that_of_sorted_over_random_tracks():
    rng = np.random.default_rng(5)
    count = 400
    errors = [np.append(0, rng.choice([0, 0.5, -0.0, 1e-9, 3e8, np.nan], 2)) for _ in range(count)]
    labels = rng.choice(["", "wing", "Wing", "élan", "zoo"], count).tolist()
    rows = track_rows(points(rng.permutation(count) + 1, [0] * count, errors, labels), objects(900))
    columns = {name: getattr(rows, name) for name in ("mean_error", "max_error", "ids", "length", "labels")}
    for name, values in columns.items():
        for descending in (False, True):
            assert sorted_places(rows, name, descending).tolist() == plain(rows, values, descending)


def plain(rows: TrackRows, values: np.ndarray, descending: bool) -> list[int]:
    """The same by Python's own sort."""
    listed = values.tolist()

    def unknown(place: int) -> bool:
        return listed[place] == "" or listed[place] != listed[place]

    places = sorted(range(len(rows)), key=lambda place: rows.ids[place])
    known = [place for place in places if not unknown(place)]
    known.sort(
        key=lambda k: (listed[k].casefold(), listed[k]) if isinstance(listed[k], str) else listed[k],
        reverse=descending,
    )
    return known + [place for place in places if unknown(place)]
