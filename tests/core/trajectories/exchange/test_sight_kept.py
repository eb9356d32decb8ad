"""Occluded and out of sight: kept both ways, and read as such by the programs of others."""

import shutil

import numpy as np
import pytest

from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.exchange.omissions import omissions
from core.trajectories.model import Flag, ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.sight import FOREVER, occluded, outside
from tests.core.trajectories.exchange import random_tracks
from tests.peers.peers import peers

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
NOTHING = PointTrajectories.pack([], [])
A, E, P = Origin.ANNOTATED, Origin.EDITED, Origin.PROPAGATED


def an_object(frames, origin, flags) -> ObjectTrajectory:
    left = np.array(frames, np.float32)
    return ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=np.column_stack([left, left + 1, left + 4, left + 5]).clip(0, 14).astype(np.float32),
        origin=np.array(origin, np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
        label="cat",
        flags=np.array(flags, np.uint8),
    )


OBJECTS = [
    # occluded from 1 to 3, out of sight from 5 to 7 and from 9 on
    an_object([0, 1, 2, 3, 4, 8], [A, E, P, P, A, E], [0, 2, 0, 0, 4, 4]),
    # nobody said why there is nothing in 3 to 5, nor after 7
    an_object([1, 2, 6, 7], [A, P, A, P], [0, 0, 2, 0]),
]
HIDDEN = [[1, 2, 3], [6, 7]]
GONE = [[[5, 7], [9, FOREVER]], []]


@pytest.mark.parametrize("format", ["cvat", "coco", "mot"])
def test_round_trip(tmp_path, format):
    path = export_clip(format, CLIP, NOTHING, OBJECTS, tmp_path)
    _, again, _ = import_tracks(format, path, CLIP)
    assert [one.frames.tolist() for one in again] == [one.frames.tolist() for one in OBJECTS]
    assert [one.frames[occluded(one)].tolist() for one in again] == HIDDEN
    assert [outside(one).tolist() for one in again] == ([[], []] if format == "mot" else GONE)
    said = " ".join(omissions(format, CLIP, NOTHING, OBJECTS))
    assert "what is occluded is not said" not in said
    assert ("out of sight is not said" in said) == (format == "mot")


def test_formats_without_a_place_for_it_say_so():
    said = " ".join(omissions("csv", CLIP, NOTHING, OBJECTS))
    assert "In CSV table, what is occluded is not said." in said
    assert "that objects are out of sight is not said" in said


def test_datumaro_reads_it(tmp_path):
    """Which CVAT exports with: its attributes `occluded` and `outside`, and MOTChallenge's visibility."""
    cvat = export_clip("cvat", CLIP, NOTHING, OBJECTS, tmp_path / "cvat").parent
    mot = export_clip("mot", CLIP, NOTHING, OBJECTS, tmp_path / "mot")
    coco = tmp_path / "coco"
    (coco / "annotations").mkdir(parents=True)
    (coco / "images").mkdir()
    shutil.copy(
        export_clip("coco", CLIP, NOTHING, OBJECTS, tmp_path),
        coco / "annotations" / "instances_default.json",
    )
    found = peers(("datumaro", cvat, "cvat"), ("datumaro", mot, "mot_seq"), ("datumaro", coco, "coco"))
    for first, theirs in zip((0, 1, 1), (one["shapes"] for one in found), strict=True):
        hidden = [
            len(
                [
                    one
                    for one in theirs
                    if one["track"] == first + number and one["attributes"].get("occluded")
                ]
            )
            for number in (0, 1)
        ]
        assert hidden == [3, 2]
    gone = [(one["item"], one["track"]) for one in found[0]["shapes"] if one["attributes"]["outside"]]
    assert sorted(gone) == [
        *[("frame_000003", 1), ("frame_000005", 0), ("frame_000008", 1), ("frame_000009", 0)]
    ]


def test_other_layouts_of_lines_say_it_too(tmp_path):
    kitti = "{} 1 Car 0 {} -10 1 1 5 5 -1 -1 -1 -1000 -1000 -1000 -10"
    visdrone = "{},1,1,1,5,5,1,4,0,{}"
    vatic = '1 1 1 5 5 {} 0 {} 0 "car"'
    mot = "{},1,1,1,5,5,1,1,{}"
    for pattern, values, hidden in (
        (kitti, (0, 1, 2, 3), [2]),
        (visdrone, (0, 1, 2, 0), [2]),
        (vatic, (0, 1, 0, 1), [1, 3]),
        (mot, (0.2, 0.5, 1, -1), [0]),
    ):
        first = 0 if pattern in (kitti, vatic) else 1
        path = tmp_path / "tracks.txt"
        path.write_text("".join(pattern.format(n + first, value) + "\n" for n, value in enumerate(values)))
        _, (one,), _ = import_tracks("mot", path, CLIP)
        assert one.frames[(one.flags & Flag.OCCLUDED) != 0].tolist() == hidden, pattern
