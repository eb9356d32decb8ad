"""One place of the table of a matrix: what stands in it, in two words and in a sentence."""

import math
from dataclasses import dataclass

from core.matrix.entries import BASELINE, NETWORKS, SETTINGS
from core.matrix.names import planned_title
from core.matrix.plan import Plan
from core.matrix.state import CellState, RunState, Stage
from core.percent import percent
from core.runs.run_folder import Status
from studio.matrix.reader import MatrixReport
from studio.runs.words import count_words, duration

PRETRAINING = ""
"""The part of the columns that show what networks are pretrained; the others are of `SETTINGS`."""

_DONE, _PACKED = "done", "packed"

_OPEN = (Stage.RUNNING, Stage.DONE, Stage.FAILED, Stage.CUT)
"""Stages in which there is a run to look at."""


@dataclass(frozen=True)
class Place:
    """A network's place in a column."""

    network: str
    part: str
    seed: int


@dataclass(frozen=True)
class Entry:
    """What stands in a place.

    Attributes:
        stage: of the run; None where nothing is planned.
        text, below: the two lines in the cell.
        sentence: all there is to say.
        share: done, 0..1, of a run that goes on; None for others.
        opens: the planned name of the run that is looked at; empty where there is none.
    """

    stage: Stage | None
    text: str
    below: str
    sentence: str
    share: float | None = None
    opens: str = ""

    @property
    def is_value(self) -> bool:
        """Whether it shows a mean AP."""
        return self.stage is Stage.DONE and self.text not in (_DONE, _PACKED)


def columns(planned: Plan) -> tuple[tuple[str, int], ...]:
    """The columns of a plan, each a part and a seed: pretraining first, then the settings."""
    parts = [name for name in SETTINGS if any(cell.setting == name for cell in planned.cells)]
    if any(run.job == "pretrain" for run in planned.runs):
        parts.insert(0, PRETRAINING)
    return tuple((part, seed) for part in parts for seed in range(planned.config.seeds))


def rows(planned: Plan) -> tuple[str, ...]:
    """The networks that have a cell, in the order of the table."""
    there = {cell.network for cell in planned.cells}
    return tuple(name for name in NETWORKS if name in there)


def entries(report: MatrixReport, active: bool) -> dict[Place, Entry]:
    """Everything that stands in the table.

    Args:
        report: the matrix as it stands.
        active: whether it is being filled now; what waits else is simply to be done.
    """
    found = {}
    for each in report.state.cells:
        cell = each.cell
        found[Place(cell.network, cell.setting, cell.seed)] = _of_cell(each, report, active)
        if each.pretraining is not None:
            found[Place(cell.network, PRETRAINING, cell.seed)] = _of_run(each.pretraining)
    return found


def boxes_words(report: MatrixReport) -> str:
    """How far the boxes are that cells wait for, in a sentence; empty where they are done or not begun."""
    boxes = [each for each in report.state.runs.values() if each.run.job == "proposals"]
    begun = [each for each in boxes if each.stage in _OPEN]
    if all(each.stage is Stage.DONE for each in begun):
        return ""
    return " ".join(_of_run(each).sentence for each in begun if each.stage is not Stage.DONE)


def nothing(place: Place) -> Entry:
    """Where nothing is planned."""
    if place.part == PRETRAINING:
        return Entry(None, "none", "", f"{BASELINE} starts from random weights.")
    usual = " and ".join(sorted(SETTINGS[place.part].networks, reverse=True))
    return Entry(None, "–", "", f"{place.network} is not measured here; as in the paper, only {usual} are.")


def _of_cell(state: CellState, report: MatrixReport, active: bool) -> Entry:
    name = state.cell.name
    if name in report.archives:
        return Entry(Stage.DONE, _PACKED, "", _said(name, report.archives[name]), opens=name)
    if state.stage is Stage.DONE:
        mean, took = report.mean_aps.get(name, math.nan), _took(state.evaluation)
        value = "–" if math.isnan(mean) else f"{mean:.1f}"
        said = "done, but its ap.json is damaged" if math.isnan(mean) else f"mAP {mean:.1f} %"
        return Entry(Stage.DONE, value, took, _said(name, said, took and f"in {took}"), opens=name)
    if state.stage is not state.evaluation.stage:
        return _of_needing(state, report, active)
    return _of_run(state.evaluation)


def _of_needing(state: CellState, report: MatrixReport, active: bool) -> Entry:
    """A cell that is not begun because a run that it needs is not done."""
    name = state.cell.name
    needed = [report.state.runs[each] for each in state.cell.evaluation.needs]
    lacking = [each for each in needed if each.stage is not Stage.DONE]
    begun = {each.stage: each for each in reversed(lacking) if each.run.job != "proposals"}
    shown = next((begun[stage] for stage in (Stage.FAILED, Stage.RUNNING, Stage.CUT) if stage in begun), None)
    opens = shown.run.name if shown is not None else ""
    if state.stage is Stage.FAILED:
        failed = next(each for each in lacking if each.stage is Stage.FAILED)
        said = f"{planned_title(failed.run.name)} failed: {failed.error}"
        return Entry(Stage.FAILED, "failed", "", _said(name, said), opens=opens)
    waits = f"waits for {', '.join(planned_title(each.run.name) for each in lacking)}"
    if not active:
        return Entry(Stage.MISSING, "to do", "", _said(name, "to be done"), opens=opens)
    return Entry(Stage.WAITING, "waiting", "", _said(name, waits), opens=opens)


def _of_run(state: RunState) -> Entry:
    name, status = state.run.name, state.status
    if state.stage is Stage.DONE:
        took = _took(state)
        return Entry(Stage.DONE, _DONE, took, _said(name, _DONE, took and f"in {took}"), opens=name)
    if state.stage is Stage.RUNNING:
        share = _share(status)
        left = duration(status.eta) if status.eta is not None else ""
        parts = (status.what or "running", count_words(status), left and f"{left} left")
        text = "starting" if share is None else percent(share)
        return Entry(Stage.RUNNING, text, left, _said(name, *parts), share or 0.0, name)
    if state.stage is Stage.FAILED:
        return Entry(Stage.FAILED, "failed", "", _said(name, f"failed: {state.error}"), opens=name)
    if state.stage is Stage.CUT:
        share = _share(status)
        at = "" if share is None else f"at {percent(share)}"
        said = f"was cut {at}".rstrip() + "; it goes on from what it saved"
        return Entry(Stage.CUT, "cut", at, _said(name, said), opens=name)
    return Entry(Stage.MISSING, "to do", "", _said(name, "to be done"))


def _said(name: str, *parts: str) -> str:
    sentence = f"{planned_title(name)}: {', '.join(filter(None, parts))}"
    return sentence if sentence.endswith(".") else f"{sentence}."


def _took(state: RunState) -> str:
    return duration(state.seconds) if state.seconds is not None else ""


def _share(status: Status) -> float | None:
    return min(status.step / status.total, 1.0) if status.total else None
