"""Files that a run leaves to be watched: what they hold is what is read, and what is missing is said."""

import numpy as np
import pytest

from core.errors import StudioError
from core.pretraining.record import excitations, held_out_scores, neighbours
from core.pretraining.record.excitations import Excitations, read_excitations, spots
from core.pretraining.record.held_out_scores import HeldOutScores, edges_of, read_scores
from core.pretraining.record.neighbours import (
    Neighbours,
    nearest,
    read_neighbours,
    recall,
)
from core.pretraining.record.patch_places import PatchPlaces
from core.pretraining.record.step_files import drop_after, step_file, steps_recorded
from core.pretraining.record.trajectory_losses import FILE, TrajectoryLosses, read_trajectory_losses


def places(*shape):
    generator = np.random.default_rng(len(shape))
    return PatchPlaces(
        generator.integers(0, 99, shape),
        generator.integers(0, 9, shape),
        generator.integers(0, 50, shape).astype(np.int32),
        generator.uniform(0, 100, (*shape, 4)).astype(np.float32),
    )


def assert_same(ours, theirs):
    for name, value in vars(theirs).items():
        if isinstance(value, PatchPlaces):
            assert_same(getattr(ours, name), value)
        else:
            np.testing.assert_array_equal(getattr(ours, name), value)


READERS = [
    (
        read_neighbours,
        neighbours.ROOM,
        Neighbours(200, places(3), places(3, 4), np.ones((3, 4), np.float32)),
    ),
    (
        read_excitations,
        excitations.ROOM,
        Excitations(0, places(5, 9), np.ones((5, 9), np.float32), np.ones((5, 9, 4), np.float32)),
    ),
    (
        read_scores,
        held_out_scores.ROOM,
        HeldOutScores(50, np.ones(6, np.float32), np.arange(6) > 2, np.zeros(6, np.float32)),
    ),
]


@pytest.mark.parametrize(("read", "room", "one"), READERS)
def test_what_is_written_is_read(tmp_path, read, room, one):
    assert steps_recorded(tmp_path, room) == []
    with pytest.raises(StudioError):
        read(tmp_path, one.step)
    one.write(tmp_path)
    assert steps_recorded(tmp_path, room) == [one.step]
    assert_same(read(tmp_path, one.step), one)


@pytest.mark.parametrize(("read", "room", "one"), READERS)
def test_a_damaged_file_or_one_of_something_else_is_one_sentence(tmp_path, read, room, one):
    one.write(tmp_path)
    (path,) = tmp_path.glob("results/*/*.npz")
    whole = path.read_bytes()
    for garbled in (b"", whole[: len(whole) // 2], whole[:-30]):
        path.write_bytes(garbled)
        with pytest.raises(StudioError, match="damaged"):
            read(tmp_path, one.step)
    np.savez(path, filters=np.zeros(3))
    with pytest.raises(StudioError, match="has no array"):
        read(tmp_path, one.step)


def test_files_of_later_steps_are_dropped_and_others_left_alone(tmp_path):
    for step in (0, 50, 100, 1_234_567):
        path = step_file(tmp_path, "scores", step)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (path.parent / "step-000100.npz.1234abcd.partial").touch()
    assert steps_recorded(tmp_path, "scores") == [0, 50, 100, 1_234_567]
    drop_after(tmp_path, "scores", 50)
    assert steps_recorded(tmp_path, "scores") == [0, 50]


def test_losses_of_trajectories(tmp_path):
    assert read_trajectory_losses(tmp_path) is None
    ids, counts = np.array([3, 4, 8, 9]), np.array([2, 0, 1, 0], np.int32)
    losses = np.array([0.5, np.nan, 2, np.nan], np.float32)
    one = TrajectoryLosses(ids, counts, counts, counts[[0, 3, 2, 1]], losses, losses, counts)
    one.write(tmp_path)
    found = read_trajectory_losses(tmp_path)
    assert_same(found, one)
    assert found.never.tolist() == [4, 9]
    assert [found.place(id) for id in (3, 9, 5, 10)] == [0, 3, None, None]
    (tmp_path / FILE).write_bytes(b"PK")
    assert read_trajectory_losses(tmp_path) is None


def test_neighbours_are_the_nearest_and_never_the_query_itself():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(30, 7)).astype(np.float32)
    rows, apart = nearest(features, np.array([4, 17]), 5)
    for query, found, distance in zip((4, 17), rows, apart, strict=True):
        by_hand = sorted((np.linalg.norm(features[k] - features[query]), k) for k in range(30) if k != query)
        assert found.tolist() == [k for _, k in by_hand[:5]]
        np.testing.assert_allclose(distance, [d for d, _ in by_hand[:5]], rtol=1e-5)
    assert nearest(features[:3], np.array([0]), 8)[0].shape == (1, 2)


def test_recall_counts_the_targets_that_are_nearer():
    targets = np.array([[0.0], [10], [20], [30]])
    queries = np.array([[1.0], [16], [12], [30]])  # 0 finds its own, 1 second, 2 second, 3 first
    assert recall(queries, targets, (1, 2, 5)) == [0.5, 1.0, 1.0]
    assert recall(np.ones((4, 2)), np.ones((4, 2)), (1, 3)) == [0.0, 0.0]  # all alike
    assert recall(np.full((4, 2), np.nan), np.ones((4, 2)), (1,)) == [0.0]
    assert recall(np.ones((2, 2)), np.ones((2, 2)), (5,)) == [1.0]


def test_a_spot_is_where_the_filter_looks_in_the_frame():
    """A patch of 50 px shows 100 × 200 px of a frame: a pixel of it is 2 × 4 of the frame's."""
    box = np.float32([10, 20, 110, 220])
    spot = spots(box, np.array([0, 0]), 50, side=7, stride=2, pad=0)
    np.testing.assert_allclose(spot, [10, 20, 24, 48])
    spot = spots(np.stack([box, box]), np.array([[3, 1], [0, 0]]), 50, side=7, stride=2, pad=3)
    np.testing.assert_allclose(spot, [[8, 32, 22, 60], [4, 8, 18, 36]])


def test_filters_that_pass_nothing_are_silent():
    response = np.array([[-1, -2], [0.1, -1], [0, 0]], np.float32)
    one = Excitations(0, places(3, 2), response, np.zeros((3, 2, 4), np.float32))
    assert one.silent.tolist() == [True, False, True]


def test_scores_are_counted_between_edges_that_steps_share():
    first = HeldOutScores(0, np.float32([0.1, 0.2, 0.9]), np.array([False, True, True]), np.zeros(3))
    later = HeldOutScores(50, np.float32([0.0, 0.7, 1.0]), np.array([False, True, True]), np.zeros(3))
    edges = edges_of([first, later], bins=4)
    np.testing.assert_allclose(edges, [0, 0.25, 0.5, 0.75, 1])
    assert [counts.tolist() for counts in later.histogram(edges)] == [[0, 0, 1, 1], [1, 0, 0, 0]]
    assert [counts.tolist() for counts in first.histogram(edges)] == [[1, 0, 0, 1], [1, 0, 0, 0]]
    distances = HeldOutScores(0, np.float32([-8, -2, -4]), np.ones(3, bool), np.zeros(3))
    np.testing.assert_allclose(edges_of([distances], bins=3), [-8, -16 / 3, -8 / 3, 0])
    assert distances.histogram(np.array([-5, -3, 0]))[0].tolist() == [2, 1]  # beyond the edges too
    assert len(edges_of([], bins=3)) == 4
