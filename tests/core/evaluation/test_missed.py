from pathlib import Path

import numpy as np
import pytest

from core import geometry
from core.datasets.voc import VocImage, VocObject
from core.evaluation.diagnosis import diagnose
from core.evaluation.judging import SetObjects, judge
from core.evaluation.missed import SIZES, ClassObjects
from core.evaluation.voc_ap import METRICS, Detections, Objects, evaluate_class
from tests.core.evaluation.crowds import NAMES, random_detections, random_images
from tests.core.evaluation.test_judging import on, picture


def of_class(name, images, found, overlap=0.5):
    objects = SetObjects.of(images)
    judged, touches = judge(name, found, objects, overlap)
    return ClassObjects.read(name, judged, touches, objects), judged


def squares(*sides: float) -> list[VocImage]:
    return [picture(f"{n:03}", ("car", [0, 0, side, side])) for n, side in enumerate(sides)]


def test_sizes_are_tenths_of_the_class():
    found, judged = of_class("car", squares(*range(1, 101)), Detections.none())
    sizes = [each.size for each in found.missed(judged, 0)]
    assert [sizes.count(size) for size in SIZES] == [10, 20, 40, 20, 10]
    assert sizes == sorted(sizes, key=SIZES.index)


def test_an_object_as_large_as_a_limit_is_of_the_smaller_size():
    found, judged = of_class("car", squares(5), Detections.none())
    assert [each.size for each in found.missed(judged, 0)] == ["XS"]
    assert found.limits.tolist() == [25] * 4


def test_what_is_missed_depends_on_the_threshold():
    images = [picture("a", ("car", [0, 0, 10, 10]), ("cat", [0, 0, 9, 9]), ("car", [40, 40, 50, 50]))]
    # scores 1, 0.75, 0.5
    found, judged = of_class("car", images, on("a", [0, 0, 10, 4], [0, 0, 10, 8], [40, 40, 50, 44]))
    assert [(each.number, each.best_overlap) for each in found.missed(judged, 0.9)] == [
        (0, pytest.approx(0.4)),
        (2, 0),
    ]
    assert [(each.number, each.best_overlap) for each in found.missed(judged, 0.75)] == [(2, 0)]
    assert [(each.number, each.best_overlap) for each in found.missed(judged, -np.inf)] == [
        (2, pytest.approx(0.4))
    ]
    (missed,) = found.missed(judged, 0.5)
    assert missed.image == "a"
    np.testing.assert_array_equal(missed.box, [40, 40, 50, 50])


def test_objects_that_are_cut_off_crowded_or_difficult():
    def car(x: float, difficult: bool = False, truncated: bool = False) -> VocObject:
        return VocObject("car", np.array([x, 0, x + 10, 10], np.float32), difficult, truncated)

    objects = (car(0), car(8), car(16, difficult=True), car(40, truncated=True), car(60, difficult=True))
    images = [VocImage("a", Path("absent.jpg"), 100, 100, objects)] * 1
    found, judged = of_class("car", images, on("a", [40, 0, 50, 10]))
    missed = found.missed(judged, 0)
    # 8 to 16: IoU 2 / 18, which is a crowd; a difficult one makes one, but is not missed itself
    assert [(each.number, each.crowded, each.truncated) for each in missed] == [
        (0, True, False),
        (1, True, False),
    ]
    recalls = {each.name: (each.found, each.objects) for each in found.recalls(0)}
    assert recalls["truncated"] == (1, 1)
    assert recalls["whole"] == (0, 2)
    assert recalls["crowded"] == (0, 2)
    assert recalls["alone"] == (1, 1)


def test_two_make_a_crowd_wherever_they_stand_among_the_others():
    for between in range(3):
        others = [("car", [100 * n, 50, 100 * n + 9, 59]) for n in range(between)]
        images = [picture("a", ("car", [0, 0, 10, 10]), *others, ("car", [0, 2, 10, 12]))]
        found, judged = of_class("car", images, Detections.none())
        assert [each.crowded for each in found.missed(judged, 0)] == [True, *[False] * between, True]


def test_crowds_are_found_among_any_number_of_objects():
    rng = np.random.default_rng(1)
    images = random_images(rng, 60, ("car",))
    found, judged = of_class("car", images, Detections.none())
    crowded = {(each.image, each.number): each.crowded for each in found.missed(judged, 0)}
    for image in images:
        for number, each in enumerate(image.objects):
            others = [other.box for place, other in enumerate(image.objects) if place != number]
            near = any(geometry.iou(each.box.astype(float), other.astype(float)) >= 0.1 for other in others)
            assert each.difficult or crowded[image.id, number] == near
    assert {True, False} == set(crowded.values())


@pytest.mark.parametrize("metric", METRICS)
def test_ap_by_size_is_that_of_the_evaluation_with_other_sizes_made_difficult(metric):
    rng = np.random.default_rng(4)
    images = random_images(rng, 40)
    detections = random_detections(rng, images, 200)
    for name in NAMES:
        found, judged = of_class(name, images, detections[name])
        areas = np.array(
            [
                geometry.areas(each.box.astype(float))
                for image in images
                for each in image.objects
                if each.name == name and not each.difficult
            ]
        )
        limits = [-1, *np.quantile(areas, (0.1, 0.3, 0.7, 0.9)), np.inf]
        result = found.by_size(judged, metric)
        assert sum(each.objects for each in result.values()) == len(areas)
        for size, low, high in zip(SIZES, limits, limits[1:], strict=False):

            def is_of_size(box: np.ndarray, low: float = low, high: float = high) -> bool:
                return bool(low < geometry.areas(np.asarray(box, float)) <= high)

            truth, kept = {}, []
            for image in images:
                boxes = [each for each in image.objects if each.name == name]
                truth[image.id] = Objects(
                    np.array([each.box for each in boxes], float).reshape(-1, 4),
                    np.array([each.difficult or not is_of_size(each.box) for each in boxes], bool),
                )
            for row, (id, box) in enumerate(
                zip(detections[name].images, detections[name].boxes, strict=True)
            ):
                boxes = truth[str(id)].boxes
                hits = len(boxes) and geometry.iou(box[None], boxes).max() >= 0.5
                if hits or is_of_size(box):
                    kept.append(row)
            some = Detections(
                detections[name].images[kept], detections[name].scores[kept], detections[name].boxes[kept]
            )
            expected = evaluate_class(some, truth, metric)
            assert result[size].objects == expected.objects
            assert result[size].ap == pytest.approx(expected.ap, abs=1e-12, nan_ok=True)


def test_ap_by_size_worked_by_hand():
    images = squares(*range(1, 11))
    ids = [image.id for image in images]
    # the smallest is found second, after a false one of its size; one of the size of the largest comes first
    found = Detections(
        np.array([ids[5], ids[5], ids[0]]),
        np.array([0.9, 0.8, 0.7]),
        np.array([[50, 50, 60, 60], [80, 80, 81, 81], [0, 0, 1, 1]], float),
    )
    classes = diagnose(images, {"car": found}, "voc10_area").classes
    by_size = classes["car"].by_size
    assert by_size["XS"].ap == pytest.approx(1 / 2)
    assert [by_size[size].ap for size in SIZES[1:]] == [0, 0, 0, 0]
    assert [by_size[size].objects for size in SIZES] == [1, 2, 4, 2, 1]
    assert all(np.isnan(each.ap) and each.objects == 0 for each in classes["dog"].by_size.values())
