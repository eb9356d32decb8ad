"""Files as other programs write them, short, in the layout of their documentation."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.geometry import decode_mask, encode_mask
from core.trajectories.exchange import import_tracks
from core.trajectories.model import Flag, Origin
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames: a/000.png …

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>5</id>
      <name>interpolation</name>
      <size>12</size>
      <mode>interpolation</mode>
      <labels>
        <label><name>person</name><attributes></attributes></label>
      </labels>
      <segments><segment><id>5</id><start>0</start><stop>11</stop></segment></segments>
      <owner><username>admin</username><email></email></owner>
      <original_size>
        <width>20</width>
        <height>14</height>
      </original_size>
    </task>
    <dumped>2018-09-25 16:05:07.134046+03:00</dumped>
  </meta>
  <track id="0" label="person" source="manual">
    <box frame="0" outside="0" occluded="0" keyframe="1" xtl="1.50" ytl="2.25" xbr="9.00" ybr="12.00">
      <attribute name="sex">unknown</attribute>
    </box>
    <box frame="1" outside="0" occluded="1" keyframe="0" xtl="2.50" ytl="2.25" xbr="10.00" ybr="12.00">
    </box>
    <box frame="2" outside="1" occluded="0" keyframe="1" xtl="2.50" ytl="2.25" xbr="10.00" ybr="12.00">
    </box>
    <box frame="7" outside="0" occluded="0" keyframe="1" xtl="3" ytl="4" xbr="5" ybr="6"></box>
  </track>
  <track id="7" label="nose" source="auto">
    <points frame="3" outside="0" occluded="0" keyframe="1" points="10.30,7.10"></points>
    <points frame="4" outside="0" occluded="0" keyframe="1" points="10.80,7.00"></points>
    <points frame="5" outside="1" occluded="0" keyframe="1" points="10.80,7.00"></points>
    <points frame="9" outside="0" occluded="0" keyframe="1" points="11.00,7.00"></points>
  </track>
  <track id="9" label="blob" source="file">
    <mask frame="4" outside="0" occluded="0" keyframe="1"
      rle="1, 2, 1, 3, 2, 1, 2" left="3" top="5" width="4" height="3">
    </mask>
    <mask frame="5" outside="1" occluded="0" keyframe="1"
      rle="1, 2, 1, 3, 2, 1, 2" left="3" top="5" width="4" height="3">
    </mask>
  </track>
  <track id="10" label="car">
    <polygon frame="0" points="1.0,1.0;7.5,1.0;7.5,3.5" outside="0" occluded="0" keyframe="1"></polygon>
    <polyline frame="0" points="1.0,1.0;7.5,1.0" outside="0" occluded="0" keyframe="1"></polyline>
    <points frame="1" points="1.0,1.0;7.5,1.0" outside="0" occluded="0" keyframe="1"></points>
  </track>
</annotations>
"""


def test_cvat(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(CVAT)
    points, objects, warnings = import_tracks("cvat", path, CLIP)
    assert [one.label for one in objects] == ["person", "blob", "car"]
    person, blob, car = objects
    assert person.frames.tolist() == [0, 1, 7]
    np.testing.assert_array_equal(person.boxes, [[1.5, 2.25, 9, 12], [2.5, 2.25, 10, 12], [3, 4, 5, 6]])
    assert person.origin.tolist() == [Origin.ANNOTATED] * 3, "what comes before a frame outside is a keyframe"
    assert person.flags.tolist() == [0, Flag.OCCLUDED | Flag.OUTSIDE, 0]
    assert blob.flags.tolist() == [Flag.OUTSIDE]
    pixels = np.zeros((14, 20), bool)
    for row, line in enumerate([".##.", "###.", ".#.."]):
        for column, character in enumerate(line):
            pixels[5 + row, 3 + column] = character == "#"
    # In the file: one background, two of the object, one background, then the next row's three.
    np.testing.assert_array_equal(decode_mask(blob.masks[0], 14, 20), pixels)
    assert blob.boxes.tolist() == [[3, 5, 6, 8]]
    assert car.boxes.tolist() == [[2, 1, 7, 3]]
    assert np.argwhere(decode_mask(car.masks[0], 14, 20)).tolist() == [
        *([1, column] for column in range(2, 7)),
        *([2, column] for column in range(5, 7)),
    ]
    assert points.first.tolist() == [3, 9]
    np.testing.assert_array_equal(points.xy, np.array([[10.3, 7.1], [10.8, 7], [11, 7]], np.float32))
    assert (points.origin == Origin.LINKED).all()
    assert points.labels == ("nose", "nose")
    assert warnings == [
        "Left out, in annotations.xml: 1 <polyline>.",
        "Left out, in annotations.xml: 1 shape with several points.",
        "Split at gaps, in annotations.xml: 1 point track.",
    ]


def test_mot_ground_truth(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,4,5,6,7,8,1,1,0.86\n2,4,6,6,7,8,1,1,1\n2,9,1,1,3,4,1,3,1\n3,9,1,1,3,4,0,3,1\n")
    points, objects, warnings = import_tracks("mot", path, CLIP)
    assert len(points) == 0
    assert [(one.label, one.frames.tolist()) for one in objects] == [("pedestrian", [0, 1]), ("car", [1])]
    assert objects[0].boxes.tolist() == [[4, 5, 11, 13], [5, 5, 12, 13]]  # the first pixel is 1 there
    assert all((one.origin == Origin.ANNOTATED).all() for one in objects)
    assert warnings == ["Left out, in gt.txt: 1 line not to be considered."]


def test_mot_results_of_a_tracker(tmp_path):
    path = tmp_path / "results.txt"
    path.write_text("1, 3, 5.5, 2.5, 4, 4, 0.75, -1, -1, -1\r\n1, 8, 2, 2, 5, 5, -1, -1, -1, -1\r\n")
    _, (unsure, unsaid), _ = import_tracks("mot", path, CLIP)
    assert unsure.boxes.tolist() == [[4.5, 1.5, 8.5, 5.5]]
    assert (unsure.origin.tolist(), unsure.confidence.tolist()) == ([Origin.PROPAGATED], [0.75])
    assert (unsaid.origin.tolist(), unsaid.confidence.tolist()) == ([Origin.ANNOTATED], [1])
    assert (unsure.label, unsaid.label) == ("", "")


def test_coco_with_plain_and_compressed_counts(tmp_path):
    size = {"width": 7, "height": 5}
    clip = replace(CLIP, **size)
    block = {"size": [5, 7], "counts": ";320009"}  # of pycocotools: rows 1 to 3, columns 2 to 4
    same = {"size": [5, 7], "counts": [11, 3, 2, 3, 2, 3, 11]}
    content = {
        "images": [
            {"id": 70, "file_name": "a/001.png", **size},
            {"id": 71, "file_name": "data\\a\\005.jpg", **size},
            {"id": 72, "file_name": "x", "frame_id": 8, **size},
        ],
        "categories": [{"id": 3, "name": "dog", "supercategory": "animal"}],
        "annotations": [
            {"id": 1, "image_id": 71, "category_id": 3, "track_id": 5, "segmentation": same, "iscrowd": 1},
            {
                "id": 2,
                "image_id": 70,
                "category_id": 3,
                "track_id": 5,
                "segmentation": block,
                "bbox": [1, 1, 4, 3],
            },
            {
                "id": 3,
                "image_id": 72,
                "category_id": 3,
                "instance_id": 6,
                "bbox": [0, 0, 2, 2],
                "score": 0.25,
            },
            {
                "id": 4,
                "image_id": 70,
                "category_id": 9,
                "attributes": {"occluded": False, "track_id": 0},
                "bbox": [0, 0, 2, 2],
                "segmentation": [[0, 0, 2, 0, 2, 2]],
            },
        ],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    _, objects, warnings = import_tracks("coco", path, clip)
    assert [(one.label, one.frames.tolist()) for one in objects] == [("dog", [1, 5]), ("dog", [8]), ("", [1])]
    assert objects[0].boxes.tolist() == [[1, 1, 5, 4], [2, 1, 5, 4]]
    pixels = np.zeros((5, 7), bool)
    pixels[1:4, 2:5] = True
    assert objects[0].masks == (encode_mask(pixels),) * 2
    assert (objects[1].origin.tolist(), objects[1].confidence.tolist()) == ([Origin.PROPAGATED], [0.25])
    assert warnings == [
        "Left nameless, in instances.json: 1 annotation of unknown categories.",
        "Left out, in instances.json: the supercategory of 1 label.",
    ]
    triangle = np.zeros((5, 7), bool)
    triangle[0, 1] = True  # the centres of the others lie on its edge
    assert objects[2].masks == (encode_mask(triangle),)


def test_coco_of_several_videos_gives_the_one_of_the_clips_name(tmp_path):
    images = [{"id": v, "video_id": v, "frame_index": 3} for v in (1, 2)]
    annotations = [{"image_id": v, "track_id": v, "bbox": [v, 0, 2, 2]} for v in (1, 2)]
    videos = [{"id": 1, "name": "b"}, {"id": 2, "name": "some/a"}]
    path = tmp_path / "tao.json"
    path.write_text(json.dumps({"videos": videos, "images": images, "annotations": annotations}))
    _, (one,), warnings = import_tracks("coco", path, CLIP)
    assert (one.frames.tolist(), one.boxes.tolist()) == ([3], [[2, 0, 4, 2]])
    assert warnings == [
        "Left out, in tao.json: 1 annotation of other images.",
    ]


@pytest.mark.parametrize("scaled", [True, False])
def test_tapvid_with_its_own_names(tmp_path, scaled):
    """TAP-Vid: (0, 0) is the corner of the top left pixel, (1, 1) that of the bottom right one."""
    xy = np.tile(np.array([[5.0, 7.0], [20.0, 0.0]], np.float32)[:, None], (1, 12, 1))
    xy[0, 3] = -99  # hidden: it does not matter where
    occluded = np.zeros((2, 12), bool)
    occluded[0, 3] = occluded[1, 1:] = True
    np.savez(tmp_path / "davis.npz", points=xy / (20, 14) if scaled else xy, occluded=occluded)
    points, _, warnings = import_tracks("tapvid", tmp_path / "davis.npz", CLIP)
    assert (points.first.tolist(), points.lengths.tolist()) == ([0, 4, 0], [3, 8, 1])
    np.testing.assert_allclose(points.xy, [[5, 7]] * 11 + [[20, 0]], rtol=1e-6)
    assert warnings[-1] == "Split at gaps, in davis.npz: 1 point track."
    assert len(warnings) == 1 + scaled


def test_our_own_tracks_are_never_scaled(tmp_path):
    arrays = {"tracks": np.full((1, 12, 2), 0.5), "visible": np.ones((1, 12), bool), "ids": np.array([4])}
    np.savez(tmp_path / "a.npz", **arrays)
    points, _, warnings = import_tracks("tapvid", tmp_path / "a.npz", CLIP)
    assert ((points.xy == 0.5).all(), warnings) == (True, [])


def test_a_table_of_the_necessary_columns(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(
        "\ufeffFrame,Kind,x,y,trajectory,colour\r\n4,point,1.5,2.5,9,red\r\n\r\n3,point,1,2,9,red\r\n"
    )
    points, objects, _ = import_tracks("csv", path, CLIP)
    assert (points.first.tolist(), points.xy.tolist(), objects) == ([3], [[1, 2], [1.5, 2.5]], [])
    assert (points.origin == Origin.LINKED).all()
    path.write_text("kind,trajectory,frame,x1,y1,x2,y2\nobject,2,0,1,2,3,4\n")
    _, (one,), _ = import_tracks("csv", path, CLIP)
    assert (one.boxes.tolist(), one.origin.tolist(), one.confidence.tolist()) == ([[1, 2, 3, 4]], [0], [1])
