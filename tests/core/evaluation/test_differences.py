import math

import pytest

from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation.differences import baseline_of, difference, disagreement, rows_named, signed
from core.evaluation.table1 import UNKNOWN, paper_rows
from tests.core.evaluation.evaluated import row

WITHOUT_COW = dict.fromkeys(CLASSES, 30.0) | {"cow": math.nan}


def named(name, part):
    return next(row for row in paper_rows() if (row.start, row.part) == (name, part))


def test_the_paper_s_own_differences():
    # Section 4: "AssociationNet-obj and AssociationNet-tr outperform RandomNet by 3.9% and 2.6% mAP"; with
    # several scales objtr is 1.9 above SlowFeat-objtr and 3.7 above RandomNet, Caltech101Net 0.9 below obj
    one, several = "voc2007", "voc2007_sa"
    said = [
        ("AssociationNet-obj", "RandomNet", one, "+3.9"),
        ("AssociationNet-tr", "RandomNet", one, "+2.6"),
        ("AssociationNet-objtr", "SlowFeat-objtr", several, "+1.9"),
        ("AssociationNet-objtr", "RandomNet", several, "+3.7"),
        ("Caltech101Net", "AssociationNet-obj", several, "-0.9"),
    ]
    for name, baseline, part, points in said:
        of = difference(named(name, part), named(baseline, part))
        assert (signed(of.mean_ap), of.reason) == (points, "")
    assert difference(named("RandomNet", one), named("Caltech101Net", one)).aps["cow"] == pytest.approx(-5.6)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"start": "AssociationNet-obj", "run": "b", "mean_ap": 40.0}, ""),
        ({"objects": None}, ""),
        (
            {"year": 2012, "set": "val", "metric": "voc10_area"},
            "measured on VOC 2012 val by area, not VOC 2007 test at eleven points",
        ),
        (
            {"metric": "voc10_area"},
            "measured on VOC 2007 test by area, not VOC 2007 test at eleven points",
        ),
        (
            {"overlap": 0.7},
            "measured on VOC 2007 test at eleven points, correct from an IoU of 0.7, not "
            "VOC 2007 test at eleven points",
        ),
        ({"objects": 95}, "measured on 95 objects, not 12,032"),
        ({"aps": WITHOUT_COW}, "mean of 19 classes; cow has no test object, not mean of 20 classes"),
        ({"scales": "multi"}, "trained at several scales, not at one scale"),
        ({"network": "tiny"}, "tiny network, not paper"),
        ({"train_set": "VOC 2007 train"}, "trained on VOC 2007 train, not VOC 2007 trainval"),
        ({"schedule": "quick"}, "schedule quick, not seed_40k"),
        ({"network": UNKNOWN}, "its network is not recorded"),
        (
            {"network": "tiny", "train_set": "VOC 2012 trainval"},
            "tiny network, not paper; trained on VOC 2012 trainval, not VOC 2007 trainval",
        ),
    ],
)
def test_differences_are_taken_only_between_rows_that_agree(changes, reason):
    for baseline in (named("RandomNet", "voc2007"), row()):
        assert disagreement(row(**changes), baseline) == reason
        of = difference(row(**changes), baseline)
        assert math.isnan(of.mean_ap) == bool(reason)
        assert all(math.isnan(points) for points in of.aps.values()) == bool(reason)


def test_rows_disagree_both_ways():
    assert disagreement(row(), row(network="tiny")) == "paper network, not tiny"
    assert disagreement(row(), row(network=UNKNOWN)) == "the baseline's network is not recorded"
    assert disagreement(row(scales=UNKNOWN), row(scales=UNKNOWN)) == "its choice of scales is not recorded"
    assert disagreement(row(set=UNKNOWN), row(set=UNKNOWN)).startswith("measured on VOC 2007 (set not")
    assert (
        disagreement(row(year=0), row(year=0))
        == "measured on VOC of a year not recorded, test at eleven points"
    )


def test_each_row_is_compared_with_the_baseline_that_agrees_with_it():
    baselines = [*rows_named("RandomNet", paper_rows()), row(network="tiny"), row(run="b")]
    assert baseline_of(named("AssociationNet-obj", "voc2007"), baselines).is_quoted
    assert baseline_of(named("AssociationNet-obj", "voc2007_sa"), baselines).part == "voc2007_sa"
    assert baseline_of(row(run="c", start="SlowFeat-obj"), baselines).run == "b"  # a run before the paper's
    assert baseline_of(row(run="c", network="tiny"), baselines).run == "a"
    assert baseline_of(row(network="small"), baselines).part == "voc2007"  # none agrees: of its part


def test_a_baseline_is_named_by_start_run_or_both():
    rows = [*paper_rows(), row(run="b")]
    assert len(rows_named("RandomNet", rows)) == 4
    assert rows_named("b", rows) == rows_named("RandomNet (b)", rows) == rows[-1:]
    with pytest.raises(StudioError, match="no row 'x'; name one of the table, such as RandomNet, Cal"):
        rows_named("x", rows)


def test_points_have_a_sign_and_no_negative_zero():
    assert [signed(value) for value in (1.94, -0.04, 0.0, -1.0, math.nan)] == [
        *("+1.9", "+0.0", "+0.0", "-1.0", "n/a")
    ]
