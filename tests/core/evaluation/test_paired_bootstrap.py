"""Differences of two detectors on the same resamples of the pictures."""

import numpy as np
import pytest

from core.errors import StudioError
from core.evaluation.bootstrap import interval_of
from core.evaluation.diagnosis import diagnose
from core.evaluation.paired_bootstrap import ResampledAps, paired_differences
from tests.core.evaluation.crowds import random_detections, random_images

METRIC = "voc10_area"


@pytest.fixture(scope="module")
def images():
    return random_images(np.random.default_rng(3), 25)


@pytest.fixture(scope="module")
def diagnoses(images):
    """Of four runs on the same pictures."""
    rng = np.random.default_rng(5)
    return [diagnose(images, random_detections(rng, images, 60), METRIC) for _ in range(4)]


def compared(ours, theirs):
    return paired_differences(*([ResampledAps.of(one) for one in each] for each in (ours, theirs)))


def ends(apart, gain):
    """The middle 95 % of the resamples, around what was measured."""
    return np.nanquantile(apart, [0.025, 0.975]) - np.nanmean(apart) + gain


def test_a_detector_does_not_differ_from_itself(diagnoses):
    found = compared(diagnoses[:1], diagnoses[:1])
    for one in (*found.classes.values(), found.mean):
        assert (one.gain, one.interval.low, one.interval.high) == (0, 0, 0)
        assert not one.is_clear


def test_the_interval_is_of_the_difference_in_each_resample(diagnoses):
    a, b = diagnoses[:2]
    found = compared([a], [b])
    assert list(found.classes) == [one.name for one in a.measured]
    for name, one in found.classes.items():
        apart = a.classes[name].resampled - b.classes[name].resampled
        gain = a.classes[name].ap - b.classes[name].ap
        assert one.gain == pytest.approx(gain)
        assert (one.interval.low, one.interval.high) == pytest.approx(ends(apart, gain))
    assert found.mean.gain == pytest.approx(a.mean_ap - b.mean_ap)
    swapped = compared([b], [a])
    assert swapped.mean.interval.low == pytest.approx(-found.mean.interval.high)


def test_pairing_takes_out_what_a_picture_does_to_both(images):
    """Two detectors that are alike but in one picture are told apart much better than two of their kind."""
    rng = np.random.default_rng(7)
    found = random_detections(rng, images, 60)
    a = diagnose(images, found, METRIC)
    lower = {name: one for name, one in found.items()}
    name = a.measured[0].name
    one = lower[name]
    lower[name] = type(one)(one.images, np.where(one.images == one.images[0], -1.0, one.scores), one.boxes)
    b = diagnose(images, lower, METRIC)
    paired = compared([a], [b]).classes[name].interval.half
    each = a.classes[name], b.classes[name]
    alone = sum(interval_of(one.resampled, one.ap).half for one in each)
    assert paired < alone / 2


def test_of_several_seeds_the_means_are_compared(diagnoses):
    found = compared(diagnoses[:2], diagnoses[2:])
    mean = np.mean([one.mean_ap for one in diagnoses[:2]]) - np.mean([one.mean_ap for one in diagnoses[2:]])
    assert found.mean.gain == pytest.approx(mean)
    resampled = [one.resampled for one in diagnoses]
    apart = (resampled[0] + resampled[1] - resampled[2] - resampled[3]) / 2
    assert found.mean.interval.low == pytest.approx(ends(apart, mean)[0])


def test_other_pictures_cannot_be_compared(diagnoses):
    others = random_images(np.random.default_rng(4), 24)
    other = diagnose(others, random_detections(np.random.default_rng(5), others, 60), METRIC)
    with pytest.raises(StudioError, match="different pictures; choose runs on the same set"):
        compared(diagnoses[:1], [other])
