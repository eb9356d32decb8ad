"""The demo, with fewer steps of training, leaves what it promises."""

import csv
import html.parser
import json
import math

import pytest

import main
from core.datasets.image import read_image
from core.evaluation.table1 import row_of_run
from core.events import Filters, Metric
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.trajectories import integrity, journal, store

pytestmark = pytest.mark.timeout(900)  # some 40 s on two idle cores


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of a demo, and its result as JSON."""
    out = tmp_path_factory.mktemp("demo") / "made"
    words = ["--pretrain-steps", "12", "--finetune-steps", "12", "--seed", "1"]
    assert main.main(["demo", "--out", str(out), *words, "--json", str(out.parent / "demo.json")]) == 0
    return out, json.loads((out.parent / "demo.json").read_text())


def test_it_leaves_a_sound_project_with_every_edit_undoable(demo):
    out, _ = demo
    with Project.open(out) as project, project.reading() as connection:
        assert integrity.problems(connection) == []
        texts = [entry.text for entry in journal.history(connection)]
        assert len(texts) == 3
        assert texts[0].startswith("Densify 9 objects")
        assert texts[1].startswith("Track ")
        assert texts[2] == "Import 4 clips"
        assert all(one.points > 300 for one in store.summaries(connection))
        assert all(sum(o.values()) > 1000 for o in store.observations_by_origin(connection).values())


def test_it_leaves_every_run_done_with_its_curve(demo):
    out, result = demo
    runs = [RunFolder(path.parent) for path in sorted(out.glob("runs/*/config.toml"))]
    assert [run.job for run in runs] == [
        "track",
        "densify",
        "pretrain",
        "proposals",
        "proposals",
        "voc",
        "voc",
    ]
    assert {run.status().state for run in runs} == {State.DONE}
    events = RunFolder(result["pretraining"]).events()[0]
    assert any(isinstance(event, Filters) for event in events)
    losses = [event.value for event in events if isinstance(event, Metric) and event.name == "loss"]
    assert all(math.isfinite(loss) for loss in losses)
    assert len(losses) >= 1


def test_the_table_is_that_of_the_runs_with_randomnet_beside(demo):
    out, result = demo
    rows = [row_of_run(RunFolder(run).path) for run in result["runs"]]
    assert [row.name.split(" (")[0] for row in rows] == ["AssociationNet-objtr", "RandomNet"]
    with open(out / "ap_table.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0])[:8] == ["setting", "network", "bottle", "car", "cat", "sofa", "tv", "mAP"]
    assert [line["baseline"] for line in table] == [rows[1].name] * 2
    assert float(table[0]["mAP difference"]) == pytest.approx(rows[0].mean_ap - rows[1].mean_ap, abs=0.006)
    for row, line in zip(rows, table, strict=True):
        assert float(line["mAP"]) == pytest.approx(row.mean_ap, abs=0.006)
        assert float(line["car"]) == pytest.approx(row.aps["car"], abs=0.006)
        assert row.name in (out / "ap_table.txt").read_text()


def test_the_filters_are_a_picture(demo):
    out, _ = demo
    picture = read_image(out / "conv1_filters.png")
    assert picture.shape == (3 * 80 - 10, 8 * 80 - 10, 3)
    assert picture.std() > 20


def test_the_report_is_one_well_formed_page_that_needs_nothing_beside_it(demo):
    out, _ = demo
    page = (out / "report.html").read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert {"svg", "table", "img", "style"} <= reader.seen
    assert all(link.startswith("data:") for link in reader.links)
    for word in (
        "RandomNet",
        "AssociationNet-objtr",
        "creatures3",
        "torch",
        "main.py demo --out DIR --seed 1",
    ):
        assert word in page
    assert "prefers-color-scheme: dark" in page
    assert str(out) not in page


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.links = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "line", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("line", "circle", "polyline"):
            assert self.open.pop() == tag
