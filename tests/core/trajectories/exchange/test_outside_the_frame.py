"""Places that miss the frame are of another size or layout than was thought: they are said or refused."""

import json

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.exchange import import_tracks
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
XY = np.stack([np.linspace(2, 9, 12)[None] + 2 * np.arange(5)[:, None], np.full((5, 12), 7.5)], -1)


def from_npz(path, xy):
    np.savez(path / "a.npz", tracks=xy, occluded=np.zeros(xy.shape[:2], bool))
    return import_tracks("tapvid", path / "a.npz", CLIP)


def from_mot(path, boxes):
    lines = (f"{t + 1},1,{','.join(f'{v:g}' for v in box)},0.9,-1,-1,-1\n" for t, box in enumerate(boxes))
    (path / "a.txt").write_text("".join(lines))
    return import_tracks("mot", path / "a.txt", CLIP)


def test_tracks_of_a_frame_resized_to_256_pixels_are_refused(tmp_path):
    with pytest.raises(StudioError, match=r"has 60 of 60 points outside the 20 x 14 pixels of a") as caught:
        from_npz(tmp_path, XY * [1.9, 2.6])
    assert is_clear(str(caught.value))
    assert "scale its places" in str(caught.value)


def test_a_few_points_outside_are_kept_and_said(tmp_path):
    far = XY.copy()
    far[4, 9:, 0] = 25
    points, _, warnings = from_npz(tmp_path, far)
    assert len(points.xy) == 60
    assert warnings == [
        "Outside the 20 x 14 pixels of a, in a.npz: 3 of 60 points, the first of track 4 in frame 9; "
        "taken as they are."
    ]


def test_points_a_hair_outside_are_no_word_worth(tmp_path):
    near = XY.copy()
    near[4, :, 0] = 21.5
    assert from_npz(tmp_path, near)[2] == []


def test_boxes_that_reach_out_are_said_where_they_are_many(tmp_path):
    inside = np.tile([3.0, 3, 4, 4], (12, 1))
    inside[11] = 15, 3, 9, 4  # 3 pixels over the right border
    assert from_mot(tmp_path, inside)[2] == []
    inside[7] = 15, 3, 9, 4
    (warning,) = from_mot(tmp_path, inside)[2]
    assert warning == (
        "Reaching out of the 20 x 14 pixels of a, in a.txt: 2 of 12 boxes, the first in line 8; "
        "taken as they are."
    )


def test_boxes_outside_are_said_by_annotation(tmp_path):
    images = [{"id": t, "file_name": f"{t:03d}.png", "width": 20, "height": 14} for t in range(12)]
    boxes = [[3, 3, 4, 4]] * 11 + [[23, 3, 4, 4]]
    annotations = [
        {"id": t, "image_id": t, "track_id": 1, "category_id": 1, "bbox": box} for t, box in enumerate(boxes)
    ]
    content = {
        "images": images,
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": annotations,
    }
    (tmp_path / "a.json").write_text(json.dumps(content))
    _, _, warnings = import_tracks("coco", tmp_path / "a.json", CLIP)
    assert warnings == [
        "Outside the 20 x 14 pixels of a, in a.json: 1 of 12 boxes, the first in annotation 12; "
        "taken as they are."
    ]
