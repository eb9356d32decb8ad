"""The report of a demo whose runs are written down by hand: no training, so hostile names can be tried."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.demo.demo import DemoResult, Start, Timing
from core.demo.report import write_report
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
    """Writes the report of two seeds; the settings are those of the first start that is judged."""

    def write(name="Ours", **settings):
        with Project.create(tmp_path / "demo") as project:
            runs = project.runs
        made = {"program": "1", "python": "3", "versions": {"torch": "2"}, "created": "now", "cpus": 2}

        def start(name, month, aps, **settings):
            trunks, measured = [], []
            for day, (cat, dog) in enumerate(aps, start=1):
                trunk = recorded.pretraining(runs, f"2026{month}0{day}T000000", PretrainConfig())
                (trunk.path / "environment.json").write_text(json.dumps({**made, "platform": "a & b"}))
                trunks.append(trunk)
                ap = {"cat": cat, "dog": dog}
                measured.append(recorded.evaluation(runs, f"2026{month}1{day}T000000", ap, **settings))
            return Start(name, tuple(trunks), tuple(measured))

        ours = start(name, "01", [(0.5, 0.1), (0.7, 0.1)], **settings)
        other = start("Beyond (far)", "02", [(0.6, 0.6), (0.6, 0.6)])
        baseline = replace(start("RandomNet", "03", [(0.4, 0.3), (0.4, 0.3)]), pretrainings=())
        timings = (Timing("Draw <it>", 30.0), Timing("Train", 75.0))
        result = DemoResult(tmp_path / "demo", timings, (3, 4), baseline, (ours, other))
        page = write_report(result).read_text(encoding="utf-8")
        cells = Cells()
        cells.feed(page)
        return page, cells

    return write


def test_names_are_shown_as_they_are_and_differences_have_a_sign(report):
    page, cells = report(name="<b>bold & co")
    assert "<b>" not in page
    assert "<b>bold & co" in cells.texts
    assert "Draw <it>" in cells.texts
    # of cat 10 and 30 points: 12.706 standard errors, which are 10
    assert ["cat", "60.0", "40.0", "60.0", "+20.0 ± 127.1", "+20.0 ± 0.0"] in cells.rows
    assert ["dog", "10.0", "30.0", "60.0", "-20.0 ± 0.0", "+30.0 ± 0.0"] in cells.rows
    assert ["mean", "35.0", "35.0", "60.0", "+0.0 ± 63.5", "+25.0 ± 0.0"] in [row[:6] for row in cells.rows]
    assert "AssociationNet Studio, demo in a drawn world: 1 min 45 s" in cells.texts
    assert "VOC 2007 test at eleven points, mean of 2 classes (cat, dog)" in page


def test_the_claim_stands_at_the_top_with_its_seeds(report):
    page, cells = report()
    points = "(points of mAP; mean and 95 % t-interval, paired by seed)."
    said = [f"Ours against RandomNet: no difference that 2 seeds can tell, +0.0 ± 63.5 {points}"]
    said += [f"Beyond (far) against RandomNet: ahead by 25.0 ± 0.0 over 2 seeds {points}"]
    place = cells.texts.index("Do trajectories help a detector with few labels?")
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in cells.texts[place + 1 : place + 3]] == said
    assert "main.py demo --out DIR --seed 3 --seeds 2" in page
    assert {"seed 3: 30.0", "seed 4: 40.0", "seed 3: -5.0", "seed 4: 5.0"} <= set(cells.texts)


def test_curves_are_means_over_the_seeds_in_the_colour_of_their_start(report):
    page, _ = report()
    counts = [page.count(f'class="curve curve-{colour}"') for colour in (1, 2, 3)]
    assert counts == [3, 1, 3]  # two of pretraining and one of fine-tuning; random weights have the last
    assert "means over 2 seeds" in page


def test_unlike_rows_have_no_difference_but_a_reason(report):
    page, cells = report(year=2012, test_set="val", set="train")
    assert ["cat", "60.0", "40.0", "60.0", "n/a", "+20.0 ± 0.0"] in cells.rows
    assert "n/a: measured on VOC 2012 val by area, not VOC 2007 test at eleven points; trained on" in page
    assert any(text.startswith("Ours and RandomNet cannot be compared: ") for text in cells.texts)
