"""What AP would be if one kind of error were repaired.

Source: TIDE (Bolya, Foley, Hays and Hoffman, ECCV 2020), Section 2.2, of whose choices we differ in these:
detections are matched as VOC does (no second-best object is tried), AP is VOC's, errors of class are told
apart by how similar the classes are (there: by how well the box lies), a duplicate comes before an error of
class, and of several errors on one object the surest of the same kind is repaired (there: of any kind).
"""

from collections.abc import Mapping

import numpy as np

from core.evaluation.judging import JudgedDetections, SetObjects
from core.evaluation.missed import ap_of
from core.evaluation.verdicts import ERRORS, Verdict

MISSED = "missed"
"""Of objects that are neither found nor could be by the repair of another error."""

REPAIRS: Mapping[str, str] = {
    Verdict.DUPLICATE: "taken out",
    Verdict.POORLY_PLACED: "put on its object if nothing else finds that, else taken out",
    Verdict.SIMILAR_CLASS: "given the class of its object if its box finds that and nothing else does, "
    "else taken out",
    Verdict.OTHER_CLASS: "given the class of its object if its box finds that and nothing else does, "
    "else taken out",
    Verdict.BACKGROUND: "taken out",
    MISSED: "not counted as an object",
}
"""How each kind of error is repaired."""


def gains(
    judged: Mapping[str, JudgedDetections], objects: SetObjects, metric: str, overlap: float
) -> dict[str, dict[str, float]]:
    """How much AP each class gains, 0..1, if one kind of error were repaired in all classes.

    A detection that is given another class leaves its own and counts there, so both may gain; the mean over
    the classes is the gain of mAP.

    Returns:
        By class, then by the keys of `REPAIRS`; NaN for a class without objects.
    """
    found = np.zeros(len(objects.classes), bool)
    for each in judged.values():
        found[_objects_of(each, each.are(Verdict.TRUE), objects)] = True
    wanting = ~found & ~objects.difficult
    reachable = np.zeros(len(objects.classes), bool)
    result: dict[str, dict[str, float]] = {name: {} for name in judged}
    counts = {name: int(np.count_nonzero(~objects.difficult & objects.are(name))) for name in judged}
    now = {name: _ap(each, metric, counts[name]) for name, each in judged.items()}
    for verdict in ERRORS:
        given = _repaired(judged, verdict, objects, wanting, overlap)
        for name, each in judged.items():
            scores = given[name]
            result[name][verdict] = _ap(each, metric, counts[name], verdict, scores[0]) - now[name]
            reachable[scores[1]] = True
    for name, each in judged.items():
        of_class = objects.are(name)
        left = counts[name] - int(np.count_nonzero(of_class & wanting & ~reachable))
        # where no object is left, nothing can be gained
        result[name][MISSED] = _ap(each, metric, left) - now[name] if left else 0.0 * now[name]
    return result


def _ap(
    judged: JudgedDetections,
    metric: str,
    objects: int,
    repaired: Verdict | None = None,
    given: np.ndarray | None = None,
) -> float:
    """AP without the detections of a verdict, and with true ones of the scores that are given."""
    kept = ~judged.are(Verdict.IGNORED)
    if repaired is not None:
        kept &= ~judged.are(repaired)
    scores, true = judged.scores[kept], judged.are(Verdict.TRUE)[kept]
    if given is not None and len(given):
        scores, true = np.append(scores, given), np.append(true, np.ones(len(given), bool))
        true = true[np.argsort(-scores, kind="stable")]
    return ap_of(true, objects, metric)


def _repaired(
    judged: Mapping[str, JudgedDetections],
    verdict: Verdict,
    objects: SetObjects,
    wanting: np.ndarray,
    overlap: float,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each class the scores of the errors that become true detections of it, and their objects."""
    scores, targets = [np.zeros(0)], [np.zeros(0, np.int64)]
    if verdict in (Verdict.POORLY_PLACED, Verdict.SIMILAR_CLASS, Verdict.OTHER_CLASS):
        for each in judged.values():
            rows = each.are(verdict)
            if verdict is not Verdict.POORLY_PLACED:
                rows = rows & (each.overlaps >= overlap)
            scores.append(each.scores[rows])
            targets.append(_objects_of(each, rows, objects))
    score, target = np.concatenate(scores), np.concatenate(targets)
    order = np.argsort(-score, kind="stable")
    order = order[wanting[target[order]]]
    order = order[np.unique(target[order], return_index=True)[1]]  # the surest of each object
    score, target = score[order], target[order]
    return {name: (score[rows], target[rows]) for name in judged for rows in (objects.are(name)[target],)}


def _objects_of(judged: JudgedDetections, rows: np.ndarray, objects: SetObjects) -> np.ndarray:
    """The places in the set of the objects that some detections are on."""
    return np.asarray(objects.starts[judged.pictures[rows]] + judged.nearest[rows])
