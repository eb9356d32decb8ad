"""Tables with columns for other programs, and round trips through them."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StudioError
from core.trajectories.exchange import export_clip, import_tracks
from core.trajectories.exchange.column_mapping import parse
from core.trajectories.exchange.omissions import omissions
from core.trajectories.exchange.presets import PRESETS
from core.trajectories.exchange.tables import TABLES
from core.trajectories.model import PointTrajectories
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.exchange.every_format import NEEDS_PYARROW

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
NOTHING = PointTrajectories.pack([], [])
FORMATS = ["csv", pytest.param("parquet", marks=NEEDS_PYARROW)]
FLAT = [name for name, preset in PRESETS.items() if not preset.stacked]


def test_trackpy_finds_its_own_columns(clip, points, objects, tmp_path):
    """As `trackpy.link` gives them: whole numbers are the middles of pixels."""
    path = export_clip("csv", clip, points, objects, tmp_path, columns=parse(None, "trackpy"))
    assert path.read_text() == (
        "frame,particle,y,x\n0,1,0.0,0.0\n1,1,1.5999999,1.25\n2,1,3.5,2.5\n3,2,23.4,31.4\n4,2,19.5,29.623455\n"
    )
    said = omissions("csv", clip, points, objects, columns=parse(None, "trackpy"))
    assert "In CSV table, 3 object trajectories are left out." in said
    assert "In CSV table, labels are not kept." in said


def test_columns_by_the_names_one_wants(clip, points, objects, tmp_path):
    columns = parse("frame=Bild,first=1,id=Nummer,label=Name,x=links,y=oben,w=breit,h=hoch", None)
    path = export_clip("csv", clip, points, objects, tmp_path, columns=columns)
    lines = path.read_text().splitlines()
    assert lines[:2] == ["Bild,Nummer,Name,links,oben,breit,hoch", '1,1,"car, ""red""",2.0,3.0,6.0,4.0']
    assert len(lines) == 1 + 5
    again, seen, _ = TABLES["csv"].read(path, clip, columns)
    assert (len(again), [one.label for one in seen]) == (0, ['car, "red"', "", "cat"])
    np.testing.assert_array_equal(seen[0].boxes, objects[0].boxes)


def test_points_are_numbered_after_the_objects_where_nothing_tells_them_apart(
    clip, points, objects, tmp_path
):
    columns = parse("frame=t,id=n,x=x,y=y,x1=x1,y1=y1,x2=x2,y2=y2", None)
    path = export_clip("csv", clip, points, objects, tmp_path, columns=columns)
    again, seen, warnings = TABLES["csv"].read(path, clip, columns)
    assert (len(again), len(seen), warnings) == (2, 3, [])
    numbers = [int(line.split(",")[1]) for line in path.read_text().splitlines()[1:]]
    assert sorted(set(numbers)) == [1, 2, 3, 4, 5]


def test_deeplabcut_has_three_columns_a_point(clip, points, objects, tmp_path):
    path = export_clip("csv", clip, points, objects, tmp_path, columns=parse(None, "dlc"))
    assert path.read_text().splitlines()[:5] == [
        "scorer" + ",AssociationNet_Studio" * 6,
        "bodyparts,point1,point1,point1,7,7,7",
        "coords,x,y,likelihood,x,y,likelihood",
        "0,0.0,0.0,1.0,,,",
        "1,1.25,1.6,1.0,,,",
    ]
    said = omissions("csv", clip, points, objects, columns=parse(None, "dlc"))
    assert "In CSV table, 3 object trajectories are left out." in said
    assert "In CSV table, labels are not kept." not in said


def test_deeplabcut_has_one_column_for_a_point_that_was_hidden_meanwhile(tmp_path):
    points = PointTrajectories.pack([0, 5, 3], [np.ones((3, 2)), np.ones((2, 2)), np.ones((4, 2))])
    points = replace(points, labels=("nose", "nose", "nose"))
    path = export_clip("csv", CLIP, points, (), tmp_path, columns=parse(None, "dlc"))
    assert path.read_text().splitlines()[1] == "bodyparts,nose,nose,nose,nose2,nose2,nose2"


@given(points=random_tracks.points(), start=st.integers(0, 40), step=st.integers(1, 5))
@settings(max_examples=40)
def test_deeplabcut_gives_every_place_back(points, start, step):
    clip = replace(CLIP, start=start, step=step)
    with TemporaryDirectory() as folder:
        path = export_clip("csv", clip, points, (), Path(folder), columns=parse(None, "dlc"))
        again, _, _ = import_tracks("csv", path, clip) if len(points) else (NOTHING, (), [])
    np.testing.assert_allclose(_places(again), _places(points), rtol=0, atol=2e-5)


def _places(points):
    """(M, 3): frame, x and y of every observation, in order."""
    return np.array(sorted(zip(points.frame.tolist(), *points.xy.T.tolist(), strict=True))).reshape(-1, 3)


def test_a_table_of_too_many_points_is_refused_before_it_is_begun(tmp_path):
    clip = replace(CLIP, files=tuple(f"{number}.png" for number in range(20_000)))
    many = PointTrajectories.pack([0] * 1_001, [np.ones((1, 2))] * 1_001)
    with pytest.raises(StudioError, match=r"1,001 points in 20,000 frames are too many for it; choose fewer"):
        export_clip("csv", clip, many, (), tmp_path, columns=parse(None, "dlc"))


@pytest.mark.parametrize("format", FORMATS)
@given(
    points=random_tracks.points(),
    preset=st.sampled_from(FLAT),
    start=st.integers(0, 40),
    step=st.integers(1, 5),
)
@settings(max_examples=40)
def test_what_is_written_for_a_program_comes_back(format, points, preset, start, step):
    clip = replace(CLIP, start=start, step=step)
    with TemporaryDirectory() as folder:
        path = export_clip(format, clip, points, (), Path(folder), columns=parse(None, preset))
        if not len(points):
            return
        again, objects, warnings = import_tracks(format, path, clip)
    assert objects == []
    assert len(warnings) == 1
    assert warnings[0].startswith(f"Read as a table of {PRESETS[preset].title}, in ")
    np.testing.assert_array_equal(again.first, points.first)
    np.testing.assert_array_equal(again.offsets, points.offsets)
    np.testing.assert_allclose(again.xy, points.xy, rtol=0, atol=2e-6)


@pytest.mark.parametrize("format", ["brox", "tapvid", *FORMATS])
@given(points=random_tracks.points(), start=st.integers(0, 40), step=st.integers(1, 5))
@settings(max_examples=30)
def test_frames_of_the_source_come_back(format, points, start, step):
    clip = replace(CLIP, start=start, step=step)
    with TemporaryDirectory() as folder:
        path = export_clip(format, clip, points, (), Path(folder))
        again, _, warnings = import_tracks(format, path, clip)
    assert warnings == []
    np.testing.assert_array_equal(again.first, points.first)
    np.testing.assert_array_equal(again.offsets, points.offsets)
    np.testing.assert_allclose(again.xy, points.xy, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("format", "columns", "preset", "says"),
    [
        pytest.param("parquet", None, "dlc", "DeepLabCut are written as CSV alone", marks=NEEDS_PYARROW),
        ("csv", "x=x,y=y,id=id", None, "name no frame, track or place"),
        ("csv", "frame=t,id=n,x=x", None, "name no frame, track or place"),
        ("csv", "frame=t,id=t,x=x,y=y", None, "Two columns are called 't'"),
        (
            "mot",
            "frame=t,id=n,x=x,y=y",
            None,
            "Columns are chosen in tables (csv, parquet), and mot has its own",
        ),
    ],
)
def test_what_cannot_be_written_is_said(clip, points, tmp_path, format, columns, preset, says):
    with pytest.raises(StudioError) as caught:
        export_clip(format, clip, points, (), tmp_path, columns=parse(columns, preset))
    assert says in str(caught.value)
    assert is_clear(str(caught.value))
    assert list(tmp_path.iterdir()) == []
