"""A data set of classes of its own: fine-tuned, detected in and measured, on the command line."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import main
from core.datasets import still_life
from core.datasets.voc import CLASSES, VocImage, write_annotation
from core.detection.detector_file import load_detector
from core.detection.learnt_classes import run_classes
from core.evaluation.table1 import row_of_run
from core.runs.measured_run import MeasuredRun
from tests.small_data import write_image

NAMES = {"car": "helmet", "cat": "bare head", "tvmonitor": "gilet/jaune é"}
OWN = ("bare head", "gilet/jaune é", "helmet")
STEPS = 6


@pytest.fixture(scope="module")
def helmets(tmp_path_factory) -> Path:
    """Pictures in a folder without a year, six to train on and four to test on, and lists of them."""
    folder = tmp_path_factory.mktemp("data") / "helmets"
    for part in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    rng, number = np.random.default_rng(0), 0
    for name, count in (("train", 6), ("val", 4)):
        ids = []
        for _ in range(count):
            number += 1
            picture = still_life.draw(rng, tuple(NAMES), 120, 90)
            objects = tuple(replace(one, name=NAMES[one.name]) for one in picture.objects)
            path = folder / "JPEGImages" / f"chantier {number}.png"
            write_image(path, picture.image)
            write_annotation(VocImage(path.stem, path, 120, 90, objects), folder)
            ids.append(path.stem)
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_text("\n".join(ids))
    return folder


def succeeds(*words: object) -> None:
    assert main.main([str(word) for word in words]) == 0


def refused(capsys, *words: object) -> str:
    capsys.readouterr()
    assert main.main([str(word) for word in words]) == 1
    said: str = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def plain_ap(file: Path, voc: Path, set_name: str, name: str) -> tuple[float, int]:
    """AP at eleven points and the number of objects, by the letter of the devkit, box by box."""
    truth: dict[str, list[tuple[list[float], bool]]] = {}
    for id in (voc / "ImageSets" / "Main" / f"{set_name}.txt").read_text().splitlines():
        for one in ElementTree.parse(voc / "Annotations" / f"{id}.xml").iter("object"):
            if one.findtext("name") == name:
                box = [float(one.findtext(f"bndbox/{corner}")) for corner in ("xmin", "ymin", "xmax", "ymax")]
                truth.setdefault(id, []).append((box, one.findtext("difficult") == "1"))
    objects = sum(not difficult for boxes in truth.values() for _, difficult in boxes)
    rows = [line.rsplit(" ", 5) for line in file.read_text(encoding="utf-8").splitlines()]
    found, hits = set(), []
    for id, _, *corners in sorted(rows, key=lambda row: -float(row[1])):
        a, best, at = [float(corner) for corner in corners], 0.0, -1
        for place, (b, _) in enumerate(truth.get(id, [])):
            wide = min(a[2], b[2]) - max(a[0], b[0]) + 1
            high = min(a[3], b[3]) - max(a[1], b[1]) + 1
            if wide > 0 and high > 0:
                areas = [(c[2] - c[0] + 1) * (c[3] - c[1] + 1) for c in (a, b)]
                overlap = wide * high / (sum(areas) - wide * high)
                best, at = (overlap, place) if overlap > best else (best, at)
        if best >= 0.5 and truth[id][at][1]:
            continue
        hits.append(best >= 0.5 and (id, at) not in found)
        found |= {(id, at)} if best >= 0.5 else set()
    points = [(sum(hits[: n + 1]) / objects, sum(hits[: n + 1]) / (n + 1)) for n in range(len(hits))]
    tenths = [max((p for r, p in points if r >= tenth / 10), default=0) for tenth in range(11)]
    return sum(tenths) / 11, objects


def finetune(helmets: Path, out: Path, *words: object) -> tuple[object, ...]:
    data = ("--voc", helmets, "--set", "train", "--mode", "fast", "--device", "cpu", "--network", "tiny")
    length = ("--steps", STEPS, "--checkpoint-every", 2, "--short-side", 90)
    return ("finetune", *data, *length, "--out", out, *words)


@pytest.fixture(scope="module")
def done(helmets, tmp_path_factory) -> Path:
    """A folder with a run that was fine-tuned and measured, its detections, and what `evaluate` wrote."""
    out = tmp_path_factory.mktemp("out")
    succeeds(*finetune(helmets, out / "run", "--classes", "annotations"))
    data = ("--voc", helmets, "--set", "val")
    succeeds(
        "detect", "--run", out / "run", *data, "--mode", "fast", "--device", "cpu", "--out", out / "found"
    )
    files = ("--json", out / "ap.json", "--errors", out / "errors.csv", "--report", out / "report.html")
    succeeds("evaluate", *data, "--detections", out / "found", *files)
    return out


def test_the_detector_knows_its_classes(done):
    assert load_detector(done / "run").classes == OWN
    assert run_classes(done / "run") == OWN


def test_a_file_of_each_class_has_a_name_that_every_system_takes(done):
    assert sorted(path.name for path in (done / "found").glob("*.txt")) == [
        "comp4_det_val_bare head.txt",
        "comp4_det_val_gilet%2Fjaune é.txt",
        "comp4_det_val_helmet.txt",
    ]


def test_the_ap_of_each_class_is_that_of_a_plain_evaluator(done, helmets):
    result = json.loads((done / "ap.json").read_text(encoding="utf-8"))
    assert result["classes"] == list(OWN) == list(result["ap"])
    assert json.loads((done / "run" / "results" / "ap.json").read_text(encoding="utf-8")) == result
    for name in OWN:
        file = done / "found" / f"comp4_det_val_{name.replace('/', '%2F')}.txt"
        expected, objects = plain_ap(file, helmets, "val", name)
        assert result["objects"][name] == objects
        assert result["ap"][name] == pytest.approx(expected, abs=1e-9)
    assert result["map"] == pytest.approx(np.mean([*result["ap"].values()]))


def test_what_explains_the_ap_is_of_these_classes(done):
    with (done / "errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["class"] for row in rows} == set(OWN)
    assert {row["object_class"] for row in rows} <= {*OWN, ""}
    assert "similar class" not in {row["verdict"] for row in rows}  # is known of VOC's classes alone
    assert "gilet/jaune é" in (done / "report.html").read_text(encoding="utf-8")
    run = MeasuredRun.open(done / "run")
    assert run.classes == OWN
    assert tuple(run.diagnosis().classes) == OWN


def test_table_1_stays_vocs(done, capsys):
    row = row_of_run(done / "run")
    assert row.classes == OWN
    assert row.measured_words.startswith("mean of ")
    capsys.readouterr()
    succeeds("table1", "--runs", done / "run", "--format", "json")
    (own,) = [each for each in json.loads(capsys.readouterr().out) if each["network"].endswith("(run)")]
    assert own["map"] is None
    assert set(own["ap"]) == set(CLASSES)
    assert not any(own["ap"].values())
    assert own["source"].startswith("n/a in Table 1, which is of VOC's twenty classes: measured on ")
    assert "classes bare head, gilet/jaune é, helmet" in own["source"]


def test_classes_that_are_not_the_detectors_are_refused(done, helmets, tmp_path, capsys):
    data = ("--voc", helmets, "--set", "val", "--detections", done / "found")
    said = refused(capsys, "evaluate", *data, "--classes", "voc")
    assert "val has no object of VOC's twenty classes, but " in said
    assert "--classes" in said
    (tmp_path / "classes.txt").write_text("helmet\nbare head\n")
    said = refused(capsys, "evaluate", *data, "--classes", tmp_path / "classes.txt")
    assert "from a detector of the classes bare head, gilet/jaune é, helmet, not helmet, bare head;" in said
    said = refused(capsys, "evaluate", *data, "--archive", tmp_path / "a.tar.gz")
    assert said == "VOC's server knows VOC's twenty classes alone; leave out the archive.\n"


def test_without_a_choice_of_classes_it_is_said_how_to_choose(helmets, tmp_path, capsys):
    said = refused(capsys, *finetune(helmets, tmp_path / "run"))
    assert "train has no object of VOC's twenty classes, but " in said
    assert "helmet (" in said
    assert "choose its classes with --classes (field Classes): annotations, or a text file" in said


def test_a_file_of_classes_leaves_out_the_others_and_a_run_is_resumed_with_them(helmets, tmp_path, capsys):
    listed = tmp_path / "classes.txt"
    listed.write_bytes("__background__\r\nHelmet\r\n\r\nbare head".encode("utf-16"))
    run = tmp_path / "run"
    succeeds(*finetune(helmets, run, "--classes", listed))
    said = capsys.readouterr().out
    assert "Left out of train: " in said
    assert "objects of gilet/jaune é (" in said
    assert "Taken as Helmet in train: " in said
    assert load_detector(run).classes == ("Helmet", "bare head")
    listed.write_text("Helmet\n")
    said = refused(capsys, *finetune(helmets, run, "--classes", listed, "--resume"))
    assert f"The run was started with the classes Helmet, bare head, but {listed} names Helmet;" in said
    listed.write_text("0 Helmet\n1 bare head\n")
    succeeds(*finetune(helmets, run, "--classes", listed, "--resume"))


def test_the_job_of_the_window_does_the_same(helmets, tmp_path):
    words = finetune(helmets, tmp_path / "run", "--classes", "annotations", "--test-set", "val")
    succeeds("voc", *words[1:])
    result = json.loads((tmp_path / "run" / "results" / "ap.json").read_text(encoding="utf-8"))
    assert tuple(result["ap"]) == OWN
    assert row_of_run(tmp_path / "run").classes == OWN


def test_detections_of_another_program_are_measured_by_the_classes_of_the_annotations(
    helmets, tmp_path, capsys
):
    """In a folder of pictures and annotations without lists, of a year that VOC never had."""
    flat = tmp_path / "VOC2028"
    flat.mkdir()
    for part in ("Annotations", "JPEGImages"):
        for file in (helmets / part).iterdir():
            (flat / file.name).write_bytes(file.read_bytes())
    found = tmp_path / "found"
    found.mkdir()
    for number, name in enumerate(OWN):
        rows = []
        for path in sorted(flat.glob("*.xml")):
            for one in ElementTree.parse(path).iter("object"):
                corners = [one.findtext(f"bndbox/{corner}") for corner in ("xmin", "ymin", "xmax", "ymax")]
                rows += [f"{path.stem}.png,0.9,{','.join(corners)}"] if one.findtext("name") == name else []
        path = found / f"comp{number}_{number}f_det_all_{name.replace('/', '%2F')}.txt"
        path.write_text("\n".join(rows), encoding="utf-16")
    data = ("--voc", tmp_path, "--year", 2028, "--set", "all", "--detections", found)
    said = refused(capsys, "evaluate", *data)
    assert "all has no object of VOC's twenty classes" in said
    succeeds("evaluate", *data, "--classes", "annotations", "--json", tmp_path / "ap.json")
    result = json.loads((tmp_path / "ap.json").read_text(encoding="utf-8"))
    assert result["metric"] == "voc10_area"
    assert result["ap"] == dict.fromkeys(OWN, 1.0)
