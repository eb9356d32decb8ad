import json
import shutil

import numpy as np
import pytest

from core.datasets.voc import read_split
from core.detection.config import DetectConfig, FinetuneConfig
from core.detection.proposal_file import Proposals
from core.detection.proposals import propose_all
from core.errors import StudioError
from core.evaluation import origin
from core.runs.measured_run import MeasuredRun, name_source
from core.runs.run_folder import RunFolder
from tests.core.evaluation.pictures_with_detections import (
    measured,
    small_voc,
    whole_run,
    write_detections,
)


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    return small_voc(tmp_path_factory.mktemp("voc"))


def test_a_whole_run_is_diagnosed_with_its_own_ap(voc, tmp_path):
    folder = whole_run(tmp_path / "run", voc)
    run = MeasuredRun.open(folder.path)
    assert (run.year, run.set, run.metric, run.overlap) == (2007, "test", "voc07_11point", 0.5)
    assert len(run.images) == 12
    result = json.loads((folder.results / "ap.json").read_text())
    seen = []
    diagnosis = run.diagnosis(seen.append)
    assert diagnosis.mean_ap == result["map"] > 0
    assert {name: each.ap for name, each in diagnosis.classes.items() if each.objects} == {
        name: ap for name, ap in result["ap"].items() if ap is not None
    }
    assert len(seen) == 20


def test_what_an_older_result_does_not_say_is_what_its_settings_say(voc, tmp_path):
    folder = whole_run(tmp_path / "run", voc)
    result = json.loads((folder.results / "ap.json").read_text())
    for name in ("year", "set", "overlap"):
        del result[name]
    (folder.results / "ap.json").write_text(json.dumps(result))
    run = MeasuredRun.open(folder.path)
    assert (run.year, run.set, run.overlap) == (2007, "test", 0.5)
    assert run.diagnosis().mean_ap == result["map"]


def test_an_evaluation_with_other_rules_is_diagnosed_by_them(voc, tmp_path):
    found = write_detections(tmp_path / "found", voc)
    folder = measured(tmp_path / "run", voc, found, overlap=0.75, metric="voc10_area")
    run = MeasuredRun.open(folder.path)
    assert (run.metric, run.overlap) == ("voc10_area", 0.75)
    assert run.diagnosis().mean_ap == json.loads((folder.results / "ap.json").read_text())["map"]


def test_a_run_whose_detections_lie_elsewhere_says_where(voc, tmp_path):
    """As `detect --out` and `evaluate` leave a run of fine-tuning."""
    found = write_detections(tmp_path / "found", voc)
    evaluation = measured(tmp_path / "evaluation", voc, found)
    folder = RunFolder.create(tmp_path / "run", "finetune", FinetuneConfig(voc=tmp_path / "trained on"))
    (folder.results / "ap.json").write_bytes((evaluation.results / "ap.json").read_bytes())
    with pytest.raises(StudioError, match=r"no longer in .*detect and evaluate again"):
        MeasuredRun.open(folder.path)
    name_source(folder, voc, found)
    assert len(MeasuredRun.open(folder.path).detections("car").scores) > 0
    detected = RunFolder.create(tmp_path / "detected", "detect", DetectConfig(voc=voc, out=found))
    (detected.results / "ap.json").write_bytes((evaluation.results / "ap.json").read_bytes())
    assert MeasuredRun.open(detected.path).files == found


def test_pictures_may_be_absent_but_not_annotations(voc, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(voc, copy)
    folder = whole_run(tmp_path / "run", copy)
    shutil.rmtree(copy / "VOC2007" / "JPEGImages")
    run = MeasuredRun.open(folder.path)
    assert run.diagnosis().mean_ap > 0
    assert run.proposals(run.images[0].id) is None
    shutil.rmtree(copy)
    with pytest.raises(StudioError, match=r"VOC data of run are no longer in .*copy; put the folder back"):
        MeasuredRun.open(folder.path)
    assert MeasuredRun.open(folder.path, voc).diagnosis().mean_ap == run.diagnosis().mean_ap


def test_images_without_annotation_are_left_out_with_what_was_detected_there(voc, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(voc, copy)
    found = write_detections(tmp_path / "found", copy)
    gone = read_split(copy, 2007, "test")[0].id
    (copy / "VOC2007" / "Annotations" / f"{gone}.xml").unlink()
    folder = measured(tmp_path / "run", copy, found)
    run = MeasuredRun.open(folder.path)
    assert len(run.images) == 11
    assert gone not in run.detections("car").images
    assert run.diagnosis().mean_ap == json.loads((folder.results / "ap.json").read_text())["map"]


def test_proposals_are_those_of_the_file_or_of_the_cache(voc, tmp_path):
    images = read_split(voc, 2007, "test")
    cache = tmp_path / "cache"
    folder = whole_run(tmp_path / "run", voc, mode="fast", cache=cache)
    assert MeasuredRun.open(folder.path).proposals(images[1].id) is None
    (expected,) = propose_all([images[1].path], "fast", cache)
    boxes = MeasuredRun.open(folder.path).proposals(images[1].id)
    np.testing.assert_array_equal(boxes, expected)
    assert MeasuredRun.open(folder.path).proposals("no image") is None

    inside = whole_run(tmp_path / "inside", voc, mode="fast")
    shutil.copytree(cache, inside.path / "cache")
    np.testing.assert_array_equal(MeasuredRun.open(inside.path).proposals(images[1].id), expected)

    file = tmp_path / "boxes.npz"
    Proposals.of({images[0].id: np.array([[1, 2, 30, 40]])}).save(file)
    given = MeasuredRun.open(whole_run(tmp_path / "given", voc, test_proposals=file).path)
    np.testing.assert_array_equal(given.proposals(images[0].id), [[1, 2, 30, 40]])
    assert given.proposals(images[1].id) is None
    file.unlink()
    again = MeasuredRun.open(given.folder.path)
    assert again.proposals(images[0].id) is None


def test_an_evaluation_finds_the_proposals_of_the_run_that_detected(voc, tmp_path):
    images = read_split(voc, 2007, "test")
    detected = whole_run(tmp_path / "run", voc, mode="fast")
    (expected,) = propose_all([images[1].path], "fast", detected.path / "cache")
    found = detected.results / "detections"
    folder = measured(tmp_path / "evaluation", voc, found)
    assert MeasuredRun.open(folder.path).proposals(images[1].id) is None
    origin.write(found, "test", {"run": str(detected.path), "proposals": "fast"})
    np.testing.assert_array_equal(MeasuredRun.open(folder.path).proposals(images[1].id), expected)


def test_what_was_not_measured_or_is_damaged_is_one_sentence(voc, tmp_path):
    folder = whole_run(tmp_path / "run", voc)
    result = folder.results / "ap.json"
    kept = result.read_text()
    for text, sentence in (
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("{}", "does not say what was measured"),
        (kept.replace('"year": 2007', '"year": "of late"'), "year must be of type int"),
    ):
        result.write_text(text)
        with pytest.raises(StudioError, match=sentence):
            MeasuredRun.open(folder.path)
    result.unlink()
    with pytest.raises(StudioError, match="run was not measured; evaluate its detections first"):
        MeasuredRun.open(folder.path)
    result.write_text(kept)
    (folder.results / "measured_from.json").write_text("no JSON")
    MeasuredRun.open(folder.path)
    (folder.results / "detections" / "comp4_det_test_car.txt").write_text("000001 nan 1 1 5 5\n")
    with pytest.raises(StudioError, match=r"comp4_det_test_car.txt, line 1"):
        MeasuredRun.open(folder.path).diagnosis()
    bare = tmp_path / "bare"
    shutil.copytree(voc, bare)
    shutil.rmtree(bare / "VOC2007" / "Annotations")
    with pytest.raises(StudioError, match="test has no annotations"):
        MeasuredRun.open(folder.path, bare)
