import numpy as np

from core.pairs.impact import frames_that_train
from core.pairs.training_set import build_training_set
from core.trajectories.model import Flag, Kind, Origin, PointTrajectories, Review
from core.trajectories.snapshot import ClipSnapshot, Snapshot
from tests.core.pairs.conftest import make_clip, make_object


def test_every_observation_is_packed_and_rejected_or_short_ones_are_not(snapshot):
    built = build_training_set(snapshot, minimum_length=10)
    expected_objects, expected_points = {}, {}
    for content in snapshot.clips:
        for one in content.objects:
            if one.review != Review.REJECTED:
                sides = one.boxes[:, 2:] - one.boxes[:, :2]
                expected_objects[one.id] = one.frames[sides.min(1) >= 8]
        for place, id in enumerate(content.points.ids):
            path = content.points.points(place)
            if content.points.review[place] != Review.REJECTED and len(path) >= 10:
                expected_points[int(id)] = path
    assert set(built.objects.ids.tolist()) == {
        id for id, frames in expected_objects.items() if len(frames) >= 2
    }
    assert set(built.points.ids.tolist()) == set(expected_points)
    for trajectories in (built.objects, built.points):
        assert (np.diff(trajectories.clip) >= 0).all()
        for place, id in enumerate(trajectories.ids.tolist()):
            rows = slice(trajectories.offsets[place], trajectories.offsets[place + 1])
            if trajectories.kind is Kind.OBJECT:
                np.testing.assert_array_equal(trajectories.frame[rows], expected_objects[id])
            else:
                box = trajectories.box[rows]
                np.testing.assert_allclose((box[:, :2] + box[:, 2:]) / 2, expected_points[id], atol=1e-4)
                np.testing.assert_allclose(box[:, 2:] - box[:, :2], 100, atol=1e-4)


def test_the_trajectories_of_some_clips_are_those_and_no_others(snapshot):
    whole = build_training_set(snapshot, minimum_length=5)
    names = ("clip1", "clip4")
    part, rest = whole.of_clips(names), whole.of_clips([f"clip{k}" for k in range(6) if k not in (1, 4)])
    for kind in ("objects", "points"):
        of_part, of_rest, all_of = (getattr(one, kind) for one in (part, rest, whole))
        assert {whole.clips[place].name for place in of_part.clip} <= set(names)
        assert not {whole.clips[place].name for place in of_rest.clip} & set(names)
        assert sorted([*of_part.ids, *of_rest.ids]) == sorted(all_of.ids)
    assert part.clips == whole.clips
    assert len(whole.of_clips(()).points) == 0


def test_a_project_without_trajectories_gives_an_empty_set():
    built = build_training_set(Snapshot((), 0, ""))
    assert built.sets("objtr") == ()
    assert built.objects.box.shape == (0, 4)


def test_what_is_occluded_gives_no_patches():
    one = make_object(1, np.arange(12), np.tile([0, 0, 30, 30], (12, 1)))
    one.origin[[1, 2, 3, 6, 7]] = Origin.PROPAGATED
    one.flags[[0, 5]] = Flag.OCCLUDED
    points = PointTrajectories.pack([], [])
    built = build_training_set(Snapshot((ClipSnapshot(make_clip(0, 12), points, (one,)),), 0, ""))
    assert built.objects.frame.tolist() == [4, 8, 9, 10, 11], "0 and 5, and what is filled after them"
    assert frames_that_train(one).tolist() == [4, 8, 9, 10, 11]
