"""Findings on features that are made by hand: what each track looks like is known."""

import numpy as np

from core.identity.change_points import SeenTrack, find

DIMENSIONS = 16


def looks(*names: int, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """(K, D) unit rows: the k-th looks like the thing of the k-th name."""
    rows = np.eye(DIMENSIONS, dtype=np.float32)[list(names)]
    rows = rows + noise * np.random.default_rng(seed).standard_normal(rows.shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def track(
    id: int, features: np.ndarray, first: int = 0, beside: int | None = None, y: float = 0
) -> SeenTrack:
    frames = np.arange(first, first + len(features))
    boxes = np.stack([frames, frames * 0 + y, frames + 10, frames * 0 + y + 10], 1).astype(np.float32)
    around = None if beside is None else looks(*[beside] * len(features))
    return SeenTrack(id, frames, boxes, features, around)


def test_tracks_that_stay_themselves_give_nothing():
    tracks = [track(5, looks(*[0] * 20, noise=0.05)), track(6, looks(*[1] * 20, noise=0.05, seed=1), y=30)]
    assert find(tracks, window=5, certainty=0.3) == []


def test_a_track_that_becomes_what_lies_beside_it_is_cut_where_it_does():
    (found,) = find([track(5, looks(*[0] * 12, *[3] * 9), first=4, beside=3)], window=5, certainty=0.3)
    assert (found.tracks, found.frame) == ((0,), 16)
    np.testing.assert_allclose(
        (found.certainty, found.own, found.usual, found.other), (1, 1, 0, 1), atol=1e-6
    )


def test_two_tracks_that_change_places_are_swapped_once():
    a, b = looks(*[0] * 9, *[1] * 11), looks(*[1] * 9, *[0] * 11)
    (found,) = find(
        [track(5, a), track(6, looks(*[2] * 20), y=50), track(7, b, y=30)], window=5, certainty=0.3
    )
    assert (sorted(found.tracks), found.frame) == ([0, 2], 9)
    np.testing.assert_allclose((found.own, found.other), (1, 0), atol=1e-6)


def test_a_track_that_joins_its_neighbour_is_cut_and_the_neighbour_left_alone():
    tracks = [track(5, looks(*[0] * 9, *[1] * 11)), track(6, looks(*[1] * 20), y=30)]
    (found,) = find(tracks, window=5, certainty=0.3)
    assert (found.tracks, found.frame) == ((0,), 9)


def test_two_errors_of_a_track_are_both_found_the_surer_one_first():
    sure, less = looks(3)[0], looks(0)[0] + looks(4)[0]
    features = np.stack([*[looks(0)[0]] * 15, *[less / np.sqrt(2)] * 15, *[sure] * 15])
    found = find([track(5, features, beside=9)], window=5, certainty=0.2)
    assert [one.frame for one in found] == [30, 15]
    assert found[0].certainty > found[1].certainty


def test_a_change_that_is_usual_for_a_track_is_no_finding():
    turning = np.stack([np.cos(np.arange(30) / 4), np.sin(np.arange(30) / 4)], 1)
    features = np.pad(turning, ((0, 0), (0, DIMENSIONS - 2))).astype(np.float32)
    assert find([track(5, features, beside=9)], window=5, certainty=0.3) == []


def test_only_tracks_of_the_same_frames_are_held_against_each_other():
    a, b = looks(*[0] * 9, *[1] * 11), looks(*[1] * 9, *[0] * 11)
    found = find([track(5, a, beside=9), track(6, b, first=100, beside=9, y=30)], window=5, certainty=0.3)
    assert [(one.tracks, one.frame) for one in found] == [((0,), 9), ((1,), 109)]


def test_short_tracks_and_none_at_all_are_no_problem():
    assert find([], 5, 0.3) == []
    assert find([track(5, looks(0)), track(6, looks(0, 0), y=9)], 5, 0.3) == []


def test_many_points_in_one_place_leave_themselves_out():
    """Of points at the very same place, the nearest may be named in any order."""
    tracks = [track(id, looks(*[id] * 12)) for id in range(1, 13)]
    assert find(tracks, 5, 0.3) == []
