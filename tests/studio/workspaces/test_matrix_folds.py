"""The runs of a whole table do not hide a person's own runs, neither in lists nor among jobs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from core.matrix.config import MatrixConfig
from core.runs.run_folder import State
from studio.app import Studio
from studio.document import Document
from studio.runs.pill import JobsPill
from studio.runs.runs import Runs
from studio.runs.words import state_words, without_cells
from studio.window.preferences import PreferencesStore
from studio.workspaces.run_list import RunList
from tests.studio.matrix.filled import FilledMatrix, running
from tests.studio.workspaces import recorded

LEFT = Qt.MouseButton.LeftButton
CONFIG = MatrixConfig(
    voc=Path("voc"),
    networks=("RandomNet", "AssociationNet-objtr"),
    settings=("voc2007",),
    schedule="smoke",
    device="cpu",
    workers=1,
)
CELLS = ["AssociationNet-objtr · VOC 2007 · seed 0", "RandomNet · VOC 2007 · seed 0"]


@pytest.fixture
def matrix(document: Document) -> FilledMatrix:
    found = FilledMatrix(document.project.runs, CONFIG)
    found.put_needed()
    for cell in found.planned.cells:
        found.put(cell.name)
    found.end(State.DONE)
    return found


@pytest.fixture
def new_list(follow: Callable[[], Runs], qtbot: Any) -> Callable[..., RunList]:
    def new(*jobs: str) -> RunList:
        run_list = RunList(follow(), jobs, "None yet.")
        qtbot.addWidget(run_list)
        run_list.resize(300, 500)
        run_list.show()
        return run_list

    return new


def names(run_list: RunList) -> list[str]:
    return [run_list.name_of(run) for run in run_list._shown.runs]


def test_the_runs_of_a_table_are_folded_under_its_heading(new_list, document, matrix) -> None:
    recorded.evaluation(document.project.runs, "20260102T000000000", {"cat": 0.5})
    run_list = new_list("voc")
    assert names(run_list) == ["RandomNet"]
    assert [run.label for run in run_list.chosen()] == ["RandomNet"]
    (heading,) = run_list._folds.buttons.values()
    assert heading.text() == "Table 1 · smoke · 2 runs"
    QTest.mouseClick(heading, LEFT)
    assert names(run_list) == [*CELLS, "RandomNet"]  # right below the heading
    QTest.mouseClick(heading, LEFT)
    assert names(run_list) == ["RandomNet"]


def test_words_find_them_and_choosing_unfolds_them(new_list, document, matrix) -> None:
    recorded.evaluation(document.project.runs, "20260102T000000000", {"cat": 0.5})
    run_list = new_list("voc")
    field = run_list.findChild(QLineEdit, "run_search")
    QTest.keyClicks(field, "objtr")
    assert names(run_list) == CELLS[:1]
    field.clear()
    assert names(run_list) == ["RandomNet"]
    cell = next(run for run in run_list._runs.all if run.label == CELLS[1])
    run_list.choose(cell)
    assert run_list.chosen() == [cell]
    assert run_list._folds.unfolded == {matrix.driver.name}


def test_all_runs_of_a_table_are_chosen_at_once(new_list, document, matrix) -> None:
    run_list = new_list("voc", "pretrain")
    cells = [run for run in run_list._runs.all if run.in_matrix is not None and run.job != "proposals"]
    told: list[int] = []
    run_list.choose()
    run_list.chosen_changed.connect(lambda: told.append(len(run_list.chosen())))
    run_list.choose(*cells)
    assert told == [3]


def test_without_runs_of_one_s_own_the_newest_table_is_open(new_list, document, matrix) -> None:
    other = FilledMatrix(document.project.runs, CONFIG, "20260201T120000000")
    other.put("voc2007-RandomNet-seed0")
    run_list = new_list("voc")
    (name,) = names(run_list)
    assert name.startswith(f"{CELLS[1]}, 01 Feb")  # told from the same cell of the older table
    texts = [button.text() for button in run_list._folds.buttons.values()]
    assert texts[0].startswith("Table 1 · smoke, 01 Feb")
    assert texts[0].endswith("1 run")
    assert len(texts) == 2


def test_runs_of_a_table_that_was_deleted_stay_folded(new_list, document, matrix) -> None:
    recorded.evaluation(document.project.runs, "20260102T000000000", {"cat": 0.5})
    run_list = new_list("voc")
    table = next(run for run in run_list._runs.all if run.job == "table1")
    run_list._runs.delete(table)
    assert names(run_list) == ["RandomNet"]
    (heading,) = run_list._folds.buttons.values()
    assert heading.text() == "Table 1 · deleted · 2 runs"
    run_list._runs.restore(table)
    assert heading.text() == "Table 1 · smoke · 2 runs"


def test_pretrainings_are_named_and_folded_too(new_list, matrix) -> None:
    run_list = new_list("pretrain")
    assert names(run_list) == ["AssociationNet-objtr · pretraining · seed 0"]
    (run,) = run_list.chosen()
    assert run.title == "Table 1 · AssociationNet-objtr · pretraining · seed 0"


# --- among the jobs ---------------------------------------------------------------------------


def test_a_table_that_goes_on_stands_for_its_runs(document, follow, settings, qtbot) -> None:
    matrix = FilledMatrix(document.project.runs, CONFIG)
    matrix.end(State.RUNNING)
    cells = [matrix.put(f"voc2007-{name}-seed0", State.RUNNING) for name in CONFIG.networks]
    with running(*cells):
        with running(matrix.driver):
            runs = follow()
            pill = JobsPill(runs, PreferencesStore(settings))
            qtbot.addWidget(pill)
            assert pill.text() == "Table 1 · 10 %"
            assert len(runs.active()) == 3
        qtbot.waitUntil(lambda: len(runs.active()) == 2)  # the table was killed, its runs go on
        assert pill.text().startswith("Evaluate on VOC · 100 %")
        assert len(without_cells(runs.active(), runs.all)) == 2


def test_its_state_is_told_in_cells(document, follow) -> None:
    matrix = FilledMatrix(document.project.runs, replace(CONFIG, seeds=3))
    matrix.end(State.RUNNING)
    with running(matrix.driver):
        (run,) = follow().for_job("table1")
        assert state_words(run) == "1 of 6 cells"
        assert run.title == "Table 1 · smoke, 2 networks, 3 seeds"


def test_its_runs_end_without_a_message(studio: Studio, small_project: Path, qtbot: Any) -> None:
    matrix = FilledMatrix(small_project / "runs", CONFIG)
    matrix.end(State.RUNNING)
    made = matrix.put("pretrain-AssociationNet-objtr-seed0", State.RUNNING)
    with running(matrix.driver):
        with running(made):
            studio.open_project(small_project)
            runs = studio.session.runs
            qtbot.waitUntil(lambda: len(runs.active()) == 2)
            recorded.end(made, State.DONE, 100)
        qtbot.waitUntil(lambda: len(runs.active()) == 1)
        assert not [text for text in studio.window.toasts.texts if "pretraining" in text]
    qtbot.waitUntil(lambda: any("interrupted" in text for text in studio.window.toasts.texts))
