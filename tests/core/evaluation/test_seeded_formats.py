"""How the seeded table is written: whole in every format, odd names, cells that are missing."""

import csv
import io
import json
import re

import pytest

from core.datasets.voc import CLASSES
from core.evaluation.seeded_formats import SEEDED_FORMATS, WIDTH, format_seeded
from core.evaluation.seeded_table import departures, seeded_table
from core.evaluation.table1 import paper_rows
from core.pages.table1_page import table1_page
from tests.core.evaluation.evaluated import row

ODD = r"It failed: 50% & #2 of {run_1} ^ ~ \ <b>*"
PART = {"voc2007": ("RandomNet", "SlowFeat-obj", "AssociationNet-objtr", "NCE-obj")}


def rows(start: str, values: tuple[float, ...], **more):
    return [
        row(
            start=start,
            seed=seed,
            mean_ap=value,
            aps=dict.fromkeys(CLASSES, value),
            run=f"{start}{seed}",
            **more,
        )
        for seed, value in enumerate(values)
    ]


@pytest.fixture
def table():
    measured = [
        *rows("RandomNet", (30.0, 34.0)),
        *rows("AssociationNet-objtr", (31.0, 37.0)),
        *rows("NCE-obj (beyond the paper)", (30.5,), network="paper"),
    ]
    return seeded_table(measured, PART, {("voc2007", "SlowFeat-obj"): [ODD]}, "RandomNet", ["A note."])


def test_the_text_has_what_was_measured_beside_what_is_quoted(table):
    text = format_seeded(table, "text")
    # of 30 and 34: s = √8, half = 12.706 · 2 = 25.4; of the differences 1 and 3: 12.706 · 1 = 12.7
    assert re.search(r"^RandomNet +33\.4 +32\.0 ± 25\.4 +2$", text, re.MULTILINE)
    assert re.search(
        r"^AssociationNet-objtr +36\.1 +34\.0 ± 38\.1 +2 +\+2\.0 ± 12\.7 +\+2\.7$", text, re.MULTILINE
    )
    assert re.search(r"^SlowFeat-obj +35\.6 +– +0 +\+2\.2$", text, re.MULTILINE)
    assert re.search(r"^NCE-obj +– +30\.5 +1 +\+0\.5$", text, re.MULTILINE)
    assert "NCE-obj: beyond the paper." in text
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert text.count("cat ") == 1


def test_seven_networks_and_twenty_classes_stay_within_the_width_of_a_terminal():
    names = [each.start for each in paper_rows() if each.part == "voc2007"]
    measured = [each for name in names for each in rows(name, (1.0, 100.0, 55.5))]
    text = format_seeded(seeded_table(measured, {"voc2007": names}, {}, "RandomNet"), "text")
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert sum(line.startswith("tv ") for line in text.splitlines()) == 2  # in two blocks


@pytest.mark.parametrize("how", SEEDED_FORMATS)
def test_every_format_names_every_network_and_every_remark(table, how):
    text = format_seeded(table, how)
    assert all(name in text for name in PART["voc2007"])
    assert how == "csv" or "It failed" in text


def test_no_name_breaks_latex(table):
    latex = format_seeded(table, "latex")
    lines = [line for line in latex.splitlines() if line.endswith(r"\\") and line != r"\hline"]
    cells = {len(re.findall(r"(?<!\\)&", line)) for line in lines}
    assert cells == {2 + 20 + 1}  # name, which, twenty classes, mAP, difference
    assert r"50\% \& \#2 of \{run\_1\} \textasciicircum{} \textasciitilde{} \textbackslash{}" in latex
    assert r"+2.0 $\pm$ 12.7" in latex
    unlike = seeded_table(
        [*rows("RandomNet", (30.0,)), *rows("SlowFeat-obj", (31.0,), schedule="long_150k")],
        PART,
        {},
        "RandomNet",
    )
    assert r"n/a: schedule long\_150k, not seed\_40k" in format_seeded(unlike, "latex")


def test_no_name_breaks_markdown_or_html(table):
    markdown = format_seeded(table, "markdown")
    assert r"\<b\>\*" in markdown
    rows_of = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows_of} == {7, 24}
    page = table1_page(table, ("Two seeds.",))
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("AP by class") == 1


def test_csv_has_each_seed_and_json_fractions(table):
    lines = list(csv.DictReader(io.StringIO(format_seeded(table, "csv"))))
    of = [(each["what"], each["seed"], each["mAP"]) for each in lines if each["network"] == "RandomNet"]
    assert of == [
        ("paper", "", "33.4"),
        ("seed", "0", "30.0"),
        ("seed", "1", "34.0"),
        ("mean", "", "32.0"),
        ("half of interval", "", "25.41"),
    ]
    assert [each["what"] for each in lines if each["network"] == "SlowFeat-obj"] == ["paper", "missing"]
    found = {each["network"]: each for each in json.loads(format_seeded(table, "json"))["parts"][0]["rows"]}
    assert found["AssociationNet-objtr"]["difference"]["map"]["mean"] == pytest.approx(0.02)
    assert found["AssociationNet-objtr"]["measured"]["ap"]["cat"]["mean"] == pytest.approx(0.34)
    assert found["SlowFeat-obj"]["measured"] is None
    assert found["NCE-obj"]["measured"]["map"] == {"mean": 0.305, "half": None}


def test_rows_made_otherwise_stand_on_lines_of_their_own():
    measured = [*rows("RandomNet", (30.0,)), row(start="RandomNet", seed=1, recipe="other")]
    (part,) = seeded_table(measured, {"voc2007": ["RandomNet"]}, {}, "RandomNet").parts
    assert [line.measured.seeds for line in part.lines] == [(0,), (1,)]
    assert part.lines[1].remarks == ("Seeds 1 were made otherwise than the others of RandomNet.",)


def test_what_differs_from_the_paper_is_said_and_nothing_else():
    quoted = next(each for each in paper_rows() if each.part == "voc2007")
    assert departures(row(), quoted) == ()
    aps = {**row().aps, "sheep": float("nan")}
    said = departures(row(network="tiny", schedule="quick", objects=7, aps=aps), quoted)
    assert len(said) == 4
    assert "7 objects, in the paper on 12,032" in said[0]
    assert "sheep has no test object" in said[-1]
    of_2012 = next(each for each in paper_rows() if each.part == "voc2012")
    mine = row(year=2012, set="val", metric="voc10_area", train_set="VOC 2012 train", objects=None)
    assert departures(mine, of_2012) == (
        "Measured on VOC 2012 val by area, in the paper on VOC 2012 test by area (whose annotations are not "
        "public).",
        "Fine-tuned on VOC 2012 train, in the paper on VOC 2012 trainval.",
    )
