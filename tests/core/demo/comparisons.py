"""Comparisons of two starts by hand: rows that were measured alike, with the mAP that is wanted."""

import math

from core.datasets.voc import CLASSES
from core.demo.comparison import Comparison
from core.evaluation.table1 import TableRow


def row(start, mean_ap, **others):
    """One that measured cats and dogs, cats ten points better."""
    aps = dict.fromkeys(CLASSES, math.nan) | {"cat": mean_ap + 5, "dog": mean_ap - 5}
    conditions = {
        **{"year": 2007, "set": "test", "objects": 20, "metric": "voc07_11point", "scales": "single"},
        **{"network": "tiny", "train_set": "VOC 2007 trainval", "schedule": "quick"},
    }
    return TableRow(start=start, run=f"{start}-run", aps=aps, mean_ap=mean_ap, **{**conditions, **others})


def comparison(first, second, **others):
    """Of mAPs seed by seed; `others` are conditions of the second start alone."""
    return Comparison(
        ("Ours", "Theirs"),
        tuple(range(len(first))),
        tuple(row("Ours", mean_ap) for mean_ap in first),
        tuple(row("Theirs", mean_ap, **others) for mean_ap in second),
    )
