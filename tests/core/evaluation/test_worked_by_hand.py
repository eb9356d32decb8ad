"""Three pictures, their annotation and their detections as other programs write them; every AP by hand.

Boxes are VOC's: pixels counted from 1, both ends included. Of the cat, the detections are, by score:

  0.9  object A            found      recall 1/3  precision 1
  0.8  object A again      false             1/3            1/2
  0.7  a difficult object  ignored
  0.6  object C, IoU 1/2   found             2/3            2/3
  0.5  nothing             false             2/3            2/4
  0.4  object B            found             3/3            3/5

The best precision at a recall or beyond is 1 up to 1/3, 2/3 up to 2/3 and 3/5 up to 1. At eleven points
that is (4 · 1 + 3 · 2/3 + 4 · 3/5) / 11 = 8.4/11, by area (1 + 2/3 + 3/5) / 3 = 34/45. The only dog is
missed: 10 × 10 of 10 × 21 pixels is less than one half.

Where a correct detection must overlap by 0.6, object C is missed too: recall 1/3 at precision 1, 2/3 at 2/5.
At eleven points that is (4 · 1 + 3 · 2/5) / 11 = 5.2/11. Where nothing is annotated in the first picture, of
three cats one is left, which is found by the surest detection that counts: 1.
"""

import json
import re

import pytest

import main
from tests.bad_inputs import is_clear

OBJECTS = {
    "000001": [("cat", 1, 1, 40, 30, 0), ("cat", 51, 51, 90, 80, 0)],
    "000002": [("cat", 1, 1, 10, 10, 0), ("dog", 31, 1, 40, 10, 0)],
    "000003": [("cat", 5, 5, 60, 60, 1)],
}
DETECTIONS = {
    "cat": """000001 0.4 51 51 90 80
000001 0.5 60 1 90 30
000003 0.7 5 5 60 60
000001 0.9 1 1 40 30
000002 0.6 1 1 10 20
000001 0.8 1 1 40 30
""",
    "dog": "000002 0.9 31 1 40 21\n",
}


@pytest.fixture
def voc(tmp_path):
    """A VOCdevkit of annotations without pictures, which `evaluate` does not ask for, and comp4 files."""
    base = tmp_path / "VOCdevkit" / "VOC2007"
    for name in ("Annotations", "ImageSets/Main"):
        (base / name).mkdir(parents=True)
    for image, objects in OBJECTS.items():
        found = "".join(
            f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox><xmin>{x1}</xmin>"
            f"<ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
            for name, x1, y1, x2, y2, difficult in objects
        )
        size = "<size><width>100</width><height>100</height><depth>3</depth></size>"
        text = f"<annotation><filename>{image}.jpg</filename>{size}{found}</annotation>"
        (base / "Annotations" / f"{image}.xml").write_text(text)
    (base / "ImageSets" / "Main" / "test.txt").write_text("\n".join(OBJECTS))
    for name, text in DETECTIONS.items():
        (tmp_path / f"comp4_det_test_{name}.txt").write_text(text)
    return base.parent


def measured(voc, *options):
    """What the command leaves as JSON."""
    words = ("--voc", voc, "--detections", voc.parent, *options, "--json", voc / "ap.json")
    assert main.main(["evaluate", *map(str, words)]) == 0
    return json.loads((voc / "ap.json").read_text())


@pytest.mark.parametrize(("metric", "cat"), [("voc07_11point", 8.4 / 11), ("voc10_area", 34 / 45)])
def test_the_command_gives_the_numbers_worked_by_hand(voc, metric, cat):
    result = measured(voc, "--metric", metric)
    assert result["metric"] == metric
    assert result["ap"]["cat"] == pytest.approx(cat, abs=1e-9)
    assert result["ap"]["dog"] == 0
    assert result["map"] == pytest.approx(cat / 2, abs=1e-9)
    assert {name: count for name, count in result["objects"].items() if count} == {"cat": 3, "dog": 1}
    assert {name for name, ap in result["ap"].items() if ap is not None} == {"cat", "dog"}
    assert result["overlap"] == 0.5


def test_an_overlap_of_its_own_is_kept_and_said(voc, capsys):
    result = measured(voc, "--overlap", "0.6")
    assert (result["overlap"], result["objects"]["cat"]) == (0.6, 3)
    assert result["ap"]["cat"] == pytest.approx(5.2 / 11, abs=1e-9)
    assert "at eleven points, correct from an IoU of 0.6 (voc07_11point)" in "".join(capsys.readouterr())


def test_an_image_without_annotation_is_left_out_and_said(voc, capsys):
    (voc / "VOC2007" / "Annotations" / "000001.xml").unlink()
    result = measured(voc)
    assert (result["ap"]["cat"], result["objects"]["cat"]) == (1, 1)
    said = "".join(capsys.readouterr())
    assert "Left out of test: 1 of 3 images, without annotation (000001)." in said


def test_an_object_of_an_unknown_class_is_left_out_and_said(voc, capsys):
    path = voc / "VOC2007" / "Annotations" / "000002.xml"
    path.write_text(path.read_text().replace("<object><name>dog", "\n<object><name>unicorn"))
    result = measured(voc)
    assert (result["ap"]["cat"], result["ap"]["dog"]) == (pytest.approx(8.4 / 11), None)
    said = "".join(capsys.readouterr())
    assert "Left out of test: 1 object of unicorn (1), which are not among the classes." in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("000002 0.6 1 1 10", r"dog\.txt, line 2, is '000002 0.6 1 1 10' where `image score x1 y1 x2 y2` is"),
        ("000002 nan 1 1 10 20", r"dog\.txt, line 2, is '000002 nan 1 1 10 20' where"),
        ("000009 0.5 1 1 10 20", r"dog\.txt, line 2, has image 000009, which the set does not list; choose"),
    ],
)
def test_a_damaged_line_of_a_file_is_named(voc, capsys, line, says):
    with (voc.parent / "comp4_det_test_dog.txt").open("a") as file:
        file.write(f"{line}\n")
    assert main.main(["evaluate", "--voc", str(voc), "--detections", str(voc.parent)]) == 1
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(says, sentence)
    assert is_clear(sentence), sentence
