"""The report of a demo whose runs are written down by hand: no training, so hostile names can be tried."""

import json
from html.parser import HTMLParser

import pytest

from core.demo.demo import DemoResult, Timing
from core.demo.report import write_report
from core.evaluation.table1 import row_of_run
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from tests.studio.workspaces import recorded


class Cells(HTMLParser):
    """The texts of a page, and of its tables row by row."""

    def __init__(self):
        super().__init__()
        self.rows, self.texts = [], []

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())
            if self.rows:
                self.rows[-1].append(data.strip())


@pytest.fixture
def report(tmp_path):
    """Writes the report of two evaluations; the settings are those of the first."""

    def write(**settings):
        with Project.create(tmp_path / "demo") as project:
            runs = project.runs
        start = recorded.pretraining(runs, "20260101T000000", PretrainConfig())
        made = {"program": "1", "python": "3", "versions": {"torch": "2"}, "created": "now", "cpus": 2}
        (start.path / "environment.json").write_text(json.dumps({**made, "platform": "a & b"}))
        first = recorded.evaluation(runs, "20260102T000000", {"cat": 0.5, "dog": 0.1}, **settings)
        second = recorded.evaluation(runs, "20260103T000000", {"cat": 0.4, "dog": 0.3})
        rows = tuple(row_of_run(run.path) for run in (first, second))
        timings = (Timing("Draw <it>", 30.0), Timing("Train", 75.0))
        page = write_report(DemoResult(tmp_path / "demo", timings, start, (first, second), rows))
        cells = Cells()
        cells.feed(page.read_text(encoding="utf-8"))
        return page.read_text(encoding="utf-8"), cells

    return write


def test_names_are_shown_as_they_are_and_differences_have_a_sign(report):
    page, cells = report(init="/data/<b>bold & co.safetensors")
    assert "<b>" not in page
    assert "<b>bold & co" in cells.texts
    assert "Draw <it>" in cells.texts
    assert ["cat", "50.0", "40.0", "+10.0"] in cells.rows
    assert ["dog", "10.0", "30.0", "-20.0"] in cells.rows
    assert ["mean", "30.0", "35.0", "-5.0"] in [row[:4] for row in cells.rows]
    assert "From clips to average precision in 1 min 45 s" in cells.texts
    assert "VOC 2007 test at eleven points, mean of 2 classes (cat, dog)" in page


def test_unlike_rows_have_no_difference_but_a_reason(report):
    page, cells = report(year=2012, test_set="val", set="train")
    assert ["cat", "50.0", "40.0", "n/a"] in cells.rows
    assert "n/a: measured on VOC 2012 val by area, not VOC 2007 test at eleven points; trained on" in page
