import json
import re
import shutil

import pytest

import main
from core.datasets.voc import CLASSES, read_split
from core.evaluation import comp4, origin
from tests.core.evaluation.pictures_with_detections import small_voc, whole_run, write_detections


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    return small_voc(tmp_path_factory.mktemp("voc"))


def evaluate(voc, found, *more):
    return main.main(["evaluate", "--voc", str(voc), "--detections", str(found), *map(str, more)])


def test_an_ap_is_explained_where_it_is_asked_for(voc, tmp_path, capsys):
    found = write_detections(tmp_path / "found", voc)
    page, table = tmp_path / "new" / "page.html", tmp_path / "errors.csv"
    assert evaluate(voc, found, "--overlap", 0.7, "--report", page, "--errors", table) == 0
    said = capsys.readouterr().out
    assert f"The AP is explained in {page}." in said
    assert f"Every detection and its verdict is in {table}." in said
    assert "correct from an IoU of 0.7" in page.read_text(encoding="utf-8")
    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + sum(len(path.read_text().splitlines()) for path in found.iterdir())


def test_pictures_are_not_needed(voc, tmp_path):
    copy = tmp_path / "voc"
    shutil.copytree(voc, copy)
    found = write_detections(tmp_path / "found", copy)
    shutil.rmtree(copy / "VOC2007" / "JPEGImages")
    assert evaluate(copy, found, "--report", tmp_path / "page.html") == 0
    assert "so none is shown" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_without_annotations_there_is_nothing_to_explain(voc, tmp_path, capsys):
    copy = tmp_path / "voc"
    shutil.copytree(voc, copy)
    found = write_detections(tmp_path / "found", copy)
    for name in CLASSES:
        (found / comp4.file_name("test", name)).touch()
    shutil.rmtree(copy / "VOC2007" / "Annotations")
    options = ("--archive", tmp_path / "results.tar.gz", "--report", tmp_path / "page.html")
    assert evaluate(copy, found, *options) == 0
    assert "Without annotations there is no AP to explain." in capsys.readouterr().out
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("option", ["--report", "--errors"])
def test_a_place_that_cannot_be_written_is_said_before_any_work(voc, tmp_path, capsys, option):
    found = write_detections(tmp_path / "found", voc)
    assert evaluate(voc, found, option, tmp_path) == 1
    captured = capsys.readouterr()
    assert "Cannot write" in captured.err
    assert "AP" not in captured.out


def test_the_ap_of_a_run_that_measures_by_itself_is_not_replaced(voc, tmp_path, capsys):
    run, found = whole_run(tmp_path / "run", voc), write_detections(tmp_path / "found", voc, seed=1)
    origin.write(found, "test", {"run": str(run.path)})
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert evaluate(voc, found, "--overlap", 0.3) == 0
    assert "Warning: run measures by itself, so this AP is not kept in it." in capsys.readouterr().out
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_an_object_without_a_real_box_is_said_and_not_counted(voc, tmp_path, capsys):
    copy = tmp_path / "voc"
    shutil.copytree(voc, copy)
    found = write_detections(tmp_path / "found", copy)

    def objects() -> int:
        assert evaluate(copy, found, "--json", tmp_path / "ap.json") == 0
        return sum(json.loads((tmp_path / "ap.json").read_text())["objects"].values())

    before = objects()
    assert "without a box" not in capsys.readouterr().out
    image = next(each for each in read_split(copy, 2007, "test") if not each.objects[0].difficult)
    path = copy / "VOC2007" / "Annotations" / f"{image.id}.xml"
    path.write_text(re.sub(r"<xmax>.*?</xmax>", "<xmax>0</xmax>", path.read_text(), count=1))
    assert objects() == before - 1
    assert "objects without a box that can be meant: 1, the first in" in capsys.readouterr().out
