import csv
import io
import json
import math
from dataclasses import dataclass

import numpy as np
import pytest

from core import config
from core.config import setting
from core.datasets.voc import CLASSES
from core.detection.config import VocConfig
from core.errors import StudioError
from core.evaluation.table1 import FORMATS, HEADS, format_table, paper_rows, row_of_run
from core.runs.run_folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    method: str = setting("association", "")
    regime: str = setting("objtr", "")


def evaluated_run(path, settings, ap=0.25, **more):
    run = RunFolder.create(path, "voc", settings)
    per_class = {name: ap for name in CLASSES} | {"sheep": None}
    objects = {name: 5 for name in CLASSES} | {"sheep": 0}
    result = {"metric": "voc07_11point", "ap": per_class, "map": ap, "objects": objects, **more}
    (run.results / "ap.json").write_text(json.dumps(result))
    return run.path


def test_every_row_of_the_paper_averages_to_its_printed_mean():
    rows = paper_rows()
    assert len(rows) == 16
    assert [row.setting for row in rows].count("voc2007_sa") == 7
    for row in rows:
        assert np.mean(list(row.ap.values())) == pytest.approx(row.mean_ap, abs=0.0501), row.name
    best = next(row for row in rows if row.name == "AssociationNet-objtr" and row.setting == "voc2007_sa")
    assert (best.ap["aeroplane"], best.ap["tvmonitor"], best.mean_ap) == (50.3, 51.7, 44.0)


def test_a_run_is_named_by_its_pretraining_and_put_beside_the_paper(tmp_path):
    pretrained = RunFolder.create(tmp_path / "pre", "pretrain", Pretraining()).path
    run = evaluated_run(tmp_path / "a", VocConfig(init=str(pretrained), scales="multi"))
    random = evaluated_run(tmp_path / "b", VocConfig(year=2012), ap=0.125)
    first, second = row_of_run(run), row_of_run(random)
    assert (first.setting, first.name, first.mean_ap) == ("voc2007_sa", "AssociationNet-objtr (a)", 25.0)
    assert (second.setting, second.name) == ("voc2012", "RandomNet (b)")
    assert math.isnan(first.ap["sheep"])
    assert first.source == "measured on 95 objects of its test set, eleven-point AP"
    assert not first.is_quoted
    assert paper_rows()[0].is_quoted


def test_a_row_is_of_the_year_and_set_that_were_measured_not_of_the_training(tmp_path):
    measured = {"metric": "voc10_area", "year": 2012, "set": "my_val"}
    row = row_of_run(evaluated_run(tmp_path / "a", VocConfig(year=2007), **measured))
    assert (row.setting, row.source) == ("voc2012", "measured on 95 objects of my_val, area AP")
    assert r"of my\_val, area AP" in format_table([row], "latex")


def test_every_format_holds_every_row_and_says_what_is_quoted(tmp_path):
    rows = [*paper_rows(), row_of_run(evaluated_run(tmp_path / "my_run", VocConfig()))]
    for how in FORMATS:
        text = format_table(rows, how)
        assert text.count("AssociationNet-objtr") == 3, how
        assert text.count("paper") == 16, how
        assert "measured on 95 objects" in text, how
        assert ("25.0" in text) == (how != "json")
    assert r"my\_run" in format_table(rows, "latex")
    read = list(csv.DictReader(io.StringIO(format_table(rows, "csv"))))
    assert (read[0]["mAP"], read[0]["table"], read[16]["sheep"]) == ("33.4", "39.2", "")
    values = json.loads(format_table(rows, "json"))
    assert (values[0]["map"], values[16]["ap"]["sheep"]) == (0.334, None)
    assert len(format_table(rows, "markdown").splitlines()[2].split("|")) == len(HEADS) + 5


def test_what_has_no_ap_is_refused(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        row_of_run(tmp_path)
    run = RunFolder.create(tmp_path / "run", "voc", VocConfig())
    with pytest.raises(StudioError, match="has no AP yet"):
        row_of_run(run.path)
    (run.results / "ap.json").write_text('{"ap": 3}')
    with pytest.raises(StudioError, match="damaged"):
        row_of_run(run.path)
    with pytest.raises(StudioError, match="no format 'word'"):
        format_table([], "word")
    assert config.read_toml(run.path / "config.toml")["job"] == "voc"
