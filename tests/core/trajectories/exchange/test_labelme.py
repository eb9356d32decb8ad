"""labelme's JSON, a file a frame, as people save it."""

import base64
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.errors import StudioError
from core.geometry import decode_mask
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.guessing import guess_format
from tests.core.trajectories.exchange import random_tracks, structure_fuzz

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames: a/000.png …


def shape(label="car", points=((2, 3), (8, 6)), shape_type="rectangle", group_id=None, **more):
    points = [list(one) for one in points]
    return {"label": label, "points": points, "shape_type": shape_type, "group_id": group_id, **more}


def content(*shapes, **more):
    return {"version": "5.4.1", "flags": {}, "shapes": shapes, "imageHeight": 14, "imageWidth": 20, **more}


@pytest.fixture
def read(tmp_path):
    folder = tmp_path / "labels"
    folder.mkdir()

    def read(frames, clip=CLIP, **more):
        for frame, shapes in frames.items():
            path = folder / f"{frame:03}.json"
            path.write_text(json.dumps(content(*shapes, imagePath=f"..\\a\\{frame:03}.png", **more)))
        assert guess_format(folder) == "labelme"
        _, objects, warnings = import_tracks("labelme", folder, clip)
        return objects, warnings

    return read


def pixels(one, place=0):
    return decode_mask(one.masks[place], 14, 20)


def test_a_label_is_an_object_where_no_frame_has_it_twice(read):
    car = [shape(points=((n, 3), (n + 4, 6))) for n in range(3)]
    objects, warnings = read({0: [car[0], shape("dog")], 1: [car[1]], 5: [car[2]]})
    assert [(one.label, one.frames.tolist()) for one in objects] == [("car", [0, 1, 5]), ("dog", [0])]
    assert objects[0].boxes.tolist() == [[0, 3, 4, 6], [1, 3, 5, 6], [2, 3, 6, 6]]
    assert objects[0].masks == (None, None, None)
    assert warnings == []


def test_label_and_group_are_an_object_through_time_and_parts_of_it_in_a_frame(read):
    square = shape(points=((1, 1), (4, 1), (4, 4), (1, 4)), shape_type="polygon", group_id=7)
    beside = shape(points=((3, 2), (8, 2), (8, 4), (3, 4)), shape_type="polygon", group_id=7.0)
    objects, warnings = read({0: [square, beside, shape(group_id=8)], 1: [square]})
    assert [(one.label, one.frames.tolist()) for one in objects] == [("car", [0, 1]), ("car", [0])]
    mask = np.zeros((14, 20), bool)
    mask[1:4, 1:4] = mask[2:4, 3:8] = True  # where they overlap too
    np.testing.assert_array_equal(pixels(objects[0]), mask)
    assert objects[0].boxes.tolist() == [[1, 1, 8, 4], [1, 1, 4, 4]]
    assert warnings == []


def test_labels_that_a_frame_has_several_of_need_a_group(read):
    frames = {0: [shape(), shape(points=((9, 9), (12, 12)))], 1: [shape()]}
    with pytest.raises(StudioError, match=r"3 shapes without a group_id, .* \('car'\); give the shapes of"):
        read(frames)
    (one,), warnings = read({**frames, 2: [shape("dog")]})
    assert one.label == "dog"
    assert warnings == [
        "Left out, in labels: 3 shapes without a group_id, of labels that a frame has several of ('car')."
    ]


def test_circles_and_masks_are_filled_and_lines_left_out_and_said(read):
    circle = shape("sun", ((10.5, 7.5), (13.5, 7.5)), "circle")
    picture = np.zeros((4, 6), np.uint8)
    picture[1:3, 2:] = 255
    text = base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()
    moon = shape("moon", ((-1, 3), (4, 6)), "mask", mask=text)
    lines = [
        shape("path", shape_type="linestrip"),
        shape("path", shape_type="line"),
        shape("nose", [[1, 2]], "point"),
    ]
    objects, warnings = read({3: [circle, moon, *lines]})
    rows, columns = np.mgrid[:14, :20]
    np.testing.assert_array_equal(pixels(objects[0]), (columns - 10) ** 2 + (rows - 7) ** 2 <= 9)
    mask = np.zeros((14, 20), bool)
    mask[4:6, 1:5] = True
    np.testing.assert_array_equal(pixels(objects[1]), mask)
    assert objects[1].boxes.tolist() == [[1, 4, 5, 6]]
    assert warnings == [
        f"Left out, in labels: 1 shape of the type {kind}." for kind in ("line", "linestrip", "point")
    ]


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"points": [[1, 2], [3]]}, "its points are not pairs of numbers"),
        ({"points": [[1, 2], [3, None]]}, "its points are not pairs of numbers"),
        ({"points": [[1, 2], [3, 1e9]]}, "its points are far outside the frame"),
        ({"points": [[1, 2], [1, 6]]}, "its box is 0 pixels wide"),
        ({"shape_type": "mask", "mask": "AAAA"}, "its mask is not of 7 x 4 pixels"),
        ({"shape_type": "mask", "mask": "???"}, "its mask is no picture"),
        ({"shape_type": "mask"}, "its mask is not of 7 x 4 pixels"),
    ],
)
def test_an_odd_shape_is_left_out_and_said(read, odd, why):
    frames = {n: [shape()] for n in range(11)}
    frames[4] = [{**shape(), **odd}]
    (one,), warnings = read(frames)
    assert one.frames.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert warnings == [f"Left out, in labels: 1 row, the first of track car in frame 4 ({why})."]


def test_files_of_a_resized_clip_are_scaled(read):
    square = shape(points=((2, 2), (8, 2), (8, 8), (2, 8)), shape_type="polygon")
    (one,), warnings = read({0: [square]}, imageWidth=40, imageHeight=28)
    assert one.boxes.tolist() == [[1, 1, 4, 4]]
    assert pixels(one).sum() == 9
    assert warnings == ["Scaled, in labels: from 40 x 28 to the 20 x 14 pixels of a."]


def test_frames_go_by_the_names_of_pictures_else_of_files(tmp_path):
    video = replace(CLIP, dataset="video", files=("a.mp4",), timestamps=tuple(range(12)), keyframes=(0,))
    for name, picture in (("frame_000003.json", "x.png"), ("frame_000005.json", None)):
        (tmp_path / name).write_text(json.dumps(content(shape(), imagePath=picture)))
    (tmp_path / "._frame_000005.json").write_bytes(b"\0\5\x16\7")
    (tmp_path / "classes.json").write_text("[]")
    _, (one,), warnings = import_tracks("labelme", tmp_path, video)
    assert one.frames.tolist() == [3, 5]
    assert warnings == [f"Left out, in {tmp_path.name}: 1 other JSON file."]
    _, (one,), _ = import_tracks("labelme", tmp_path / "frame_000005.json", video)
    assert one.frames.tolist() == [5]
    assert guess_format(tmp_path / "frame_000005.json") == "labelme"


def test_what_is_none_of_labelmes_is_refused(tmp_path):
    with pytest.raises(StudioError, match="holds no shapes; choose a folder of labelme's JSON files"):
        import_tracks("labelme", tmp_path, CLIP)
    (tmp_path / "a.json").write_text('{"shapes": {}}')
    with pytest.raises(StudioError, match="holds no shapes"):
        import_tracks("labelme", tmp_path / "a.json", CLIP)


def test_any_structure_is_read_or_refused(tmp_path):
    polygon = shape(points=((1, 1), (5, 1), (5, 5)), shape_type="polygon", group_id=1)
    files = [
        content(polygon, shape("dog"), shape("x", shape_type="circle"), imagePath=f"{n:03}.png")
        for n in (0, 1)
    ]

    def write(changed):
        for number in (0, 1):
            value = changed[number] if number < len(changed) else []
            (tmp_path / f"{number:03}.json").write_text(json.dumps(value))
        return tmp_path

    structure_fuzz.is_read_or_refused("labelme", write, CLIP, json.loads(json.dumps(files)))
