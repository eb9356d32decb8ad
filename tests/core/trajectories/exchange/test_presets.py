"""Tables of other programs in the layout of their documentation, and columns that a person names."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.exchange import import_tracks, presets
from core.trajectories.exchange.column_mapping import ColumnChoice, parse
from core.trajectories.exchange.presets import PRESETS, Preset
from core.trajectories.exchange.tables import TABLES
from core.trajectories.model import Origin
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames: a/000.png …
SAID = "Read as a table of {}, in a.csv: whole numbers are the middles of pixels, and frames count from 0."


def read(folder, text, columns=None, preset=None, clip=CLIP):
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    choice = parse(columns, preset)
    return import_tracks("csv", path, clip) if choice is None else TABLES["csv"].read(path, clip, choice)


TRACKPY = """,y,x,mass,size,ecc,signal,raw_mass,ep,frame,particle
0,5.25,7.5,190.2,2.5,0.1,10.1,500,0.05,0,3
1,4,2,180,2.5,0.1,10.1,500,0.05,0,0
0,5.5,8,191.5,2.5,0.1,10.1,500,0.05,1,3
"""
NAPARI = "ID,T,Y,X\n1,0,5.25,7.5\n1,1,5.5,8\n2,0,4,2\n"
NAPARI_3D = """index,axis-0,axis-1,axis-2,axis-3,axis-4
0,1.0,0.0,9.0,5.25,7.5
1,1.0,1.0,9.0,5.5,8.0
2,2.0,0.0,9.0,4.0,2.0
"""
TRACKMATE = """LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME,RADIUS,VISIBILITY
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,Radius,Visibility
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,R,Visibility
,,,(quality),(pixel),(pixel),(pixel),(sec),,(pixel),
ID8,8,0,5.1,7.5,5.25,0,0,0,2.5,1
ID9,9,0,5.1,8,5.5,0,0.5,1,2.5,1
ID7,7,1,5.1,2,4,0,0,0,2.5,1
ID5,5,,1.1,9,9,0,0,0,2.5,1
ID6,6,None,1.1,9,9,0,0,0,2.5,1
"""


@pytest.mark.parametrize(
    ("text", "title", "also"),
    [
        (TRACKPY, "trackpy", []),
        (NAPARI, "napari", []),
        (NAPARI_3D, "napari", []),
        (TRACKMATE, "TrackMate", ["Left out, in a.csv: 2 rows without a track."]),
        (TRACKMATE.replace(",", ";"), "TrackMate", ["Left out, in a.csv: 2 rows without a track."]),
    ],
)
def test_programs_for_particles(tmp_path, text, title, also):
    points, objects, warnings = read(tmp_path, text)
    order = np.argsort(points.lengths)
    assert (points.first.tolist(), points.lengths[order].tolist(), objects) == ([0, 0], [1, 2], [])
    np.testing.assert_array_equal(points.points(order[1]), [[8, 5.75], [8.5, 6]])  # half a pixel further
    np.testing.assert_array_equal(points.points(order[0]), [[2.5, 4.5]])
    assert (points.origin == Origin.LINKED).all()
    assert warnings == [SAID.format(title), *also]


DLC = """scorer,net,net,net,net,net,net
bodyparts,nose,nose,nose,tail.tip,tail.tip,tail.tip
coords,x,y,likelihood,x,y,likelihood
0,5.5,7,0.99,1,2,0.98
1,6.5,7,0.97,19,13,0.1
2,7.5,7,0.95,3,2,0.9
"""
DLC_ANIMALS = """scorer,net,net,net,net,net,net
individuals,mouse1,mouse1,mouse1,mouse2,mouse2,mouse2
bodyparts,nose,nose,nose,nose,nose,nose
coords,x,y,likelihood,x,y,likelihood
0,5.5,7,0.99,1,2,0.98
1,6.5,7,0.97,,,
2,7.5,7,0.95,3,2,0.9
"""
DLC_LABELLED = """scorer,,,me,me
bodyparts,,,nose,nose
coords,,,x,y
labeled-data,a,003.png,5.5,7
labeled-data,a,004.png,6.5,7
"""


def test_deeplabcut(tmp_path):
    points, _, warnings = read(tmp_path, DLC)
    assert (points.labels, points.first.tolist()) == (("nose", "tail.tip", "tail.tip"), [0, 0, 2])
    np.testing.assert_array_equal(points.points(0), [[6, 7.5], [7, 7.5], [8, 7.5]])
    assert warnings == [
        SAID.format("DeepLabCut"),
        "Taken for hidden, as DeepLabCut does, in a.csv: 1 point of a likelihood under 0.6.",
        "Split at gaps, in a.csv: 1 point track.",
    ]
    points, _, _ = read(tmp_path, DLC_ANIMALS)
    assert points.labels == ("mouse1.nose", "mouse2.nose", "mouse2.nose")
    points, _, _ = read(tmp_path, DLC_LABELLED)  # by the names of the clip's pictures
    assert (points.labels, points.first.tolist(), points.lengths.tolist()) == (("nose",), [3], [2])


SLEAP = """track,frame_idx,instance.score,nose.x,nose.y,nose.score,tail.x,tail.y,tail.score
female,0,0.9,5.5,7,0.9,1,2,0.8
male,0,0.8,9,9,0.9,,,
female,1,0.9,6.5,7,0.9,2,2,0.8
,1,0.2,3,3,0.1,4,4,0.1
"""


def test_sleap(tmp_path):
    points, _, warnings = read(tmp_path, SLEAP)
    assert points.labels == ("female nose", "female tail", "male nose")
    assert points.lengths.tolist() == [2, 2, 1]
    np.testing.assert_array_equal(points.points(1), [[1.5, 2.5], [2.5, 2.5]])
    assert warnings == [SAID.format("SLEAP"), "Left out, in a.csv: 2 rows without a track."]
    alone = "".join(f",{frame},0.9,{frame},7,0.9\n" for frame in range(12))
    points, _, warnings = read(tmp_path, "track,frame_idx,instance.score,nose.x,nose.y,nose.score\n" + alone)
    assert (points.labels, points.lengths.tolist(), len(warnings)) == (("nose",), [12], 1)


ROWS = "5,7,2,3.5,1.5\n6,7,3,3.5,1.5\n6,8,9,9,2\n"


@pytest.mark.parametrize(
    ("head", "columns", "expected"),
    [
        ("t,particle,x,y,size\n", "frame=t,id=particle,x=x,y=y", [[2, 3.5], [3, 3.5]]),
        ("T ,Particle,X [px],Y (px),size\n", "frame=t, id=particle, x=x, y=y", [[2, 3.5], [3, 3.5]]),
        ("", "frame=1,id=2,x=3,y=4", [[2, 3.5], [3, 3.5]]),
        ("t,particle,x,x,size\n", "frame=t,id=particle,x=3,y=4", [[2, 3.5], [3, 3.5]]),
        ("t,particle,x,y,size\n", "frame=t,id=particle,x=x,y=y,centre=0", [[2.5, 4], [3.5, 4]]),
        ("t,particle,x,y,size\n", "frame=t,id=particle,x=x,y=y,scale=0.5", [[1, 1.75], [1.5, 1.75]]),
    ],
)
def test_columns_by_name_or_number(tmp_path, head, columns, expected):
    points, _, warnings = read(tmp_path, head + ROWS, columns)
    assert (points.first.tolist(), points.lengths.tolist(), warnings) == ([5, 6], [2, 1], [])
    np.testing.assert_array_equal(points.points(0), expected)


@pytest.mark.parametrize(
    ("columns", "box"),
    [
        ("frame=1,id=2,x=3,y=4,w=5,h=6", [2, 3, 6, 8]),
        ("frame=1,id=2,x1=3,y1=4,x2=5,y2=6", [2, 3, 4, 5]),
        ("frame=1,id=2,cx=3,cy=4,w=5,h=6", [0, 0.5, 4, 5.5]),
    ],
)
def test_boxes(tmp_path, columns, box):
    _, (one,), warnings = read(tmp_path, "5,7,2,3,4,5,car,0.5\n", columns + ",label=7,score=8")
    assert (one.boxes.tolist(), one.frames.tolist(), one.label, warnings) == ([box], [5], "car", [])


def test_boxes_in_shares_of_the_frame(tmp_path):
    rows = "".join(f"{frame},7,0.5,0.5,0.1,0.2\n" for frame in range(12))
    _, (one,), warnings = read(tmp_path, rows, "frame=1,id=2,cx=3,cy=4,w=5,h=6")
    np.testing.assert_allclose(one.boxes[0], [9, 5.6, 11, 8.4], rtol=1e-6)
    assert warnings == ["Scaled to the frame, in a.csv: most places lie within 0 to 1."]


def test_frames_from_1(tmp_path):
    head, rows = "t,p,x,y\n", [f"{frame},1,2,3\n" for frame in range(1, 13)]
    points, _, warnings = read(tmp_path, head + "".join(rows), "frame=t,id=p,x=x,y=y")
    assert points.first.tolist() == [0]
    assert warnings == ["Taken as counting frames from 1, in a.csv: its numbers fit so."]
    points, _, warnings = read(tmp_path, head + "".join(rows[:5]), "frame=t,id=p,x=x,y=y,first=1")
    assert (points.first.tolist(), warnings) == ([0], [])


def test_frames_of_the_source(tmp_path):
    clip = replace(CLIP, start=4, step=3)  # frames 4, 7, … 37
    rows = "".join(f"{frame},1,{frame % 20},3\n" for frame in range(60))
    points, _, warnings = read(tmp_path, "t,p,x,y\n" + rows, "frame=t,id=p,x=x,y=y", clip=clip)
    np.testing.assert_array_equal(points.xy[:, 0], np.arange(4, 38, 3) % 20)
    assert warnings == ["Passed over, in a.csv: 48 rows of frames that a leaves out."]


@pytest.mark.parametrize(
    ("text", "columns", "preset", "says"),
    [
        ("t,p,x,y\n1,1,1,1\n", "frame=t,id=q,x=x,y=y", None, "has no column 'q'; it has t, p, x, y"),
        ("t,p,x,y\n1,1,1,1\n", "frame=t,id=p,x=x", None, "no columns 'x' and 'y', nor"),
        ("t,p,x,y\n1,1,1,1\n", "id=p,x=x,y=y", None, "no column of frames"),
        ("t,p,x,y\n1,1,1,1\n", "frame", None, "'frame' says no column; write --columns"),
        ("t,p,x,y\n1,1,1,1\n", "Bild=t", None, "'Bild=t' says no column"),
        ("t,p,x,y\n1,1,1,1\n", "frame=t,frame=p", None, "name frame twice"),
        ("t,p,x,y\n1,1,1,1\n", "frame=t,x=x,y=y,scale=big", None, "scale=big is no number"),
        ("t,p,x,y\n1,1,1,1\n", "frame=t,x=x,y=y,scale=-1", None, "say how many pixels a unit is"),
        ("t,p,x,y\n1,1,1,1\n", "frame=t,x=x,y=y,scale=nan", None, "say how many pixels a unit is"),
        ("t,p,x,y\n1,1,1,1\n", "frame=t,x=x,y=y,first=2", None, "say first=0 or first=1"),
        ("t,p,x,y\n1,1,1,1\n", None, "trackpy", "has no column 'frame', as tables of trackpy have"),
        ("t,p,x,y\n1,1,1,1\n", None, "blender", "no preset 'blender'; choose napari, trackpy"),
        ("t,x,y\n1,1,1\n1,2,2\n", "frame=t,x=x,y=y", None, "several rows in each frame; say which column"),
        (DLC.replace("tail.tip", "nose"), None, None, "has the column 'nose.x' 2 times"),
        (TRACKMATE.replace("(pixel)", "(micron)"), None, None, "places in micron; say the scale"),
        ("t,p,x,y\n1,,1,1\n", "frame=t,id=p,x=x,y=y", None, "no row with a track"),
        ("t,p,x,y\n1,1,,\n", "frame=t,id=p,x=x,y=y", None, "no row with a place"),
    ],
)
def test_what_is_refused(tmp_path, text, columns, preset, says):
    with pytest.raises(StudioError) as caught:
        read(tmp_path, text, columns, preset)
    assert says in str(caught.value)
    assert is_clear(str(caught.value))


def test_a_scale_makes_pixels_of_microns(tmp_path):
    points, _, _ = read(tmp_path, TRACKMATE.replace("(pixel)", "(micron)"), "scale=2", "trackmate")
    np.testing.assert_array_equal(points.points(0), [[15.5, 11], [16.5, 11.5]])  # then half a pixel


def test_ids_are_the_same_however_they_are_written(tmp_path):
    text = 't;p;x;y\n1;"1";1;1\n2;1.0;2;1\n3;1,0;3;1\n4;01;4;1\n'
    points, _, warnings = read(tmp_path, text, "frame=t,id=p,x=x,y=y")
    assert (points.lengths.tolist(), points.labels, warnings) == ([4], ("",), [])
    points, _, _ = read(tmp_path, text.replace("01", "b").replace("1,0", "b"), "frame=t,id=p,x=x,y=y")
    assert (points.lengths.tolist(), points.labels) == ([2, 2], ("1", "b"))


def test_a_new_program_is_one_record(tmp_path, monkeypatch):
    one = Preset(
        name="icy", title="Icy", layouts=({"frame": "t", "trajectory": "track", "x": "cx", "y": "cy"},)
    )
    monkeypatch.setitem(presets.PRESETS, "icy", one)
    points, _, warnings = read(tmp_path, "track,t,cx,cy\n3,0,4,5\n")
    assert (points.xy.tolist(), warnings[0][:24]) == ([[4.5, 5.5]], "Read as a table of Icy, ")
    assert parse(None, "icy") == ColumnChoice(preset=one)


def test_every_program_is_tried_here():
    assert set(PRESETS) == {"napari", "trackpy", "trackmate", "dlc", "sleap"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ID,T,Z,Y,X\n1,0,{},5,7\n1,1,3,5,8\n", "Z"),
        ("index,axis-0,axis-1,axis-2,axis-3,axis-4\n0,1,0,{},5,7\n1,1,1,3,5,8\n", "axis-2"),
        ("z,y,x,frame,particle\n{},5,7,0,3\n3,5,8,1,3\n", "z"),
        ("scorer,M,M,M\nbodyparts,a,a,a\ncoords,x,y,z\n0,7,5,{}\n1,8,5,3\n", "a.z"),
    ],
)
def test_a_third_coordinate_that_counts_is_said_to_be_left_out(tmp_path, text, name):
    points, _, warnings = read(tmp_path, text.format(2))
    np.testing.assert_array_equal(points.xy, [[7.5, 5.5], [8.5, 5.5]])
    said = f"Left out, in a.csv: the third coordinate ({name}), which is not the same everywhere."
    assert said in warnings
    assert said not in read(tmp_path, text.format(3))[2]


def test_boxes_with_scores_are_a_detectors_as_in_other_formats(tmp_path):
    text = "frame,id,x1,y1,x2,y2,conf\n0,1,2,2,6,6,0.9\n1,1,2,2,6,6,1\n2,1,2,2,6,6,\n"
    columns = "frame=frame,id=id,x1=x1,y1=y1,x2=x2,y2=y2,score=conf"
    _, (one,), _ = read(tmp_path, text, columns)
    assert one.origin.tolist() == [Origin.PROPAGATED, Origin.ANNOTATED, Origin.ANNOTATED]
    np.testing.assert_allclose(one.confidence, [0.9, 1, 1])


def test_times_are_not_taken_for_frames_of_another_clip(tmp_path):
    text = "time,id,x,y\n" + "".join(f"{t / 25},1,5,5\n" for t in range(12))
    with pytest.raises(StudioError, match=r"in frame 0\.04 \(line 3\), and frames are whole numbers"):
        read(tmp_path, text, "frame=time,id=id,x=x,y=y")
