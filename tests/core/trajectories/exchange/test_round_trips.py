"""What is written is read again, exactly as far as each format holds it."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.exchange import WRITTEN, export_clip, import_tracks
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.model import KEYFRAMES, EndReason, ObjectTrajectory, Origin, PointTrajectories
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.exchange.every_format import NEEDS_PYARROW

CLIP = random_tracks.clip()
NOTHING = PointTrajectories.pack([], [])
TABLES = ["csv", pytest.param("parquet", marks=NEEDS_PYARROW)]


def round_trip(format, points, objects, clip=CLIP):
    with TemporaryDirectory() as folder:
        path = export_clip(format, clip, points, objects, Path(folder))
        assert guess_format(path) == format.removesuffix("-results") or not (len(points) or objects)
        read, seen, warnings = import_tracks(format, path, clip)
    assert warnings == []
    assert not read.ids.any()
    return read, seen


def same_paths(read: PointTrajectories, points: PointTrajectories, tolerance: float = 0) -> None:
    np.testing.assert_array_equal(read.first, points.first)
    np.testing.assert_array_equal(read.offsets, points.offsets)
    np.testing.assert_allclose(read.xy, points.xy, rtol=0, atol=tolerance)
    assert (read.first.dtype, read.xy.dtype, read.error.dtype) == (np.int32, np.float32, np.float32)


def unknown_links(read: PointTrajectories) -> None:
    """The error of a format without errors: 0 at first observations, unknown elsewhere; so are ends."""
    assert not read.error[read.offsets[:-1]].any()
    assert np.isnan(np.delete(read.error, read.offsets[:-1])).all()
    expected = np.where(read.last == CLIP.frames - 1, EndReason.CLIP_END, EndReason.UNKNOWN)
    np.testing.assert_array_equal(read.end_reason, expected)
    assert not read.review.any()


def same_object(read: ObjectTrajectory, one: ObjectTrajectory, boxes: float = 0) -> None:
    np.testing.assert_array_equal(read.frames, one.frames)
    np.testing.assert_allclose(read.boxes, one.boxes, rtol=0, atol=boxes)
    np.testing.assert_array_equal(read.origin, one.origin)
    np.testing.assert_allclose(read.confidence, one.confidence, rtol=0, atol=boxes)
    assert (read.masks, read.label, read.review) == (one.masks, one.label, one.review)
    assert (read.id, read.annotator) == (0, CLIP.annotator)
    assert (read.frames.dtype, read.boxes.dtype, read.confidence.dtype) == (np.int32, np.float32, np.float32)


@given(random_tracks.points())
def test_brox_keeps_five_decimals_and_numbers_as_labels(points):
    read, _ = round_trip("brox", points, ())
    same_paths(read, points, 1e-5)
    unknown_links(read)
    assert (read.origin == Origin.LINKED).all()
    short = [label.isascii() and label.isdecimal() and len(label) < 10 for label in points.labels]
    numbers = [int(label) if good else 0 for label, good in zip(points.labels, short, strict=True)]
    assert read.labels == tuple(str(number) if any(numbers) else "" for number in numbers)


@given(random_tracks.points())
def test_tapvid_keeps_positions_exactly(points):
    read, _ = round_trip("tapvid", points, ())
    same_paths(read, points)
    unknown_links(read)
    assert (read.origin == Origin.LINKED).all()
    assert not any(read.labels)


@given(random_tracks.points(), random_tracks.objects())
@settings(max_examples=50)
def test_cvat_keeps_positions_masks_and_origins(points, objects):
    read, seen = round_trip("cvat", points, objects)
    same_paths(read, points)
    unknown_links(read)
    np.testing.assert_array_equal(read.origin, points.origin)
    assert read.labels == tuple(in_xml(label) for label in points.labels)
    assert len(seen) == len(objects)
    for again, one in zip(seen, objects, strict=True):
        expected = replace(one, confidence=np.ones_like(one.confidence), label=in_xml(one.label), review=0)
        if any(one.masks):
            pairs = zip(one.boxes, one.masks, strict=True)
            masks = tuple(touched(box) if mask is None else mask for box, mask in pairs)
            boxes = np.array([random_tracks.box_of(mask) for mask in masks])
            expected = replace(expected, boxes=boxes, masks=masks)
        same_object(again, expected)


def touched(box: np.ndarray) -> bytes:
    """The pixels that a box touches."""
    (left, top), (right, bottom) = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
    mask = np.zeros((CLIP.height, CLIP.width), bool)
    mask[top:bottom, left:right] = True
    return encode_mask(mask)


def in_xml(label: str) -> str:
    """XML has no other control characters than these three, and neither of the last two code points."""
    return "".join(
        c if c in "\t\n\r" or (ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF)) else "�" for c in label
    )


@pytest.mark.parametrize("format", TABLES)
@given(points=random_tracks.points(), objects=random_tracks.objects())
@settings(max_examples=50)
def test_tables_keep_all_but_masks(format, points, objects):
    read, seen = round_trip(format, points, objects)
    same_paths(read, points)
    for name in ("error", "origin", "end_reason", "review"):
        np.testing.assert_array_equal(getattr(read, name), getattr(points, name))
    assert read.labels == points.labels
    assert len(seen) == len(objects)
    for again, one in zip(seen, objects, strict=True):
        same_object(again, replace(one, masks=(None,) * len(one.frames)))


@given(random_tracks.objects())
def test_coco_keeps_boxes_masks_and_origins(objects):
    _, seen = round_trip("coco", NOTHING, objects)
    assert len(seen) == len(objects)
    for again, one in zip(seen, objects, strict=True):
        same_object(again, replace(one, boxes=boxes_around_masks(one), review=0))


@given(random_tracks.objects())
@settings(max_examples=50)
def test_youtube_vis_keeps_boxes_masks_and_labels(objects):
    _, seen = round_trip("youtube-vis", NOTHING, objects)
    assert len(seen) == len(objects)
    for again, one in zip(seen, objects, strict=True):
        origin, sure = np.zeros_like(one.origin), np.ones_like(one.confidence)
        boxes = boxes_around_masks(one)
        same_object(again, replace(one, boxes=boxes, origin=origin, confidence=sure, review=0))


def boxes_around_masks(one: ObjectTrajectory) -> np.ndarray:
    pairs = zip(one.boxes, one.masks, strict=True)
    return np.array([box if mask is None else random_tracks.box_of(mask) for box, mask in pairs])


@given(random_tracks.objects())
def test_mot_keeps_boxes_and_labels_of_ground_truth(objects):
    _, seen = round_trip("mot", NOTHING, objects)
    assert len(seen) == len(objects)
    for again, one in zip(seen, objects, strict=True):
        label = " ".join(one.label.replace("\ufeff", " ").split())
        count = len(one.frames)
        given = {"origin": np.zeros(count, np.uint8), "confidence": np.ones(count, np.float32)}
        bare = replace(one, **given, masks=(None,) * count, label=label, review=0)
        same_object(again, bare, boxes=2e-5)


@given(random_tracks.objects())
def test_mot_results_keep_boxes_to_five_decimals_and_who_was_sure(objects):
    _, seen = round_trip("mot-results", NOTHING, objects)
    assert len(seen) == len(objects)
    for again, one in zip(seen, objects, strict=True):
        origin = np.where(np.isin(one.origin, KEYFRAMES), Origin.ANNOTATED, Origin.PROPAGATED)
        bare = replace(one, origin=origin, masks=(None,) * len(one.frames), label="", review=0)
        same_object(again, bare, boxes=2e-5)


@given(random_tracks.objects(), st.booleans())
@settings(max_examples=50)
def test_davis_keeps_the_pixels_that_are_seen(objects, in_front):
    objects = random_tracks.with_masks_alone(objects[::-1] if in_front else objects)
    _, seen = round_trip("davis", NOTHING, objects)
    found = {one.label: one for one in seen}
    pictures = np.zeros((CLIP.frames, CLIP.height, CLIP.width), int)
    for number, one in enumerate(objects, start=1):
        for frame, runs in zip(one.frames, one.masks, strict=True):
            pictures[frame][decode_mask(runs, CLIP.height, CLIP.width)] = number
    for number in range(1, len(objects) + 1):
        frames = [frame for frame in range(CLIP.frames) if (pictures[frame] == number).any()]
        if not frames:
            assert f"object {number}" not in found
            continue
        masks = [pictures[frame] == number for frame in frames]
        expected = ObjectTrajectory(
            frames=np.array(frames, np.int32),
            boxes=np.array([mask_box(mask) for mask in masks]),
            origin=np.zeros(len(frames), np.uint8),
            confidence=np.ones(len(frames), np.float32),
            masks=tuple(encode_mask(mask) for mask in masks),
            label=f"object {number}",
        )
        same_object(found[f"object {number}"], expected)


@given(random_tracks.points(), random_tracks.objects(), st.integers(0, 200), st.integers(1, 9))
@settings(max_examples=25)
def test_frames_of_a_clip_that_is_part_of_its_source(points, objects, start, step):
    """Numbers of frames are those of the source in a file, and those of the clip after reading."""
    clip = replace(CLIP, start=start, step=step)
    for format in ("mot", "mot-results", "cvat"):
        read, seen = round_trip(format, points if format == "cvat" else NOTHING, objects, clip)
        assert [one.frames.tolist() for one in seen] == [one.frames.tolist() for one in objects]
        if format == "cvat":
            same_paths(read, points)


def test_every_format_is_tried_here():
    tried = {"brox", "tapvid", "cvat", "csv", "parquet", "coco", "youtube-vis", "mot", "mot-results", "davis"}
    assert set(WRITTEN) == tried


def test_objects_come_to_the_annotator_that_the_clip_shows(tmp_path):
    clip = replace(CLIP, annotator=2)
    one = ObjectTrajectory(
        frames=np.array([3], np.int32),
        boxes=np.array([[1, 2, 3, 4]], np.float32),
        origin=np.array([1], np.uint8),
        confidence=np.ones(1, np.float32),
        masks=(None,),
    )
    for format in ("mot", "coco", "cvat", "csv"):
        path = export_clip(format, clip, NOTHING, [one], tmp_path)
        assert [again.annotator for again in import_tracks(format, path, clip)[1]] == [2]
