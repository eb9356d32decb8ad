import subprocess
import sys

import numpy as np
import pytest

from core.errors import StudioError
from core.evaluation.voc_ap import (
    METRICS,
    Detections,
    Objects,
    Result,
    average_precision,
    best_beyond,
    evaluate,
    evaluate_class,
    metric_of,
)


def detections(*rows):
    """Of rows (image, score, x1, y1, x2, y2)."""
    return Detections(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows], float),
        np.array([row[2:] for row in rows], float).reshape(-1, 4),
    )


def objects(*boxes, difficult=None):
    return Objects(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), bool) if difficult is None else np.array(difficult, bool),
    )


def slow_class(found, truth, metric, overlap=0.5):
    """The devkit's loop in plain Python, one detection and one point of the curve after another."""
    rows = sorted(
        zip(found.images.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True),
        key=lambda row: -row[1],
    )
    count = sum(not flag for each in truth.values() for flag in each.difficult.tolist())
    if count == 0:
        return float("nan")
    taken, tp, fp, curve = set(), 0, 0, []
    for image, _score, (x1, y1, x2, y2) in rows:
        best, which = -1.0, None
        for index, (a1, b1, a2, b2) in enumerate(truth[image].boxes.tolist() if image in truth else []):
            # 1-based inclusive corners, as the devkit counts them
            width = min(x2, a2) - max(x1 + 1, a1 + 1) + 1
            height = min(y2, b2) - max(y1 + 1, b1 + 1) + 1
            if width > 0 and height > 0:
                area = (x2 - (x1 + 1) + 1) * (y2 - (y1 + 1) + 1)
                other = (a2 - (a1 + 1) + 1) * (b2 - (b1 + 1) + 1)
                ratio = width * height / (area + other - width * height)
                if ratio > best:
                    best, which = ratio, index
        if best >= overlap:
            if not truth[image].difficult[which]:
                if (image, which) in taken:
                    fp += 1
                else:
                    taken.add((image, which))
                    tp += 1
        else:
            fp += 1
        curve.append((tp / count, tp / (tp + fp) if tp + fp else 0.0))
    if metric == "voc07_11point":
        steps = [i * 0.1 for i in range(11)]
        return sum(max([p for r, p in curve if r >= step], default=0.0) for step in steps) / 11
    area, reached = 0.0, 0.0
    for recall in sorted({r for r, _ in curve}):
        area += (recall - reached) * max(p for r, p in curve if r >= recall)
        reached = recall
    return area


def test_a_box_that_overlaps_enough_is_found_by_the_last_and_least_sure_detection():
    # chainercv, test_eval_detection_voc.py: IoU .95, .422 and .379, scaled to pixels
    truth = {"a": objects((0, 0, 100, 90))}
    found = detections(
        ("a", 0.8, 0, 0, 100, 100),
        ("a", 0.9, 0, 0, 200, 200),
        ("a", 1.0, 30, 30, 50, 50),
    )
    result = evaluate_class(found, truth, "voc10_area")
    np.testing.assert_allclose(result.recall, [0, 0, 1])
    np.testing.assert_allclose(result.precision, [0, 0, 1 / 3])
    assert result.ap == pytest.approx(1 / 3)
    assert evaluate_class(found, truth, "voc10_area", overlap=0.97).ap == 0


def test_a_difficult_object_that_nothing_hits_changes_nothing():
    found = detections(("a", 0.8, 0, 0, 100, 100), ("a", 1.0, 30, 30, 50, 50))
    truth = {"a": objects((0, 0, 100, 90), (100, 100, 200, 200), difficult=[False, True])}
    result = evaluate_class(found, truth, "voc10_area")
    assert result.objects == 1
    assert result.ap == pytest.approx(0.5)


def test_two_classes_in_two_images():
    # chainercv: class 0 AP .25 by area, 3/11 by eleven points; class 1 .5 by both
    truth = {
        "zero": {"a": objects((0, 0, 100, 100)), "b": objects((200, 200, 300, 300))},
        "one": {"a": objects(), "b": objects((0, 0, 50, 50))},
    }
    found = {
        "zero": detections(
            ("a", 1.0, 150, 150, 200, 200), ("a", 0.9, 0, 0, 100, 100), ("b", 0.8, 0, 0, 30, 30)
        ),
        "one": detections(("b", 0.9, 300, 0, 350, 50), ("b", 0.7, 0, 0, 50, 50)),
    }
    area, points = (evaluate(found, truth, metric) for metric in ("voc10_area", "voc07_11point"))
    np.testing.assert_allclose(area.classes["zero"].recall, [0, 0.5, 0.5])
    np.testing.assert_allclose(area.classes["zero"].precision, [0, 0.5, 1 / 3])
    assert area.classes["zero"].ap == pytest.approx(0.25)
    assert points.classes["zero"].ap == pytest.approx(0.5 / 11 * 6)
    assert area.classes["one"].ap == pytest.approx(0.5)
    assert points.classes["one"].ap == pytest.approx(0.5)
    assert area.mean_ap == pytest.approx(0.375)


def test_a_second_detection_of_an_object_is_false_and_one_of_a_difficult_object_is_ignored():
    truth = {"a": objects((0, 0, 10, 10), (20, 0, 30, 10), difficult=[False, True])}
    found = detections(
        ("a", 0.9, 20, 0, 30, 10),
        ("a", 0.8, 0, 0, 10, 10),
        ("a", 0.7, 0, 0, 10, 10),
        ("a", 0.6, 20, 0, 30, 10),
    )
    result = evaluate_class(found, truth, "voc10_area")
    np.testing.assert_allclose(result.recall, [0, 1, 1, 1])
    np.testing.assert_allclose(result.precision, [0, 1, 0.5, 0.5])


def test_an_overlap_of_exactly_one_half_is_right():
    # 1-based inclusive 1..10 against 1..20: 10 of 20 pixels
    truth = {"a": objects((0, 0, 20, 1))}
    assert evaluate_class(detections(("a", 1.0, 0, 0, 10, 1)), truth, "voc10_area").ap == 1.0


def test_equal_scores_keep_their_order():
    truth = {"a": objects((0, 0, 10, 10))}
    right, wrong = ("a", 0.5, 0, 0, 10, 10), ("a", 0.5, 50, 50, 60, 60)
    assert evaluate_class(detections(right, *[wrong] * 40), truth, "voc10_area").ap == 1.0
    assert evaluate_class(detections(*[wrong] * 40, right), truth, "voc10_area").ap == pytest.approx(1 / 41)


def test_a_class_without_objects_has_no_ap_and_is_left_out_of_the_mean():
    truth = {
        "sheep": {"a": objects((0, 0, 5, 5), difficult=[True])},
        "cow": {"a": objects((0, 0, 5, 5))},
        "dog": {"a": objects((0, 0, 5, 5))},
    }
    result = evaluate({"cow": detections(("a", 1.0, 0, 0, 5, 5))}, truth, "voc10_area")
    assert np.isnan(result.classes["sheep"].ap)
    assert result.classes["dog"].ap == 0
    assert result.mean_ap == 0.5
    assert np.isnan(Result("voc10_area", {"sheep": result.classes["sheep"]}).mean_ap)


@pytest.mark.parametrize("metric", METRICS)
def test_random_sets_agree_with_a_plain_loop(metric):
    generator = np.random.default_rng(7)
    for _ in range(150):
        images = [f"{number:06d}" for number in range(int(generator.integers(1, 6)))]
        truth, rows = {}, []
        for image in images:
            corners = generator.integers(0, 40, (generator.integers(0, 5), 2))
            boxes = np.concatenate([corners, corners + generator.integers(1, 30, corners.shape)], axis=1)
            truth[image] = Objects(boxes.astype(np.float32), generator.random(len(boxes)) < 0.3)
            for box in np.repeat(boxes, 3, axis=0):
                rows.append((image, generator.integers(0, 8) / 8, *(box + generator.integers(-4, 5, 4))))
        rows.append(("elsewhere", 0.5, 0, 0, 10, 10))
        generator.shuffle(rows)
        rows = [row for row in rows if row[4] > row[2] and row[5] > row[3]]
        found = detections(*rows)
        np.testing.assert_allclose(
            evaluate_class(found, truth, metric).ap, slow_class(found, truth, metric), atol=1e-12
        )


def test_the_best_precision_at_a_recall_or_beyond_falls_to_0_after_the_last():
    assert best_beyond(np.array([0.5, 1.0, 0.25, 0.75])).tolist() == [1.0, 1.0, 0.75, 0.75, 0.0]
    assert best_beyond(np.zeros(0)).tolist() == [0.0]


def test_the_eleven_points_and_the_area_of_a_curve_worked_by_hand():
    recall, precision = np.array([0.25, 0.25, 0.5, 0.5, 1.0]), np.array([1.0, 0.5, 2 / 3, 0.5, 0.6])
    # envelope: 1 up to .25, 2/3 up to .5, .6 up to 1
    assert average_precision(recall, precision, "voc10_area") == pytest.approx(
        0.25 + 0.25 * 2 / 3 + 0.5 * 0.6
    )
    assert average_precision(recall, precision, "voc07_11point") == pytest.approx(
        (3 * 1 + 3 * 2 / 3 + 5 * 0.6) / 11
    )
    assert average_precision(np.zeros(0), np.zeros(0), "voc07_11point") == 0
    assert average_precision(np.zeros(0), np.zeros(0), "voc10_area") == 0


def test_an_unknown_metric_is_refused():
    with pytest.raises(StudioError, match="no metric 'coco'"):
        average_precision(np.ones(1), np.ones(1), "coco")


def test_auto_takes_the_metric_of_the_year():
    # VOC measured at eleven points until 2009 and by area from 2010 on (devkit_doc of 2010, Section 3.4.1).
    taken = {year: metric_of("auto", year).name for year in range(2007, 2013)}
    assert set(taken.values()) == set(METRICS)
    assert [year for year, name in taken.items() if name == "voc07_11point"] == [2007, 2008, 2009]
    assert metric_of("voc10_area", 2007).name == "voc10_area"
    with pytest.raises(StudioError, match="no metric 'auto' for VOC 1999"):
        metric_of("auto", 1999)


def test_a_metric_is_one_line_of_the_table():
    """A toy metric is found by the command line, the form, the measurement and the words of Table 1."""
    code = """
from core.evaluation import voc_ap
last = lambda recall, precision: recall[-1]
toy = voc_ap.ApMetric("toy", "by the toy", "the last recall", last, range(2013, 2014))
voc_ap.METRICS["toy"] = toy
import numpy as np
from core.cli import _parser
from core.detection.config import VocConfig
words = ["evaluate", "--voc", "x", "--detections", "y", "--metric", "toy"]
assert _parser("evaluate").parse_args(words).metric == "toy"
assert VocConfig(metric="toy").metric == "toy"
assert "toy is the last recall" in VocConfig.__dataclass_fields__["metric"].metadata["help"]
assert voc_ap.average_precision(np.array([0.25, 0.75]), np.ones(2), "toy") == 0.75
assert (voc_ap.metric_of("auto", 2013), voc_ap.metric_title("toy")) == (toy, "by the toy")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
