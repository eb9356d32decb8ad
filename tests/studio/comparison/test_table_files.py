"""Tables in files: any name, no cell that is both a value and a difference."""

import csv
import io
import math
from html.parser import HTMLParser

import pytest

from core.evaluation.intervals import Interval
from studio.comparison.compared_row import OF
from studio.comparison.table_files import FORMATS, FileBlock, FileLine, FileTable, cell_text

NAME = r"50 % of <b>a_b</b> & \x ~^{c} $1 | #2"


def values(**known):
    return {of: known.get(of, Interval(math.nan, math.nan, 0)) for of in OF}


@pytest.fixture
def table():
    line = FileLine(NAME, 3, values(mean=Interval(41.25, 1.5, 3), cat=Interval(50.0, math.nan, 1)), "on\nVOC")
    apart = FileLine(NAME, 3, values(mean=Interval(-0.04, 0.5, 3)), "paired by 3 seeds")
    blocks = [FileBlock("AP (%)", [line]), FileBlock("Differences", [apart], signed=True)]
    return FileTable(blocks, ["a note"])


def test_a_cell_says_mean_and_half_and_never_minus_zero():
    assert cell_text(Interval(41.25, 1.5, 3), signed=False) == "41.2 ± 1.5"
    assert cell_text(Interval(-0.04, math.nan, 1), signed=True) == "+0.0"
    assert cell_text(Interval(math.nan, math.nan, 0), signed=True) == "n/a"


def test_columns_without_any_value_are_left_out(table):
    assert table.columns == ("mean", "cat")


def test_markdown_keeps_to_its_columns(table):
    text = FORMATS["Markdown"][1](table)
    rows = [line for line in text.splitlines() if line.startswith("| 50")]
    assert len(rows) == 2
    for row in rows:
        assert row.replace("\\|", "").count("|") == 5
    assert "| 41.2 ± 1.5 | 50.0 | on VOC |" in rows[0]
    assert "| +0.0 ± 0.5 | n/a |" in rows[1]


def test_latex_escapes_any_name(table):
    text = FORMATS["LaTeX"][1](table)
    (row, _) = (line for line in text.splitlines() if line.startswith("50"))
    assert row.startswith(r"50 \% of {<}b{>}a\_b{<}/b{>} \& \textbackslash{}x \textasciitilde{}")
    assert r"41.2 $\pm$ 1.5 & 50.0 & on VOC \\" in row


def test_csv_has_values_and_halves_in_columns_of_their_own(table):
    first, second = csv.DictReader(io.StringIO(FORMATS["CSV"][1](table)))
    assert (first["row"], first["seeds"], first["mAP"], first["mAP ±"]) == (NAME, "3", "41.25", "1.5")
    assert (first["cat"], first["cat ±"], second["mAP"], second["cat"]) == ("50.0", "", "-0.04", "")


def test_html_shows_the_name_as_it_is(table):
    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.texts, self.tags = [], []

        def handle_data(self, data):
            self.texts.append(data.strip())

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)

    reader = Reader()
    reader.feed(FORMATS["HTML"][1](table))
    assert reader.texts.count(NAME) == 2
    assert "b" not in reader.tags
    assert reader.tags.count("table") == 2
