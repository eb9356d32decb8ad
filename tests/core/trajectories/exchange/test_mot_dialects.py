"""MOTChallenge files as trackers, CVAT, KITTI and spreadsheets write them; all of one box that walks."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.geometry import decode_mask, encode_mask
from core.trajectories.exchange import import_tracks, rle
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.model import Origin
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
ROWS = [(n + 1, 7, 1.5 + n, 3, 4, 5, 0.9, -1, -1, -1) for n in range(12)]
BOXES = [[0.5 + n, 2, 4.5 + n, 7] for n in range(12)]


def text(rows=ROWS, by=",", end="", head="", decimal="."):
    lines = [by.join(str(value).replace(".", decimal) for value in row) + end + "\n" for row in rows]
    return head + "".join(lines)


def read(tmp_path, content, clip=CLIP, name="walk.txt", format="mot"):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert guess_format(path) == format
    _, objects, warnings = import_tracks("mot", path, clip)
    return objects, warnings


def refusal(path, clip=CLIP):
    with pytest.raises(StudioError) as caught:
        import_tracks("mot", path, clip)
    assert is_clear(str(caught.value))
    return str(caught.value)


def corners(rows=ROWS):
    return [(*row[:4], row[2] + row[4], row[3] + row[5], *row[6:]) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        text(),
        text(by=" "),
        text(by="\t"),
        text(by=", "),
        text(by=",\t"),
        text(by=";"),
        text(by=";", decimal=","),
        text(by="\t", decimal=","),
        text(end=","),
        text().replace(",", '","'),
        text(end=" , "),
        text(by=" ", end="  "),
        text(head="frame,id,bb_left,bb_top,bb_width,bb_height,conf,x,y,z\n"),
        text(head='"Frame";"ID";"left";"top";"width";"height";"conf";"x";"y";"z"\n', by=";"),
        text(head="# frame,id,bb_left,bb_top,bb_width,bb_height\n"),
        "\ufeff\n" + text().replace("\n", "\r\n\r\n"),
        text([(row[1], row[0], *row[2:]) for row in ROWS], head="id,frame,left,top,w,h,score,a,b,c\n"),
        text(corners(), head="frame,track_id,x1,y1,x2,y2,conf,a,b,c\n"),
    ],
)
def test_separators_names_and_ends(tmp_path, content):
    path = tmp_path / "walk.txt"
    path.write_text(content, encoding="utf-8", newline="")
    _, (one,), warnings = import_tracks("mot", path, CLIP)
    assert (one.frames.tolist(), one.boxes.tolist(), warnings) == (list(range(12)), BOXES, [])
    assert (one.origin == Origin.PROPAGATED).all()
    np.testing.assert_allclose(one.confidence, 0.9)
    if "x1" not in content:
        assert guess_format(path) == "mot"


def test_corners_without_names_are_told_by_most_boxes(tmp_path):
    rows = [(n + 1, 1, 9 + n / 2, 6, 13 + n / 2, 13, 1, -1, -1, -1) for n in range(12)]
    (one,), warnings = read(tmp_path, text(rows))
    assert one.boxes[0].tolist() == [8, 5, 12, 12]
    assert warnings == [
        "Taken as left, top, right, bottom, in walk.txt: with width and height most boxes would leave "
        "the frame."
    ]


@pytest.mark.parametrize("score", ["", " 87.5"])
def test_kittis_tracking(tmp_path, score):
    line = "{} 3 Car 0 0 -1.57 {:.6f} 2.000000 {:.6f} 7.000000 1.5 1.6 3.7 1 1 8 -1.5" + score + "\n"
    ignored = "0 -1 DontCare -1 -1 -10 1 1 3 3 -1 -1 -1 -1000 -1000 -1000 -10" + score + "\n"
    content = ignored + "".join(line.format(n, 0.5 + n, 4.5 + n) for n in range(12))
    (one,), warnings = read(tmp_path, content)
    assert (one.label, one.frames.tolist(), one.boxes.tolist()) == ("Car", list(range(12)), BOXES)
    assert warnings[0] == "Left out, in walk.txt: 1 DontCare region not to be considered."
    assert (len(warnings), bool((one.confidence == 0.875).all())) == ((2, True) if score else (1, False))


def test_mots_holds_masks(tmp_path):
    mask = np.zeros((14, 20), bool)
    mask[3:9, 4:11] = True
    mask[3, 4] = False
    runs = rle.compress(encode_mask(mask))
    rows = [(n, 2001, 2, 14, 20, runs) for n in range(1, 13)]
    rows[5] = (*rows[5][:5], "~~~")
    ignored = (4, 10000, 10, 14, 20, runs)
    (one,), warnings = read(tmp_path, text([*rows, ignored], by=" "))
    assert (one.label, one.frames.tolist()) == ("pedestrian", [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11])
    np.testing.assert_array_equal(decode_mask(one.masks[0], 14, 20), mask)
    assert one.boxes[0].tolist() == [4, 3, 11, 9]
    assert warnings == [
        "Left out, in walk.txt: 1 region to be ignored.",
        "Left out, in walk.txt: 1 row, the first in line 6 (it holds no mask).",
    ]
    (tmp_path / "other.txt").write_text(text([(1, 1, 1, 9, 9, "0a")], by=" "))
    assert "masks of 9 x 9 pixels while a has 20 x 14" in refusal(tmp_path / "other.txt")


def scored(scores, kinds=(-1, -1)):
    return text([(*row[:6], score, *kinds) for row, score in zip(ROWS, scores, strict=True)])


def test_a_score_above_one_is_a_detectors(tmp_path):
    (one,), warnings = read(tmp_path, scored([87.5] * 11 + [100]))
    assert (one.origin == Origin.PROPAGATED).all()
    np.testing.assert_allclose(one.confidence, [0.875] * 11 + [1])
    assert warnings == ["Taken as percent, in walk.txt: scores up to 100."]
    (one,), _ = read(tmp_path, scored([87.5] * 11 + [1]))
    assert (one.origin[-1], one.confidence[-1]) == (Origin.PROPAGATED, np.float32(0.01))
    (one,), warnings = read(tmp_path, scored([1250, -3.5] * 6))
    assert (one.origin == Origin.PROPAGATED).all()
    assert warnings == [
        "Left out, in walk.txt: scores from -3.5 to 1250, which are neither within 0 to 1 nor percent."
    ]


def test_flags_and_what_says_nothing_are_ground_truth(tmp_path):
    for scores in ([1] * 12, [-1] * 12):
        (one,), warnings = read(tmp_path, scored(scores))
        assert (set(one.origin.tolist()), set(one.confidence.tolist())) == ({Origin.ANNOTATED}, {1})
        assert warnings == []
    (one,), warnings = read(tmp_path, scored([1] * 10 + [0, 0]))
    assert len(one.frames) == 10
    assert warnings == ["Left out, in walk.txt: 2 lines not to be considered."]
    (tmp_path / "none.txt").write_text(scored([0] * 12))
    assert "holds nothing but lines that are not to be considered (confidence 0); set" in refusal(
        tmp_path / "none.txt"
    )


def test_classes_are_named_by_labels_txt(tmp_path):
    (one,), _ = read(tmp_path, scored([1] * 12, (3, 1)), name="gt.txt")
    assert (one.label, one.boxes[0].tolist()) == ("car", BOXES[0])
    (tmp_path / "labels.txt").write_text("cup\nsaucer\nspoon\n")
    (one,), (warning,) = read(tmp_path, scored([1] * 12, (3, 1)), name="gt.txt")
    assert (one.label, one.boxes[0].tolist()) == ("spoon", [side + 1 for side in BOXES[0]])
    assert warning.startswith("Taken as pixels from 0, as CVAT and datumaro count them, in gt.txt: ")
    (one,), _ = read(tmp_path, scored([1] * 12, (9, 1)), name="gt.txt")
    assert one.label == "class 9"
    kinds = [(*row[:6], 1, 1 + row[0] // 12, 1) for row in ROWS]
    (one,), warnings = read(tmp_path, text(kinds), name="gt.txt")
    assert one.label == "cup"
    assert warnings[1] == "Taken from the first line, in gt.txt: the class of 1 track with several."


def test_ten_columns_end_with_a_place_in_the_world(tmp_path):
    rows = [(*row[:6], 1, 3.5, 2, 0) for row in ROWS]
    (one,), warnings = read(tmp_path, text(rows))
    assert (one.label, one.boxes.tolist(), warnings) == ("", BOXES, [])


def test_visdrones_ten_columns_end_otherwise(tmp_path):
    rows = [(*row[:6], 1, 5, 0, row[0] % 3) for row in ROWS]
    (one,), (warning,) = read(tmp_path, text(rows))
    assert (one.label, one.boxes[0].tolist()) == ("van", [side + 1 for side in BOXES[0]])
    assert warning.startswith("Taken as VisDrone's columns, in walk.txt: ")


def test_frames_from_zero(tmp_path):
    (one,), warnings = read(tmp_path, text([(row[0] - 1, *row[1:]) for row in ROWS]))
    assert one.frames.tolist() == list(range(12))
    assert warnings == ["Taken as counting frames from 0, in walk.txt: its numbers fit so."]


def test_a_stray_frame_zero_shifts_nothing(tmp_path):
    rows = [(*row[:1], track, *row[2:]) for row in ROWS[:6] for track in range(4)]
    objects, warnings = read(tmp_path, text([*rows, (0, 2, 1, 1, 3, 3, 0.9, -1, -1, -1)]))
    assert all(one.frames.tolist() == list(range(6)) for one in objects)
    assert warnings == ["Left out, in walk.txt: 1 row, the first in line 25 (frame 0 is none of the clip)."]


def test_another_clip_is_still_named_as_the_cause(tmp_path):
    path = tmp_path / "walk.txt"
    path.write_text(text([(row[0] + 100, *row[1:]) for row in ROWS]))
    assert "track 7 in frame 101 (line 1), while a has the frames 1 to 12; choose the clip" in refusal(path)


def test_a_clip_that_takes_every_third_frame(tmp_path):
    clip = replace(CLIP, files=CLIP.files[:4], step=3)
    (one,), warnings = read(tmp_path, text(), clip)
    assert (one.frames.tolist(), one.boxes.tolist()) == ([0, 1, 2, 3], BOXES[::3])
    assert warnings == ["Passed over, in walk.txt: 8 rows of frames that a leaves out."]
    (one,), warnings = read(tmp_path, text(ROWS[::3]), clip)
    assert (one.frames.tolist(), warnings) == ([0, 1, 2, 3], [])
    (one,), warnings = read(tmp_path, text(ROWS[:4]), clip)
    assert one.frames.tolist() == [0, 1, 2, 3]
    assert warnings == [
        "Taken as the frames of a itself from 1 on, not those of its source, in walk.txt: its numbers fit so."
    ]


def test_the_folder_of_a_sequence(tmp_path):
    folder = tmp_path / "MOT17-02"
    (folder / "gt").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=MOT17-02\nseqLength=12\nimWidth=20\nimHeight=14\n")
    (folder / "gt" / "gt.txt").write_text(text())
    assert guess_format(folder) == "mot"
    for path in (folder, folder / "gt", folder / "gt" / "gt.txt"):
        _, (one,), warnings = import_tracks("mot", path, CLIP)
        assert (one.boxes.tolist(), warnings) == (BOXES, [])
    (folder / "seqinfo.ini").write_text("[Sequence]\nseqLength=600\nimWidth = 20\nimheight=14\n")
    assert import_tracks("mot", folder, CLIP)[2] == ["seqinfo.ini says 600 frames, while a has 12."]
    (folder / "seqinfo.ini").write_text("imWidth=1920\nimHeight=1080\n")
    assert "seqinfo.ini is of 1920 x 1080 pixels while a has 20 x 14; choose" in refusal(folder)


def test_the_folder_of_a_tracker_and_other_folders(tmp_path):
    (tmp_path / "b.txt").write_text(text(ROWS[:5]))
    assert guess_format(tmp_path) == "mot"
    assert len(import_tracks("mot", tmp_path, CLIP)[1][0].frames) == 5
    (tmp_path / "a.txt").write_text(text())
    assert len(import_tracks("mot", tmp_path, CLIP)[1][0].frames) == 12
    (tmp_path / "a.txt").rename(tmp_path / "c.txt")
    assert "holds 2 text files and none named a.txt; choose one of them" in refusal(tmp_path)
    folder = tmp_path / "MOT17-01"
    (folder / "det").mkdir(parents=True)
    assert "holds no gt/gt.txt" in refusal(folder)
    (folder / "det" / "det.txt").write_text(text([(row[0], -1, *row[2:]) for row in ROWS]))
    assert "holds detections and no tracks; choose a sequence with gt/gt.txt" in refusal(folder)
    assert "detections; choose a file of tracks" in refusal(folder / "det" / "det.txt")


def test_cvats_zip_is_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr("gt/gt.txt", text())
    assert guess_format(tmp_path / "task.zip") == "mot"
    assert "is a zip archive; unpack it and choose gt/gt.txt in it" in refusal(tmp_path / "task.zip")


def test_utf_16_is_read(tmp_path):
    path = tmp_path / "walk.txt"
    path.write_text(text(by="\t"), encoding="utf-16")
    assert guess_format(path) == "mot"
    assert import_tracks("mot", path, CLIP)[1][0].boxes.tolist() == BOXES


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("5,7,5.5,3", "it has 4 values"),
        ("5,7,abc,3,4,5,1,-1,-1,-1", "'abc' is no number"),
        ("5,7.5,5.5,3,4,5,1,-1,-1,-1", "its id is no whole number"),
        ("5,-1,5.5,3,4,5,1,-1,-1,-1", "it has no id"),
        ("99,7,5.5,3,4,5,1,-1,-1,-1", "frame 99 is none of the clip"),
        ("5,7,,3,4,5,1,-1,-1,-1", "'' is no number"),
    ],
)
def test_a_line_that_is_none_is_left_out(tmp_path, line, why):
    lines = text().splitlines()
    lines[4] = line
    objects, warnings = read(tmp_path, "\n".join(lines) + "\n")
    assert [one.frames.tolist() for one in objects] == [[0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]]
    assert warnings == [f"Left out, in walk.txt: 1 row, the first in line 5 ({why})."]
