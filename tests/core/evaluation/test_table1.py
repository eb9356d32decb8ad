import json
import math
from dataclasses import dataclass, fields

import numpy as np
import pytest
from safetensors.numpy import save_file

from core import config
from core.config import as_dict, setting
from core.datasets.voc import CLASSES
from core.detection.config import FinetuneConfig, VocConfig
from core.errors import StudioError
from core.evaluation import origin
from core.evaluation.config import EvaluateConfig
from core.evaluation.differences import disagreement
from core.evaluation.seeded_rows import seeded_rows
from core.evaluation.table1 import (
    UNKNOWN,
    measured_classes,
    network_name,
    paper_rows,
    part_of,
    parts,
    row_of_run,
)
from core.runs.run_folder import RunFolder
from tests.core.evaluation.evaluated import evaluated_run, row


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    method: str = setting("association", "")
    regime: str = setting("objtr", "")


def test_every_row_of_the_paper_averages_to_its_printed_mean():
    rows = paper_rows()
    assert len(rows) == 16
    assert [each.part for each in rows].count("voc2007_sa") == 7
    for each in rows:
        assert np.mean(list(each.aps.values())) == pytest.approx(each.mean_ap, abs=0.0501), each.name
    best = next(each for each in rows if each.name == "AssociationNet-objtr" and each.part == "voc2007_sa")
    assert (best.aps["aeroplane"], best.aps["tvmonitor"], best.mean_ap) == (50.3, 51.7, 44.0)


def test_the_rows_of_the_paper_say_what_they_were_measured_on():
    # The paper names years and scales; VOC counts 12,032 objects that are not difficult in its 2007 test set.
    by_part = {each.part: each for each in paper_rows()}
    assert list(by_part) == ["voc2007", "voc2007_sa", "voc2012"]
    assert by_part["voc2007"].conditions == "VOC 2007 test at eleven points"
    assert by_part["voc2012"].conditions == "VOC 2012 test by area"
    assert [each.objects for each in by_part.values()] == [12032, 12032, None]
    assert [each.scales for each in by_part.values()] == ["single", "multi", "single"]
    assert {each.network for each in paper_rows()} == {"paper"}
    assert {each.source for each in paper_rows()} == {"paper"}
    assert all(each.measured == CLASSES for each in paper_rows())


def test_voc_2012_at_several_scales_is_a_part_of_its_own_which_the_paper_does_not_have():
    assert part_of(2012, "multi") == "voc2012_sa"
    assert "voc2012_sa" not in parts()
    assert parts()["voc2007_sa"] == "VOC 2007, several scales (*SA)"
    assert row(year=2012, scales="multi").part_title == "VOC 2012, several scales (*SA)"
    assert row(scales=UNKNOWN).part not in parts()


def test_a_run_is_named_by_its_pretraining_and_put_beside_the_paper(tmp_path):
    pretrained = RunFolder.create(tmp_path / "pre", "pretrain", Pretraining()).path
    run = evaluated_run(
        tmp_path / "a", VocConfig(init=str(pretrained), scales="multi", network="tiny", schedule="quick")
    )
    random = evaluated_run(tmp_path / "b", VocConfig(year=2012), ap=0.125)
    first, second = row_of_run(run), row_of_run(random)
    assert (first.part, first.name, first.mean_ap) == ("voc2007_sa", "AssociationNet-objtr (a)", 25.0)
    assert (second.part, second.name) == ("voc2012", "RandomNet (b)")
    assert math.isnan(first.aps["sheep"])
    assert first.source == (
        "measured on 95 objects of VOC 2007 test at eleven points; tiny network, trained on "
        "VOC 2007 trainval (schedule quick); mean of 19 classes; sheep has no test object"
    )
    assert not first.is_quoted
    assert paper_rows()[0].is_quoted
    assert measured_classes([first, second]) == tuple(name for name in CLASSES if name != "sheep")


def test_a_row_is_of_the_year_and_set_that_were_measured_not_of_the_training(tmp_path):
    measured = {"metric": "voc10_area", "year": 2012, "set": "my_val"}
    found = row_of_run(evaluated_run(tmp_path / "a", VocConfig(year=2007), **measured))
    assert (found.part, found.conditions) == ("voc2012", "VOC 2012 my_val by area")
    assert found.train_set == "VOC 2007 trainval"


def test_what_a_result_names_goes_before_the_settings(tmp_path):
    # an evaluation of another run's detections knows their origin from its result alone
    facts = {
        "year": 2012,
        "set": "val",
        "network": "small",
        "scales": "multi",
        "train_year": 2012,
        "train_set": "train",
        "start": "random",
        "schedule": "long_150k",
    }
    found = row_of_run(evaluated_run(tmp_path / "a", EvaluateConfig(year=2012), job="evaluate", **facts))
    assert (found.name, found.part, found.network) == ("RandomNet (a)", "voc2012_sa", "small")
    assert (found.train_set, found.schedule) == ("VOC 2012 train", "long_150k")


def test_an_evaluation_of_detections_knows_how_their_detector_was_fine_tuned(tmp_path):
    def measured(name, **settings):
        config = FinetuneConfig(network="tiny", schedule="quick", **settings)
        notes = {name: json.dumps(value) for name, value in as_dict(config).items()}
        facts = origin.facts_of(notes, "tiny", "lean")
        return row_of_run(
            evaluated_run(tmp_path / name, EvaluateConfig(set="test"), job="evaluate", set="test", **facts)
        )

    plain, again = measured("plain"), measured("again", seed=1)
    (both,) = seeded_rows([plain, again])
    assert both.seeds == (0, 1)
    other = measured("other", steps=1200, calibrated=True, scale_pixels=True)
    assert disagreement(other, plain) == "schedule quick, 1,200 steps, calibrated, conv1 scaled, not quick"
    assert measured("slow", weight_decay=0.1).recipe != plain.recipe


def test_every_setting_of_fine_tuning_is_a_fact_but_places_and_what_changes_nothing():
    places = {"voc", "cache", "mode", "device", "amp", "amp_on_cpu", "picture_memory"}
    files = {"report_every", "checkpoint_every", "classes"}  # the AP itself names the classes
    assert {each.name for each in fields(FinetuneConfig)} - set(origin.FACTS.values()) == places | files


def test_steps_and_learning_rate_of_ones_own_are_part_of_the_schedule(tmp_path):
    assert row_of_run(evaluated_run(tmp_path / "a", VocConfig(schedule="quick"))).schedule == "quick"
    own = VocConfig(schedule="seed_40k", steps=4000)
    assert row_of_run(evaluated_run(tmp_path / "b", own)).schedule == "seed_40k, 4,000 steps"
    faster = VocConfig(schedule="quick", learning_rate=0.01, calibrated=True)
    assert row_of_run(evaluated_run(tmp_path / "c", faster)).schedule == "quick, rate 0.01, calibrated"


def test_what_nobody_wrote_down_is_said_to_be_missing(tmp_path):
    found = row_of_run(evaluated_run(tmp_path / "theirs", EvaluateConfig(), job="evaluate"))
    assert (found.name, found.start, found.network, found.scales, found.train_set) == (
        "theirs",
        *[UNKNOWN] * 4,
    )
    assert found.source == (
        "measured on 95 objects of VOC 2007 (set not recorded) at eleven points; network not recorded, "
        "training set not recorded; mean of 19 classes; sheep has no test object"
    )
    assert found.part_title == "VOC 2007, scales not recorded"


def test_a_network_that_the_device_chose_is_that_of_the_detector(tmp_path):
    run = evaluated_run(tmp_path / "a", FinetuneConfig(), job="finetune", set="test")
    assert row_of_run(run).network == UNKNOWN
    save_file({"a": np.zeros(1)}, run / "results" / "detector.safetensors", {"network": "small"})
    assert row_of_run(run).network == "small"
    (run / "results" / "detector.safetensors").write_bytes(b"cut")
    assert row_of_run(run).network == UNKNOWN


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Pretraining(method="slowfeat", regime="obj"), "SlowFeat-obj"),
        (Pretraining(method="contrastive", regime="tr"), "Contrastive-tr"),
        (Pretraining(method="nce", regime="obj"), "NCE-obj (beyond the paper)"),
        (Pretraining(method="caltech101"), "Caltech101Net"),
        (Pretraining(method="another"), "pre"),
    ],
)
def test_a_start_is_named_as_in_the_paper(tmp_path, settings, name):
    assert network_name(str(RunFolder.create(tmp_path / "pre", "pretrain", settings).path)) == name
    assert network_name(str(tmp_path / "pre" / "results" / "trunk.safetensors")) == name
    assert network_name(str(tmp_path / "gone")) == "gone"
    assert network_name(str(tmp_path / "gone" / "results" / "trunk.safetensors")) == "gone"
    assert network_name(str(tmp_path / "weights.safetensors")) == "weights"
    assert network_name("random") == "RandomNet"


def test_the_run_in_the_folder_one_is_in_has_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(evaluated_run(tmp_path / "here", VocConfig()))
    assert row_of_run(RunFolder(".").path).name == "RandomNet (here)"


def test_the_words_about_a_mean_name_the_fewer_classes():
    every = dict.fromkeys(CLASSES, 10.0)
    assert row().measured_words == "mean of 20 classes"
    without = row(aps=every | {"cow": math.nan, "bird": math.nan})
    assert without.measured_words == "mean of 18 classes; bird, cow have no test object"
    two = row(aps=dict.fromkeys(CLASSES, math.nan) | {"cat": 10.0, "dog": 20.0})
    assert two.measured_words == "mean of 2 classes (cat, dog)"


def test_what_has_no_ap_is_refused(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        row_of_run(tmp_path)
    run = RunFolder.create(tmp_path / "run", "voc", VocConfig())
    with pytest.raises(StudioError, match="has no AP yet"):
        row_of_run(run.path)
    for damaged in ('{"ap": 3}', "[]", "{"):
        (run.results / "ap.json").write_text(damaged)
        with pytest.raises(StudioError, match="damaged"):
            row_of_run(run.path)
    assert config.read_toml(run.path / "config.toml")["job"] == "voc"
