"""Objects that enter and leave, objects annotated once, and the borders between objects."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.synthetic import render_clip
from core.geometry import decode_mask, encode_mask, mask_box
from core.tracking.audit import Audit
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.trajectories.model import Flag, ObjectTrajectory, Origin


def densify(frames, objects, **settings) -> list[ObjectTrajectory]:
    densifier = Densifier(frames, objects, DensifyConfig(**settings))
    for _ in densifier.steps():
        pass
    return densifier.trajectories()


def annotated(masks: dict[int, np.ndarray]) -> ObjectTrajectory:
    there = {frame: mask for frame, mask in masks.items() if mask.any()}
    return ObjectTrajectory(
        frames=np.array(list(there), np.int32),
        boxes=np.array([mask_box(mask) for mask in there.values()], np.float32).reshape(-1, 4),
        origin=np.full(len(there), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(there), np.float32),
        masks=tuple(encode_mask(mask) for mask in there.values()),
    )


@pytest.fixture(scope="module")
def leaving() -> tuple[np.ndarray, np.ndarray]:
    """Frames and labels: the first creature walks out at the left, and is gone from frame 24 on."""
    clip = render_clip(44, frames=31, width=320, height=120, objects=2)
    return clip.frames[:, :, 150:], clip.labels[:, :, 150:]


@pytest.mark.parametrize("backwards", [False, True], ids=["leaves", "enters"])
def test_an_object_that_leaves_or_enters_is_followed_to_the_edge_and_not_beyond(leaving, backwards):
    """Annotated every tenth frame as BMS-26 is: a frame annotated for the other says the first is gone."""
    frames, labels = (each[::-1] if backwards else each for each in leaving)
    objects = [annotated({key: labels[key] == number for key in (0, 10, 20, 30)}) for number in (1, 2)]
    assert objects[0].frames.tolist() == ([10, 20, 30] if backwards else [0, 10, 20])
    walker, other = densify(frames, objects)
    assert other.frames.tolist() == [frame for frame in range(31) if frame % 10]
    seen = [frame for frame in range(31) if frame % 10 and (labels[frame] == 1).any()]
    overlaps = {}
    for frame in seen:
        at, truth = walker.place(frame), labels[frame] == 1
        mask = np.zeros(truth.shape, bool) if at is None else decode_mask(walker.masks[at], *truth.shape)
        overlaps[frame] = (mask & truth).sum() / (mask | truth).sum()
    large = [overlaps[frame] for frame in seen if (labels[frame] == 1).sum() > 200]
    assert min(large) > 0.9
    assert set(walker.frames.tolist()) <= set(seen)


def test_an_object_annotated_once_is_not_audited_and_is_carried_until_it_is_looked_for_in_vain(leaving):
    frames, labels = leaving
    once = annotated({10: labels[10] == 1})
    other = annotated({key: labels[key] == 2 for key in (0, 10, 20, 30)})
    found, _ = densify(frames, [once, other], min_confidence=0.0, one_way_frames=40)
    assert found.frames.tolist() == [*range(1, 10), *range(11, 20)]
    assert (found.flags == 0).all()
    audit = Audit(frames, [once, other], DensifyConfig())
    for _ in audit.steps():
        pass
    assert [(one.place, one.frame) for one in audit.results()] == [(1, 10), (1, 20)]


def test_a_part_is_filled_as_the_whole_is_and_audits_look_at_all(leaving):
    frames, labels = leaving
    once = annotated({0: labels[0] == 1})
    other = annotated({key: labels[key] == 2 for key in (0, 10, 20, 30)})
    whole = densify(frames, [once, other], one_way_frames=9)
    part = densify(frames, [once, other], one_way_frames=9, span=(4, 6))
    for all_of, some in zip(whole, part, strict=True):
        assert some.frames.tolist() == [4, 5, 6]
        assert list(some.masks) == [all_of.masks[all_of.place(frame)] for frame in (4, 5, 6)]
    audits = [Audit(frames, [other], DensifyConfig(method="shape", span=span)) for span in ((), (4, 6))]
    for audit in audits:
        assert list(audit.steps()) == [1, 2]
    assert audits[0].results() == audits[1].results()
    assert all(hidden.overlap > 0 for hidden in audits[0].results())


def test_boxes_are_audited_by_their_overlap():
    """Boxes 0, 5 and 20 px to the right: half way they are 10 px, so 5 of 15 px are shared."""
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10]], np.float32)
    one = ObjectTrajectory(
        frames=np.array([0, 4, 8], np.int32),
        boxes=boxes,
        origin=np.zeros(3, np.uint8),
        confidence=np.ones(3, np.float32),
        masks=(None, None, None),
    )
    (hidden,) = Audit(np.zeros((9, 20, 40, 3), np.uint8), [one], DensifyConfig()).results()
    assert (hidden.frame, hidden.span) == (4, 8)
    assert hidden.overlap == pytest.approx(5 / 15)


def test_frames_between_keyframes_that_contradict_each_other_are_flagged():
    """The second keyframe's mask lies beside the creature, so the votes of the two do not agree."""
    clip = render_clip(44, frames=11, objects=1)
    masks = {key: clip.labels[key] == 1 for key in (0, 10)}
    (found,) = densify(clip.frames, [annotated(masks)])
    assert (found.flags == 0).all()
    masks[10] = np.roll(masks[10], 100, axis=1)
    (found,) = densify(clip.frames, [annotated(masks)])
    assert (found.flags[np.abs(found.frames - 5) <= 2] == Flag.DISAGREES).all()
    assert found.place(5) is not None


RECTANGLE = st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(3, 24), st.integers(3, 24))


@settings(max_examples=12)
@given(
    st.lists(st.lists(RECTANGLE, min_size=2, max_size=2), min_size=2, max_size=4),
    st.sampled_from(["flow", "shape"]),
    st.integers(0, 3),
)
def test_objects_never_overlap_whatever_their_masks(rectangles, method, seed):
    """Masks given may overlap; what is filled does not, nor does it cover another's keyframe."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 255, (6, 40, 56, 3)).astype(np.uint8)
    objects = []
    for place, both in enumerate(rectangles):
        masks = np.zeros((2, 40, 56), bool)
        for mask, (x, y, wide, high) in zip(masks, both, strict=True):
            mask[y : y + high, x : x + wide] = True
        last = 5 if place % 2 else 3
        objects.append(annotated({0: masks[0], last: masks[1]}))
    found = densify(frames, objects, method=method, min_confidence=0, one_way_frames=0)
    for frame in range(1, 5):
        covered = np.zeros((40, 56), int)
        for given_one, one in zip(objects, found, strict=True):
            at = one.place(frame)
            if at is not None:
                mask = decode_mask(one.masks[at], 40, 56)
                assert mask.any()
                x1, y1, x2, y2 = one.boxes[at].astype(int)
                assert 0 <= x1 < x2 <= 56
                assert 0 <= y1 < y2 <= 40
                covered += mask
            if frame in given_one.frames:
                assert at is None
        assert covered.max() <= 1
        for given_one in objects:
            if (key := given_one.place(frame)) is not None:
                assert not (covered.astype(bool) & decode_mask(given_one.masks[key], 40, 56)).any()
