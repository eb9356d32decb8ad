import numpy as np
import pytest

from core.datasets.synthetic import SyntheticClip, render_clip
from core.errors import StudioError
from core.geometry import decode_mask, encode_mask, iou, mask_box
from core.tracking.audit import Audit
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier, steps_needed
from core.tracking.spans import plan
from core.trajectories.model import ObjectTrajectory, Origin


def annotated(clip: SyntheticClip, number: int, keys, masks: bool = True) -> ObjectTrajectory:
    """An object of a drawn clip as its benchmark would give it: seen at some frames only."""
    shown = [frame for frame in keys if (clip.labels[frame] == number).any()]
    there = [clip.labels[frame] == number for frame in shown]
    return ObjectTrajectory(
        id=number,
        label=f"creature {number}",
        frames=np.array(shown, np.int32),
        boxes=np.array([mask_box(mask) for mask in there], np.float32).reshape(-1, 4),
        origin=np.full(len(shown), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(shown), np.float32),
        masks=tuple(encode_mask(mask) if masks else None for mask in there),
    )


def densify(frames, objects, **settings) -> list[ObjectTrajectory]:
    config = DensifyConfig(**settings)
    densifier = Densifier(frames, objects, config)
    steps = list(densifier.steps())
    assert steps == list(range(1, densifier.total + 1))
    assert densifier.total == steps_needed(plan(objects, len(frames), config))
    return densifier.trajectories()


def overlaps(clip: SyntheticClip, number: int, found: ObjectTrajectory) -> np.ndarray:
    """(K,) IoU of the masks found with the exact ones."""
    values = []
    for frame, runs in zip(found.frames, found.masks, strict=True):
        mask, truth = decode_mask(runs, *clip.labels.shape[1:]), clip.labels[frame] == number
        values.append((mask & truth).sum() / (mask | truth).sum())
    return np.array(values)


@pytest.fixture(scope="module")
def clip():
    return render_clip(44, frames=21, objects=3)


@pytest.fixture(scope="module")
def filled(clip):
    return densify(clip.frames, [annotated(clip, number, (0, 10, 20)) for number in (1, 2, 3)])


def test_masks_between_keyframes_are_near_the_truth(clip, filled):
    between = [frame for frame in range(21) if frame not in (0, 10, 20)]
    for number, found in zip((1, 2, 3), filled, strict=True):
        assert found.frames.tolist() == between
        assert (found.origin == Origin.PROPAGATED).all()
        scores = overlaps(clip, number, found)
        assert scores.mean() > 0.9
        assert scores.min() > 0.8


def test_it_beats_the_nearest_keyframe_by_far(clip, filled):
    for number, found in zip((1, 2, 3), filled, strict=True):
        copied = []
        for frame in found.frames:
            key = min((0, 10, 20), key=lambda key: abs(key - frame))
            mask, truth = clip.labels[key] == number, clip.labels[frame] == number
            copied.append((mask & truth).sum() / (mask | truth).sum())
        assert 1 - overlaps(clip, number, found).mean() < 0.3 * (1 - np.mean(copied))


def test_boxes_are_those_of_the_masks(clip, filled):
    for number, found in zip((1, 2, 3), filled, strict=True):
        truth = np.array([mask_box(clip.labels[frame] == number) for frame in found.frames])
        assert iou(found.boxes, truth).mean() > 0.9


def test_objects_do_not_overlap(clip, filled):
    for frame in (5, 15):
        covered = np.zeros(clip.labels.shape[1:], int)
        for found in filled:
            covered += decode_mask(found.masks[found.place(frame)], *covered.shape)
        assert covered.max() == 1


def test_confidence_is_a_share_and_lower_where_masks_are_worse():
    """Over spans of different difficulty it orders frames about as the truth does."""
    clip = render_clip(33, frames=31, width=200, height=150, objects=3)
    objects = [annotated(clip, number, (0, 3, 30)) for number in (1, 2, 3)]
    found = densify(clip.frames, objects)
    score = np.concatenate(
        [overlaps(clip, number, one) for number, one in zip((1, 2, 3), found, strict=True)]
    )
    confidence = np.concatenate([one.confidence for one in found])
    assert (confidence > 0).all()
    assert (confidence <= 1).all()
    assert np.corrcoef(score, confidence)[0, 1] > 0.4


def test_only_the_spans_beside_an_edited_keyframe_are_done_again(clip, filled):
    objects = [annotated(clip, number, (0, 10, 20)) for number in (1, 2, 3)]
    again = densify(clip.frames, objects, span=(11, 19))
    for before, now in zip(filled, again, strict=True):
        assert now.frames.tolist() == list(range(11, 20))
        rows = [before.place(frame) for frame in now.frames]
        assert [before.masks[row] for row in rows] == list(now.masks)


def test_an_audit_hides_each_keyframe_between_two_others(clip):
    objects = [annotated(clip, number, (0, 5, 10, 15)) for number in (1, 2, 3)]
    lone = annotated(clip, 1, (0, 20))
    audit = Audit(clip.frames, [*objects, lone], DensifyConfig())
    assert list(audit.steps()) == list(range(1, audit.total + 1))
    hidden = audit.results()
    assert [(one.place, one.frame, one.span) for one in hidden] == [
        (place, frame, 10) for place in (0, 1, 2) for frame in (5, 10)
    ]
    assert np.mean([one.overlap for one in hidden]) > 0.85
    assert all(0 < one.confidence <= 1 for one in hidden)
    without = densify(clip.frames, [annotated(clip, number, (0, 10)) for number in (1, 2, 3)], span=(5, 5))
    alone = [one for one in hidden if one.frame == 5]
    for number, found, one in zip((1, 2, 3), without, alone, strict=True):
        assert one.overlap == pytest.approx(overlaps(clip, number, found)[0])


def test_seen_once_it_is_carried_both_ways_and_stops(clip):
    (found,) = densify(clip.frames, [annotated(clip, 2, (10,))], one_way_frames=4, min_confidence=0.2)
    assert found.frames.tolist() == [6, 7, 8, 9, 11, 12, 13, 14]
    assert overlaps(clip, 2, found).min() > 0.8
    for outwards in (found.confidence[3::-1], found.confidence[4:]):
        assert (np.diff(outwards) < 0.02).all()
    (none,) = densify(clip.frames, [annotated(clip, 2, (10,))], one_way_frames=0)
    assert len(none.frames) == 0
    (sure,) = densify(clip.frames, [annotated(clip, 2, (10,))], min_confidence=1.0)
    assert len(sure.frames) == 0


def test_a_frame_annotated_without_the_object_is_not_filled_with_it(clip):
    first, second = annotated(clip, 1, (0, 10, 20)), annotated(clip, 2, (0, 20))
    _, found = densify(clip.frames, [first, second], min_confidence=0.0, one_way_frames=20)
    assert 10 not in found.frames
    assert {9, 11} <= set(found.frames.tolist())


def test_a_keyframe_of_one_object_is_not_painted_over_by_another(clip):
    edited = annotated(clip, 1, (0, 5, 10))
    edited.origin[1] = Origin.EDITED
    everything = np.zeros(clip.labels.shape[1:], bool)
    everything[:, 150:] = True
    edited = ObjectTrajectory(
        **{**vars(edited), "masks": (edited.masks[0], encode_mask(everything), edited.masks[2])}
    )
    first, second = densify(clip.frames[:11], [edited, annotated(clip, 2, (0, 10))])
    assert 5 not in first.frames
    at = second.place(5)
    assert at is None or not decode_mask(second.masks[at], *everything.shape)[:, 150:].any()


def test_earlier_propagation_is_no_keyframe(clip, filled):
    key = annotated(clip, 3, (0, 10, 20))
    wrong = encode_mask(np.ones(clip.labels.shape[1:], bool))
    merged = ObjectTrajectory(
        frames=np.array([0, 4, 10, 20], np.int32),
        boxes=key.boxes[[0, 0, 1, 2]],
        origin=np.array([0, Origin.PROPAGATED, 0, 0], np.uint8),
        confidence=np.ones(4, np.float32),
        masks=(key.masks[0], wrong, *key.masks[1:]),
    )
    others = [annotated(clip, number, (0, 10, 20)) for number in (1, 2)]
    found = densify(clip.frames, [*others, merged], span=(1, 9))[2]
    assert found.frames.tolist() == list(range(1, 10))
    assert found.masks == filled[2].masks[:9]


def test_boxes_without_masks_are_interpolated(clip):
    box = annotated(clip, 1, (0, 4, 20), masks=False)
    (found,) = densify(clip.frames, [box])
    assert found.masks == (None,) * 18
    np.testing.assert_allclose(found.boxes[found.place(2)], (box.boxes[0] + box.boxes[1]) / 2)
    assert found.confidence[found.place(12)] < found.confidence[found.place(19)]
    (part,) = densify(clip.frames, [box], span=(2, 7))
    assert part.frames.tolist() == [2, 3, 5, 6, 7]


def test_large_frames_give_masks_in_their_own_pixels(clip):
    objects = [annotated(clip, number, (0, 10)) for number in (1, 2, 3)]
    found = densify(clip.frames[:11], objects, max_side=160)
    for number, one in zip((1, 2, 3), found, strict=True):
        assert overlaps(clip, number, one).mean() > 0.84


def test_clips_that_have_nothing_to_fill(clip):
    one = render_clip(0, frames=1)
    for frames, objects in (
        (one.frames, [annotated(one, 1, (0,))]),
        (clip.frames, []),
        (clip.frames[:2], [annotated(clip, 1, (0, 1))]),
    ):
        assert all(len(found.frames) == 0 for found in densify(frames, objects))


def test_black_and_tiny_frames(clip):
    black = np.zeros((5, 40, 56, 3), np.uint8)
    mask = np.zeros((40, 56), bool)
    mask[10:20, 20:40] = True
    key = ObjectTrajectory(
        frames=np.array([0, 4], np.int32),
        boxes=np.array([mask_box(mask)] * 2),
        origin=np.zeros(2, np.uint8),
        confidence=np.ones(2, np.float32),
        masks=(encode_mask(mask),) * 2,
    )
    (found,) = densify(black, [key])
    for runs in found.masks:
        kept = decode_mask(runs, 40, 56)
        assert (kept & mask).sum() / (kept | mask).sum() > 0.85
    tiny = render_clip(0, frames=5, width=16, height=16, objects=1)
    assert len(densify(tiny.frames, [annotated(tiny, 1, (0, 4))])) == 1


def test_a_mask_of_another_size_is_refused_in_a_sentence(clip):
    key = annotated(clip, 1, (0, 10))
    key = ObjectTrajectory(**{**vars(key), "masks": (encode_mask(np.ones((9, 9), bool)), key.masks[1])})
    with pytest.raises(StudioError, match="creature 1 at frame 0 does not fit the frame"):
        densify(clip.frames, [key])
