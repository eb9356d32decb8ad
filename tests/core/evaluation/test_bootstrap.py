from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.bootstrap import draw_pictures, interval_of, mean_aps, resampled_aps
from core.evaluation.diagnosis import diagnose
from core.evaluation.judging import SetObjects, judge
from core.evaluation.verdicts import Verdict
from core.evaluation.voc_ap import METRICS, Detections, evaluate_class, truth_of
from tests.core.evaluation.crowds import NAMES, random_detections, random_images


def evaluated_again(images, found, times, metric, name):
    """AP on a set in which each picture stands as often as it was drawn, each time under its own name."""
    copies = [
        replace(image, id=f"{image.id}-{copy}")
        for image, count in zip(images, times, strict=True)
        for copy in range(int(count))
    ]
    rows = [
        (f"{image}-{copy}", row)
        for row, image in enumerate(found.images.tolist())
        for copy in range(int(times[int(image)]))
    ]
    places = [row for _, row in rows]
    again = Detections(np.array([id for id, _ in rows], np.str_), found.scores[places], found.boxes[places])
    return evaluate_class(again, truth_of(copies)[name], metric).ap


@pytest.mark.parametrize("metric", METRICS)
def test_each_resample_is_what_evaluating_it_gives(metric):
    rng = np.random.default_rng(2)
    images = random_images(rng, 12)
    found = random_detections(rng, images, 150)
    diagnosis = diagnose(images, found, metric)
    times = draw_pictures(12)
    for name in NAMES:
        for resample in range(25):
            expected = evaluated_again(images, found[name], times[:, resample], metric, name)
            assert diagnosis.classes[name].resampled[resample] == pytest.approx(expected, abs=1e-12)


def test_pictures_are_drawn_with_replacement_the_same_each_time():
    times = draw_pictures(50, 200, seed=4)
    assert times.shape == (50, 200)
    assert (times.sum(axis=0) == 50).all()
    np.testing.assert_array_equal(times, draw_pictures(50, 200, seed=4))
    assert not np.array_equal(times, draw_pictures(50, 200, seed=5))
    assert times.mean() == 1
    assert times.var() == pytest.approx(1 - 1 / 50, rel=0.05)  # binomial
    # the draws of one resample as NumPy gives them
    drawn = np.random.default_rng(4).integers(0, 50, (200, 50))
    np.testing.assert_array_equal(times[:, 7], np.bincount(drawn[7], minlength=50))


def test_a_resample_without_objects_says_nothing_and_the_mean_leaves_it_out():
    times = np.array([[2, 0, 1], [0, 2, 1]], np.float32)
    objects = np.array([1, 0])
    aps = resampled_aps(np.array([0]), np.array([True]), objects, times, "voc10_area")
    np.testing.assert_array_equal(aps, [1, np.nan, 1])
    np.testing.assert_array_equal(mean_aps([aps, np.array([0.5, 0.5, 0.5])]), [0.75, 0.5, 0.75])
    assert np.isnan(mean_aps([np.full(3, np.nan)])).all()
    found_nothing = resampled_aps(np.zeros(0, int), np.zeros(0, bool), objects, times, "voc10_area")
    np.testing.assert_array_equal(found_nothing, [0, np.nan, 0])


def test_an_interval_holds_the_middle_of_the_values():
    interval = interval_of(np.append(np.arange(1001) / 1000, np.nan))
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))
    assert interval.half == pytest.approx(0.475)
    assert interval.resamples == 1001
    assert np.isnan(interval_of(np.array([np.nan])).low)


def test_the_interval_covers_the_ap_of_the_whole_population_about_as_often_as_it_says():
    """Sets are drawn from a population of pictures of which the AP is known."""
    rng = np.random.default_rng(8)
    population = random_images(rng, 400, ("car",))
    found = random_detections(rng, population, 4000, ("car",))["car"]
    whole = evaluate_class(found, truth_of(population)["car"], "voc10_area").ap
    objects = SetObjects.of(population)
    judged, _ = judge("car", found, objects, 0.5)
    counted = ~judged.are(Verdict.IGNORED)
    pictures, true = judged.pictures[counted], judged.are(Verdict.TRUE)[counted]
    of_picture = np.bincount(objects.pictures[~objects.difficult], minlength=400)
    inside = 0
    for trial in range(60):
        chosen = np.random.default_rng(trial).integers(0, 400, 100)
        rows = np.concatenate([np.flatnonzero(pictures == picture) for picture in chosen])
        places = np.repeat(np.arange(100), [np.count_nonzero(pictures == picture) for picture in chosen])
        order = np.argsort(rows, kind="stable")
        times = draw_pictures(100, 200, seed=trial)
        aps = resampled_aps(places[order], true[rows[order]], of_picture[chosen], times, "voc10_area")
        interval = interval_of(aps)
        inside += interval.low <= whole <= interval.high
    assert inside >= 50  # of 60; 57 by the name of the interval
