"""One odd row does not refuse a file: it is left out, and said."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.assembling import Listing
from core.trajectories.exchange.scores import read_scores
from core.trajectories.model import Origin
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
ODD_BOXES = [
    ((3, 2, 3, 6), "its box is 0 pixels wide"),
    ((3, 6, 5, 2), "its box is -4 pixels high"),
    ((1e8 + 1, 2, 1e8 + 2, 6), "its box is far outside the frame"),
    ((3, 2, 3 + 1e-9, 6), "its box is 0 pixels wide"),  # as float32
    ((float("nan"), 2, 5, 6), "its box is not all numbers"),
    ((3, 2, float("inf"), 6), "its box is not all numbers"),
]


def listing(frame, owner=None, **more):
    """Rows of one trajectory, or of those given."""
    owner = np.zeros(len(frame), np.int64) if owner is None else np.asarray(owner)
    names = [f"no. {number}" for number in range(int(owner.max(initial=0)) + 1)]
    path = CLIP.root / "walk.txt"
    return Listing(path, CLIP, owner, np.asarray(frame), names, Origin.ANNOTATED, **more)


def boxes(count):
    return np.tile([[1.0, 2, 5, 6]], (count, 1)) + np.arange(count)[:, None] / 8


@pytest.mark.parametrize(("box", "why"), ODD_BOXES)
def test_an_odd_box_is_left_out_and_said_by_line(box, why):
    places = boxes(12)
    places[7] = box
    (one,), warnings = listing(np.arange(12), lines=np.arange(12) + 2).objects(places)
    assert one.frames.tolist() == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    np.testing.assert_array_equal(one.boxes, np.delete(places, 7, axis=0).astype(np.float32))
    assert warnings == [f"Left out, in walk.txt: 1 row, the first in line 9 ({why})."]


@pytest.mark.parametrize("frame", [-1, 12, 3.5, np.nan, 1e300])
def test_a_frame_that_the_clip_lacks_is_left_out(frame):
    frames = np.array([*range(11), frame])
    (one,), (warning,) = listing(frames).objects(boxes(12))
    assert one.frames.tolist() == list(range(11))
    shown = f"frame {frame:g}"
    assert (
        warning
        == f"Left out, in walk.txt: 1 row, the first of track no. 0 in {shown} ({shown} is none of the clip)."
    )


def test_points_too_and_all_that_is_odd_in_one_sentence():
    """One of ten is a tenth, not more; the trajectory goes on after it as a second one."""
    frames, owners = [*range(10), *range(10)], [0] * 10 + [1] * 10
    xy = np.ones((20, 2))
    xy[3], frames[19] = (1, np.nan), 40
    points, warnings = listing(np.array(frames), owners, lines=range(1, 21)).points(xy)
    assert (points.first.tolist(), points.lengths.tolist()) == ([0, 4, 0], [3, 6, 9])
    assert warnings == [
        "Left out, in walk.txt: 2 rows, the first in line 4 (its point is not all numbers).",
        "Split at gaps, in walk.txt: 1 point track.",
    ]


def test_more_than_a_tenth_refuses_the_file_for_what_most_of_them_are():
    places, frames = boxes(12), np.arange(12)
    places[2] = np.nan
    frames[5:7] = 99
    with pytest.raises(StudioError) as caught:
        listing(frames, lines=range(1, 13)).objects(places)
    assert is_clear(str(caught.value))
    assert "has track no. 0 in frame 99 (line 6), while a has the frames 0 to 11" in str(caught.value)


def test_identical_rows_are_one_and_other_ones_odd():
    frames = np.array([*range(12), 3, 5, 5])
    places = np.vstack([boxes(12), boxes(12)[3], boxes(12)[5], [[9, 9, 12, 12]]])
    (one,), warnings = listing(frames, lines=range(1, 16)).objects(places)
    assert one.frames.tolist() == list(range(12))
    np.testing.assert_array_equal(one.boxes, boxes(12).astype(np.float32))
    assert warnings == [
        "Left out, in walk.txt: 1 row, the first in line 15 (a second box of track no. 0 in frame 5)."
    ]


def test_rows_of_one_place_and_two_masks_are_not_identical():
    masks = [None] * 12 + [b"\0"]
    (one,), warnings = listing(np.array([*range(12), 3])).objects(boxes(13)[[*range(12), 3]], masks=masks)
    assert one.masks == (None,) * 12
    assert len(warnings) == 1


def test_what_a_reader_finds_counts_with_the_rest():
    rows = listing(np.arange(12), lines=range(1, 13), own_faults={4: "it has no id"})
    (one,), warnings = rows.objects(boxes(12))
    assert len(one.frames) == 11
    assert warnings == ["Left out, in walk.txt: 1 row, the first in line 5 (it has no id)."]
    (one,), warnings = rows.take(np.arange(12) != 2).objects(boxes(11))
    assert "line 5" in warnings[0]
    with pytest.raises(StudioError, match=r"2 of 12 rows .* the first in line 5 \(it has no id\)"):
        listing(np.arange(12), lines=range(1, 13), own_faults={4: "it has no id", 5: "nor this"}).objects(
            boxes(12)
        )


def test_only_a_score_of_one_or_none_is_a_persons():
    shares = read_scores(np.array([1, -1, np.nan, 0.5, 0]), Path("walk.txt"))
    assert shares.origin.tolist() == [Origin.ANNOTATED] * 3 + [Origin.PROPAGATED] * 2
    other = read_scores(np.array([-1, np.nan, 0.5, 0, 87.5, 1250, -3]), Path("walk.txt"))
    assert other.origin.tolist() == [Origin.ANNOTATED] * 2 + [Origin.PROPAGATED] * 5


def mot(box):
    left, top, right, bottom = box
    return f"4,1,{left + 1},{top + 1},{right - left},{bottom - top},1,-1,-1\n"


def table(box):
    return "object,1,3," + ",".join(map(str, box)) + "\n"


def cvat(box):
    values = zip(("xtl", "ytl", "xbr", "ybr"), box, strict=True)
    return '<box frame="3" ' + " ".join(f'{name}="{value}"' for name, value in values) + "/>\n"


def coco(box):
    left, top, right, bottom = box
    return json.dumps({"image_id": 3, "track_id": 1, "bbox": [left, top, right - left, bottom - top]})


@pytest.mark.parametrize(
    ("row", "head", "between", "tail"),
    [
        (mot, "", "", ""),
        (table, "kind,trajectory,frame,x1,y1,x2,y2\n", "", ""),
        (cvat, '<annotations><track id="1">', "", "</track></annotations>"),
        (
            coco,
            '{"images": ['
            + ",".join(f'{{"id": {n}, "frame_index": {n}}}' for n in range(12))
            + '], "annotations": [',
            ",",
            "]}",
        ),
    ],
    ids=["mot", "csv", "cvat", "coco"],
)
@pytest.mark.parametrize(("box", "why"), ODD_BOXES[:3])
def test_every_reader_leaves_an_odd_box_out(tmp_path, request, row, head, between, tail, box, why):
    format = request.node.callspec.id.split("-")[-1]
    good = row((1, 2, 5, 6))
    frames = {
        "mot": ("4,1,", "{},1,"),
        "csv": (",3,", ",{},"),
        "cvat": ('"3"', '"{}"'),
        "coco": (": 3,", ": {},"),
    }
    old, new = frames[format]
    rows = [good.replace(old, new.format(n + (format == "mot")), 1) for n in range(12)]
    rows[3] = row(box)
    path = tmp_path / "walk"
    path.write_text(head + between.join(rows) + tail)
    _, (one,), warnings = import_tracks(format, path, CLIP)
    assert one.frames.tolist() == [0, 1, 2, *range(4, 12)]
    (warning,) = warnings
    assert warning.startswith("Left out, in walk: 1 row, the first ")
    assert warning.endswith(f"({why}).")
