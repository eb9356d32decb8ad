from pathlib import Path

import numpy as np
import pytest

from core.datasets.voc import CLASSES, VocImage, VocObject
from core.errors import StudioError
from core.evaluation.judging import SetObjects, judge
from core.evaluation.verdicts import VERDICTS, Verdict, similar_to
from core.evaluation.voc_ap import METRICS, Detections, evaluate_class, truth_of
from tests.core.evaluation.crowds import NAMES, random_detections, random_images


def picture(id: str, *objects: tuple[str, list[float]], difficult: bool = False) -> VocImage:
    made = tuple(VocObject(name, np.array(box, np.float32), difficult, False) for name, box in objects)
    return VocImage(id, Path("absent.jpg"), 100, 100, made)


def on(image: str, *boxes: list[float]) -> Detections:
    """Detections in one image, the first the surest."""
    return Detections(np.array([image] * len(boxes)), np.linspace(1, 0.5, len(boxes)), np.array(boxes, float))


def test_each_kind_of_error_is_told_apart():
    image = picture(
        "a",
        ("car", [0, 0, 10, 10]),
        ("bus", [30, 0, 40, 10]),
        ("cat", [60, 0, 70, 10]),
        ("car", [0, 50, 10, 60]),
    )
    found = on(
        "a",
        [0, 0, 10, 10],  # the object itself
        [0, 0, 10, 8],  # found already
        [0, 50, 10, 54],  # IoU 0.4 with its own class
        [30, 0, 40, 10],  # a bus
        [60, 0, 70, 10],  # a cat
        [80, 80, 90, 90],  # nothing
        [60, 9, 70, 19],  # IoU 10 / 190 with the cat
    )
    judged, _ = judge("car", found, SetObjects.of([image]), 0.5)
    assert [VERDICTS[each] for each in judged.verdicts] == [
        Verdict.TRUE,
        Verdict.DUPLICATE,
        Verdict.POORLY_PLACED,
        Verdict.SIMILAR_CLASS,
        Verdict.OTHER_CLASS,
        Verdict.BACKGROUND,
        Verdict.BACKGROUND,
    ]
    assert judged.nearest.tolist() == [0, 0, 3, 1, 2, -1, -1]
    np.testing.assert_allclose(judged.overlaps, [1, 0.8, 0.4, 1, 1, 0, 10 / 190])
    assert judged.counts(0.9)[Verdict.TRUE] == 1
    assert judged.count_at(0.75) == 4


def test_in_a_list_of_its_own_no_class_is_similar_to_another():
    image = picture("a", ("bus", [0, 0, 10, 10]), ("helmet", [30, 0, 40, 10]))
    objects = SetObjects.of([image], ("helmet", "car", "bus"))
    judged, _ = judge("car", on("a", [0, 0, 10, 10], [30, 0, 40, 10]), objects, 0.5)
    assert [VERDICTS[each] for each in judged.verdicts] == [Verdict.OTHER_CLASS] * 2
    judged, _ = judge("bus", on("a", [0, 0, 10, 10]), objects, 0.5)
    assert [VERDICTS[each] for each in judged.verdicts] == [Verdict.TRUE]


def test_its_own_class_comes_before_a_similar_one_and_that_before_another():
    image = picture("a", ("cat", [0, 0, 10, 10]), ("bus", [0, 0, 10, 8]), ("car", [0, 0, 10, 2]))
    objects = SetObjects.of([image])
    own, _ = judge("car", on("a", [0, 0, 10, 10]), objects, 0.5)
    assert VERDICTS[own.verdicts[0]] is Verdict.POORLY_PLACED
    assert own.overlaps[0] == pytest.approx(0.2)
    similar, _ = judge("train", on("a", [0, 0, 10, 10]), objects, 0.5)
    assert VERDICTS[similar.verdicts[0]] is Verdict.SIMILAR_CLASS
    assert similar.nearest[0] == 1
    other, _ = judge("sofa", on("a", [0, 0, 10, 10]), objects, 0.5)
    assert VERDICTS[other.verdicts[0]] is Verdict.OTHER_CLASS
    assert other.nearest[0] == 0


def test_a_difficult_object_is_ignored_where_it_is_hit_and_counts_as_an_object_where_it_is_not():
    objects = SetObjects.of([picture("a", ("car", [0, 0, 10, 10]), difficult=True)])
    judged, _ = judge("car", on("a", [0, 0, 10, 9], [0, 0, 10, 10], [0, 0, 10, 3]), objects, 0.5)
    words = [str(VERDICTS[each]) for each in judged.verdicts]
    assert words == ["ignored", "ignored", "poorly placed"]
    assert np.isnan(judged.recall).all()


def test_the_overlap_that_is_asked_for_decides():
    objects = SetObjects.of([picture("a", ("car", [0, 0, 10, 10]))])
    for overlap, verdict in ((0.6, Verdict.TRUE), (0.61, Verdict.POORLY_PLACED), (0.05, Verdict.TRUE)):
        judged, _ = judge("car", on("a", [0, 0, 10, 6]), objects, overlap)
        assert VERDICTS[judged.verdicts[0]] is verdict


def test_classes_are_similar_as_hoiem_has_them():
    assert similar_to("bird") == {"cat", "cow", "dog", "horse", "person", "sheep", "aeroplane"}
    assert similar_to("sofa") == {"chair", "diningtable"}
    assert similar_to("bottle") == frozenset()
    for name in CLASSES:
        assert all(name in similar_to(other) for other in similar_to(name))


def test_a_detection_in_an_image_that_the_set_does_not_list_is_refused():
    with pytest.raises(StudioError, match="image b, which the set does not list"):
        judge("car", on("b", [0, 0, 1, 1]), SetObjects.of([picture("a")]), 0.5)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("overlap", [0.3, 0.5, 0.75])
def test_curves_are_exactly_those_of_the_evaluation(metric, overlap):
    rng = np.random.default_rng(7)
    images = random_images(rng, 40)
    objects, truth = SetObjects.of(images), truth_of(images)
    for name, found in random_detections(rng, images, 400).items():
        judged, _ = judge(name, found, objects, overlap)
        expected = evaluate_class(found, truth[name], metric, overlap)
        np.testing.assert_array_equal(judged.recall, expected.recall)
        np.testing.assert_array_equal(judged.precision, expected.precision)


def slow_verdict(name, image, box, taken, overlap):
    """One detection after another, as the definition reads; `taken` are objects found already."""

    def iou(a, b):
        width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        shared = max(width, 0) * max(height, 0)
        return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)

    def surest(names):
        best, number = 0.0, -1
        for place, each in enumerate(image.objects):
            shared = iou([float(v) for v in box], [float(v) for v in each.box])
            if each.name in names and shared > best:
                best, number = shared, place
        return best, number

    best, number = surest({name})
    if best >= overlap:
        if image.objects[number].difficult:
            return "ignored", number
        if (image.id, number) in taken:
            return "duplicate", number
        taken.add((image.id, number))
        return "true", number
    if best >= 0.1:
        return "poorly placed", number
    for names, word in ((similar_to(name), "similar class"), (set(CLASSES) - {name}, "other class")):
        best, number = surest(names - {name} if word == "similar class" else names - similar_to(name))
        if best >= 0.1:
            return word, number
    return "background", -1


def test_a_slow_reading_of_the_definition_agrees():
    rng = np.random.default_rng(11)
    images = random_images(rng, 30)
    by_id = {image.id: image for image in images}
    seen = set()
    for name, found in random_detections(rng, images, 300).items():
        judged, _ = judge(name, found, SetObjects.of(images), 0.5)
        taken = set()
        for row, place in enumerate(sorted(range(300), key=lambda row: -found.scores[row])):
            image = by_id[str(found.images[place])]
            assert judged.images[row] == image.id
            expected = slow_verdict(name, image, found.boxes[place], taken, 0.5)
            assert (str(VERDICTS[judged.verdicts[row]]), judged.nearest[row]) == expected
            seen.add(expected[0])
    assert seen == {str(verdict) for verdict in VERDICTS}
    assert set(NAMES) == set(random_detections(rng, images, 1))


def test_a_set_without_objects_and_a_class_without_detections_are_judged():
    judged, touches = judge("car", on("a", [0, 0, 1, 1]), SetObjects.of([picture("a")]), 0.5)
    assert VERDICTS[judged.verdicts[0]] is Verdict.BACKGROUND
    assert len(touches.objects) == 0
    judged, _ = judge("car", Detections.none(), SetObjects.of([picture("a", ("car", [0, 0, 1, 1]))]), 0.5)
    assert len(judged.verdicts) == 0
