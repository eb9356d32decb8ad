import configparser
import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange import FORMATS, WRITTEN, export_clip, export_path, import_tracks
from core.trajectories.exchange.omissions import omissions
from core.trajectories.exchange.spans import Spans
from core.trajectories.model import PointTrajectories
from tests.core.trajectories.exchange.every_format import EVERY_FORMAT
from tests.core.trajectories.exchange.slow_rle import paint, read_counts

NOTHING = PointTrajectories.pack([], [])


def test_brox_counts_pixels_from_their_centres(clip, points, objects, tmp_path):
    path = export_clip("brox", clip, points, objects, tmp_path)
    assert path == tmp_path / "cars.dat"
    assert path.read_text() == (
        "5\n2\n0 3\n0.0 0.0 0\n1.25 1.6 1\n2.5 3.5 2\n7 2\n31.4 23.4 3\n29.62346 19.5 4\n"
    )
    again, _, _ = import_tracks("brox", path, clip)
    np.testing.assert_array_equal(again.first, points.first)
    np.testing.assert_array_equal(again.offsets, points.offsets)
    np.testing.assert_allclose(again.xy, points.xy, atol=1e-5)
    assert again.labels == ("0", "7")


def test_brox_of_others_is_read(clip, tmp_path):
    path = tmp_path / "Tracks10.dat"
    path.write_text("10\r\n3\r\n4 2\r\n1.5 2.5 8\r\n2 3 9\r\n-1 1\r\n5 5 0\r\n0 1\r\n  7 8.25   3\r\n")
    read, _, warnings = import_tracks("brox", path, longer(clip, 10))
    assert (read.first.tolist(), read.labels) == ([8, 3], ("4", "0"))
    np.testing.assert_array_equal(read.xy, [[2, 3], [2.5, 3.5], [7.5, 8.75]])
    assert warnings == ["Left out, in Tracks10.dat: 1 outlier."]


def test_odd_rows_of_brox_are_left_out_by_their_lines(clip, tmp_path):
    path = tmp_path / "Tracks12.dat"
    rows = [[f"{x} 3 {frame}" for frame in range(12)] for x in (5, 9)]
    rows[0][2], rows[1][5] = "x 3 2", "9 3 40"
    lines = ["12", "2", *(line for label, some in enumerate(rows) for line in (f"{label} 12", *some))]
    path.write_bytes("\r".join(lines).encode("utf-16"))
    read, _, warnings = import_tracks("brox", path, longer(clip, 12))
    assert (read.first.tolist(), read.lengths.tolist()) == ([0, 3, 0, 6], [2, 9, 5, 6])
    assert read.labels == ("0", "0", "1", "1")
    assert warnings == [
        "Left out, in Tracks12.dat: 2 rows, the first in line 6 (its point is not all numbers).",
        "Split at gaps, in Tracks12.dat: 2 point tracks.",
    ]


def test_brox_counts_the_frames_of_the_source_unless_that_has_gaps(clip, points, tmp_path):
    for start, step, frames in ((7, 1, [7, 8, 9, 10, 11]), (7, 3, [0, 1, 2, 3, 4])):
        some = replace(clip, start=start, step=step)
        path = export_clip("brox", some, points, (), tmp_path)
        lines = path.read_text().split("\n")
        assert (lines[0], lines[3].split()[2]) == (str(frames[-1] + 1), str(frames[0]))
        again, _, warnings = import_tracks("brox", path, some)
        assert (again.first.tolist(), warnings) == (points.first.tolist(), [])
        said = (
            f"Brox tracks have no gaps, so their frames are those of {some.name} itself, not of its source."
        )
        assert (said in omissions("brox", some, points, ())) is (step > 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no trajectories"),
        ("5\n1\n0 x\n", "something other than numbers"),
        ("5\n1\n0 nan\n", "something other than numbers"),
        ("nan\n1\n0 1\n", "holds no trajectories"),
        ("5\n2\n0 1\n1 2 0\n", "ends within trajectory 1"),
        ("5\n1\n0 3\n1 2 0\n1 2 1\n", "ends within trajectory 0"),
        ("5\n1\n0 2\n1 2 0\n1 2 2\n", r"in line 5 \(frame 2 does not follow 0\)"),
        ("5\n1\n0 1\n1 2 6\n", r"track 0 in frame 6 \(line 4\)"),
        ("5\n1\n0 1\n1 2 0.5\n", r"track 0 in frame 0.5 \(line 4\)"),
        ("5\n1e18\n0 1e18\n1 2 0\n", "ends within trajectory 0"),
    ],
)
def test_broken_brox_files_are_refused(clip, tmp_path, text, says):
    (tmp_path / "Tracks5.dat").write_text(text)
    with pytest.raises(StudioError, match=says):
        import_tracks("brox", tmp_path / "Tracks5.dat", clip)


def test_damaged_brox_files_are_refused_or_read(clip, points, tmp_path):
    path = export_clip("brox", clip, points, (), tmp_path)
    data, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        mutant = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            mutant[place] = rng.choice(list(b"0123456789 .-\nex\xff"))
        path.write_bytes(mutant[: rng.integers(1, len(data) + 1)])
        try:
            assert np.isfinite(import_tracks("brox", path, clip)[0].xy).all()
        except StudioError:
            continue


def test_tapvid_holds_every_point_in_every_frame(clip, points, objects, tmp_path):
    path = export_clip("tapvid", clip, points, objects, tmp_path)
    with np.load(path, allow_pickle=False) as arrays:
        tracks, visible, ids = arrays["tracks"], arrays["visible"], arrays["ids"]
    assert (tracks.dtype, tracks.shape) == (np.float32, (2, 5, 2))
    assert visible.tolist() == [[True, True, True, False, False], [False, False, False, True, True]]
    assert ids.tolist() == [11, 12]
    np.testing.assert_array_equal(tracks[visible], points.xy)
    assert (tracks[~visible] == 0).all()


def test_davis_numbers_objects_and_leaves_out_what_is_unknown(clip, points, objects, tmp_path):
    folder = export_clip("davis", clip, points, objects, tmp_path)
    assert folder == tmp_path / "cars"
    # The car has a gap at frame 2; nothing is there at frame 4.
    assert sorted(path.name for path in folder.iterdir()) == [
        "00000.png",
        "00001.png",
        "00003.png",
        "00004.png",
    ]
    pictures = {int(path.stem): _indices(path) for path in folder.iterdir()}
    car, cat = np.zeros((24, 32), bool), np.zeros((24, 32), bool)
    car[3:7, 8:14], cat[4:8, 10:16] = True, True
    car[3, 8] = cat[4, 10] = False
    expected = np.where(cat, 3, np.where(car, 1, 0))
    np.testing.assert_array_equal(pictures[3], expected)
    assert set(np.unique(pictures[1])) == {0, 1}
    assert not pictures[4].any()


def test_davis_has_the_colours_of_davis(clip, objects, tmp_path):
    """The PLTE chunk, by its place in the bytes: 33 bytes of signature and header, then 8 of its own."""
    data = (export_clip("davis", clip, NOTHING, objects, tmp_path) / "00003.png").read_bytes()
    assert data[37:41] == b"PLTE"
    assert list(data[41:53]) == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]


def test_davis_replaces_its_own_pictures_and_nothing_else(clip, objects, tmp_path):
    folder = export_clip("davis", clip, NOTHING, objects[:1], tmp_path)
    export_clip("davis", clip, NOTHING, objects[2:], tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [f"{frame:05d}.png" for frame in range(5)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cars"]
    (folder / "thesis.tex").write_text("precious")
    with pytest.raises(StudioError, match="holds something else already"):
        export_clip("davis", clip, NOTHING, objects, tmp_path)
    assert (folder / "thesis.tex").read_text() == "precious"
    with pytest.raises(StudioError, match="300 objects and DAVIS can number 254"):
        export_clip("davis", clip, NOTHING, objects * 100, tmp_path)


def test_mot_counts_from_one(clip, points, objects, tmp_path):
    path = export_clip("mot-results", clip, points, objects, tmp_path)
    boxes = ["1,1,3.0,4.0,6.0,4.0", "2,1,5.0,4.0,6.0,4.0", "2,2,21.0,11.0,6.0,4.0", "4,1,9.0,4.0,6.0,4.0"]
    boxes.append("4,3,11.0,5.0,6.0,4.0")
    scores = ["1.0", "0.5", "1.0", "1.0", "1.0"]
    ends = [f"{box},{score},-1,-1,-1" for box, score in zip(boxes, scores, strict=True)]
    assert (path.name, path.read_text().splitlines()) == ("cars.txt", ends)
    folder = export_clip("mot", clip, points, objects, tmp_path)
    assert (folder / "gt" / "labels.txt").read_text().splitlines() == ['car, "red"', "cat", "unnamed"]
    ends = [f"{box},1,{kind},1" for box, kind in zip(boxes, (1, 1, 3, 1, 2), strict=True)]
    assert (folder / "gt" / "gt.txt").read_text().splitlines() == ends
    ini = configparser.ConfigParser()
    ini.read(folder / "seqinfo.ini")
    assert dict(ini["Sequence"]) == {
        **{"name": "cars", "imdir": "img1", "framerate": "30", "seqlength": "5"},
        **{"imwidth": "32", "imheight": "24", "imext": ".jpg"},
    }


def test_coco_holds_boxes_masks_and_names(clip, points, objects, tmp_path):
    content = json.loads(export_clip("coco", clip, points, objects, tmp_path).read_text())
    names = {category["id"]: category["name"] for category in content["categories"]}
    assert sorted(names.values()) == ['car, "red"', "cat", "object"]
    assert [image["file_name"] for image in content["images"]] == list(clip.files)
    frames = {image["id"]: image["frame_index"] for image in content["images"]}
    assert len({one["id"] for one in content["annotations"]}) == 5
    for number, one in enumerate(objects, start=1):
        own = [a for a in content["annotations"] if a["track_id"] == number]
        assert [frames[a["image_id"]] for a in own] == one.frames.tolist()
        assert {names[a["category_id"]] for a in own} == {one.label or "object"}
        for annotation, box, mask in zip(own, one.boxes, one.masks, strict=True):
            x, y, width, height = annotation["bbox"]
            assert [x, y, x + width, y + height] == box.tolist()
            if mask is None:
                assert (annotation["segmentation"], annotation["area"]) == ([], 24)
                continue
            counts = read_counts(annotation["segmentation"]["counts"])
            pixels = paint(counts, *annotation["segmentation"]["size"])
            assert annotation["area"] == pixels.sum() == 23
            rows, columns = np.nonzero(pixels)
            assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == box.tolist()
            assert not pixels[rows.min(), columns.min()]
    assert [a["origin"] for a in content["annotations"][:3]] == ["annotated", "propagated", "edited"]


def test_coco_of_a_video_names_its_frames(clip, objects, tmp_path):
    video = Clip(
        **{
            **vars(clip),
            "files": ("a.mp4",),
            "timestamps": (0, 1, 2, 3, 4),
            "keyframes": (0,),
            "dataset": "video",
        }
    )
    content = json.loads(export_clip("coco", video, NOTHING, objects, tmp_path).read_text())
    assert [image["file_name"] for image in content["images"]] == [f"frame_00000{n}.png" for n in range(5)]


def test_the_table_has_a_row_an_observation(clip, points, objects, tmp_path):
    with open(export_clip("csv", clip, points, objects, tmp_path), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    mine = [row for row in rows if row["kind"] == "point"]
    assert [int(row["frame"]) for row in mine] == [0, 1, 2, 3, 4]
    assert [int(row["trajectory"]) for row in mine] == [1, 1, 1, 2, 2]
    np.testing.assert_array_equal(np.array([[row["x"], row["y"]] for row in mine], np.float32), points.xy)
    assert [row["error"] for row in mine] == ["0.0", "0.25", "", "0.0", "0.5"]
    assert [row["origin"] for row in mine] == ["linked", "linked", "edited", "linked", "propagated"]
    assert [row["review"] for row in mine] == ["open"] * 3 + ["rejected"] * 2
    cars = [row for row in rows if row["kind"] == "object" and row["trajectory"] == "1"]
    assert {row["label"] for row in cars} == {'car, "red"'}
    boxes = np.array([[row[corner] for corner in ("x1", "y1", "x2", "y2")] for row in cars], np.float32)
    np.testing.assert_array_equal(boxes, objects[0].boxes)
    assert [row["confidence"] for row in cars] == ["1.0", "0.5", "1.0"]


@pytest.mark.parametrize("format", EVERY_FORMAT)
def test_nothing_to_write_is_written(clip, tmp_path, format):
    assert export_clip(format, clip, NOTHING, (), tmp_path).exists()


@pytest.mark.parametrize("format", EVERY_FORMAT)
def test_a_place_that_cannot_be_written_is_said_and_nothing_is_left(clip, points, objects, tmp_path, format):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudioError, match=r"^Cannot write .*; choose another place\.$"):
        export_clip(format, clip, points, objects, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("format", EVERY_FORMAT)
def test_what_was_there_stays_when_the_disk_fills(clip, points, objects, tmp_path, format, monkeypatch):
    """The last step before a new file counts, its rename, fails."""
    path = export_clip(format, clip, points, objects, tmp_path)
    before = _content(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(StudioError, match="No space left on device"):
        export_clip(format, clip, NOTHING, (), tmp_path)
    assert _content(path) == before
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_a_name_with_separators_stays_in_the_folder(clip, tmp_path):
    odd = Clip(**{**vars(clip), "name": "../a\\b/c"})
    assert export_clip("mot", odd, NOTHING, (), tmp_path).parent == tmp_path
    with pytest.raises(StudioError, match="exchange format 'kitti' to export; choose brox, tapvid"):
        export_clip("kitti", clip, NOTHING, (), tmp_path)


def test_losses_say_what_a_format_does_not_keep(clip, points, objects):
    assert omissions("brox", clip, points, objects) == [
        "Brox tracks have the number of a cluster instead of a label: labels such as 7 are kept, all others "
        "become 0.",
        "In Brox tracks, 3 object trajectories are left out.",
        "In Brox tracks, what was annotated, edited or propagated is not distinguished.",
        "In Brox tracks, how well links fit and why tracks end is not kept.",
        "In Brox tracks, accepted and rejected trajectories are not distinguished.",
    ]
    assert omissions("davis", clip, points, objects)[:4] == [
        'DAVIS numbers objects in their order, so labels such as car, "red" are not kept.',
        "In DAVIS masks, 2 point trajectories are left out.",
        "In DAVIS masks, 1 box without a mask is left out.",
        "In DAVIS masks, 11 pixels where masks overlap go to the later object.",
    ]
    assert omissions("davis", clip, NOTHING, objects[2:]) == [
        "DAVIS numbers objects in their order, so labels such as cat are not kept.",
        "In DAVIS masks, accepted and rejected trajectories are not distinguished.",
    ]
    assert omissions("cvat", clip, points, objects) == [
        "CVAT's polygons have one ring, so parts and holes of masks are joined by lines; the pixels within "
        "stay the same.",
        "In CVAT for video, how sure the boxes are is not kept.",
        "In CVAT for video, how well links fit and why tracks end is not kept.",
        "In CVAT for video, accepted and rejected trajectories are not distinguished.",
    ]
    assert omissions("coco", clip, NOTHING, objects) == [
        "pycocotools evaluates boxes (bbox), but not masks (segm): 1 box without one.",
        "In COCO for video, accepted and rejected trajectories are not distinguished.",
    ]
    lost = omissions("mot-results", clip, points, objects)
    assert "In MOTChallenge results, keyframes are distinguished only by their confidence of 1." in lost
    assert "In MOTChallenge results, 4 masks become boxes." in lost
    for table in ("csv", "parquet"):
        lost = omissions(table, clip, points, objects)
        assert lost == [f"In {FORMATS[table].title}, 4 masks become boxes."]
    for format, known in FORMATS.items():
        assert omissions(format, clip, NOTHING, ()) == [f"In {known.title}, there is nothing left to write."]
        assert all(text.endswith(".") for text in omissions(format, clip, points, objects))
    assert omissions("tapvid", clip, NOTHING, objects) == [
        "In TAP-Vid arrays, there is nothing left to write.",
        "In TAP-Vid arrays, 3 object trajectories are left out.",
    ]


def test_what_the_program_that_reads_it_does_is_said_first(clip, objects, monkeypatch):
    def losses(clip, points, objects):
        return [f"Elsewhere counts the {len(objects)} objects of {clip.name} twice."]

    monkeypatch.setitem(FORMATS, "coco", replace(FORMATS["coco"], losses=losses))
    assert omissions("coco", clip, NOTHING, objects) == [
        "Elsewhere counts the 3 objects of cars twice.",
        "In COCO for video, accepted and rejected trajectories are not distinguished.",
    ]


def test_frames_that_were_not_chosen_are_said(clip, objects):
    said = "In DAVIS masks, frames other than 1-3 look as if nothing were in them."
    assert said in omissions("davis", clip, NOTHING, objects, Spans.parsed("1-3"))
    whole = omissions("davis", clip, NOTHING, objects, Spans.parsed("0-4"))
    assert whole == omissions("davis", clip, NOTHING, objects)


def test_exports_of_one_clip_in_two_formats_do_not_take_each_others_place(clip, objects, tmp_path):
    for first in WRITTEN:
        for second in WRITTEN:
            folder = tmp_path / f"{first} {second}"
            path = export_clip(first, clip, NOTHING, objects, folder)
            before = _content(path)
            if first == second:
                continue
            if export_path(second, clip, folder) == path:
                with pytest.raises(StudioError, match="holds something else already; choose another folder"):
                    export_clip(second, clip, NOTHING, objects, folder)
            else:
                export_clip(second, clip, NOTHING, objects, folder)
            assert _content(path) == before


def longer(clip: Clip, frames: int) -> Clip:
    return replace(clip, files=tuple(f"cars/{number}.jpg" for number in range(frames)))


def _indices(path: Path) -> np.ndarray:
    """The indices of a palette PNG, by FFmpeg."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert frame.format.name == "pal8"
        plane = frame.planes[0]
        return np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)[:, : frame.width]


def _content(path: Path) -> dict[str, bytes]:
    files = [one for one in sorted(path.rglob("*")) if one.is_file()] if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}
