"""What each recipe finds in tracks drawn by hand, and what is decided on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.review.control_sample import lots
from core.review.findings import Findings, Item
from core.review.material import NO_POINTS, Material
from core.review.recipes import RECIPES
from core.trajectories.fill_edits import RejectFill
from core.trajectories.model import (
    EndReason,
    Flag,
    ObjectTrajectory,
    Origin,
    PointTrajectories,
    Review,
)
from core.trajectories.observation_edits import MakeKeyframe

CLIP = Clip(
    name="a", dataset="frames", width=100, height=80, root=Path(), files=("f",) * 20, id=7, keyframes=()
)


def an_object(id: int, frames=range(10), box=(40, 30, 60, 50), **values) -> ObjectTrajectory:
    frames = np.array(list(frames), np.int32)
    count = len(frames)
    origin = np.where(np.isin(frames, (frames[0], frames[-1])), Origin.ANNOTATED, Origin.PROPAGATED)
    return ObjectTrajectory(
        id=id,
        frames=frames,
        boxes=np.tile(np.array(box, np.float32), (count, 1)),
        origin=origin.astype(np.uint8),
        confidence=np.linspace(1, 0.5, count).astype(np.float32),
        masks=(None,) * count,
        **values,
    )


def some_points(first, paths, errors=None, ends=None) -> PointTrajectories:
    packed = PointTrajectories.pack(first, [np.array(path, np.float32) for path in paths], errors, ends)
    return replace(packed, ids=np.arange(1, len(first) + 1))


def found(name: str, points=NO_POINTS, *objects: ObjectTrajectory, **more) -> list[Item]:
    findings = RECIPES[name].find(Material(CLIP, points, {one.id: one for one in objects}, **more))
    return [findings.item(row) for row in range(len(findings))]


def line(start, count):
    """A path one pixel to the right a frame."""
    return [(start + k, 10.0) for k in range(count)]


def test_the_worst_link_of_each_open_point_and_those_without_a_measure_are_left_out():
    errors = [[0, 0.5, 3, 1], [0, np.nan, np.nan], [0, 9], [0, np.nan, 2]]
    points = some_points([2, 0, 0, 0], [line(0, len(one)) for one in errors], errors)
    points.review[2] = Review.REJECTED
    items = found("worst_links", points)
    assert [(one.tracks, one.frame, one.value) for one in items] == [((1,), 4, 3.0), ((4,), 2, 2.0)]
    assert (items[0].first, items[0].last) == (2, 5)  # within the track


def test_an_audited_object_at_its_worst_keyframe_from_the_one_before_to_the_one_after():
    overlap = np.full(10, np.nan, np.float32)
    one = an_object(3)
    origin = one.origin.copy()
    origin[[4, 6]] = Origin.EDITED
    overlap[4], overlap[6] = 0.9, 0.4
    audited = replace(one, origin=origin, overlap=overlap)
    (item,) = found("poorly_filled", NO_POINTS, audited, an_object(4))
    assert (item.tracks, item.first, item.frame, item.last) == ((3,), 4, 6, 9)
    assert item.value == pytest.approx(0.4)
    assert "40 %" in RECIPES["poorly_filled"].reason(item)
    assert not found("poorly_filled", NO_POINTS, replace(audited, review=Review.ACCEPTED))


def test_the_next_frame_to_annotate_is_confirmed_or_taken_away():
    (item,) = found("next_keyframe", NO_POINTS, an_object(3), an_object(4, review=Review.ACCEPTED))
    assert (item.tracks, item.first, item.last) == ((3,), 1, 8)
    assert 4 < item.frame < 8  # an_object is less sure the later
    recipe = RECIPES["next_keyframe"]
    assert f"frame {item.frame}" in recipe.reason(item)
    assert recipe.accept(item) == MakeKeyframe(7, 3, item.frame)
    assert recipe.reject(item) == RejectFill(7, 3, item.frame, item.frame)


def test_frames_that_disagree_are_runs_with_the_least_sure_frame():
    flags = np.zeros(10, np.uint8)
    flags[[2, 3, 4, 7]] = Flag.DISAGREES
    items = found("disagreements", NO_POINTS, an_object(3, flags=flags))
    assert [(one.first, one.last, one.frame, one.value) for one in items] == [(2, 4, 4, 3), (7, 7, 7, 1)]
    assert not found("disagreements", NO_POINTS, an_object(3, flags=flags, review=Review.REJECTED))
    assert len(found("disagreements", NO_POINTS, an_object(3, flags=flags, review=Review.ACCEPTED))) == 2


def test_a_gap_is_bridged_where_the_point_would_be_and_each_point_once():
    lost, end = EndReason.INCONSISTENT, EndReason.CLIP_END
    paths = [line(0, 4), line(6, 3), line(6.5, 3), line(50, 3), line(1, 4)]
    points = some_points([0, 6, 6, 6, 0], paths, None, [lost, end, end, end, EndReason.LEFT_FRAME])
    (item,) = found("short_gaps", points)
    assert item.tracks == (1, 2)  # at 3 in frame 3, a pixel a frame: at 6 in frame 6
    assert item.value == 0
    assert (item.first, item.last, item.note) == (3, 6, 2)
    dismissed = [RECIPES["short_gaps"].reject(item).proposal]
    (other,) = found("short_gaps", points, dismissed=dismissed)
    assert other.tracks == (1, 3)
    assert other.value == 0.5


def test_an_even_change_of_speed_counts_for_nothing_and_one_observation_has_the_speed_of_the_other():
    lost, end = EndReason.INCONSISTENT, EndReason.CLIP_END
    falls = [(30.0, 0.5 * frame**2) for frame in range(20)]
    points = some_points([0, 11], [falls[:9], falls[11:]], None, [lost, end])
    (item,) = found("short_gaps", points)
    assert item.value == pytest.approx(0, abs=0.01)
    points = some_points([0, 6], [line(0, 4), line(6, 1)], None, [lost, end])
    (item,) = found("short_gaps", points)
    assert item.value == 0


def test_a_gap_is_bridged_as_the_points_around_go_where_the_camera_is_held_in_a_hand():
    lost, end = EndReason.INCONSISTENT, EndReason.CLIP_END
    shaken = np.array([(0, 0), (3, 1), (1, 9), (8, 2), (2, 12), (14, 3), (1, 1), (9, 14), (0, 5), (12, 0)])
    around = [(x, y) for x in (20, 30, 40) for y in (20, 30, 40)]
    whole = [shaken + place for place in around]
    lost_one = shaken + np.array((25, 25))
    paths = [*whole, lost_one[:4], lost_one[6:]]
    first = [0] * 10 + [6]
    ends = [end] * 9 + [lost, end]
    (item,) = found("short_gaps", some_points(first, paths, None, ends))
    assert item.tracks == (10, 11)
    assert item.value == pytest.approx(0, abs=0.01)
    alone = some_points([0, 6], paths[9:], None, ends[9:])
    assert not found("short_gaps", alone), "its own speed leads elsewhere"


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_points_have_no_gaps(count):
    assert not found("short_gaps", some_points([0] * count, [line(0, 3)] * count))


def test_a_gap_that_is_too_long_is_none():
    points = some_points([0, 10], [line(0, 4), line(10, 3)], None, [EndReason.INCONSISTENT, 1])
    assert not found("short_gaps", points)


@pytest.mark.parametrize(
    ("first", "box", "edge"), [(5, (40, 30, 60, 50), 30), (5, (0, 30, 9, 50), 0), (5, (90, 9, 98, 20), 2)]
)
def test_a_birth_is_as_bad_as_it_is_far_from_the_edges(first, box, edge):
    (item,) = found("births", NO_POINTS, an_object(3, range(first, 9), box))
    assert (item.value, item.frame) == (edge, first)


def test_what_is_there_from_the_first_frame_is_not_born():
    assert not found("births", NO_POINTS, an_object(3))


def test_the_control_sample_has_every_open_track_and_does_not_change_with_others():
    points = some_points([0, 0], [line(0, 3)] * 2)
    before = {one.tracks: one.value for one in found("control_sample", points, an_object(3))}
    points.review[0] = Review.ACCEPTED
    after = {one.tracks: one.value for one in found("control_sample", points, an_object(3))}
    assert set(before) == {(1,), (2,), (3,)}
    assert after == {id: lot for id, lot in before.items() if id != (1,)}


def test_lots_are_spread_evenly_over_ids_that_follow_each_other():
    drawn = lots(np.arange(1, 10_001))
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(1000, abs=120)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.05


def test_findings_are_joined_taken_and_given_back_as_items():
    items = [Item(7, (1,), 0, 3, 2, 0.5, 4), Item(8, (2, 3), 1, 1, 1, 2.0)]
    joined = Findings.join([Findings.of_items(items[:1]), Findings.of_items(items[1:])])
    assert [joined.item(row) for row in range(2)] == items
    assert joined.without_clips({7}).item(0) == items[1]
    assert len(Findings.join([])) == 0


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_nothing_is_found_in_nothing(recipe):
    findings = recipe.find(Material(CLIP, NO_POINTS, {}))
    assert len(findings) == 0
    assert np.isfinite(recipe.usual(findings.values))


def drifting(by: float, at: list[tuple[int, int]]) -> list[list[tuple[float, float]]]:
    """Paths of 20 frames that begin at some places and go some pixels to the right a frame."""
    return [[(x + k * by, y) for k in range(20)] for x, y in at]


GRID = [(x, y) for x in range(5, 100, 10) for y in range(5, 80, 10)]
THING = [(x, y) for x in (30, 34, 38) for y in (40, 44, 48)]
"""Of the picture, and of a thing in it."""


def moving_thing() -> PointTrajectories:
    """The camera goes half a pixel a frame; nine points go two to the right."""
    paths = drifting(0.5, GRID) + drifting(2, THING)
    return some_points([0] * len(paths), paths)


def test_what_moves_in_no_object_is_named_where_it_is_and_only_while_it_is_not_followed():
    (item,) = found("untracked", moving_thing())
    assert (item.first, item.last, item.note) == (0, 19, 9)
    assert item.value == pytest.approx(1.5, abs=0.05)
    assert item.tracks[0] in range(len(GRID) + 1, len(GRID) + 10)
    edit = RECIPES["untracked"].accept(item)
    assert edit.frames.tolist() == list(range(20))
    np.testing.assert_allclose(edit.boxes[5], (40, 40, 48, 48))
    box = np.array([(28 + 2 * k, 38, 42 + 2 * k, 52) for k in range(20)], np.float32)
    whole = replace(an_object(3, range(20)), boxes=box)
    assert not found("untracked", moving_thing(), whole)
    (late,) = found("untracked", moving_thing(), replace(an_object(3, range(9, 20)), boxes=box[9:]))
    assert (late.first, late.last) == (0, 8)
    assert found("untracked", moving_thing(), replace(whole, review=Review.REJECTED))
    ends = replace(an_object(3, (0, 19)), boxes=box[[0, 19]])
    assert not found("untracked", moving_thing(), ends), "between its keyframes it is followed"


def test_a_camera_that_moves_makes_nothing_move_and_what_was_dismissed_stays_away():
    turning = [
        [(50 + r * np.cos(a + k / 20), 40 + r * np.sin(a + k / 20)) for k in range(20)]
        for r in (5, 15, 25, 35)
        for a in np.arange(0, 6, 0.5)
    ]
    assert not found("untracked", some_points([0] * len(turning), turning))
    assert not found("untracked")
    (item,) = found("untracked", moving_thing())
    no = RECIPES["untracked"].reject(item).proposal
    assert not found("untracked", moving_thing(), dismissed=[no])
    assert found("untracked", moving_thing(), dismissed=[{**no, "clip_id": 8}])


def test_the_box_around_points_in_a_line_can_be_kept():
    paths = drifting(0.5, GRID) + drifting(2, [(30 + 2 * k, 44) for k in range(8)])
    (item,) = found("untracked", some_points([0] * len(paths), paths))
    x1, y1, x2, y2 = RECIPES["untracked"].accept(item).boxes.T
    assert (x2 > x1).all()
    assert (y2 > y1).all()
