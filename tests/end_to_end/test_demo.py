"""The demo, with fewer steps of training, leaves what it promises."""

import contextlib
import csv
import html.parser
import io
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import main
from core.datasets.image import read_image
from core.datasets.voc import read_split
from core.evaluation.table1 import row_of_run
from core.events import Filters, Metric
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.trajectories import integrity, journal, store

SMALL = ["--clips", "3", "--seeds", "2", "--test-pictures", "20", "--pretrain-steps", "12"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of a demo, its result as JSON, and what it printed."""
    out, text = tmp_path_factory.mktemp("demo") / "made", io.StringIO()
    words = [*SMALL, "--finetune-steps", "12", "--seed", "1", "--json", str(out.parent / "demo.json")]
    with contextlib.redirect_stdout(text):
        assert main.main(["demo", "--out", str(out), *words]) == 0
    return out, json.loads((out.parent / "demo.json").read_text()), text.getvalue()


def test_it_leaves_a_sound_project_with_every_edit_undoable(demo):
    out, *_ = demo
    with Project.open(out) as project, project.reading() as connection:
        assert integrity.problems(connection) == []
        texts = [entry.text for entry in journal.history(connection)]
        assert len(texts) == 4
        assert texts[0].startswith("Track ")
        assert texts[1] == "Densify 15 objects"
        assert texts[2:] == ["Import 3 clips", "Import 2 clips"]
        assert all(one.points > 50 for one in store.summaries(connection))
        assert [one.clip.name for one in store.summaries(connection)][:3] == ["scene1", "scene2", "things001"]
        for clip in store.clips(connection):
            for one in store.objects(connection, clip.id):
                assert one.frames.tolist() == list(range(one.frames[0], one.frames[-1] + 1))


def test_it_leaves_every_run_done_with_its_curve(demo):
    out, result, _ = demo
    runs = [RunFolder(path.parent) for path in out.glob("runs/*/config.toml")]
    jobs = Counter(run.job for run in runs)
    assert jobs == {"track": 1, "densify": 1, "proposals": 2, "pretrain": 4, "voc": 6}
    assert {run.status().state for run in runs} == {State.DONE}
    for path in result["pretrainings"]:
        events = RunFolder(path).events()[0]
        assert any(isinstance(event, Filters) for event in events)
        losses = [event.value for event in events if isinstance(event, Metric) and event.name == "loss"]
        assert all(math.isfinite(loss) for loss in losses)
        assert len(losses) >= 1


def test_every_seed_pretrains_by_both_methods_and_fine_tunes_all_starts_alike(demo):
    _, result, _ = demo
    assert [of["seeds"] for of in result["comparisons"]] == [[1, 2], [1, 2]]
    pretrainings = [RunFolder(path).settings_as_written() for path in result["pretrainings"]]
    assert [(one["method"], one["head"], one["regime"], one["seed"]) for one in pretrainings] == [
        ("association", "signed", "obj", 1),
        ("association", "signed", "obj", 2),
        ("nce", "signed", "obj", 1),
        ("nce", "signed", "obj", 2),
    ]
    runs = [RunFolder(path).settings_as_written() for path in result["runs"]]
    assert [one["seed"] for one in runs] == [1, 2] * 3
    assert [one["init"] for one in runs] == [*result["pretrainings"], "random", "random"]
    same = [{name: value for name, value in one.items() if name not in ("seed", "init")} for one in runs]
    assert same == [same[0]] * 6
    assert len(read_split(Path(same[0]["voc"]), 2007, "trainval")) == 40


def test_what_it_says_is_what_its_runs_measured(demo):
    out, result, text = demo
    rows = [row_of_run(Path(run)) for run in result["runs"]]
    assert [row.start.split("-")[0] for row in rows][::2] == ["AssociationNet", "NCE", "RandomNet"]
    maps = np.reshape([row.mean_ap for row in rows], (3, 2))
    names = ("AssociationNet-obj", "NCE-obj (beyond the paper)")
    for name, measured, of in zip(names, maps, result["comparisons"], strict=False):
        assert of["map"] == [pytest.approx(measured), pytest.approx(maps[2])]
        points = measured - maps[2]
        assert of["points"] == pytest.approx(points)
        # of two values the interval is 12.706 times half of what lies between them
        assert of["half_width"] == pytest.approx(12.706 * abs(points[0] - points[1]) / 2, rel=1e-3)
        assert of["sentence"].startswith(f"{name} against RandomNet: ")
        assert "over 2 seeds" in of["sentence"] or "that 2 seeds can tell" in of["sentence"]
        assert of["sentence"] in text
    with open(out / "ap_table.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0])[:8] == ["setting", "network", "bottle", "car", "cat", "sofa", "tv", "mAP"]
    for row, line in zip(rows, table, strict=True):
        assert float(line["mAP"]) == pytest.approx(row.mean_ap, abs=0.006)
        assert float(line["car"]) == pytest.approx(row.aps["car"], abs=0.006)
        assert row.name in (out / "ap_table.txt").read_text()


def test_the_filters_are_a_picture(demo):
    out, *_ = demo
    picture = read_image(out / "conv1_filters.png")
    assert picture.shape == (3 * 80 - 10, 8 * 80 - 10, 3)
    assert picture.std() > 20


def test_the_report_is_one_well_formed_page_that_needs_nothing_beside_it(demo):
    out, *_ = demo
    page = (out / "report.html").read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert {"svg", "table", "img", "style"} <= reader.seen
    assert all(link.startswith("data:") for link in reader.links)
    for word in (
        "RandomNet",
        "AssociationNet-obj",
        "NCE-obj (beyond the paper)",
        "scene2",
        "3 short clips",
        "torch",
        "main.py demo --out DIR --seed 1 --seeds 2",
        "seeds (1, 2) were fixed",
        json.loads((out.parent / "demo.json").read_text())["comparisons"][1]["sentence"].replace(
            " ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
        ),
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
