"""COCO files as people have them: other programs' ids, names, sizes and shapes."""

import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.geometry import decode_mask, encode_mask
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.model import Origin, PointTrajectories
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks, structure_fuzz
from tests.core.trajectories.small_database import make_object

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames: a/000.png …
VIDEO = replace(
    CLIP, dataset="video", files=("a.mp4",), timestamps=tuple(range(12)), keyframes=(0,), name="film"
)
SIZE = {"width": 20, "height": 14}


@pytest.fixture
def read(tmp_path):
    def read(images, annotations, clip=CLIP, **more):
        content = {"images": images, "annotations": annotations, **more}
        path = tmp_path / "walk.json"
        path.write_text(json.dumps(content))
        _, objects, warnings = import_tracks("coco", path, clip)
        return objects, warnings

    return read


def image(id, **more):
    return {"id": id, **SIZE, **more}


def box(image_id, track=1, **more):
    return {"image_id": image_id, "track_id": track, "bbox": [1, 2, 4, 5], **more}


def every_frame(**more):
    return [image(n, frame_index=n, **more) for n in range(12)]


@pytest.mark.parametrize("form", [int, float, str, "{}.0".format, " {} ".format, "{:04}".format])
@pytest.mark.parametrize("of", ["image_id", "track_id", "category_id"])
def test_an_id_is_the_same_as_number_and_as_text(read, form, of):
    rows = [box(n, n % 2, category_id=n % 2) for n in range(12)]
    rows = [{**one, of: form(one[of]) if n > 2 else one[of]} for n, one in enumerate(rows)]
    categories = [{"id": 0, "name": "cup"}, {"id": "1", "name": "dog"}]
    objects, warnings = read(every_frame(), rows, categories=categories)
    assert [one.label for one in objects] == ["cup", "dog"]
    assert [one.frames.tolist() for one in objects] == [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]]
    assert warnings == []


@pytest.mark.parametrize("clip", [CLIP, VIDEO])
@pytest.mark.parametrize(
    "name",
    [
        "frame_{:06}.PNG",
        "images/task 1/frame_{:06}.PNG",
        "x\\frame_{:06}.png",
        "frame_{:04}_jpg.rf.0a1b2c3d4e99.jpg",
    ],
)
def test_the_number_at_the_end_of_a_name_is_the_frame(read, clip, name):
    """As CVAT names the frames of a video."""
    images = [image(n + 1, file_name=name.format(n)) for n in range(12)]
    rows = [{"image_id": n, "bbox": [1, 2, 4, 5], "attributes": {"track_id": 0}} for n in (1, 5)]
    (one,), warnings = read(images, rows, clip)
    assert (one.frames.tolist(), warnings) == ([0, 4], [])


def test_frames_that_only_fit_when_counted_from_one_are_said(read):
    images = [image(n, file_name=f"{n:05}.jpg") for n in range(1, 13)]
    (one,), warnings = read(images, [box(1), box(12)], VIDEO)
    assert one.frames.tolist() == [0, 11]
    assert warnings == ["Frames taken as counted from 1, in walk.json, as only that fits film."]
    images = [image(n, file_name=f"{n:05}.jpg") for n in range(2, 9)]
    (one,), warnings = read(images, [box(3)])
    assert one.frames.tolist() == [3]
    assert warnings == ["Frames taken as counted from 0, in walk.json; counted from 1 they would fit a too."]
    assert read([image(n, frame_id=n) for n in range(2, 9)], [box(3)])[1] == []


def test_the_names_of_the_clips_files_count_more_than_numbers(read):
    """As in MOT files turned into COCO, where `frame_id` counts from 1."""
    images = [image(n, file_name=f"train/a/img1/{n:03}.jpg", frame_id=n + 1) for n in range(12)]
    (one,), warnings = read(images, [box(4)])
    assert (one.frames.tolist(), warnings) == ([4], [])


def test_composed_and_decomposed_names_are_the_same(read):
    clip = replace(CLIP, files=tuple(f"a/é{chr(97 + n)}.png" for n in range(12)))
    images = [image(n, file_name=unicodedata.normalize("NFD", name)) for n, name in enumerate(clip.files)]
    assert read(images, [box(7)], clip)[0][0].frames.tolist() == [7]


def test_frames_are_those_of_the_source(read, tmp_path):
    clip = replace(VIDEO, start=2, step=3)  # frames 2, 5, 8, 11
    images = [image(n, file_name=f"frame_{n:06}.PNG") for n in range(12)]
    (one,), warnings = read(images, [box(n) for n in (1, 2, 3, 8)], clip)
    assert one.frames.tolist() == [0, 2]
    assert warnings == ["Left out, in walk.json: 2 annotations of other images."]
    path = export_clip("coco", clip, PointTrajectories.pack([], []), [one], tmp_path)
    content = json.loads(path.read_text())
    assert [(i["frame_index"], i["file_name"]) for i in content["images"]] == [
        (n, f"frame_{n:06}.png") for n in (2, 5, 8, 11)
    ]
    assert import_tracks("coco", path, clip)[1][0].frames.tolist() == [0, 2]


@pytest.mark.parametrize("clip", [VIDEO, CLIP])
@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_the_clips_own_frames_are_told_and_said(read, clip, first):
    few = replace(clip, start=2, step=3, files=clip.files[2::3] if clip is CLIP else clip.files)
    images = [image(n, frame_index=n + first) for n in range(4)]
    (one,), warnings = read(images, [box(0), box(3)], few)
    assert one.frames.tolist() == [0, 3]
    assert warnings == [
        f"Frames taken as counted from {first} within the clip, in walk.json, as only that fits {few.name}."
    ]


def test_a_shape_without_a_track_among_tracks_is_left_out(read):
    single = {"image_id": 3, "bbox": [1, 1, 2, 2], "attributes": {"occluded": False}}
    (one,), warnings = read(every_frame(), [box(1), single, box(2), {**single, "track_id": None}])
    assert one.frames.tolist() == [1, 2]
    assert warnings == ["Left out, in walk.json: 2 annotations without a track."]
    with pytest.raises(StudioError, match=r"without a track_id, .*; export tracks instead of single shapes"):
        read(every_frame(), [single])


@pytest.mark.parametrize(
    "segmentation",
    [
        [[1, 1, 9, 1, 9, 9, 1, 9], [3, 3, 6, 3, 6, 6, 3, 6], [11, 2, 13, 2, 13, 4, 11, 4], [1, 1]],
        [
            [[1, 1], [9, 1], [9, 9], [1, 9]],
            [[3, 3], [6, 3], [6, 6], [3, 6]],
            [[11, 2], [13, 2], [13, 4], [11, 4]],
        ],
    ],
)
def test_polygons_are_masks_with_parts_and_holes(read, segmentation):
    (one,), warnings = read(every_frame(), [box(0, segmentation=segmentation, iscrowd=0)])
    mask = np.zeros((14, 20), bool)
    mask[1:9, 1:9] = True
    mask[3:6, 3:6] = False
    mask[2:4, 11:13] = True
    np.testing.assert_array_equal(decode_mask(one.masks[0], 14, 20), mask)
    assert (one.boxes.tolist(), warnings) == ([[1, 2, 5, 7]], [])  # the box is the file's own


def test_a_mask_makes_a_box_where_there_is_none_and_a_thin_polygon_is_its_box(read):
    flat = [2, 3, 8, 3, 8, 6, 2, 6]
    rows = [{**box(0), "segmentation": flat, "bbox": None}]
    rows += [box(1, segmentation=[[1, 1, 1.2, 1, 1.2, 9, 1, 9]]), box(2, segmentation=[]), box(3)]
    (one,), warnings = read(every_frame(), rows)
    assert one.boxes.tolist() == [[2, 3, 8, 6]] + [[1, 2, 5, 7]] * 3
    assert [mask is None for mask in one.masks] == [False, True, True, True]
    assert warnings == ["Taken as boxes, in walk.json: 1 polygon without the centre of a pixel."]


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"segmentation": {"size": [14, 20], "counts": [280]}, "bbox": None}, "its mask is empty"),
        ({"segmentation": {"size": [20, 14], "counts": [280]}}, "its mask is not of 20 x 14 pixels"),
        ({"segmentation": {"size": [14, 20], "counts": [2]}}, "its run lengths do not fill 20 x 14 pixels"),
        ({"segmentation": [[1, 2, 3, 4, 5, "x"]]}, "its polygon is not pairs of numbers"),
        ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "its polygon is not pairs of numbers"),
        ({"segmentation": [[1, 2, 3, 4, 5, 1e308]]}, "its polygon is far outside the frame"),
        ({"segmentation": "AAAA"}, "its mask is neither run lengths nor polygons"),
        ({"bbox": [5, 2, -4, 5]}, "its box is -4 pixels wide"),
        ({"bbox": [1, 2, 4, 0]}, "its box is 0 pixels high"),
        ({"bbox": [1, 2, float("nan"), 5]}, "its box is not all numbers"),
        ({"bbox": None}, "its box is not all numbers"),
        ({"bbox": "1234"}, "its box is not all numbers"),
        ({"score": "high"}, "its score is no number"),
    ],
)
def test_one_odd_annotation_is_left_out_and_said(read, odd, why):
    rows = [box(n) for n in range(12)]
    rows[4] |= odd
    (one,), warnings = read(every_frame(), rows)
    assert one.frames.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
    assert warnings == [f"Left out, in walk.json: 1 row, the first in annotation 5 ({why})."]


def test_a_file_of_a_resized_clip_is_scaled_and_that_is_said(read):
    images = [image(n, frame_index=n) | {"width": 40, "height": 28} for n in range(12)]
    mask = np.zeros((28, 40), bool)
    mask[4:10, 6:12] = True
    counts = np.frombuffer(encode_mask(mask), "<u4").tolist()
    rows = [
        box(0, bbox=[6, 4, 6, 6], segmentation={"size": [28, 40], "counts": counts}),
        box(1, bbox=[6, 4, 6, 6], segmentation=[[6, 4, 12, 4, 12, 10, 6, 10]]),
    ]
    (one,), warnings = read(images, rows)
    assert one.boxes.tolist() == [[3, 2, 6, 5]] * 2
    small = np.zeros((14, 20), bool)
    small[2:5, 3:6] = True
    assert one.masks == (encode_mask(small),) * 2
    assert warnings == ["Scaled, in walk.json: from 40 x 28 to the 20 x 14 pixels of a."]


@pytest.mark.parametrize(("width", "height", "words"), [(14, 20, ", turned by a quarter"), (40, 30, "")])
def test_images_of_another_shape_are_refused(read, width, height, words):
    images = [image(n, frame_index=n) | {"width": width, "height": height} for n in range(12)]
    with pytest.raises(StudioError, match=f"images of {width} x {height} pixels{words} while a has 20 x 14"):
        read(images, [box(0)])


def test_of_several_folders_the_one_of_the_clip_is_read(read):
    images = [image(f"{name}{n}", file_name=f"{name}/{n:03}.png") for name in "ab" for n in range(12)]
    rows = [box("a3"), box("b4", 1, bbox=[0, 0, 9, 9])]
    (one,), warnings = read(images, rows)
    assert (one.frames.tolist(), one.boxes.tolist()) == ([3], [[1, 2, 5, 7]])
    assert warnings == ["Left out, in walk.json: 1 annotation of other images."]
    with pytest.raises(StudioError, match=r"images of several folders \(a, b\) and none named walk"):
        read(images, rows, replace(CLIP, name="walk", files=tuple(f"{n:03}.png" for n in range(12))))


@pytest.mark.parametrize("name", ["film", "film.mp4", "videos/film.mp4", "C:\\clips\\film.mp4"])
def test_of_several_videos_the_one_of_the_clip_is_read(read, name):
    videos = [{"id": 1, "name": "other"}, {"id": "2", "name": name}]
    images = [image(10 * v + n, video_id=v, frame_index=n) for v in (1, 2) for n in range(8)]
    (one,), _ = read(images, [box(13), box(25)], VIDEO, videos=videos)
    assert one.frames.tolist() == [5]


def test_labels_are_those_of_most_annotations_and_unknown_ones_are_said(read):
    rows = [box(n, 1, category_id=1 + (n > 8)) for n in range(12)] + [box(0, 2, category_id=9)]
    tracks = [{"id": 3, "category_id": 2}]
    categories = [{"id": 1, "name": "cup", "supercategory": ""}, {"id": 2, "name": "object"}]
    objects, warnings = read(every_frame(), [*rows, box(4, 3)], categories=categories, tracks=tracks)
    assert [one.label for one in objects] == ["cup", "", "object"]
    assert warnings == [
        "Left nameless, in walk.json: 1 annotation of unknown categories.",
        "Named as most of their annotations, in walk.json: 1 track.",
    ]


def test_half_of_a_surrogate_pair_in_a_label_is_replaced_and_whole_pairs_are_letters(read):
    names = ["\ud83d cup", "dog \ude00", "\U0001f600", "\\ud83d", "\\\ud83d", "\ud83d\ud83d\ude00"]
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    rows = [box(0, number, category_id=number) for number in range(len(names))]
    objects, warnings = read(every_frame(), rows, categories=categories)
    assert [one.label for one in objects] == [
        *("\ufffd cup", "dog \ufffd", "\U0001f600"),
        *("\\ud83d", "\\\ufffd", "\ufffd\U0001f600"),
    ]
    assert warnings == []


def test_a_label_that_is_called_object_is_kept_beside_nameless_ones(tmp_path):
    objects = [make_object([1], label) for label in ("object", "", "object_", "cat")]
    path = export_clip("coco", CLIP, PointTrajectories.pack([], []), objects, tmp_path)
    names = [one["name"] for one in json.loads(path.read_text())["categories"]]
    assert len(set(names)) == 4
    assert all(names)
    assert [one.label for one in import_tracks("coco", path, CLIP)[1]] == ["object", "", "object_", "cat"]


def test_what_is_not_kept_is_said(read):
    rows = [box(0, keypoints=[1, 2, 2], num_keypoints=1), box(1, attributes={"rotation": 30.5})]
    categories = [{"id": 1, "name": "man", "supercategory": "person", "keypoints": ["nose"]}]
    _, warnings = read(every_frame(), rows, categories=categories)
    assert warnings == [
        f"Left out, in walk.json: {what}."
        for what in (
            "the keypoints of 1 annotation",
            "the supercategory of 1 label",
            "by how much 1 box is turned",
        )
    ]


@pytest.mark.parametrize(
    ("bbox", "words"),
    [
        ([12, 8, 16, 12], "corners, in walk.json: as width and height most would leave the frame"),
        ([0.6, 4 / 7, 0.2, 2 / 7], "shares of the frame, in walk.json: as pixels all would lie in a corner"),
    ],
)
def test_boxes_of_another_layout_are_told_by_the_bulk_of_them(read, bbox, words):
    rows = [box(n, bbox=bbox) for n in range(11)]
    (one,), warnings = read(every_frame(), [*rows, box(11, bbox=[0, 0, 1, 1])])
    np.testing.assert_allclose(one.boxes[:11], np.tile([[12, 8, 16, 12]], (11, 1)), rtol=1e-6)
    assert warnings == [f"Boxes taken as {words}."]
    rows = [box(n, bbox=[16, 8, 6, 5] if n < 5 else [12, 8, 4, 4]) for n in range(11)]
    (one,), warnings = read(every_frame(), rows)  # some that leave the frame are no reason
    assert one.boxes[[0, 10]].tolist() == [[16, 8, 22, 13], [12, 8, 16, 12]]
    assert warnings == []


def test_percent_is_a_scale_of_scores(read):
    (one,), warnings = read(every_frame(), [box(n, score=50 + n) for n in range(12)])
    np.testing.assert_allclose(one.confidence, [0.5 + n / 100 for n in range(12)], rtol=1e-6)
    assert (one.origin == Origin.PROPAGATED).all()
    assert warnings == ["Taken as percent, in walk.json: scores up to 61."]


def test_a_track_of_minus_one_is_none(read):
    (one,), warnings = read(every_frame(), [box(0), box(1, -1), box(2, "-1"), box(1, -1, bbox=[3, 3, 3, 3])])
    assert one.frames.tolist() == [0]
    assert warnings == ["Left out, in walk.json: 3 annotations without a track."]


def test_identical_annotations_are_one(read):
    (one,), warnings = read(every_frame(), [box(0, id=1), box(0, id=1), box(1, id=1)])
    assert (one.frames.tolist(), warnings) == ([0, 1], [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"images": ' + "[" * 5000, "no whole JSON"),
        ('{"images": [{"id": ' + "9" * 5000 + "}]}", "a number of thousands of digits"),
        ('{"images": [}\n', "no whole JSON (Expecting value, line 1)"),
        ("[{}]", "is a list, as of detections, without images"),
        ('{"images": null, "annotations": []}', "no list of images"),
    ],
)
def test_hostile_json_is_refused_in_one_sentence(tmp_path, text, words):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(StudioError) as caught:
        import_tracks("coco", path, CLIP)
    assert words in str(caught.value)
    assert is_clear(str(caught.value))


def test_json_in_utf_16_is_read(tmp_path):
    content = {"images": every_frame(), "annotations": [box(0, category_id=1)]}
    (tmp_path / "a.json").write_text(
        json.dumps({**content, "categories": [{"id": 1, "name": "猫"}]}, ensure_ascii=False), "utf-16"
    )
    assert import_tracks("coco", tmp_path / "a.json", CLIP)[1][0].label == "猫"


def test_any_structure_is_read_or_refused(tmp_path):
    content = {
        "videos": [{"id": 1, "name": "a"}],
        "images": [image(n, frame_index=n, file_name=f"a/{n:03}.png", video_id=1) for n in range(3)],
        "tracks": [{"id": 1, "category_id": 1}],
        "categories": [{"id": 1, "name": "cup", "supercategory": "x"}],
        "annotations": [
            box(0, category_id=1, segmentation=[[1, 1, 5, 1, 5, 5]], score=0.5, origin="edited"),
            box(1, category_id=1, segmentation={"size": [14, 20], "counts": [20, 20, 240]}),
            box(2, 2, attributes={"track_id": 2}, keypoints=[1, 2, 3]),
        ],
    }

    def write(changed):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(changed))
        return path

    structure_fuzz.is_read_or_refused("coco", write, CLIP, content)
