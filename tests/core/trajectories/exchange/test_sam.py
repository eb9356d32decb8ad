"""Masks as scripts around Segment Anything save them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.geometry import encode_mask
from core.trajectories.exchange import import_tracks, rle
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.model import Origin
from tests.core.trajectories.exchange import random_tracks, structure_fuzz

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames: a/000.png …


def block(x):
    mask = np.zeros((14, 20), bool)
    mask[2:6, x : x + 5] = True
    return encode_mask(mask)


def mask(x, plain=False):
    runs = block(x)
    counts = np.frombuffer(runs, "<u4").tolist() if plain else rle.compress(runs)
    return {"size": [14, 20], "counts": counts}


EMPTY = {"size": [14, 20], "counts": [280]}


@pytest.fixture
def read(tmp_path):
    def read(content, clip=CLIP):
        path = tmp_path / "masks.json"
        path.write_text(json.dumps(content))
        assert guess_format(path) == "sam"
        _, objects, warnings = import_tracks("sam", path, clip)
        return objects, warnings

    return read


def test_masks_by_frame_and_object_as_sam_2_gives_them(read):
    dump = {str(n): {"1": mask(n), "2": mask(n + 3, plain=True) if n != 1 else EMPTY} for n in range(12)}
    (one, other), warnings = read(dump)
    assert one.frames.tolist() == list(range(12))
    assert other.frames.tolist() == [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]  # where it is empty, it is absent
    assert one.masks == tuple(block(n) for n in range(12))
    assert one.boxes[3].tolist() == [3, 2, 8, 6]
    assert (one.origin == Origin.ANNOTATED).all()
    assert warnings == []


def test_masks_by_object_and_frame_are_told_by_their_numbers(read):
    objects, warnings = read({str(o): {f"{n:05}.jpg": mask(n) for n in range(12)} for o in (1, 2)})
    assert [one.frames.tolist() for one in objects] == [list(range(12))] * 2
    assert warnings == ["Taken as frames, in masks.json: the inner keys; the outer ones would fit too."]
    objects, warnings = read({"cat": {str(n): mask(n) for n in range(2)}})
    assert ([one.frames.tolist() for one in objects], warnings) == ([[0, 1]], [])
    objects, warnings = read({"3": {"1": mask(0), "2": mask(4)}})
    assert [one.frames.tolist() for one in objects] == [[3], [3]]
    assert warnings == ["Taken as frames, in masks.json: the outer keys; the inner ones would fit too."]


@pytest.mark.parametrize("wrap", ["segmentation", "rle", "mask"])
@pytest.mark.parametrize("by", ["frame", "frame_idx", "file_name"])
def test_entries_that_name_frame_and_object(read, wrap, by):
    name = "a/{:03}.png".format if by == "file_name" else int
    entries = [
        {by: name(n), "object_id": o, wrap: mask(n), "label": "swan", "score": 0.5}
        for n in (2, 3)
        for o in (1, 5)
    ]
    objects, warnings = read(entries)
    assert [(one.frames.tolist(), one.label) for one in objects] == [([2, 3], "swan")] * 2
    assert objects[0].origin.tolist() == [Origin.PROPAGATED] * 2
    assert warnings == []


def test_folders_have_a_file_a_frame_or_a_file_an_object(tmp_path):
    for kind in ("frames", "objects", "images"):
        (tmp_path / kind).mkdir()
    for n in range(4):
        (tmp_path / "frames" / f"{n:05}.json").write_text(json.dumps({"1": mask(n), "7": mask(n + 3)}))
        entries = [{"segmentation": mask(n), "bbox": [0, 0, 1, 1], "track_id": o} for o in (1, 7)]
        image = {"image_id": 99, "width": 20, "height": 14, "file_name": f"{n:03}.png"}
        path = tmp_path / "images" / f"x{n}y.json"
        path.write_text(json.dumps({"image": image, "annotations": entries}))
    for name in ("cat", "dog"):
        path = tmp_path / "objects" / f"{name}.json"
        path.write_text(json.dumps({str(n): mask(n) for n in range(4)}))
    for kind in ("frames", "objects", "images"):
        assert guess_format(tmp_path / kind) == "sam"
        _, objects, _ = import_tracks("sam", tmp_path / kind, CLIP)
        assert [one.frames.tolist() for one in objects] == [[0, 1, 2, 3]] * 2, kind


def test_masklets_of_sa_v_are_of_every_fourth_frame(read):
    masklet = [[mask(n), mask(n + 3) if n else EMPTY] for n in range(3)]
    content = {"video_id": "sav_1", "video_frame_count": 12.0, "masklet": masklet, "masklet_id": [4, 9]}
    objects, warnings = read(content)
    assert ([one.frames.tolist() for one in objects], warnings) == ([[0, 4, 8], [4, 8]], [])


def test_a_file_of_frames_is_one_object(read):
    (one,), _ = read({f"frame_{n:04}": mask(n) for n in range(12)})
    assert one.frames.tolist() == list(range(12))


def test_what_is_found_in_each_picture_anew_is_refused(read):
    """As `SamAutomaticMaskGenerator` gives it."""
    found = [
        {"id": n, "segmentation": mask(n), "area": 20, "bbox": [n, 2, 5, 4], "predicted_iou": 0.9}
        for n in (1, 2)
    ]
    with pytest.raises(
        StudioError, match=r"2 masks, and nothing says which are one object .* \(no object_id\)"
    ):
        read(found)
    with pytest.raises(StudioError, match="nothing says which are one object"):
        read({"image": {"file_name": "000.png"}, "annotations": found})


def test_masks_of_a_resized_clip_are_scaled(read):
    small = replace(CLIP, width=10, height=7)
    (one,), warnings = read({"0": {"cat": mask(2)}}, small)
    assert one.boxes.tolist() == [[1, 1, 3, 3]]
    assert warnings == ["Scaled, in masks.json: from 20 x 14 to the 10 x 7 pixels of a."]


def test_no_masks_and_other_frames_are_said(read, tmp_path):
    (tmp_path / "a.json").write_text('{"1": {"2": 3}}')
    with pytest.raises(StudioError, match="holds no masks as run lengths"):
        import_tracks("sam", tmp_path / "a.json", CLIP)
    with pytest.raises(StudioError, match="is no frame of a"):
        read({"40": {"50": mask(1)}})


def test_any_structure_is_read_or_refused(tmp_path):
    content = {
        "0": {"1": mask(2, plain=True), "2": mask(3)},
        "1": {"1": {"segmentation": mask(4), "score": 0.5}},
    }

    def write(changed):
        (tmp_path / "a.json").write_text(json.dumps(changed))
        return tmp_path / "a.json"

    structure_fuzz.is_read_or_refused("sam", write, CLIP, content)
