"""What the views of Compare say where they have nothing to show."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.pretraining.config import PretrainConfig
from studio.document import Document
from studio.in_steps import whole
from studio.runs.runs import Runs
from studio.workspaces.compare import CompareWorkspace
from tests.studio.workspaces import recorded


@pytest.fixture
def make(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> Iterator[Callable[[], CompareWorkspace]]:
    made = []

    def workspace() -> CompareWorkspace:
        made.append(whole(CompareWorkspace(document, follow())))
        qtbot.addWidget(made[-1])
        made[-1].show()
        made[-1].run_list.choose(*made[-1]._runs.all)
        qtbot.waitUntil(lambda: made[-1]._measured.of(made[-1].run_list.chosen()) is not None)
        return made[-1]

    yield workspace
    for one in made:
        one.close_reader()


def difference_words(workspace: CompareWorkspace) -> str:
    workspace.tabs.setCurrentWidget(workspace.differences)
    empty = workspace.differences.plot._empty
    return empty.text() if not empty.isHidden() else ""


def picture_words(workspace: CompareWorkspace) -> str:
    workspace.tabs.setCurrentWidget(workspace.pictures)
    return workspace.pictures.page.sentence


def test_without_runs_it_says_what_to_choose(make: Callable[[], CompareWorkspace]) -> None:
    workspace = make()
    assert difference_words(workspace).startswith("Choose two or more evaluations on the left")
    assert picture_words(workspace).startswith("Choose two evaluations on the left")
    workspace.tabs.setCurrentWidget(workspace.origin)
    assert workspace.origin.figure.text().startswith("Choose a cell of the table")
    assert workspace.origin.measured.isHidden()


def test_one_run_has_nothing_to_be_compared_with(
    document: Document, make: Callable[[], CompareWorkspace]
) -> None:
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5})
    workspace = make()
    assert difference_words(workspace).startswith("Choose two or more evaluations on the left")
    assert picture_words(workspace).startswith("Choose two evaluations on the left")


def test_the_paper_has_no_pictures(document: Document, make: Callable[[], CompareWorkspace]) -> None:
    for day in (1, 2):
        recorded.evaluation(document.project.runs, f"2026010{day}T000000", {"cat": 0.5}, scales="multi")
    workspace = make()
    place = workspace.table.reference.findText("RandomNet · quoted")
    workspace.table.reference.setCurrentIndex(place)
    workspace.table.reference.activated.emit(place)
    assert difference_words(workspace) == "The paper prints no detections; choose a run in “Against” above."


def test_detections_that_are_gone_are_named(
    document: Document, make: Callable[[], CompareWorkspace], qtbot: Any
) -> None:
    for seed in (0, 1):
        recorded.evaluation(document.project.runs, f"2026010{seed + 1}T000000", {"cat": 0.5}, network="tiny")
    workspace = make()
    qtbot.waitUntil(lambda: "detect and evaluate again" in difference_words(workspace))
    assert "are no longer in" in difference_words(workspace)
    qtbot.waitUntil(lambda: "detect and evaluate again" in picture_words(workspace))


def test_runs_of_unlike_conditions_are_named_with_the_reason(
    document: Document, make: Callable[[], CompareWorkspace]
) -> None:
    recorded.evaluation(document.project.runs, "20260101T000000", {"cat": 0.5}, scales="multi")
    recorded.evaluation(document.project.runs, "20260102T000000", {"cat": 0.4})
    workspace = make()
    reference = workspace.table.model.reference
    assert reference is not None
    (other,) = (row for row in workspace._rows if row.key != reference.key)
    assert difference_words(workspace).startswith(f"{other.name}: trained at ")


def test_a_pretraining_run_explains_itself(
    document: Document, make: Callable[[], CompareWorkspace], qtbot: Any
) -> None:
    recorded.pretraining(document.project.runs, "20260101T000000", PretrainConfig())
    workspace = make()
    workspace.tabs.setCurrentWidget(workspace.origin)
    assert workspace.origin.figure.text() == workspace.run_list.name_of(workspace._runs.all[0])
    assert workspace.origin.measured.words.text() == "A pretraining run: nothing was measured on VOC."
    assert workspace.origin.measured.open_button.isHidden()
    assert not workspace.origin.start.open_button.isHidden()
