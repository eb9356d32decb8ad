"""Damaged, hostile and wrong files: each is refused in one sentence, never with a traceback."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.image import encode_palette_png
from core.errors import StudioError
from core.trajectories.exchange import WRITTEN, export_clip, import_tracks
from core.trajectories.exchange.guessing import guess_format
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.exchange.every_format import EVERY_FORMAT, EVERY_READER

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
HEAD = "kind,trajectory,frame,x,y,x1,y1,x2,y2,origin,review\n"
BOX = {"image_id": 1, "track_id": 1, "bbox": [1, 2, 3, 4]}


def coco(*annotations: dict, **more: object) -> str:
    content = {"images": [{"id": 1, "frame_index": 0}], "annotations": annotations, **more}
    return json.dumps(content)


def masked(**segmentation: object) -> str:
    return coco({**BOX, "segmentation": {"size": [14, 20], **segmentation}})


def cvat(shapes: str, track: str = '<track id="7" label="car">', head: str = "") -> str:
    return f"{head}<annotations>{track}{shapes}</track></annotations>"


def cvat_box(**values: object) -> str:
    values = {"frame": 0, "xtl": 1, "ytl": 2, "xbr": 3, "ybr": 4, **values}
    return cvat("<box " + " ".join(f'{name}="{value}"' for name, value in values.items()) + "/>")


def cvat_mask(
    rle: str = "0, 4", left: object = 0, top: object = 0, width: object = 2, height: object = 2
) -> str:
    size = f'left="{left}" top="{top}" width="{width}" height="{height}"'
    return cvat(f'<mask frame="0" rle="{rle}" {size}/>')


def no_place(tag: str) -> str:
    return f"the first of track 7 in frame 0 (a <{tag}> that does not say a place in the frame)"


TEXTS = [
    ("brox", "40\n1\n0 1\n1 2 0\n", "of 40 frames while a has 12"),
    ("brox", "12\n1\n0 1\n1e9 2 0\n", "a point far outside the 20 x 14 pixels of a, track 0 in frame 0"),
    ("brox", "12\n1\n0 -3\n", "ends within trajectory 0"),
    ("mot", "1,2,3\n", "fewer than six columns"),
    (
        "mot",
        "1,2,3,4,5,6\n1,2,3\n",
        "1 of 2 rows that cannot be taken, the first in line 2 (it has 3 values)",
    ),
    ("mot", "a,b,c,d,e,f\n", "fewer than six columns"),
    ("mot", "1,-1,3,4,5,6,0.9,-1,-1,-1\n", "detections; choose a file of tracks"),
    ("mot", "1,nan,3,4,5,6\n", "the first in line 1 (its id is no whole number)"),
    ("mot", "13,2,3,4,5,6\n", "track 2 in frame 13 (line 1), while a has the frames 1 to 12"),
    ("mot", "-1,2,3,4,5,6\n", "track 2 in frame -1"),
    ("mot", "1.5,2,3,4,5,6\n", "track 2 in frame 1.5"),
    ("mot", "1e300,2,3,4,5,6\n", "track 2 in frame 1e+300"),
    ("mot", "nan,2,3,4,5,6\n", "track 2 in frame nan"),
    ("mot", "1,2,3,4,-5,6\n", "a box without an area, track 2 in frame 1 (line 1)"),
    ("mot", "1,2,3,4,5,inf\n", "a box that is not all numbers"),
    ("mot", "1,2,nan,4,5,6\n", "a box that is not all numbers"),
    (
        "mot",
        "1,2,3,4,5,6\n2,2,3,4,5,6\n1,2,3,4,5,7\n",
        "two rows for one track and frame, track 2 in frame 1 (line 3)",
    ),
    ("csv", "", "holds no rows"),
    ("csv", "a,b\n1,2\n", "no column 'trajectory' but a, b; say which is which, such as --columns"),
    ("csv", "kind,trajectory,frame\npoint,1,0\n", "no columns 'x' and 'y'"),
    ("csv", "kind,trajectory,frame\nobject,1,0\n", "nor 'x1', 'y1', 'x2' and 'y2'"),
    ("csv", HEAD + "point,1,0,1\n", "a point that is not all numbers, track 1 in frame 0 (line 2)"),
    ("csv", HEAD + 'point,1,0,"1', "correct its quotation marks"),
    (
        "csv",
        HEAD + "ball,1,0,1,2,,,,,linked,open\n",
        "the first in line 2 (its kind is 'ball', none of object, point)",
    ),
    (
        "csv",
        HEAD + "point,1,0,1,2,,,,,guessed,open\n",
        "its origin is 'guessed', none of annotated, edited, propagated, linked",
    ),
    (
        "csv",
        HEAD + "point,1,0,1,2,,,,,linked,perhaps\n",
        "its review is 'perhaps', none of open, accepted, rejected",
    ),
    ("csv", HEAD + "point,,0,1,2,,,,,linked,open\n", "no row with a track"),
    ("csv", HEAD + "point,1,0,one,2,,,,,linked,open\n", "a point that is not all numbers"),
    ("csv", HEAD + "point,1,0,,2,,,,,linked,open\n", "a point that is not all numbers"),
    ("csv", HEAD + "point,1,99,1,2,,,,,linked,open\n", "track 1 in frame 99"),
    ("csv", HEAD + "point,1,,1,2,,,,,linked,open\n", "its frame is no number"),
    (
        "csv",
        HEAD + "point,1,0,1,2,,,,,linked,open\npoint,1,0,1,3,,,,,linked,open\n",
        "two rows for one track and frame",
    ),
    ("csv", HEAD + "object,1,0,,,1,2,1,4,edited,open\n", "a box without an area"),
    ("coco", "[" * 100_000, "no whole JSON"),
    ("coco", "[]", "is a list, as of detections"),
    ("coco", "{}", "no list of images"),
    ("coco", '{"images": [], "annotations": {"a": 1}}', "no images of a; choose the clip"),
    ("coco", '{"images": [{"id": 1, "frame_id": 0}], "annotations": [1]}', "no list of annotations"),
    ("coco", coco({"image_id": 1, "bbox": [1, 2, 3, 4]}), "without a track_id"),
    ("coco", coco({**BOX, "track_id": [1]}), "without a track_id"),
    ("coco", coco({"image_id": 1, "track_id": 1}), "a box that is not all numbers"),
    ("coco", coco({**BOX, "bbox": [1, 2, 3]}), "a box that is not all numbers"),
    ("coco", coco({**BOX, "bbox": {"x": 1}}), "a box that is not all numbers"),
    ("coco", coco({**BOX, "bbox": [1, 2, 3, "x"]}), "a box that is not all numbers"),
    ("coco", coco({**BOX, "bbox": [1, 2, 10**400, 4]}), "a box that is not all numbers"),
    ("coco", coco({**BOX, "bbox": [1, 2, 1e400, 4]}), "a box that is not all numbers"),
    ("coco", coco({**BOX, "bbox": [1, 2, -3, 4]}), "a box without an area"),
    ("coco", coco(BOX, {**BOX, "bbox": [1, 2, 3, 5]}), "two rows for one track and frame"),
    ("coco", coco({**BOX, "origin": "heaven"}), "the origin 'heaven' is none of annotated"),
    ("coco", coco({**BOX, "origin": ["edited"]}), "is none of annotated, edited"),
    ("coco", coco({**BOX, "score": "good"}), "its score is no number"),
    ("coco", coco(BOX, images=[{"id": 1, "frame_index": 13}]), "no frame of a"),
    ("coco", coco(BOX, images=[{"id": 1, "file_name": "b.png"}]), "the image 'b', which is no frame of a"),
    ("coco", coco(BOX, images=[{"frame_index": 2}]), "images without an id"),
    (
        "coco",
        coco(BOX, images=[{"id": 1, "frame_index": 0, "width": 640, "height": 480}]),
        "images of 640 x 480",
    ),
    ("coco", coco(BOX, videos=[{"id": 1, "name": "b"}, {"id": 2}]), "2 videos and none named a"),
    ("coco", masked(counts=[280], size=[480, 640]), "its mask is not of 20 x 14 pixels"),
    ("coco", masked(counts=[10, 5]), "run lengths do not fill 20 x 14"),
    ("coco", masked(counts=[-1, 281]), "run lengths do not fill"),
    ("coco", masked(counts=[10**30, 5]), "run lengths do not fill"),
    ("coco", masked(counts=["a"]), "run lengths do not fill"),
    ("coco", masked(counts="ooooooooooo0"), "run lengths do not fill"),
    ("coco", masked(counts="~é"), "run lengths do not fill"),
    ("coco", masked(), "run lengths do not fill"),
    ("cvat", "", "not whole XML"),
    ("cvat", "<annotations><track>", "not whole XML"),
    ("cvat", "<dataset/>", "no <annotations>"),
    ("cvat", '<annotations><image id="0"/></annotations>', "as CVAT for video 1.1"),
    ("cvat", cvat("<a>" * 50 + "</a>" * 50), "nests its elements too deeply"),
    ("cvat", '<?xml version="1.0" encoding="utf-77"?><annotations/>', "unknown encoding"),
    ("cvat", cvat_box(frame=12), "track 7 in frame 12, while a has the frames 0 to 11"),
    ("cvat", cvat_box(frame="first"), "track 7 in frame nan"),
    ("cvat", cvat_box(xtl="1,2"), no_place("box")),
    ("cvat", cvat_box(xtl="left"), "a box that is not all numbers"),
    ("cvat", cvat_box(xbr="1e99"), "a box far outside"),
    ("cvat", cvat_box(xbr="nan"), "a box that is not all numbers"),
    ("cvat", cvat_box(xbr="1"), "a box without an area"),
    (
        "cvat",
        cvat('<box frame="0" xtl="1"/>'),
        no_place("box"),
    ),
    (
        "cvat",
        cvat('<points frame="0" points="1"/>'),
        no_place("points"),
    ),
    (
        "cvat",
        cvat('<points frame="0" points="1,2"/><points frame="0" points="1,3"/>'),
        "two rows for one track and frame, track 7",
    ),
    (
        "cvat",
        cvat('<polygon frame="0" points="1,2;3"/>'),
        no_place("polygon"),
    ),
    ("cvat", cvat_mask("0, 5"), no_place("mask")),
    ("cvat", cvat_mask("4"), no_place("mask")),
    ("cvat", cvat_mask("0, -4, 8"), no_place("mask")),
    ("cvat", cvat_mask("0, nan"), no_place("mask")),
    ("cvat", cvat_mask(left=19), no_place("mask")),
    ("cvat", cvat_mask(left=-1), no_place("mask")),
    (
        "cvat",
        cvat_mask(left=-5),
        no_place("mask"),
    ),  # as an index it would count from the right
    ("cvat", cvat_mask(width="1e999"), no_place("mask")),
    ("cvat", cvat_mask(height=0), no_place("mask")),
    (
        "cvat",
        "<annotations><meta><task><original_size><width>640</width></original_size></task></meta></annotations>",
        "frames with a width of '640' pixels while a has 20",
    ),
    (
        "cvat",
        cvat("<box/>", head='<!DOCTYPE a [<!ENTITY b "bbb"><!ENTITY c "&b;&b;">]>'),
        "declares a document type",
    ),
]


FILES = {"davis": "00003.png", "mot": "gt/gt.txt"}
"""A file of what is a folder."""


def refusal(format: str, path: Path) -> str:
    with pytest.raises(StudioError) as caught:
        import_tracks(format, path, CLIP)
    sentence = str(caught.value)
    assert is_clear(sentence), sentence
    assert sentence.count(str(path)) == 1
    return sentence


@pytest.mark.parametrize(("format", "text", "says"), TEXTS)
def test_bad_texts_are_refused(tmp_path, format, text, says):
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    assert says in refusal(format, path)


@pytest.mark.parametrize("format", EVERY_READER)
def test_what_is_missing_or_no_such_file_is_refused(tmp_path, format):
    refusal(format, tmp_path / "nothing")
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(5000))
    refusal(format, tmp_path / "noise")
    if format != "davis":
        (tmp_path / "folder").mkdir()
        refusal(format, tmp_path / "folder")


@pytest.mark.parametrize("format", ["brox", "mot", "coco", "cvat", "csv"])
def test_a_pickle_is_refused_as_one(tmp_path, format):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04\x95K.")
    assert "a pickle, which can run programs" in refusal(format, tmp_path / "a.pkl")
    assert guess_format(tmp_path / "a.pkl") == "tapvid"


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)
    return path


def test_bad_arrays_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    xy, seen = np.ones((2, 12, 2)), np.ones((2, 12), bool)
    objects = np.array([[{}]], object)
    assert "holds a pickle, which can run" in refusal("tapvid", save(path, tracks=objects, visible=seen))
    assert "no array 'visible'" in refusal("tapvid", save(path, tracks=xy))
    assert "no array 'points'" in refusal("tapvid", save(path, video=xy))
    assert "other shapes than" in refusal("tapvid", save(path, tracks=xy, visible=seen.T))
    assert "other shapes than" in refusal("tapvid", save(path, tracks=xy[..., 0], visible=seen))
    assert "of 5 frames while a has 12" in refusal(
        "tapvid", save(path, tracks=xy[:, :5], visible=seen[:, :5])
    )
    assert "no table of numbers" in refusal("tapvid", save(path, tracks=xy.astype(str), visible=seen))
    xy[1] = np.nan
    assert "a point that is not all numbers" in refusal("tapvid", save(path, tracks=xy, visible=seen))
    for count in (10**5, 10**18):  # more than the file has bytes
        with zipfile.ZipFile(path, "w") as archive, archive.open("tracks.npy", "w") as file:
            shape = {"descr": "<f8", "fortran_order": False, "shape": (count, 12, 2)}
            np.lib.format.write_array_header_1_0(file, shape)
        size = f"{count * 12 * 2 * 8:,}"
        assert f"an array 'tracks' that claims {size} bytes where it has 0;" in refusal("tapvid", path)


def test_bad_pictures_are_refused(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    assert "holds no pictures" in refusal("davis", folder)
    colours = np.zeros((256, 3), np.uint8)

    def picture(name: str, pixels: np.ndarray) -> str:
        for old in folder.iterdir():
            old.unlink()
        (folder / name).write_bytes(encode_palette_png(pixels, colours))
        with pytest.raises(StudioError) as caught:
            import_tracks("davis", folder, CLIP)
        assert is_clear(str(caught.value))
        return str(caught.value)

    one = np.ones((14, 20), np.uint8)
    assert "is 8 x 6 pixels while the frames are 20 x 14" in picture("00000.png", one[:6, :8])
    assert "00012.png belongs to no frame of a, while a has the frames 0 to 11" in picture("00012.png", one)
    assert "cat.png belongs to no frame of a" in picture("cat.png", one)
    assert "no frame" in picture("9" * 30 + ".png", one)
    (folder / "00000.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(StudioError):
        import_tracks("davis", folder, CLIP)


@pytest.mark.parametrize("format", EVERY_FORMAT)
def test_damaged_files_are_refused_or_read(tmp_path, format, clip, points, objects):
    path = export_clip(format, clip, points, objects, tmp_path)
    file = path / FILES[format] if path.is_dir() else path
    data, rng = file.read_bytes(), np.random.default_rng(0)
    for step in range(200):
        damaged = bytearray(data)
        if step % 4:
            for place in rng.integers(0, len(data), rng.integers(1, 5)):
                damaged[place] = rng.integers(256) if step % 2 else rng.choice(list(b'0123456789.-e,"<>{}[]'))
        file.write_bytes(damaged[: len(data) if step % 4 else rng.integers(len(data))])
        try:
            read, seen, _ = import_tracks(format, path, clip)
        except StudioError:
            continue
        assert np.isfinite(read.xy).all()
        assert all(np.isfinite(one.boxes).all() and len(one.frames) for one in seen)
        assert all(one.frames[-1] < clip.frames for one in seen)


def test_formats_are_guessed_by_their_content(tmp_path, clip, points, objects):
    for format in WRITTEN.keys() - {"parquet", "davis"}:
        path = export_clip(format, clip, points, objects, tmp_path / format)
        assert guess_format(path.rename(tmp_path / f"{format}.data")) == format.removesuffix("-results")
    assert guess_format(tmp_path) == "davis"
    (tmp_path / "empty.xml").touch()
    assert guess_format(tmp_path / "empty.xml") == "cvat"
    (tmp_path / "poem.md").write_text("roses are red")
    with pytest.raises(StudioError, match=r"poem\.md is of no known format \(brox, "):
        guess_format(tmp_path / "poem.md")
    with pytest.raises(StudioError, match="There is no file"):
        guess_format(tmp_path / "none")


def test_a_folder_named_like_its_frames_goes_by_their_names(tmp_path):
    """Frames numbered from 1, as their files are: the masks are those of the same name."""
    clip = replace(CLIP, files=tuple(f"a/{number:05}.jpg" for number in range(1, 13)))
    (tmp_path / "00003.png").write_bytes(
        encode_palette_png(np.ones((14, 20), np.uint8), np.zeros((256, 3), np.uint8))
    )
    assert import_tracks("davis", tmp_path, clip)[1][0].frames.tolist() == [2]
