"""Files whose columns and arrays are repeated, reordered, left out or of another type."""

import bz2
import gzip
import json
import lzma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StudioError
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.column_mapping import ROLES
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.exchange.every_format import NEEDS_PYARROW

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
OTHERS = [
    "particle",
    "T",
    "ID",
    "axis-0",
    "axis-1",
    "axis-2",
    "FRAME",
    "TRACK_ID",
    "POSITION_X",
    "nose.x",
    "nose.y",
    "",
]
CELLS = st.one_of(
    st.integers(-3, 15).map(str),
    st.sampled_from(
        ["", "1.5", "2,5", "1e400", "-inf", "nan", "point", "object", "linked", "?", '"', "#", "\0", "١"]
    ),
    st.text(max_size=4),
)


def taken(format, path):
    """A file is read, or refused in one sentence."""
    refusal = ""
    points, objects, warnings = None, (), []
    try:
        points, objects, warnings = import_tracks(format, path, CLIP)
    except StudioError as error:
        refusal = str(error)
    if refusal:
        assert is_clear(refusal), refusal
        return
    assert np.isfinite(points.xy).all()
    assert all(np.isfinite(one.boxes).all() and len(one.frames) for one in objects)
    assert all(warning.endswith(".") and len(warning.splitlines()) == 1 for warning in warnings), warnings


@given(st.data())
@settings(max_examples=120)
def test_csv_of_any_structure(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "structure.csv"
    names = data.draw(st.lists(st.sampled_from([*ROLES, *OTHERS]), max_size=9))
    rows = data.draw(st.lists(st.lists(CELLS, max_size=10), max_size=6))
    separator = data.draw(st.sampled_from(",;\t "))
    text = "\n".join(separator.join(cells) for cells in [names, *rows])
    path.write_bytes(text.encode(data.draw(st.sampled_from(["utf-8", "utf-16"])), "replace"))
    taken("csv", path)


@NEEDS_PYARROW
@given(st.data())
@settings(max_examples=60)
def test_parquet_of_any_structure(tmp_path_factory, data):
    import pyarrow
    from pyarrow import parquet

    kinds = {
        "ints": [1, 2, 3],
        "floats": [0.5, None, np.inf],
        "words": ["point", "7", None],
        "lists": [[1], [2], []],
        "structures": [{"a": 1}, {"a": 2}, None],
        "flags": [True, False, None],
        "bytes": [b"1", b"\xff", None],
        "nothing": [None, None, None],
        "moments": np.array(["2020-01-01", "2020-01-02", "NaT"], "datetime64[ns]"),
        "spans": np.array([1, 2, 3], "timedelta64[s]"),
        "categories": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
        "decimals": pyarrow.array([1, 2, 3], pyarrow.decimal128(5, 1)),
        "wide": pyarrow.array(["4", "5", "6"], pyarrow.large_string()),
    }
    names = data.draw(st.lists(st.sampled_from([*ROLES, *OTHERS]), max_size=7))
    drawn = [pyarrow.array(kinds[data.draw(st.sampled_from(sorted(kinds)))]) for _ in names]
    path = tmp_path_factory.getbasetemp() / "structure.parquet"
    parquet.write_table(pyarrow.Table.from_arrays(drawn, names=names), path)
    taken("parquet", path)


NAMES = [
    "tracks",
    "points",
    "pred_tracks",
    "visible",
    "occluded",
    "pred_visibility",
    "ids",
    "query_points",
    "video",
]
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 12]), max_size=5).map(tuple)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.tuples(SHAPES, st.sampled_from("?fdeilBgFSUO")), max_size=4)
)
@settings(max_examples=150)
def test_arrays_of_any_shape_and_type(tmp_path_factory, arrays):
    path = tmp_path_factory.getbasetemp() / "structure.npz"
    made = {
        name: np.zeros(shape, type) + (0 if type in "SUO" else 1)
        if type not in "SU"
        else np.zeros(shape, type)
        for name, (shape, type) in arrays.items()
    }
    np.savez(path, **made)
    taken("tapvid", path)


@given(
    st.lists(
        st.lists(st.integers(-3, 14).map(str) | st.sampled_from(["x", "nan", "1e300", "0.5"]), max_size=4)
    )
)
@settings(max_examples=100)
def test_brox_of_any_structure(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "structure.dat"
    path.write_text("\n".join(" ".join(row) for row in rows))
    taken("brox", path)


@pytest.mark.parametrize("format", ["csv", "brox"])
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(b"frame,x"), "packed by gzip; unpack it"),
        (bz2.compress(b"frame,x"), "packed by bzip2; unpack it"),
        (lzma.compress(b"frame,x"), "packed by xz; unpack it"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "is HDF5; save its table as CSV"),
        (b"PK\x03\x04" + bytes(100), "a zip archive or a workbook; unpack it, or save its sheet as CSV"),
    ],
    ids=["gzip", "bzip2", "xz", "HDF5", "zip"],
)
def test_what_is_no_text_is_named(tmp_path, format, data, says):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(StudioError, match=says):
        import_tracks(format, tmp_path / "a.csv", CLIP)


def test_a_single_array_and_a_workbook_are_named(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 12, 2)))
    with pytest.raises(
        StudioError, match=r"a\.npy is a single array; save tracks and visible with numpy\.savez"
    ):
        import_tracks("tapvid", tmp_path / "a.npy", CLIP)
    (tmp_path / "a.npz").write_text(json.dumps({}))
    with pytest.raises(StudioError, match="no whole \\.npz"):
        import_tracks("tapvid", tmp_path / "a.npz", CLIP)
