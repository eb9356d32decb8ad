"""The diagnosis of a run is worked out once, in a thread, and again when its result is another."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.datasets.voc import CLASSES, KeptSet
from core.runs.measured_run import MeasuredRun
from core.runs.run_folder import RunFolder
from studio.evaluation.diagnoses import ACTIVE, NO_RUN, Diagnoses
from tests.studio.workspaces.recorded import run_of


@pytest.fixture
def diagnoses(qtbot: Any) -> Iterator[Diagnoses]:
    diagnoses = Diagnoses()
    yield diagnoses
    diagnoses.close()


@pytest.fixture
def copied(measured_folder: RunFolder, tmp_path: Path) -> RunFolder:
    return RunFolder(shutil.copytree(measured_folder.path, tmp_path / measured_folder.name))


def test_classes_come_one_by_one_and_then_the_whole(
    diagnoses: Diagnoses, measured_folder: RunFolder, qtbot: Any
) -> None:
    run, counts, said = run_of(measured_folder), [], []
    diagnoses.changed.connect(lambda: counts.append(len(diagnoses.want(run).classes)))
    diagnoses.busy_changed.connect(said.append)
    assert diagnoses.want(run).shown("car") is None
    qtbot.waitUntil(lambda: diagnoses.want(run).whole is not None)
    qtbot.waitUntil(lambda: counts[-1:] == [20])
    assert counts == sorted(counts)
    assert [bool(one) for one in said] == [True, True, False]
    known = diagnoses.want(run)
    assert tuple(known.classes) == CLASSES
    assert known.shown("car") is known.shown("car")  # what is worked out for it stays


def test_a_run_is_not_worked_out_again_until_its_result_changes(
    diagnoses: Diagnoses, copied: RunFolder, measured_folder: RunFolder, qtbot: Any
) -> None:
    run, other = run_of(copied), run_of(measured_folder)
    starts: list[str] = []
    diagnoses.busy_changed.connect(lambda text: starts.append(text) if "read" in text else None)
    for one in (run, other, run, other):
        diagnoses.want(one)
        qtbot.waitUntil(lambda one=one: diagnoses.want(one).whole is not None)
    assert len(starts) == 2
    os.utime(copied.results / "ap.json", ns=(1, 1))
    assert diagnoses.want(run).whole is None
    qtbot.waitUntil(lambda: diagnoses.want(run).whole is not None)
    assert len(starts) == 3


def test_a_run_that_another_pushed_aside_is_begun_again(
    diagnoses: Diagnoses, copied: RunFolder, measured_folder: RunFolder, qtbot: Any
) -> None:
    run, other = run_of(copied), run_of(measured_folder)
    diagnoses.want(run)
    diagnoses.want(other)
    qtbot.waitUntil(lambda: diagnoses.want(other).whole is not None)
    qtbot.waitUntil(lambda: diagnoses.want(run).whole is not None)


def test_a_run_that_another_pushed_aside_is_not_judged(
    diagnoses: Diagnoses,
    copied: RunFolder,
    measured_folder: RunFolder,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged, go, read_set, judge = [], threading.Event(), KeptSet.read, MeasuredRun.diagnosis
    monkeypatch.setattr(KeptSet, "read", lambda *of: (go.wait(240), read_set(*of))[1])
    monkeypatch.setattr(
        MeasuredRun, "diagnosis", lambda run, tell: (judged.append(run.folder.path), judge(run, tell))[1]
    )
    other = run_of(measured_folder)
    diagnoses.want(run_of(copied))
    diagnoses.want(other)
    go.set()
    qtbot.waitUntil(lambda: diagnoses.want(other).whole is not None)
    assert judged == [measured_folder.path]


def test_why_there_is_nothing_is_one_sentence(diagnoses: Diagnoses, copied: RunFolder, qtbot: Any) -> None:
    assert diagnoses.want(None).problem == NO_RUN
    run = run_of(copied)
    run.status = type(run.status)()  # queued
    assert diagnoses.want(run).problem == ACTIVE
    run = run_of(copied)
    (copied.results / "ap.json").unlink()
    diagnoses.want(run)
    qtbot.waitUntil(lambda: bool(diagnoses.want(run).problem))
    assert diagnoses.want(run).problem.endswith("was not measured; evaluate its detections first.")
