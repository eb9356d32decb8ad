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


def test_an_interval_holds_the_middle_of_the_values_around_what_was_measured():
    values = np.append(np.arange(1001) / 1000, np.nan)
    interval = interval_of(values, 0.5)
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))
    assert interval.half == pytest.approx(0.475)
    assert interval.resamples == 1001
    lopsided = values**2 / 2  # of a mean of 1/6
    moved = interval_of(lopsided, 0.25)
    by = 0.25 - np.nanmean(lopsided)
    assert (moved.low, moved.high) == pytest.approx((0.025**2 / 2 + by, 0.975**2 / 2 + by))
    assert interval_of(values, 0.1).low == 0
    assert interval_of(values, 0.9).high == 1
    assert interval_of(values, 0.1, lowest=-1).low == pytest.approx(-0.375)
    assert np.isnan(interval_of(np.array([np.nan]), 0.5).low)


def test_the_interval_covers_the_mean_ap_of_such_sets_about_as_often_as_it_says():
    """Sets are drawn from a population of pictures; what each says is held against the mean of their APs."""
    rng = np.random.default_rng(8)
    population = random_images(rng, 1000, ("car",))
    found = random_detections(rng, population, 10_000, ("car",))["car"]
    objects = SetObjects.of(population)
    judged, _ = judge("car", found, objects, 0.5)
    counted = ~judged.are(Verdict.IGNORED)
    pictures, true = judged.pictures[counted], judged.are(Verdict.TRUE)[counted]
    of_picture = np.bincount(objects.pictures[~objects.difficult], minlength=1000)
    rows_of = [np.flatnonzero(pictures == picture) for picture in range(1000)]
    aps, intervals = [], []
    for trial in range(80):
        chosen = np.random.default_rng(trial).integers(0, 1000, 100)
        rows = np.concatenate([rows_of[picture] for picture in chosen])
        places = np.repeat(np.arange(100), [len(rows_of[picture]) for picture in chosen])
        order = np.argsort(rows, kind="stable")

        def resampled(times, places=places[order], true=true[rows[order]], objects=of_picture[chosen]):
            return resampled_aps(places, true, objects, times, "voc10_area")

        aps.append(resampled(np.ones((100, 1), np.float32))[0])
        intervals.append(interval_of(resampled(draw_pictures(100, 200, seed=trial)), aps[-1]))
    inside = sum(each.low <= np.mean(aps) <= each.high for each in intervals)
    assert 70 <= inside <= 80  # 76 by the name of the interval
