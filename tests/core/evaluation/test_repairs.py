"""Gains of AP, against a plain reading of TIDE: repair the detections themselves, then evaluate again."""

import numpy as np
import pytest

from core.datasets.voc import CLASSES, VocImage, VocObject
from core.evaluation.diagnosis import diagnose
from core.evaluation.judging import SetObjects, judge
from core.evaluation.repairs import MISSED, REPAIRS, gains
from core.evaluation.verdicts import ERRORS, VERDICTS, Verdict
from core.evaluation.voc_ap import METRICS, ApMetric, Detections, Objects, evaluate_class, truth_of
from tests.core.evaluation.crowds import NAMES, random_detections, random_images
from tests.core.evaluation.test_judging import on, picture


def gains_of(images, found, metric, overlap=0.5):
    objects = SetObjects.of(images)
    judged = {name: judge(name, found.get(name, Detections.none()), objects, overlap)[0] for name in CLASSES}
    return gains(judged, objects, metric, overlap), judged


def repaired_by_hand(images, judged, kind, metric, overlap):
    """AP by class after each detection of a kind was moved, given another class or taken out, one by one."""
    by_id = {image.id: image for image in images}
    found = set()
    for each in judged.values():
        for row in np.flatnonzero(each.are(Verdict.TRUE)):
            found.add((each.images[row], int(each.nearest[row])))
    kept = {name: [] for name in judged}
    hopes = []  # what may become true: score, class, image, number
    for name, each in judged.items():
        for row, place in enumerate(each.verdicts):
            verdict = VERDICTS[place]
            line = (each.scores[row], each.images[row], each.boxes[row])
            if verdict is not kind:
                kept[name].append(line)
                continue
            spot = (each.images[row], int(each.nearest[row]))
            if kind in (Verdict.SIMILAR_CLASS, Verdict.OTHER_CLASS) and each.overlaps[row] < overlap:
                continue
            if kind in (Verdict.POORLY_PLACED, Verdict.SIMILAR_CLASS, Verdict.OTHER_CLASS):
                hopes.append((-each.scores[row], len(hopes), spot))
    for minus, _, (image, number) in sorted(hopes):
        there = by_id[image].objects[number]
        if (image, number) not in found and not there.difficult:
            found.add((image, number))
            kept[there.name].append((-minus, image, there.box))
    result = {}
    for name, objects in truth_of(images).items():
        lines = sorted(kept[name], key=lambda line: -line[0])
        detections = Detections(
            np.array([line[1] for line in lines], np.str_),
            np.array([line[0] for line in lines], float),
            np.array([line[2] for line in lines], float).reshape(-1, 4),
        )
        result[name] = evaluate_class(detections, objects, metric, overlap).ap
    return result


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("overlap", [0.5, 0.7])
def test_a_gain_is_what_evaluating_repaired_detections_gives(metric, overlap):
    rng = np.random.default_rng(3)
    # far apart, so that a repaired box hits no other object: one object of each class in a picture, at most
    images = [spread(image) for image in random_images(rng, 60)]
    found = random_detections(rng, images, 250)
    result, judged = gains_of(images, found, metric, overlap)
    truth = truth_of(images)
    for kind in ERRORS:
        expected = repaired_by_hand(images, judged, kind, metric, overlap)
        for name in NAMES:
            now = evaluate_class(found[name], truth[name], metric, overlap).ap
            assert result[name][kind] == pytest.approx(expected[name] - now, abs=1e-12), (kind, name)
        if kind is not Verdict.DUPLICATE:
            assert sum(result[name][kind] for name in NAMES) > 0.01


def spread(image: VocImage) -> VocImage:
    """With one object of each class, at most: the first."""
    first = {}
    for each in image.objects:
        first.setdefault(each.name, each)
    return VocImage(image.id, image.path, image.width, image.height, tuple(first.values()))


def test_missed_objects_are_those_that_no_other_repair_could_find():
    rng = np.random.default_rng(5)
    images = [spread(image) for image in random_images(rng, 50)]
    found = random_detections(rng, images, 60)
    result, judged = gains_of(images, found, "voc10_area")
    covered = set()
    for each in judged.values():
        for row, place in enumerate(each.verdicts):
            near = each.overlaps[row] >= 0.5
            kind = VERDICTS[place]
            if kind in (Verdict.TRUE, Verdict.POORLY_PLACED) or (
                kind in (Verdict.SIMILAR_CLASS, Verdict.OTHER_CLASS) and near
            ):
                covered.add((str(each.images[row]), int(each.nearest[row])))
    for name, objects in truth_of(images).items():
        if name not in NAMES:
            continue
        left = {}
        for image in images:
            boxes = [
                each.box
                for number, each in enumerate(image.objects)
                if each.name == name and (each.difficult or (image.id, number) in covered)
            ]
            flags = [
                each.difficult
                for number, each in enumerate(image.objects)
                if each.name == name and (each.difficult or (image.id, number) in covered)
            ]
            left[image.id] = Objects(np.array(boxes, float).reshape(-1, 4), np.array(flags, bool))
        now = evaluate_class(found[name], objects, "voc10_area").ap
        # a detection on a missed object was false and stays so: what it was on is no object any more
        then = evaluate_class(found[name], left, "voc10_area").ap
        assert result[name][MISSED] == pytest.approx(then - now, abs=1e-12)
    assert max(result[name][MISSED] for name in NAMES) > 0.01


def test_gains_worked_by_hand():
    images = [
        picture("a", ("car", [0, 0, 10, 10]), ("cat", [50, 50, 60, 60])),
        picture("b", ("car", [0, 0, 10, 10])),
        picture("c", ("car", [0, 0, 10, 10])),
    ]
    found = {
        # surest first: nothing there; on car a, badly; car b; on the cat
        "car": Detections(
            np.array(["c", "a", "b", "a"]),
            np.array([0.9, 0.8, 0.7, 0.6]),
            np.array([[70, 70, 90, 90], [0, 0, 10, 4], [0, 0, 10, 10], [50, 50, 60, 60]], float),
        )
    }
    result, _ = gains_of(images, found, "voc10_area")
    # AP of the car: one of three found, at precision 1/3
    assert result["car"][Verdict.BACKGROUND] == pytest.approx(1 / 3 * 1 / 2 - 1 / 9)
    assert result["car"][Verdict.POORLY_PLACED] == pytest.approx(2 / 3 * 2 / 3 - 1 / 9)
    assert result["car"][Verdict.OTHER_CLASS] == pytest.approx(0)
    assert result["cat"][Verdict.OTHER_CLASS] == pytest.approx(1)
    assert result["car"][MISSED] == pytest.approx(1 / 2 * 1 / 3 - 1 / 9)  # car c
    assert result["cat"][MISSED] == 0
    assert np.isnan(result["dog"][Verdict.BACKGROUND])
    assert set(result["car"]) == set(REPAIRS)


def test_a_class_whose_objects_are_all_missed_gains_nothing_by_leaving_them_out():
    images = [picture("a", ("car", [0, 0, 10, 10]))]
    result, _ = gains_of(images, {"car": on("a", [50, 50, 60, 60])}, "voc07_11point")
    assert result["car"][MISSED] == 0


def test_tide_itself_gives_the_same_gains(monkeypatch):
    """Figures of tidecv 1.0.1 on these detections, mAP and gains in percent.

    `by_tide` are its own. For `alike` its program was changed in what `core.evaluation.repairs` names: a
    duplicate is looked for before an error of class; errors of class are told apart by similarity, and those
    that lie too badly to be corrected belong to them; the surest error on an object is that of its kind.
    """
    by_tide = {"map": 5.252014848216532, Verdict.BACKGROUND: 3.006382688326025}
    alike = {
        Verdict.DUPLICATE: 0.114697876887,
        Verdict.POORLY_PLACED: 6.038892006776,
        Verdict.SIMILAR_CLASS: 1.882385633005,
        Verdict.OTHER_CLASS: 10.782752907589,
        Verdict.BACKGROUND: 3.006382688326,
        MISSED: 0.104759955668,
    }

    def at_101_points(recall: np.ndarray, precision: np.ndarray) -> float:
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)
        return float(best[np.searchsorted(recall, np.arange(101) / 100)].mean())

    monkeypatch.setitem(METRICS, "coco", ApMetric("coco", "at 101 points", "", at_101_points, range(0)))
    rng = np.random.default_rng(1)
    images = []
    for image in random_images(rng, 300):
        objects = [VocObject(each.name, each.box, False, False) for each in spread(image).objects]
        images.append(VocImage(image.id, image.path, 130, 130, tuple(objects)))
    found = {
        name: Detections(each.images, each.scores + rng.random(len(each.scores)) * 1e-4, each.boxes)
        for name, each in random_detections(rng, images, 1500).items()
    }
    diagnosis = diagnose(images, found, "coco")
    assert 100 * diagnosis.mean_ap == pytest.approx(by_tide["map"], abs=1e-9)
    gained = {kind: 100 * gain for kind, gain in diagnosis.mean_without.items()}
    assert gained[Verdict.BACKGROUND] == pytest.approx(by_tide[Verdict.BACKGROUND], abs=1e-9)
    assert gained == pytest.approx(alike, abs=1e-9)
    counts = [each.detections.counts() for each in diagnosis.measured]
    assert sum(each[Verdict.POORLY_PLACED] for each in counts) == 623
    assert sum(each[Verdict.BACKGROUND] for each in counts) == 2264
