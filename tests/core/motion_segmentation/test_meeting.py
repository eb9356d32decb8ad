"""Pieces of what bends are one where their motion goes on from one to the next, and only there."""

import numpy as np
import pytest

from core.motion_segmentation import affinities
from core.motion_segmentation.grouped import CAMERA, SILENT, numbered
from core.motion_segmentation.meeting import join_where_they_meet
from core.trajectories.model import PointTrajectories

FRAMES = 16


def joined(turn, apart=0.0, noise=0.03, goes=2.0):
    """A bar of 12 by 4 points over points that rest; its left half stands for one group and its right for
    another. All go down by `goes` pixels a frame, and by `turn` more with each pixel to the right; the right
    half goes by `apart` besides; `noise`: pixels a frame by which each point goes its own way."""
    random = np.random.default_rng(2)
    x, y = np.meshgrid(np.arange(10, 250, 10.0), np.arange(10, 170, 10.0))
    start = np.stack((x.ravel(), y.ravel()), axis=1)
    bar = (np.abs(start[:, 0] - 125) < 60) & (np.abs(start[:, 1] - 85) < 20)
    right = bar & (start[:, 0] > 125)
    groups = np.where(right, 2, np.where(bar, 1, CAMERA)).astype(np.int32)
    own = goes + turn * (start[:, 0] - 125) + random.normal(0, noise, len(start))
    speed = np.where(bar, own, 0) + np.where(right, apart, 0)
    paths = start[:, None] + np.arange(FRAMES)[None, :, None] * np.stack((0 * speed, speed), axis=1)[:, None]
    paths += random.normal(0, 0.03, paths.shape)
    found = affinities.motions(PointTrajectories.pack([0] * len(start), list(paths)), 8, 1)
    return groups, join_where_they_meet(found, affinities.pairs(found, 8, 0, 4, 0), groups)


@pytest.mark.parametrize("turn", [0.0, 0.01])
def test_pieces_of_a_bar_that_bends_are_one(turn):
    groups, found = joined(turn)
    assert set(found[groups > CAMERA].tolist()) == {1}
    assert (found[groups == CAMERA] == CAMERA).all()


@pytest.mark.parametrize(("turn", "apart"), [(0.0, 1.5), (0.01, -2.0), (0.0, 0.6)])
def test_two_things_that_pass_each_other_stay_two(turn, apart):
    groups, found = joined(turn, apart)
    assert np.array_equal(found, groups)


def test_loose_things_are_not_joined_for_being_loose():
    groups, found = joined(0, 0.6, noise=0.3)
    assert np.array_equal(found, groups)


def test_pieces_that_have_less_in_common_than_apart_are_two():
    groups, found = joined(0.01, goes=0.0)
    assert np.array_equal(found, groups)


def test_pieces_that_meet_at_a_corner_only_are_two():
    count = 40
    along = np.outer(np.arange(FRAMES), (1.0, 0))
    paths = [along + np.array((10 * one, 0)) for one in range(count)]
    found = affinities.motions(PointTrajectories.pack([0] * count, paths), 8, 1)
    links = np.stack((np.arange(count - 1), np.arange(1, count)), axis=1)
    halves = np.repeat([1, 2], count // 2).astype(np.int32)
    assert np.array_equal(join_where_they_meet(found, links, halves), halves)


def test_groups_that_do_not_meet_or_have_no_motions_are_left():
    rest = affinities.motions(PointTrajectories.pack([0, 0], [np.zeros((3, 2)), np.ones((3, 2))]), 8, 1)
    groups = np.array([1, 2], np.int32)
    assert np.array_equal(join_where_they_meet(rest, np.array([(0, 1)]), groups), groups)


def test_objects_are_numbered_from_those_of_most_points():
    groups = np.array([7, SILENT, 3, 3, CAMERA, 5, 5, 5])
    assert numbered(groups).tolist() == [3, SILENT, 2, 2, CAMERA, 1, 1, 1]
    assert numbered(np.array([SILENT, CAMERA])).tolist() == [SILENT, CAMERA]
    assert numbered(np.zeros(0, int)).tolist() == []
