import csv

import numpy as np
import pytest

from core.errors import StudioError
from core.evaluation.diagnosis import diagnose
from core.evaluation.error_table import COLUMNS, write_errors
from core.evaluation.verdicts import VERDICTS
from tests.core.evaluation.crowds import random_detections, random_images
from tests.core.evaluation.test_judging import on, picture


def test_every_detection_is_a_line_with_what_it_is_on(tmp_path):
    rng = np.random.default_rng(0)
    images = random_images(rng, 20)
    diagnosis = diagnose(images, random_detections(rng, images, 50), "voc07_11point")
    path = tmp_path / "errors.csv"
    write_errors(diagnosis, path)
    with open(path, newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == sum(len(each.detections.scores) for each in diagnosis.classes.values())
    by_id = {image.id: image for image in images}
    for line in lines:
        judged = diagnosis.classes[line["class"]].detections
        row = int(line["rank"]) - 1
        assert (line["image"], line["verdict"]) == (judged.images[row], str(VERDICTS[judged.verdicts[row]]))
        assert float(line["score"]) == pytest.approx(judged.scores[row])
        box = [float(line[key]) for key in ("x1", "y1", "x2", "y2")]
        np.testing.assert_allclose(box, judged.boxes[row], rtol=1e-6)
        assert (line["object"] == "") == (line["verdict"] == "background")
        if line["object"]:
            assert by_id[line["image"]].objects[int(line["object"]) - 1].name == line["object_class"]
    assert {line["class"] for line in lines} == {"car", "bus", "cat", "sofa"}


def test_a_class_without_objects_has_no_recall(tmp_path):
    diagnosis = diagnose([picture("a")], {"car": on("a", [0, 0, 9, 9])}, "voc07_11point")
    write_errors(diagnosis, tmp_path / "errors.csv")
    assert (tmp_path / "errors.csv").read_bytes().decode() == (
        ",".join(COLUMNS) + "\r\ncar,1,a,1,0,0,9,9,background,0.000000,,,,0.000000\r\n"
    )


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    diagnosis = diagnose([picture("a")], {}, "voc07_11point")
    with pytest.raises(StudioError, match="Cannot write"):
        write_errors(diagnosis, tmp_path)
