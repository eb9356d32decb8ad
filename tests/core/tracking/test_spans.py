from dataclasses import replace

import numpy as np

from core.geometry import encode_mask
from core.tracking.audit import hidden_spans
from core.tracking.config import DensifyConfig
from core.tracking.densify import between_boxes
from core.tracking.spans import Span, gaps_without_masks, looked_at_frames, method_of, plan, span_around
from core.trajectories.model import FILLINGS, Flag, ObjectTrajectory, Origin

FULL = encode_mask(np.ones((2, 2), bool))


def given(*keys, origin=Origin.ANNOTATED, mask=FULL) -> ObjectTrajectory:
    return ObjectTrajectory(
        frames=np.array(keys, np.int32),
        boxes=np.zeros((len(keys), 4), np.float32),
        origin=np.full(len(keys), origin, np.uint8),
        confidence=np.ones(len(keys), np.float32),
        masks=(mask,) * len(keys),
    )


def test_objects_that_share_keyframes_share_spans():
    spans = plan([given(2, 6), given(2, 6)], 9, DensifyConfig(one_way_frames=1))
    assert spans == [
        Span(1, 1, None, 2, (0, 1)),
        Span(3, 5, 2, 6, (0, 1)),
        Span(7, 7, 6, None, (0, 1)),
    ]
    assert [list(span.frames) for span in spans] == [[1, 2], [2, 3, 4, 5, 6], [6, 7]]


def test_where_an_object_is_missing_it_is_carried_from_the_other_side_only():
    spans = plan([given(0, 5, 9), given(0, 9)], 10, DensifyConfig(one_way_frames=10))
    assert Span(1, 4, 0, None, (1,)) in spans
    assert Span(6, 8, None, 9, (1,)) in spans
    assert Span(1, 4, 0, 5, (0,)) in spans


def test_an_edit_of_one_object_says_nothing_of_the_others():
    spans = plan([given(5, origin=Origin.EDITED), given(0, 9)], 10, DensifyConfig(one_way_frames=0))
    assert spans == [Span(1, 8, 0, 9, (1,))]


def test_empty_masks_are_no_keyframes():
    assert plan([given(0, 5, mask=encode_mask(np.zeros((2, 2), bool)))], 10, DensifyConfig()) == []


def test_the_span_around_an_edit_reaches_to_the_keyframes_beside_it():
    trajectory = given(3, 8, 12)
    assert span_around(trajectory, 8, 20) == (3, 12)
    assert span_around(trajectory, 3, 20) == (0, 8)
    assert span_around(trajectory, 15, 20) == (12, 19)


def test_a_part_of_a_span_is_planned_and_one_sided_ones_up_to_their_keyframe():
    """What ended on the way from the only keyframe must not start again within the part."""
    config = DensifyConfig(span=(5, 7), one_way_frames=10)
    assert plan([given(0, 10)], 11, config) == [Span(5, 7, 0, 10, (0,))]
    assert plan([given(2)], 20, config) == [Span(3, 7, 2, None, (0,))]
    assert plan([given(12)], 20, config) == [Span(5, 11, None, 12, (0,))]


def test_interpolation_needs_a_keyframe_on_both_sides_and_boxes_no_span():
    objects = [given(2, 6), given(6)]
    assert plan(objects, 9, DensifyConfig(method="shape")) == [Span(3, 5, 2, 6, (0,), "shape")]
    assert plan(objects, 9, DensifyConfig(method="box")) == []


def chosen(method: str, *keys: int, mask=FULL) -> ObjectTrajectory:
    return replace(given(*keys, mask=mask), flags=np.full(len(keys), FILLINGS[method], np.uint8))


def test_what_is_filled_in_a_frame_that_was_looked_at_is_there():
    """As where a person moved the keyframe away from a frame in which others are annotated."""
    moved = given(0, 4, 9)
    moved.origin[1] = Origin.PROPAGATED
    spans = plan([moved, given(0, 4, 9)], 10, DensifyConfig(one_way_frames=10))
    assert Span(1, 8, 0, 9, (0,)) in spans
    assert Span(1, 3, 0, 4, (1,)) in spans


def test_what_whoever_annotated_a_clip_looked_at_says_nothing_of_an_object_that_a_person_drew():
    drawn = given(0, 9, origin=Origin.EDITED)
    assert plan([given(5), drawn], 10, DensifyConfig(one_way_frames=0)) == [Span(1, 8, 0, 9, (1,))]


def test_each_object_is_filled_as_was_chosen_for_it():
    objects = [given(0, 4), chosen("shape", 0, 4), chosen("flow", 0, 4), chosen("box", 0, 4)]
    for method in ("flow", "shape", "box"):
        config = DensifyConfig(method=method, one_way_frames=0)
        assert [method_of(one, config) for one in objects] == [method, "shape", "flow", "box"]
    spans = plan(objects, 5, DensifyConfig(method="box"))
    assert spans == [Span(1, 3, 0, 4, (1,), "shape"), Span(1, 3, 0, 4, (2,), "flow")]
    assert method_of(chosen("flow", 0, 4, mask=None), DensifyConfig()) == "box", "there is no mask"


def test_between_a_mask_and_a_box_there_is_a_gap_for_boxes():
    one = replace(given(0, 4, 8, 9, origin=Origin.EDITED), masks=(FULL, None, FULL, None))
    assert gaps_without_masks(one, looked_at_frames([one, given(2)])) == [(0, 4), (4, 8)]
    annotated = replace(one, origin=np.full(4, Origin.ANNOTATED, np.uint8))
    assert gaps_without_masks(annotated, looked_at_frames([annotated, given(2)])) == [(4, 8)]


def test_where_a_person_said_that_it_is_not_seen_nothing_is_filled():
    """After 2 up to 8, from either side, with or without masks, and after the last keyframe."""
    out = np.array([0, Flag.OUTSIDE, 0, Flag.OUTSIDE], np.uint8)
    one = replace(given(0, 2, 8, 10), flags=out)
    other = given(0, 5, 14)
    spans = plan([one, other], 15, DensifyConfig(one_way_frames=10))
    frames = {frame for span in spans if 0 in span.objects for frame in range(span.first, span.last + 1)}
    assert frames == {1, 9}
    boxes = replace(one, masks=(None,) * 4, boxes=np.tile(np.float32([1, 1, 5, 5]), (4, 1)))
    assert between_boxes(boxes, DensifyConfig()).frames.tolist() == [1, 9]
    assert gaps_without_masks(boxes, np.zeros(0, np.int32)) == [(0, 2), (8, 10)]
    plain = replace(one, flags=np.zeros(4, np.uint8))
    hidden = [[span.first for span in hidden_spans([each], DensifyConfig())] for each in (one, plain)]
    assert hidden == [[], [2, 8]], "nor is the audit's truth there"
