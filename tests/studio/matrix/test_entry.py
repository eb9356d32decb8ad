"""What stands in the cells of a matrix, from the folders of its runs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.matrix.config import MatrixConfig
from core.matrix.place import Place as Folders
from core.matrix.state import Stage
from core.runs.run_folder import RunFolder, State
from studio.matrix.entry import PRETRAINING, Place, boxes_words, columns, entries, nothing, rows
from studio.matrix.reader import MatrixReader
from tests.studio.matrix.filled import FilledMatrix, running

CONFIG = MatrixConfig(
    voc=Path("voc"),
    networks=("RandomNet", "SlowFeat-obj", "AssociationNet-objtr"),
    settings=("voc2007", "voc2012"),
    schedule="smoke",
    device="cpu",
    workers=1,
)
FAILURE = "The loss became nan at step 6; try a lower learning rate."


@pytest.fixture
def matrix(tmp_path) -> FilledMatrix:
    return FilledMatrix(tmp_path / "runs", CONFIG)


def read(matrix: FilledMatrix):
    return MatrixReader().read(CONFIG, matrix.place, [])


def entry(matrix: FilledMatrix, network: str, part: str = "voc2007", active: bool = True):
    return entries(read(matrix), active)[Place(network, part, 0)]


def test_networks_go_down_and_pretraining_settings_and_seeds_across(tmp_path):
    config = MatrixConfig(voc=tmp_path, networks=CONFIG.networks, settings=("voc2007", "voc2012"), seeds=2)
    folders = Folders.of(RunFolder(tmp_path / "planned"))
    report = MatrixReader().read(config, folders, [])
    assert rows(report.planned) == ("RandomNet", "SlowFeat-obj", "AssociationNet-objtr")
    assert columns(report.planned) == tuple(
        (part, seed) for part in (PRETRAINING, "voc2007", "voc2012") for seed in (0, 1)
    )
    found = entries(report, active=False)
    assert len(found) == 2 * (2 + 3 + 2)  # two pretrained; RandomNet and objtr alone in VOC 2012
    assert {each.text for each in found.values()} == {"to do"}
    assert not any(each.opens for each in found.values())


def test_a_column_of_pretraining_needs_something_to_pretrain(tmp_path):
    config = MatrixConfig(voc=tmp_path, networks=("RandomNet",), settings=("voc2007",))
    report = MatrixReader().read(config, Folders.of(RunFolder(tmp_path / "planned")), [])
    assert columns(report.planned) == (("voc2007", 0),)


def test_a_cell_that_is_done_shows_its_mean_ap_and_how_long_it_took(matrix):
    matrix.put_needed()
    matrix.put("voc2007-RandomNet-seed0", mean_ap=0.334, seconds=780)
    found = entry(matrix, "RandomNet")
    assert (found.stage, found.text, found.below) == (Stage.DONE, "33.4", "13 min")
    assert found.sentence == "RandomNet · VOC 2007 · seed 0: mAP 33.4 %, in 13 min."
    assert found.opens == "voc2007-RandomNet-seed0"
    assert found.is_value
    made = entry(matrix, "SlowFeat-obj", PRETRAINING)
    assert (made.text, made.below, made.opens) == ("done", "30 s", "pretrain-SlowFeat-obj-seed0")
    assert not made.is_value


def test_a_cell_that_the_server_measures_says_where_its_archive_is(tmp_path):
    config = replace(CONFIG, networks=("RandomNet",), settings=("voc2012_test",))
    matrix = FilledMatrix(tmp_path / "runs", config)
    matrix.put_needed()
    folder = matrix.put("voc2012_test-RandomNet-seed0")
    (folder.results / "ap.json").unlink()
    (folder.results / "archive.json").write_text(json.dumps({"archive": "elsewhere/VOC2012_test.tar.gz"}))
    report = MatrixReader().read(config, matrix.place, [])
    found = entries(report, active=False)[Place("RandomNet", "voc2012_test", 0)]
    assert (found.stage, found.text, found.is_value) == (Stage.DONE, "packed", False)
    assert found.sentence.startswith("RandomNet · VOC 2012 test · seed 0: is packed for VOC's server")
    assert str(folder.results / "VOC2012_test.tar.gz") in found.sentence
    assert report.mean_aps == {}


def test_a_damaged_result_is_said(matrix):
    matrix.put_needed()
    (matrix.put("voc2007-RandomNet-seed0").results / "ap.json").write_text("{")
    assert "ap.json is damaged" in entry(matrix, "RandomNet").sentence


def test_a_cell_that_runs_says_how_far_it_is_and_for_how_long_still(matrix):
    matrix.put_needed()
    with running(matrix.put("voc2007-RandomNet-seed0", State.RUNNING, share=0.62, eta=720)):
        found = entry(matrix, "RandomNet")
    assert (found.stage, found.text, found.below, found.share) == (Stage.RUNNING, "62 %", "12 min", 0.62)
    assert found.sentence.endswith("seed 0: Fine-tuning, step 62 of 100, 12 min left.")


@pytest.mark.parametrize("state", [State.RUNNING, State.STOPPED])
def test_a_cell_whose_worker_is_gone_is_cut(matrix, state):
    matrix.put_needed()
    matrix.put("voc2007-RandomNet-seed0", state, share=0.43)
    found = entry(matrix, "RandomNet")
    assert (found.stage, found.text, found.below) == (Stage.CUT, "cut", "at 43 %")
    assert "was cut at 43 %; it goes on from what it saved." in found.sentence


def test_a_failed_cell_says_why(matrix):
    matrix.put_needed()
    matrix.put("voc2007-RandomNet-seed0", State.FAILED, error=FAILURE)
    found = entry(matrix, "RandomNet")
    assert (found.stage, found.text) == (Stage.FAILED, "failed")
    assert found.sentence == f"RandomNet · VOC 2007 · seed 0: failed: {FAILURE}"
    assert found.opens == "voc2007-RandomNet-seed0"


def test_a_cell_whose_pretraining_failed_says_so_and_opens_that(matrix):
    matrix.put_needed(but="pretrain-SlowFeat-obj-seed0")
    matrix.put("pretrain-SlowFeat-obj-seed0", State.FAILED, error=FAILURE)
    found = entry(matrix, "SlowFeat-obj")
    assert (found.stage, found.text, found.opens) == (Stage.FAILED, "failed", "pretrain-SlowFeat-obj-seed0")
    assert f"SlowFeat-obj · pretraining · seed 0 failed: {FAILURE}" in found.sentence


def test_a_cell_waits_for_what_it_needs_while_the_matrix_is_filled(matrix):
    matrix.put_needed(but="pretrain-SlowFeat-obj-seed0")
    with running(matrix.put("pretrain-SlowFeat-obj-seed0", State.RUNNING, share=0.3)):
        found = entry(matrix, "SlowFeat-obj")
        assert (found.stage, found.text) == (Stage.WAITING, "waiting")
        assert found.sentence.endswith("waits for SlowFeat-obj · pretraining · seed 0.")
        assert found.opens == "pretrain-SlowFeat-obj-seed0"
        assert entry(matrix, "SlowFeat-obj", active=False).text == "to do"
    assert entry(matrix, "RandomNet").text == "to do"


def test_where_nothing_is_planned_it_says_why():
    assert "random weights" in nothing(Place("RandomNet", PRETRAINING, 0)).sentence
    words = nothing(Place("SlowFeat-obj", "voc2012", 0)).sentence
    assert words.endswith("only RandomNet and AssociationNet-objtr are.")


def test_boxes_are_told_of_while_they_are_searched(matrix):
    assert boxes_words(read(matrix)) == ""
    with running(matrix.put("boxes-voc2007-test", State.RUNNING, share=0.5)):
        assert boxes_words(read(matrix)) == "boxes · VOC 2007 test: Fine-tuning, step 50 of 100."
    matrix.put("boxes-voc2007-trainval")
    matrix.put("boxes-voc2012-train", State.FAILED, error="Free space.")
    assert boxes_words(read(matrix)).endswith("boxes · VOC 2012 train: failed: Free space.")
