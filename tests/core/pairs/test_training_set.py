import numpy as np
import pytest

from core.pairs.training_set import build_training_set, split_by_clip
from core.trajectories.model import Kind, Review
from core.trajectories.snapshot import ClipSnapshot, Snapshot


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


@pytest.mark.parametrize("regime", ["obj", "tr", "objtr"])
def test_held_out_clips_share_nothing_with_the_training_part(snapshot, regime):
    whole = build_training_set(snapshot, minimum_length=5)
    training, held_out = split_by_clip(whole, regime, share=0.34, seed=1)
    clips = [{c for s in part.sets(regime) for c in s.clip.tolist()} for part in (training, held_out)]
    assert not clips[0] & clips[1]
    assert len(clips[1]) == 2
    for kind in ("objects", "points"):
        both = [*getattr(training, kind).ids, *getattr(held_out, kind).ids]
        assert sorted(both) == sorted(getattr(whole, kind).ids)
    again = split_by_clip(whole, regime, share=0.34, seed=1)
    np.testing.assert_array_equal(again[1].points.ids, held_out.points.ids)
    others = {tuple(np.unique(split_by_clip(whole, regime, 0.34, seed)[1].points.clip)) for seed in range(20)}
    assert len(others) > 1


def test_the_last_clip_of_a_kind_is_never_held_out(snapshot):
    one_with_objects = Snapshot(
        tuple(
            ClipSnapshot(c.clip, c.points, c.objects if k == 2 else ()) for k, c in enumerate(snapshot.clips)
        ),
        revision=0,
        project="",
    )
    whole = build_training_set(one_with_objects, minimum_length=5)
    for seed in range(10):
        training, held_out = split_by_clip(whole, "objtr", share=0.5, seed=seed)
        assert len(training.objects) == len(whole.objects)
        assert len(held_out.points) > 0
    training, held_out = split_by_clip(whole, "obj", share=0.5, seed=0)
    assert held_out.sets("obj") == ()


def test_a_project_without_trajectories_gives_an_empty_set():
    built = build_training_set(Snapshot((), 0, ""))
    assert built.sets("objtr") == ()
    assert built.objects.box.shape == (0, 4)
