import csv
import io
import json
import math
import re
from dataclasses import replace

import pytest

from core.datasets.voc import CLASSES
from core.detection.config import VocConfig
from core.errors import StudioError
from core.evaluation.differences import rows_named
from core.evaluation.table1 import HEADS, paper_rows, row_of_run
from core.evaluation.table1_formats import FORMATS, format_table
from tests.core.evaluation.evaluated import evaluated_run, row

HOSTILE = (
    "run 50% & #2",
    r"a\b{c}_d^e~f$g",
    'say "no", then',
    "[0.5ex] *",
    "pipe | and `code` <b>",
    "two\nlines\tand a tab",
    "-lead; – Ωμ",
    "**bold** _it_ ![x](y)",
)


def test_every_format_holds_every_row_and_says_what_is_quoted(tmp_path):
    rows = [*paper_rows(), row_of_run(evaluated_run(tmp_path / "my_run", VocConfig(network="tiny")))]
    for how in FORMATS:
        text = format_table(rows, how)
        assert text.count("AssociationNet-objtr") >= 3, how
        assert "measured on 95 objects" in text, how
        assert "mean of 19 classes; sheep has no test object" in text, how
        assert ("25.0" in text) == (how != "json")
    read = list(csv.DictReader(io.StringIO(format_table(rows, "csv"))))
    assert (read[0]["mAP"], read[0]["table"], read[16]["sheep"]) == ("33.4", "39.2", "")
    assert [line["source"] for line in read].count("paper") == 16
    assert (read[16]["network_size"], read[16]["train_set"], read[16]["classes"]) == (
        "tiny",
        "VOC 2007 trainval",
        "19",
    )
    values = json.loads(format_table(rows, "json"))
    assert (values[0]["map"], values[16]["ap"]["sheep"]) == (0.334, None)
    assert (values[0]["setting"], values[0]["network"], values[0]["metric"]) == (
        "voc2007",
        "RandomNet",
        "voc07_11point",
    )
    assert len(format_table(rows, "markdown").splitlines()[2].split("|")) == len(HEADS) + 5


def test_differences_to_a_baseline_follow_each_part_and_unlike_rows_have_a_reason(tmp_path):
    run = row_of_run(
        evaluated_run(tmp_path / "mine", VocConfig(network="tiny", schedule="quick", init="w.safetensors"))
    )
    rows = [*paper_rows(), run]
    baselines = rows_named("RandomNet", rows)
    why = "measured on 95 objects, not 12,032; tiny network, not paper; schedule quick, not seed_40k"
    for how in FORMATS:
        text = format_table(rows, how, baselines)
        assert why in text.replace(r"\_", "_"), how
        assert text != format_table(rows, how)
        assert "+3.9" in text or how in ("csv", "json")
    text = format_table(rows, "text", baselines).splitlines()
    assert [line for line in text if line.startswith("VOC")] == [
        *("VOC 2007, one scale", "VOC 2007, one scale: differences in percentage points"),
        "VOC 2007, several scales (*SA)",
        "VOC 2007, several scales (*SA): differences in percentage points",
        *("VOC 2012, one scale", "VOC 2012, one scale: differences in percentage points"),
    ]
    unlike = [line for line in text if line.startswith("w (mine)")][1]
    assert unlike.split() == ["w", "(mine)", *["n/a"] * 21]
    assert f"  w (mine): n/a: {why} (RandomNet)" in text
    lines = list(csv.DictReader(io.StringIO(format_table(rows, "csv", baselines))))
    assert [(line["mAP difference"], line["reason"]) for line in (lines[4], lines[16])] == [
        *(("3.9", ""), ("", why))
    ]
    values = json.loads(format_table(rows, "json", baselines))
    assert values[4]["difference"]["map"] == pytest.approx(0.039)
    assert values[16]["difference"] == {
        "baseline": "RandomNet",
        "ap": dict.fromkeys(CLASSES),
        "map": None,
        "reason": why,
    }


def test_only_the_classes_asked_for_are_columns():
    text = format_table([row()], "text", classes=("car", "tvmonitor"))
    assert text.splitlines()[1].split() == ["car", "tv", "mAP"]
    assert next(csv.reader(io.StringIO(format_table([row()], "csv", classes=("car",)))))[:4] == [
        *("setting", "network", "car", "mAP")
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_latex_has_no_special_character_that_a_name_brought(name):
    rows = [replace(row(start=name, run=None), aps=dict.fromkeys(CLASSES, 1.0) | {"cow": math.nan})]
    text = format_table([*rows, row(start="SlowFeat-obj", run=name)], "latex", rows)
    lines = text.splitlines()
    assert lines[0] == r"\begin{tabular}{l" + "r" * 21 + "l}"
    assert lines[-1] == r"\end{tabular}"
    for line in lines[1:-1]:
        if line == r"\hline":
            continue
        assert line.endswith(r" \\")
        # What LaTeX reads of the line: commands without their arguments, then what is left.
        plain = re.sub(r"\\text(backslash|ascii(tilde|circum))\{\}|\\[&%$#_{}]|\\textbf", "", line[:-3])
        assert "\\" not in plain
        assert not re.search(r"[%$#_^~]", plain)
        assert plain.count("&") == 22  # 23 cells
        assert plain.count("{") == plain.count("}")
        assert not re.match(r"\s*[\[*]", line)  # \\ would take it for its option


def test_latex_shows_a_name_as_it_is():
    text = format_table([row(start=r"50% & a_b\c", run=None)], "latex")
    assert r"50\% \& a\_b\textbackslash{}c & 30.0" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_rows_have_all_their_cells_and_show_names_as_they_are(name):
    text = format_table([row(start=name, run=None)], "markdown")
    line = text.splitlines()[4]
    cells = re.split(r"(?<!\\)\|", line)
    assert len(cells) == 25
    shown = re.sub(r"\\([\W_])", r"\1", cells[1]).strip()
    assert shown == " ".join(name.split())
    assert not re.search(r"(?<!\\)[`*_<\[]", cells[1])


@pytest.mark.parametrize("name", HOSTILE)
def test_csv_and_json_give_names_back_and_text_keeps_a_row_in_its_line(name):
    rows = [row(start=name, run=None), row()]
    read = list(csv.DictReader(io.StringIO(format_table(rows, "csv"), newline="")))
    assert [line["network"] for line in read] == [name, "RandomNet (a)"]
    assert json.loads(format_table(rows, "json"))[0]["network"] == name
    lines = format_table(rows, "text").splitlines()
    assert len(lines) == 5  # title, heads, two rows, and what the run was measured on
    assert lines[2].index("30.0") == lines[3].index("30.0")


def test_a_format_that_is_not_there_is_refused():
    with pytest.raises(StudioError, match="no format 'word'"):
        format_table([], "word")
    for how in FORMATS:
        format_table([], how)
