import numpy as np
import pytest

from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation.diagnosis import diagnose
from core.evaluation.picture_differences import differing_pictures
from core.evaluation.repairs import REPAIRS
from core.evaluation.verdicts import Verdict
from core.evaluation.voc_ap import METRICS, Detections, evaluate, truth_of
from tests.core.evaluation.crowds import NAMES, random_detections, random_images
from tests.core.evaluation.test_judging import picture


@pytest.mark.parametrize("metric", METRICS)
def test_a_diagnosis_has_the_aps_of_the_evaluation(metric):
    rng = np.random.default_rng(0)
    images = random_images(rng, 30)
    found = random_detections(rng, images, 200)
    seen = []
    diagnosis = diagnose(images, found, metric, on_class=seen.append)
    expected = evaluate(found, truth_of(images), metric)
    assert [each.name for each in seen] == list(CLASSES)
    assert list(diagnosis.classes) == list(CLASSES)
    for name, each in diagnosis.classes.items():
        np.testing.assert_equal(each.ap, expected.classes[name].ap)
        assert each.objects == expected.classes[name].objects
    assert diagnosis.mean_ap == expected.mean_ap
    assert [each.name for each in diagnosis.measured] == sorted(NAMES)
    assert diagnosis.mean_interval.low < diagnosis.mean_ap < diagnosis.mean_interval.high
    assert set(diagnosis.mean_without) == set(REPAIRS)
    for kind, gain in diagnosis.mean_without.items():
        assert gain == pytest.approx(np.mean([diagnosis.classes[name].without[kind] for name in NAMES]))
    # the mean of all resamples, one by one
    means = np.mean([diagnosis.classes[name].resampled for name in NAMES], axis=0)
    np.testing.assert_allclose(diagnosis.resampled, means)


def test_a_set_without_objects_has_no_ap_and_no_gains():
    diagnosis = diagnose([picture("a")], {}, "voc07_11point")
    assert np.isnan(diagnosis.mean_ap)
    assert np.isnan(diagnosis.mean_interval.low)
    assert np.isnan(diagnosis.mean_without[Verdict.BACKGROUND])


def detections(*rows):
    """Of rows (image, score, x1, y1, x2, y2)."""
    return Detections(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows], float),
        np.array([row[2:] for row in rows], float).reshape(-1, 4),
    )


def test_pictures_are_ranked_by_how_many_mistakes_fewer_one_detector_makes():
    car, far = [0, 0, 10, 10], [50, 50, 60, 60]
    images = [picture(id, ("car", car), ("car", [20, 0, 30, 10])) for id in "ab"] + [picture("c")]
    # four objects, so the four surest count; the fifth, which is true, does not
    first = detections(
        ("a", 0.9, *car),
        ("a", 0.8, 20, 0, 30, 10),
        ("b", 0.7, *car),
        ("c", 0.6, *far),
        ("b", 0.5, 20, 0, 30, 10),
    )
    second = detections(("a", 9, *far), ("b", 8, 20, 0, 30, 10), ("a", 7, *car), ("a", 6, *far))
    a, b = (diagnose(images, {"car": each}, "voc10_area") for each in (first, second))
    differences = differing_pictures(a, b)
    # a: the first makes no mistake, the second misses one and has two false ones
    # b: one each, but not the same object; c: a false one of the first
    assert [(each.image, each.gain) for each in differences] == [("a", 3), ("c", -1), ("b", 0)]
    of_a = differences[0].findings
    assert of_a[0].objects == {0, 1}
    assert (of_a[1].objects, of_a[1].missed, of_a[1].false) == ({0}, 1, 2)
    assert of_a[1].rows["car"].tolist() == [0, 2, 3]
    assert [each.gain for each in differing_pictures(b, a, "car")] == [-3, 1, 0]
    assert differing_pictures(a, b, "cat") == ()
    assert differing_pictures(a, a) == ()


def test_of_equal_gains_that_comes_first_where_another_object_is_found():
    car = [0, 0, 10, 10]
    images = [picture("a"), picture("b", ("car", car)), picture("c", ("car", car))]
    a = diagnose(images, {"car": detections(("a", 0.9, *car))}, "voc10_area")
    b = diagnose(images, {"car": detections(("c", 0.9, *car))}, "voc10_area")
    assert [(each.image, each.gain) for each in differing_pictures(a, b)] == [("c", -1), ("a", -1)]


def test_the_gains_of_pictures_add_up_to_twice_the_objects_found_more():
    rng = np.random.default_rng(6)
    images = random_images(rng, 40)
    a, b = (diagnose(images, random_detections(rng, images, 200), "voc10_area") for _ in range(2))
    differences = differing_pictures(a, b)

    def found(of):
        total = 0
        for each in of.measured:
            counted = ~each.detections.are(Verdict.IGNORED)
            total += np.count_nonzero(each.detections.are(Verdict.TRUE)[counted][: each.objects])
        return total

    assert sum(each.gain for each in differences) == 2 * (found(a) - found(b))
    gains = [abs(each.gain) for each in differences]
    assert gains == sorted(gains, reverse=True)


def test_runs_on_different_pictures_or_at_different_overlaps_are_not_compared():
    one = diagnose([picture("a")], {}, "voc10_area")
    with pytest.raises(StudioError, match="different pictures"):
        differing_pictures(one, diagnose([picture("b")], {}, "voc10_area"))
    with pytest.raises(StudioError, match="measured on different classes; choose runs of the same classes"):
        differing_pictures(one, diagnose([picture("a")], {}, "voc10_area", names=("cat", "helmet")))
    with pytest.raises(StudioError, match=r"different overlaps, 0.5 and 0.7"):
        differing_pictures(one, diagnose([picture("a")], {}, "voc10_area", overlap=0.7))
