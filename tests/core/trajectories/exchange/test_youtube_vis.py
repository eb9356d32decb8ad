"""YouTube-VIS files, ours and other people's."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.geometry import encode_mask
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.exchange.omissions import omissions
from core.trajectories.model import Origin, PointTrajectories
from tests.core.trajectories.exchange import random_tracks, slow_rle, structure_fuzz
from tests.core.trajectories.small_database import make_object

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames: a/000.png …
VIDEO = replace(CLIP, dataset="video", files=("a.mp4",), timestamps=tuple(range(12)), keyframes=(0,))
MASK = np.zeros((14, 20), bool)
MASK[2:6, 3:8] = True
NOTHING = PointTrajectories.pack([], [])
RUNS = {"size": [14, 20], "counts": np.frombuffer(encode_mask(MASK), "<u4").tolist()}


def video(length=12, **more):
    names = [f"a/{n:03}.png" for n in range(length)]
    return {"id": 1, "width": 20, "height": 14, "length": length, "file_names": names, **more}


def annotation(*frames, length=12, **more):
    masks = [RUNS if n in frames else None for n in range(length)]
    boxes = [[3, 2, 5, 4] if n in frames else None for n in range(length)]
    return {"id": 7, "video_id": 1, "category_id": 26, "segmentations": masks, "bboxes": boxes, **more}


@pytest.fixture
def read(tmp_path):
    def read(videos, annotations, clip=CLIP, **more):
        content = {"videos": videos, "annotations": annotations, "categories": [{"id": 26, "name": "cup"}]}
        path = tmp_path / "ytvis.json"
        path.write_text(json.dumps({**content, **more} if videos is not None else annotations))
        assert guess_format(path) == "youtube-vis"
        _, objects, warnings = import_tracks("youtube-vis", path, clip)
        return objects, warnings

    return read


def test_an_annotation_is_an_object_through_time(read):
    (one,), warnings = read([video()], [annotation(0, 1, 2, 5)])
    assert (one.label, one.frames.tolist(), warnings) == ("cup", [0, 1, 2, 5], [])
    assert one.masks == (encode_mask(MASK),) * 4
    assert one.boxes.tolist() == [[3, 2, 8, 6]] * 4
    assert (one.origin == Origin.ANNOTATED).all()


def test_frames_are_those_that_the_names_of_files_say(read):
    """YouTube-VIS has every fifth frame of a video."""
    five = video(3, file_names=["0043f/00000.jpg", "0043f/00005.jpg", "0043f/00010.jpg"])
    assert read([five], [annotation(0, 1, 2, length=3)], VIDEO)[0][0].frames.tolist() == [0, 5, 10]
    taken = replace(VIDEO, start=5, step=5)  # 5, 10
    (one,), warnings = read([five], [annotation(0, 1, 2, length=3)], taken)
    assert one.frames.tolist() == [0, 1]
    assert warnings == ["Left out, in ytvis.json: 1 observation of frames that a does not take."]


def test_without_names_frames_go_by_their_order(read):
    assert read([video(file_names=None)], [annotation(4)])[0][0].frames.tolist() == [4]
    with pytest.raises(StudioError, match="has 5 frames without names while a has 12"):
        read([video(5, file_names=None)], [annotation(4, length=5)])


@pytest.mark.parametrize(
    "named", [{"name": "a"}, {"name": "clips/a.mp4"}, {"file_names": [f"a\\{n:03}.png" for n in range(12)]}]
)
def test_of_several_videos_the_one_of_the_clip_is_read(read, named):
    other = video(id=2, name="b", file_names=[f"b/{n:05}.jpg" for n in range(12)])
    ours = {**video(id="1", file_names=[f"x/{n:05}.jpg" for n in range(12)]), **named}
    annotations = [annotation(3, video_id=2), annotation(5, video_id=1.0)]
    assert [one.frames.tolist() for one in read([other, ours], annotations)[0]] == [[5]]
    with pytest.raises(StudioError, match="2 videos and none named walk; choose the clip"):
        read([other, ours], annotations, replace(CLIP, name="walk", files=("p.png",) * 12))


def test_results_are_a_list_without_videos(read):
    found = [
        {"video_id": 3, "score": 0.75, "category_id": 1, "segmentations": annotation(2)["segmentations"]}
    ]
    (one,), _ = read(None, found)
    assert (one.frames.tolist(), one.boxes.tolist()) == ([2], [[3, 2, 8, 6]])
    assert (one.origin.tolist(), one.confidence.tolist()) == ([Origin.PROPAGATED], [0.75])
    with pytest.raises(StudioError, match="objects of 2 videos without their names"):
        read(None, [*found, {**found[0], "video_id": 4}])


def test_boxes_alone_and_polygons_are_read_and_odd_ones_left_out(read):
    ring = [[3, 2, 8, 2, 8, 6, 3, 6]]
    one = annotation(*range(12))
    one["segmentations"][:4] = [None, ring, None, {"size": [14, 20], "counts": [3]}]
    one["bboxes"][2] = None
    (found,), warnings = read([video()], [one])
    assert found.frames.tolist() == [0, 1, 4, 5, 6, 7, 8, 9, 10, 11]
    assert found.masks[:3] == (None, encode_mask(MASK), encode_mask(MASK))
    why = "its run lengths do not fill 20 x 14 pixels"
    assert warnings == [f"Left out, in ytvis.json: 1 row, the first in annotation 1 ({why})."]


def test_lists_that_are_longer_than_the_video_are_odd(read):
    with pytest.raises(StudioError, match="track 7 in frame 12"):
        read([video()], [annotation(11, 12, 13, length=14)])


def test_what_is_written_has_a_place_for_every_frame_of_the_source(tmp_path):
    clip = replace(VIDEO, start=2, step=3)  # 2, 5, 8, 11
    objects = make_object([1, 3])
    path = export_clip("youtube-vis", clip, NOTHING, [objects], tmp_path)
    content = json.loads(path.read_text())
    (ours,) = content["videos"]
    assert ours["file_names"] == [f"a/frame_{n:06}.png" for n in (2, 5, 8, 11)]
    assert (ours["length"], ours["width"], ours["height"]) == (4, 20, 14)
    (one,) = content["annotations"]
    assert [box is None for box in one["bboxes"]] == [True, False, True, False]
    for name in ("segmentations", "areas"):
        assert [value is None for value in one[name]] == [True, False, True, False]
    runs = one["segmentations"][1]
    pixels = slow_rle.paint(runs["counts"], *runs["size"])
    rows, columns = np.nonzero(pixels)
    assert one["areas"][1] == pixels.sum()
    x, y, width, height = one["bboxes"][1]
    assert [x, y, x + width, y + height] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_a_file_that_will_be_large_is_said_beforehand():
    clip = replace(VIDEO, timestamps=tuple(range(20_000)))
    assert omissions("youtube-vis", clip, NOTHING, [make_object([1])] * 2000)[0] == (
        "YouTube-VIS has an entry for every object and frame, some 0.7 GB; COCO has fewer."
    )
    assert not any("GB" in text for text in omissions("youtube-vis", CLIP, NOTHING, [make_object([1])]))


def test_any_structure_is_read_or_refused(tmp_path):
    content = {
        "videos": [video(4), video(4, id=2, name="b", file_names=["b/1.png"] * 4)],
        "categories": [{"id": 26, "name": "cup"}],
        "annotations": [annotation(0, 2, length=4), annotation(1, length=4, id=8, score=0.5)],
    }

    def write(changed):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(changed))
        return path

    structure_fuzz.is_read_or_refused("youtube-vis", write, CLIP, content)


def test_any_structure_without_videos_is_read_or_refused(tmp_path):
    def write(changed):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(changed))
        return path

    structure_fuzz.is_read_or_refused("youtube-vis", write, CLIP, [annotation(0, 2, length=12)])
    for odd in (1, True, 1e308, "x", {}):
        with pytest.raises(StudioError):
            import_tracks("youtube-vis", write([{"id": 1, "video_id": 1, "segmentations": odd}]), CLIP)
