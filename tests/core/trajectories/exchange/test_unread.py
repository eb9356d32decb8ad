"""Files without frames and ids, and those of programs that are not read, are named and told from tracks."""

import contextlib
import json
import zipfile

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.guessing import guess_format
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
YOLO = "".join(f"0 {(3 + t / 2) / 20:.6f} 0.5 0.2 0.25" + "{}\n" for t in range(5))


def taken(path):
    return import_tracks(guess_format(path), path, CLIP)


def refusal(path):
    with pytest.raises(StudioError) as caught:
        taken(path)
    assert is_clear(str(caught.value))
    return str(caught.value)


def written(path, name, text):
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(text)
    return path / name


@pytest.mark.parametrize("more", ["", " 0.9", " 7", " 0.9 7"])
def test_labels_of_yolo_are_named(tmp_path, more):
    text = refusal(written(tmp_path, "film_1.txt", YOLO.replace("{}", more)))
    assert "boxes as YOLO writes them" in text
    assert "frame,id,left,top,width,height" in text


def test_a_folder_of_them_too(tmp_path):
    for frame in range(3):
        written(tmp_path, f"film_{frame}.txt", YOLO.replace("{}", ""))
    assert "boxes as YOLO writes them" in refusal(tmp_path)


def test_tracks_in_shares_of_the_frame_are_none_of_them_but_scaled(tmp_path):
    lines = "".join(f"{t + 1},1,{(3 + t / 2) / 20},0.5,0.2,0.25,0.9\n" for t in range(5))
    _, (one,), warnings = taken(written(tmp_path, "a.txt", lines))
    left = 3 + np.arange(5) / 2
    expected = np.column_stack([left, np.full(5, 7), left + 4, np.full(5, 10.5)])
    np.testing.assert_allclose(one.boxes, expected, rtol=1e-6)
    assert warnings == ["Scaled to the frame, in a.txt: most boxes lie within 0 to 1."]


def test_the_truth_of_single_object_tracking_is_named(tmp_path):
    boxes = written(tmp_path, "otb/groundtruth_rect.txt", "3,3,4,4\n" * 12)
    corners = written(tmp_path, "vot/groundtruth.txt", "3,3,7,3,7,7,3,7\n" * 12)
    assert "holds a box a line" in refusal(boxes)
    assert "holds the four corners of a box a line" in refusal(corners)
    points = written(tmp_path, "tracks.txt", "".join(f"{t},1,3,3\n" for t in range(12)))
    assert "--columns" in refusal(points)


def test_vatic_is_read_without_what_is_lost(tmp_path):
    lines = [f'3 {t} 2 {t + 4} 6 {t} {int(t == 5)} 0 {int(t > 0)} "Car" "Parked"' for t in range(8)]
    _, (one,), warnings = taken(written(tmp_path, "a.txt", "\n".join(lines)))
    assert one.label == "Car"
    assert one.frames.tolist() == [0, 1, 2, 3, 4, 6, 7]
    np.testing.assert_array_equal(one.boxes[2], [2, 2, 6, 6])
    assert warnings == [
        "Taken as VATIC's columns, in a.txt: id, four sides, frame, three flags, label.",
        "Left out, in a.txt: 1 lost box not to be considered.",
    ]


@pytest.mark.parametrize(
    ("content", "program"),
    [
        ({"_via_img_metadata": {}}, "the VGG Image Annotator"),
        ({"000.png123": {"filename": "000.png", "regions": []}}, "the VGG Image Annotator"),
        ({"name": "p", "assets": {}}, "VoTT"),
        ([{"id": 1, "data": {}, "annotations": []}], "Label Studio"),
        ({"size": {}, "objects": [], "frames": [], "framesCount": 12}, "Supervisely"),
        ({"info": {}, "categories": {"label": {}}, "items": []}, "Datumaro"),
        ([{"name": "000.png", "labels": []}], "BDD100K or Scalabel"),
    ],
)
def test_json_of_other_programs_is_named(tmp_path, content, program):
    text = refusal(written(tmp_path, "a.json", json.dumps(content)))
    assert f"is of {program}, whose own JSON is not read; convert it to COCO" in text


def test_lines_of_json_are_no_damage(tmp_path):
    text = refusal(written(tmp_path, "a.json", '{"a": 1}\n{"a": 2}\n'))
    assert "holds several JSON values one after the other, the second in line 2" in text


def test_archives_and_single_arrays_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "masks.zip", "w") as archive:
        archive.writestr("SegmentationClass/000.png", "x")
    assert "is a zip archive; unpack it" in refusal(tmp_path / "masks.zip")
    np.save(tmp_path / "masks.npy", np.zeros((3, 4, 5), np.uint8))
    assert "is a single array" in refusal(tmp_path / "masks.npy")


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("brox", "12\n1\n0 3\n10 20 0\n11 20 -1e308\n12 20 1e308\n"),
        ("csv", "axis-0,axis-1,axis-3,axis-4\n" + "".join(f"0,{t},5,{t}\n" for t in range(12))),
        ("mot", "".join(f"{t + 1},1,{0.1 if t else -1e308},0.2,0.3,0.2\n" for t in range(12))),
        (
            "cvat",
            '<annotations><version>1.1</version><track id="0" label="a">'
            '<box frame="0" keyframe="1" outside="0" xtl="-1e308" ytl="2" xbr="1e308" ybr="4" rotation="5"/>'
            "</track></annotations>",
        ),
    ],
)
def test_numbers_beyond_all_and_columns_left_out_are_no_crash(tmp_path, format, text):
    path = written(tmp_path, "a.txt", text)
    with contextlib.suppress(StudioError):
        _, objects, _ = import_tracks(format, path, CLIP)
        assert all(np.isfinite(one.boxes).all() for one in objects)
