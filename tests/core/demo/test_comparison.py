import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_rel

from core.demo.comparison import seed_table, verdict
from core.evaluation.intervals import Interval
from tests.core.demo.comparisons import comparison

# two starts, six seeds
OURS = [46.6, 47.4, 45.5, 50.9, 43.6, 44.3]
THEIRS = [41.5, 39.0, 43.0, 35.2, 39.8, 39.3]


def test_the_interval_is_that_of_students_paired_test():
    of = comparison(OURS, THEIRS)
    low, high = ttest_rel(OURS, THEIRS).confidence_interval(0.95)
    assert of.difference.mean - of.difference.half == pytest.approx(low)
    assert of.difference.mean + of.difference.half == pytest.approx(high)
    assert of.verdict == "ahead by 6.8 ± 5.0 over 6 seeds"


def test_seeds_are_paired_and_not_pooled():
    """The same gain at every seed is sure, however far the seeds lie apart."""
    assert comparison([10.0, 30.0, 50.2], [9.0, 29.0, 49.0]).verdict == "ahead by 1.1 ± 0.3 over 3 seeds"


@pytest.mark.parametrize(
    ("mean", "half", "count", "says"),
    [
        (4.1, 1.9, 5, "ahead by 4.1 ± 1.9 over 5 seeds"),
        (-4.1, 1.9, 5, "behind by 4.1 ± 1.9 over 5 seeds"),
        (4.1, 4.2, 5, "no difference that 5 seeds can tell, +4.1 ± 4.2"),
        (-4.1, 4.2, 5, "no difference that 5 seeds can tell, -4.1 ± 4.2"),
        (0.0, 0.0, 3, "no difference that 3 seeds can tell, +0.0 ± 0.0"),
        (9.0, math.nan, 1, "+9.0, and one seed tells no difference"),
    ],
)
def test_the_words_follow_from_the_interval(mean, half, count, says):
    assert verdict(Interval(mean, half, count)) == says


def test_the_sentence_names_both_starts_and_what_the_numbers_are():
    assert comparison(OURS, THEIRS).sentence == (
        "Ours against Theirs: ahead by 6.8 ± 5.0 over 6 seeds (points of mAP; mean and 95 % t-interval, "
        "paired by seed)."
    )
    assert comparison([3.0], [2.0]).sentence == "Ours against Theirs: +1.0, and one seed tells no difference."


def test_what_was_measured_unlike_is_not_compared():
    of = comparison([30.0, 31.0], [20.0, 21.0], objects=19)
    assert of.sentence == "Ours and Theirs cannot be compared: measured on 20 objects, not 19."
    assert of.verdict == "not measured alike"
    values = json.loads(json.dumps(of.as_dict(), allow_nan=False))
    assert (values["difference"], values["points"], values["half_width"]) == (None, [None, None], None)


def test_a_class_has_a_difference_of_its_own():
    cat = comparison([30.0, 34.0], [20.0, 22.0]).of_class("cat")
    assert cat.mean == pytest.approx(11.0)
    # two differences, 10 and 12: their interval is 12.7 standard errors, which are 1
    assert cat.half == pytest.approx(12.706, abs=1e-3)


def test_as_json_it_can_be_worked_out_again():
    values = json.loads(json.dumps(comparison(OURS, THEIRS).as_dict(), allow_nan=False))
    assert values["map"] == [OURS, THEIRS]
    assert values["points"] == pytest.approx(np.subtract(OURS, THEIRS))
    assert values["difference"] == pytest.approx(np.mean(np.subtract(OURS, THEIRS)))
    assert values["seeds"] == [0, 1, 2, 3, 4, 5]
    assert comparison([3.0], [2.0]).as_dict()["half_width"] is None


def test_the_table_has_a_column_for_each_seed():
    other = replace(comparison([50.0, 50.0], [41.5, 39.0]), names=("Third", "Theirs"))
    lines = seed_table([comparison([46.6, 7.4], [41.5, 39.0]), other]).splitlines()
    assert [line.split() for line in lines] == [
        ["mAP,", "%", "seed", "0", "seed", "1", "mean"],
        ["Ours", "46.6", "7.4", "27.0"],
        ["Third", "50.0", "50.0", "50.0"],
        ["Theirs", "41.5", "39.0", "40.2"],
        ["Ours,", "difference", "+5.1", "-31.6", "-13.2", "±", "233.2"],
        ["Third,", "difference", "+8.5", "+11.0", "+9.8", "±", "15.9"],
    ]
    assert lines[0].index("seed 1") + len("seed 1") == lines[1].index("7.4") + len("7.4")
