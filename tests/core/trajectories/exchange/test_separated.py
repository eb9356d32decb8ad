"""Tables as spreadsheets write them: whatever parts their cells, the same points come out of them."""

import zipfile

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.exchange.separated import SeparatedSheet
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
NAMES = ["kind", "trajectory", "frame", "x", "y"]
ROWS = [["point", 1, frame, frame + 0.5, 7.25] for frame in range(12)]


def text(separator=",", decimal=".", names=NAMES, rows=ROWS, end="\n", before=""):
    lines = [names, *([str(cell).replace(".", decimal) for cell in row] for row in rows)]
    return before + "".join(separator.join(map(str, line)) + end for line in lines)


LOOKS = {
    "comma": text().encode(),
    "semicolon": text(";").encode(),
    "semicolon and decimal comma": text(";", ",").encode(),
    "tab": text("\t").encode(),
    "tab and decimal comma": text("\t", ",").encode(),
    "bar": text("|").encode(),
    "blanks": text("   ").encode(),
    "comma and blank": text(", ").encode(),
    "said by a line": text(before="sep=,\n").encode(),
    "semicolon said by a line": text(";", end="\r\n", before='"sep=;"\r\n').encode(),
    "tab said by a line": text("\t", before="sep=\t\n").encode(),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + text().encode(),
    "UTF-16": text(end="\r\n").encode("utf-16"),
    "UTF-16 without a mark": text().encode("utf-16-be"),
    "lone CR": text(end="\r").encode(),
    "a remark": text(before="# made by hand\n#\n").encode(),
    "a line break in a name": text(names=[*NAMES, '"how\nsure"'], rows=[[*row, 1] for row in ROWS]).encode(),
    "Latin-1": text(names=[*NAMES, "Größe"], rows=[[*row, 1] for row in ROWS]).encode("latin-1"),
    "a remark that is the head": text(" ", names=["#", *NAMES[1:]], rows=[row[1:] for row in ROWS]).encode(),
    "capital letters": text(names=["Kind", " TRAJECTORY", "Frame ", "X", "Y"])
    .replace("point", "Point")
    .encode(),
    "units in the head": text(names=["kind", "trajectory", "frame", "x [px]", "y (pixels)"]).encode(),
    "units in a second line": text(before="").replace("y\n", "y\n,,,px,px\n").encode(),
    "empty lines": text().replace("\n", "\n\n").replace("y\n\n", "y\n,,,,\n").encode(),
    "quoted": text('","').replace("\n", '"\n"').removesuffix('"').join(['"', ""]).encode(),
    "an index": text(names=["", *NAMES], rows=[[n, *row] for n, row in enumerate(ROWS)]).encode(),
    "pandas' name of an index": text(
        names=["Unnamed: 0", *NAMES], rows=[[n, *row] for n, row in enumerate(ROWS)]
    ).encode(),
    "another order": text(names=NAMES[::-1], rows=[row[::-1] for row in ROWS]).encode(),
    "a final separator": text().replace("\n", ",\n").replace("y,\n", "y\n").encode(),
    "without kinds": text(names=NAMES[1:], rows=[row[1:] for row in ROWS]).encode(),
    "unknown values": text(
        names=[*NAMES, "error", "x1", "y1", "x2", "y2"],
        rows=[
            [*row, word, "", "NaN", "N/A", "None"]
            for row, word in zip(ROWS, ["NA", "null", "-"] * 4, strict=True)
        ],
    ).encode(),
}


@pytest.mark.parametrize("look", LOOKS)
def test_one_table_in_many_looks(tmp_path, look):
    (tmp_path / "a.csv").write_bytes(LOOKS[look])
    points, objects, warnings = import_tracks("csv", tmp_path / "a.csv", CLIP)
    assert (objects, warnings) == ([], [])
    assert (points.first.tolist(), points.lengths.tolist()) == ([0], [12])
    np.testing.assert_array_equal(points.xy, [[frame + 0.5, 7.25] for frame in range(12)])


def refusal(path, content, format="csv"):
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StudioError) as caught:
        import_tracks(format, path, CLIP)
    assert is_clear(str(caught.value)), str(caught.value)
    return str(caught.value)


def test_a_column_that_is_there_twice_is_named(tmp_path):
    content = text(names=[*NAMES, "x"], rows=[[*row, 99] for row in ROWS])
    said = refusal(tmp_path / "a.csv", content)
    assert "has the column 'x' 2 times" in said
    assert "(4 and 6)" in said
    twice = text(names=[*NAMES, "mass", "mass"], rows=[[*row, 9, 9] for row in ROWS])
    (tmp_path / "a.csv").write_text(twice)
    assert len(import_tracks("csv", tmp_path / "a.csv", CLIP)[0]) == 1  # nobody asks for them


def test_odd_rows_are_left_out_by_their_lines(tmp_path):
    rows = [*ROWS * 2]
    rows[12:] = [["point", 2, *row[2:]] for row in ROWS]
    rows[3] = [*rows[3], "and more"]
    rows[17] = ["point", 2]
    (tmp_path / "a.csv").write_text(text(rows=rows, before="sep=,\n"))
    points, _, warnings = import_tracks("csv", tmp_path / "a.csv", CLIP)
    assert points.lengths.tolist() == [3, 8, 5, 6]
    assert warnings == [
        "Left out, in a.csv: 2 rows, the first in line 6 (its frame is no number).",
        "Split at gaps, in a.csv: 2 point tracks.",
    ]
    rows[5] = rows[3]
    said = refusal(tmp_path / "a.csv", text(rows=rows, before="sep=,\n"))
    assert "3 of 24 rows that cannot be taken, the first in line 6" in said


def test_a_table_without_names_is_said_to_be_one(tmp_path):
    said = refusal(tmp_path / "a.csv", "0,1,5.5,6\n1,1,5.5,7\n")
    assert "does not name its columns" in said
    assert "--columns frame=1,id=2,x=3,y=4" in said


def test_tables_are_told_by_their_content(tmp_path):
    for number, content in enumerate(
        (
            text(" ", names=["#", *NAMES[1:]], rows=[row[1:] for row in ROWS]),
            text("\t", names=["t", "particle", "x", "y"], rows=[row[1:] for row in ROWS]),
            "0 1 5.5 6\n1 1 5.5 7\n",
        )
    ):
        path = tmp_path / f"{number}.txt"
        path.write_text(content)
        assert guess_format(path) == "csv"
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", "<a/>")
    with pytest.raises(StudioError, match="a workbook; unpack it, or save its sheet as CSV"):
        import_tracks(guess_format(tmp_path / "a.xlsx"), tmp_path / "a.xlsx", CLIP)


def test_a_head_shows_the_first_rows(tmp_path):
    (tmp_path / "a.csv").write_text("t;x [µm];name\n" + "".join(f"{t};1,5;a b\n" for t in range(30)))
    head = SeparatedSheet(tmp_path / "a.csv").head
    assert head.names == ("t", "x [µm]", "name")
    assert head.units == {1: "µm"}
    assert (len(head.rows), head.rows[1]) == (20, ("1", "1,5", "a b"))
