"""Results of runs come one by one, also where a run is deleted, resumed or measured again meanwhile."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.datasets.voc import VocImage
from core.runs.measured_run import MeasuredRun
from core.runs.run_folder import State
from studio.comparison.run_results import RunResults
from studio.evaluation.diagnoses import ACTIVE, UNFINISHED
from studio.runs.run import Run
from tests.end_to_end.compared_project import measure
from tests.studio.workspaces.recorded import run_of


class Reader:
    """Works out mAP; stops at a run until it may go on."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.pictures: list[VocImage] = []
        self.stop_at = ""
        self.go = threading.Event()

    def __call__(self, run: MeasuredRun) -> float:
        self.read.append(run.folder.name)
        self.pictures.append(run.images[0])
        if run.folder.name == self.stop_at:
            assert self.go.wait(240)
        return run.diagnosis().mean_ap


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def results(reader: Reader, qtbot: Any) -> Iterator[RunResults[float]]:
    results = RunResults(reader, kept=2)
    yield results
    reader.go.set()
    results.close()


@pytest.fixture
def runs(tmp_path: Path, voc: Path) -> list[Run]:
    return [
        run_of(measure(tmp_path, tmp_path / "runs", voc, number, number, "random")) for number in (10, 11, 12)
    ]


def mean_ap(run: Run) -> float:
    assert run.path is not None
    return MeasuredRun.open(run.path).diagnosis().mean_ap


@pytest.mark.parametrize("place", [0, 1])
def test_a_run_that_is_deleted_while_it_is_read_holds_nothing_up(
    place: int, results: RunResults[float], reader: Reader, runs: list[Run], tmp_path: Path, qtbot: Any
) -> None:
    gone, other = runs[:2]
    assert gone.path is not None
    wanted, expected = [other, gone] if place else [gone, other], mean_ap(gone)
    reader.stop_at = gone.name
    results.want(wanted)
    qtbot.waitUntil(lambda: gone.name in reader.read)
    with qtbot.waitSignal(results.changed):
        shutil.move(gone.path, tmp_path / "trash")
        reader.go.set()
    qtbot.waitUntil(lambda: results.of(other) == mean_ap(other))
    assert results.of(gone) == f"{gone.name} was not measured; evaluate its detections first."
    assert results.missing == 0
    shutil.move(tmp_path / "trash", gone.path)  # the deletion is undone
    results.want(wanted)
    qtbot.waitUntil(lambda: results.of(gone) == expected)


def test_a_run_that_is_measured_again_while_it_is_read_is_read_again(
    results: RunResults[float], reader: Reader, runs: list[Run], qtbot: Any
) -> None:
    assert runs[0].path is not None
    reader.stop_at = runs[0].name
    results.changed.connect(lambda: results.want(runs[:1]))  # as views do
    results.want(runs[:1])
    qtbot.waitUntil(lambda: reader.read == [runs[0].name])
    os.utime(runs[0].path / "results" / "ap.json", ns=(1, 1))
    reader.go.set()
    qtbot.waitUntil(lambda: results.of(runs[0]) == mean_ap(runs[0]))
    assert reader.read == [runs[0].name] * 2


def test_a_run_that_is_resumed_says_so_and_comes_back_when_it_is_done(
    results: RunResults[float], reader: Reader, runs: list[Run], qtbot: Any
) -> None:
    run, done = runs[0], runs[0].status
    results.want([run])
    qtbot.waitUntil(lambda: results.of(run) == mean_ap(run))
    run.status = replace(done, state=State.RUNNING)
    results.want([run])
    assert results.of(run) == ACTIVE
    assert results.missing == 0
    assert run.path is not None
    (run.path / "results" / "ap.json").rename(run.path / "results" / "kept")
    run.status = replace(done, state=State.STOPPED)
    assert results.of(run) == UNFINISHED
    (run.path / "results" / "kept").rename(run.path / "results" / "ap.json")
    run.status = done
    results.want([run])
    assert results.of(run) == mean_ap(run)
    assert reader.read == [run.name]


def test_the_run_that_was_wanted_longest_ago_is_let_go(
    results: RunResults[float], reader: Reader, runs: list[Run], qtbot: Any
) -> None:
    for wanted in (runs[:1], runs[1:2], runs[:1], runs[2:], runs[:1], runs[1:2]):
        results.want(wanted)
        qtbot.waitUntil(lambda: results.missing == 0)
    assert reader.read == [runs[place].name for place in (0, 1, 2, 1)]


def test_the_annotations_of_a_set_are_read_once_for_all_runs_and_then_let_go(
    results: RunResults[float], reader: Reader, runs: list[Run], qtbot: Any
) -> None:
    for wanted in (runs[:2], runs[2:]):
        results.want(wanted)
        qtbot.waitUntil(lambda: results.missing == 0)
    first, second, later = reader.pictures
    assert first is second
    assert first is not later


def test_what_is_wrong_with_a_run_is_its_sentence(
    results: RunResults[float], runs: list[Run], qtbot: Any
) -> None:
    assert runs[0].path is not None
    shutil.rmtree(runs[0].path / "results" / "detections")
    results.want(runs[:2])
    qtbot.waitUntil(lambda: results.missing == 0)
    found = results.of(runs[0])
    assert isinstance(found, str)
    assert "are no longer in" in found
    assert results.of(runs[1]) == mean_ap(runs[1])
