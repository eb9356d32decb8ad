from dataclasses import replace

import numpy as np
import pytest

from core.datasets.synthetic import SyntheticClip, render_clip
from core.geometry import encode_mask, mask_box
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.refill import refill
from core.trajectories.model import ObjectTrajectory, Origin

FRAMES = 25


@pytest.fixture(scope="module")
def clip() -> SyntheticClip:
    return render_clip(44, frames=FRAMES, width=200, height=150, objects=3)


def annotated(clip: SyntheticClip, number: int, keys: tuple[int, ...]) -> ObjectTrajectory:
    shown = [frame for frame in keys if (clip.labels[frame] == number).any()]
    there = [clip.labels[frame] == number for frame in shown]
    return ObjectTrajectory(
        id=10 + number,
        frames=np.array(shown, np.int32),
        boxes=np.array([mask_box(mask) for mask in there], np.float32).reshape(-1, 4),
        origin=np.full(len(shown), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(shown), np.float32),
        masks=tuple(encode_mask(mask) for mask in there),
    )


def joined(one: ObjectTrajectory, other: ObjectTrajectory) -> ObjectTrajectory:
    """Observations of both; those of the other where both have one."""
    rows = {int(frame): (one, row) for row, frame in enumerate(one.frames)}
    rows |= {int(frame): (other, row) for row, frame in enumerate(other.frames)}
    ordered = [rows[frame] for frame in sorted(rows)]
    names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
    columns = {name: np.stack([getattr(each, name)[row] for each, row in ordered]) for name in names}
    return replace(one, **columns, masks=tuple(each.masks[row] for each, row in ordered))


def densify(clip: SyntheticClip, objects, config: DensifyConfig) -> list[ObjectTrajectory]:
    """The objects with all that is filled, whatever was filled before."""
    bare = [keys_of(one) for one in objects]
    densifier = Densifier(clip.frames, bare, config)
    for _ in densifier.steps():
        pass
    return [joined(one, found) for one, found in zip(bare, densifier.trajectories(), strict=True)]


def keys_of(one: ObjectTrajectory) -> ObjectTrajectory:
    rows = np.flatnonzero(np.isin(one.frames, one.keyframes))
    names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
    kept = {name: getattr(one, name)[rows] for name in names}
    return replace(one, **kept, masks=tuple(one.masks[row] for row in rows))


def edited(one: ObjectTrajectory, frame: int, mask: np.ndarray) -> ObjectTrajectory:
    key = replace(
        one,
        frames=np.array([frame], np.int32),
        boxes=mask_box(mask)[None],
        origin=np.array([Origin.EDITED], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(encode_mask(mask),),
        overlap=np.array([np.nan], np.float32),
        flags=np.zeros(1, np.uint8),
    )
    return joined(one, key)


def applied(objects, refilled) -> list[ObjectTrajectory]:
    """As `FillObservations` does it: within the span what was filled is replaced."""
    first, last = refilled.span
    after = []
    for one in objects:
        if one.id in refilled.objects:
            gone = (one.frames >= first) & (one.frames <= last) & (one.origin == Origin.PROPAGATED)
            rows = np.flatnonzero(~gone)
            names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
            kept = replace(
                one,
                **{name: getattr(one, name)[rows] for name in names},
                masks=tuple(one.masks[row] for row in rows),
            )
            one = joined(kept, refilled.objects[one.id])
        after.append(one)
    return after


def assert_same(one: ObjectTrajectory, other: ObjectTrajectory) -> None:
    assert one.frames.tolist() == other.frames.tolist()
    for name in ("boxes", "origin", "confidence", "flags"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.masks == other.masks


@pytest.mark.parametrize("method", ["flow", "shape", "box"])
@pytest.mark.parametrize("frame", [5, 11])
def test_it_gives_what_densifying_the_whole_clip_gives(clip, method, frame):
    """Object 12 is annotated less often than 11, and 13 only once: it is carried from there."""
    config = DensifyConfig(method=method, one_way_frames=10)
    keys = [(0, 8, 16, 24), (0, 16), (8,)]
    objects = [annotated(clip, number, each) for number, each in enumerate(keys, 1)]
    before = densify(clip, objects, config)
    wider = clip.labels[frame] == 1
    wider |= np.roll(wider, 6, axis=1)
    changed = [edited(before[0], frame, wider), *before[1:]]
    calls = []
    refilled = refill(
        clip.frames, changed, 11, frame, config, lambda done, total: calls.append((done, total))
    )
    assert refilled.span == ((0, 8) if frame == 5 else (8, 16))
    assert [done for done, _ in calls] == list(range(1, len(calls) + 1))
    assert not calls or calls[-1][0] == calls[-1][1]
    for now, expected in zip(applied(changed, refilled), densify(clip, changed, config), strict=True):
        assert_same(now, expected)
    if method == "flow":
        assert applied(changed, refilled)[0].masks != changed[0].masks


def test_only_the_frames_of_its_spans_are_read_and_objects_never_filled_stay_so(clip):
    class Read(list):
        def __getitem__(self, frame):
            seen.add(frame)
            return super().__getitem__(frame)

    seen: set[int] = set()
    objects = [annotated(clip, number, (0, 8, 16, 24)) for number in (1, 2)]
    moved = edited(objects[0], 11, clip.labels[11] == 1)
    refilled = refill(Read(clip.frames), [moved, objects[1]], 11, 11, DensifyConfig())
    assert seen == set(range(8, 17))
    assert list(refilled.objects) == [11]
    assert refilled.objects[11].frames.tolist() == [9, 10, 12, 13, 14, 15]


def test_a_keyframe_that_was_taken_away_leaves_one_span(clip):
    objects = [annotated(clip, 1, (0, 8, 16))]
    left = [annotated(clip, 1, (0, 16))]
    refilled = refill(clip.frames, left, 11, 8, DensifyConfig())
    assert refilled.span == (0, 16)
    expected = densify(clip, left, DensifyConfig(one_way_frames=0))
    assert_same(joined(left[0], refilled.objects[11]), expected[0])
    assert 8 in refilled.objects[11].frames
    assert 8 in objects[0].keyframes


def test_what_a_report_raises_ends_it(clip):
    def report(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refill(clip.frames, [annotated(clip, 1, (0, 8, 16))], 11, 8, DensifyConfig(), report)


def test_a_box_that_was_carried_beyond_its_keyframe_stays_where_another_object_is_filled_again(clip):
    config = DensifyConfig(max_side=100)
    first = densify(clip, [annotated(clip, 1, (0, 12, 24))], config)[0]
    frames = np.arange(4, FRAMES, dtype=np.int32)
    carried = ObjectTrajectory(
        id=12,
        frames=frames,
        boxes=np.stack([frames, frames, frames + 20, frames + 20], axis=1).astype(np.float32),
        origin=np.where(frames == 4, Origin.EDITED, Origin.PROPAGATED).astype(np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
    )
    objects = [edited(first, 6, clip.labels[6] == 1), carried]
    found = refill(clip.frames, objects, first.id, 6, config)
    assert found.span == (0, 12)
    assert set(found.objects) == {first.id}
    assert applied(objects, found)[1].frames.tolist() == frames.tolist()
