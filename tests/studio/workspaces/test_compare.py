"""The Compare workspace sets runs beside each other and beside the paper."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QLabel, QTableWidget, QToolButton

from core.pretraining.config import PretrainConfig
from core.runs.run_folder import State
from studio import theme
from studio.comparison.table_files import FORMATS
from studio.document import Document
from studio.in_steps import whole
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.compare import CompareWorkspace
from tests.studio.workspaces import recorded


@pytest.fixture
def compare(document: Document, follow: Callable[[], Runs], qtbot: Any) -> Iterator[CompareWorkspace]:
    """Two evaluations, of random weights (newer) and of a pretraining run, all chosen."""
    runs = document.project.runs
    start = recorded.pretraining(runs, "20260101T000000", PretrainConfig(regime="tr"))
    recorded.evaluation(runs, "20260102T000000", {"cat": 0.5, "dog": 0.2}, init=str(start.path))
    recorded.evaluation(runs, "20260103T000000", {"cat": 0.4, "dog": 0.3}, device="cpu")
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    workspace.resize(1400, 900)
    workspace.show()
    choose(qtbot, workspace, *workspace._runs.all)
    yield workspace
    workspace.close_reader()


def choose(qtbot: Any, workspace: CompareWorkspace, *runs: Run) -> None:
    """Choose runs, and wait until what they measured is read."""
    workspace.run_list.choose(*runs)
    qtbot.waitUntil(lambda: workspace._measured.of(workspace.run_list.chosen()) is not None)


def names(workspace: CompareWorkspace) -> list[str]:
    model = workspace.table.model
    return [str(model.headerData(row, Qt.Orientation.Vertical)) for row in range(model.rowCount())]


def cell(workspace: CompareWorkspace, row: int, head: str, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
    model = workspace.table.model
    heads = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    return model.data(model.index(row, heads.index(head)), role)


def test_runs_come_first_and_quoted_rows_say_so(compare: CompareWorkspace) -> None:
    assert names(compare)[:4] == [
        "RandomNet",
        "AssociationNet-tr",
        "RandomNet · quoted",
        "Caltech101Net · quoted",
    ]
    assert cell(compare, 0, "cat") == "40.0"
    assert cell(compare, 0, "mAP") == "35.0"
    assert cell(compare, 0, "cow") == "n/a"
    assert cell(compare, 2, "mAP") == "33.4"


def test_differences_to_the_reference_are_coloured(compare: CompareWorkspace) -> None:
    assert compare.table.reference.currentIndex() == 0
    good, bad = QColor(theme.colours().good), QColor(theme.colours().bad)
    role = Qt.ItemDataRole.ForegroundRole
    assert cell(compare, 1, "cat", role) == good
    assert cell(compare, 1, "dog", role) == bad
    assert cell(compare, 1, "cow", role) == QColor(theme.colours().muted)
    assert cell(compare, 0, "cat", role) is None


def test_differences_have_signs_beside_their_colours(compare: CompareWorkspace) -> None:
    assert [cell(compare, 1, head) for head in ("cat", "dog", "cow")] == ["▲ 50.0", "▼ 20.0", "n/a"]
    assert notes(compare)[-1] == "▲ above, ▼ below RandomNet."
    compare.table.differences.click()
    assert [cell(compare, 1, head) for head in ("cat", "dog", "cow")] == ["+10.0", "-10.0", "n/a"]


def test_no_row_mixes_values_and_differences(compare: CompareWorkspace) -> None:
    # An error of the past: "44.2" of the reference stood beside "-48.2".
    compare.table.differences.click()
    heads = ("mAP", "cat", "dog", "cow", "tv")
    assert [cell(compare, 0, head) for head in heads] == ["reference", "–", "–", "–", "–"]
    for row in range(1, compare.table.model.rowCount()):
        texts = [cell(compare, row, head) for head in heads]
        assert all(text == "n/a" or text[0] in "+-" for text in texts), texts


def notes(workspace: CompareWorkspace) -> list[str]:
    label = workspace.findChild(QLabel, "table1_notes")
    return label.text().splitlines() if label.isVisible() else []


def test_rows_that_were_not_measured_alike_have_no_difference_but_a_reason(compare: CompareWorkspace) -> None:
    reason = "measured on 12,032 objects, not 20; paper network, not tiny; schedule seed_40k, not quick"
    compare.table.differences.click()
    assert cell(compare, 1, "mAP") == "+0.0"
    for head in ("mAP", "cat", "cow"):
        assert cell(compare, 2, head) == "n/a"
        assert cell(compare, 2, head, Qt.ItemDataRole.ForegroundRole) == QColor(theme.colours().muted)
    name = "RandomNet"
    assert cell(compare, 2, "cat", Qt.ItemDataRole.ToolTipRole) == f"38.0 %\nn/a against {name}: {reason}"
    assert notes(compare)[-2] == (
        f"n/a against {name}: RandomNet · quoted, Caltech101Net · quoted and 5 others ({reason})."
    )


def test_a_mean_says_over_which_classes_it_is(compare: CompareWorkspace) -> None:
    words = "mean of 2 classes (cat, dog)"
    assert notes(compare)[0] == f"RandomNet, AssociationNet-tr: {words}."
    assert words in cell(compare, 0, "mAP", Qt.ItemDataRole.ToolTipRole)
    assert cell(compare, 0, "cow", Qt.ItemDataRole.ToolTipRole) == "cow has no test object"


def test_runs_of_two_years_are_not_compared(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> None:
    # An error of the past: VOC 2012 val by area against VOC 2007 test at eleven points was "+16.6", in green.
    runs = document.project.runs
    recorded.evaluation(runs, "20260101T000000", {"cat": 0.5}, year=2012, test_set="val", set="train")
    recorded.evaluation(runs, "20260102T000000", {"cat": 0.4})
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    workspace.show()
    choose(qtbot, workspace, *workspace._runs.all)
    workspace.table.part.setCurrentIndex(0)
    workspace.table.differences.click()
    assert cell(workspace, 1, "cat") == cell(workspace, 1, "mAP") == "n/a"
    why = "measured on VOC 2012 val by area, not VOC 2007 test at eleven points"
    assert why in cell(workspace, 1, "mAP", Qt.ItemDataRole.ToolTipRole)
    assert why in notes(workspace)[-1]


def test_another_reference_can_be_chosen_and_is_kept(compare: CompareWorkspace) -> None:
    compare.table.reference.setCurrentIndex(1)
    compare.table.reference.activated.emit(1)
    tip = "40.0 %\n-10.0 against AssociationNet-tr, of seed 0"
    assert cell(compare, 0, "cat", Qt.ItemDataRole.ToolTipRole) == tip
    compare.table.part.setCurrentIndex(2)
    assert compare.table.reference.currentText() == "AssociationNet-tr"


def test_the_bars_say_why_the_quoted_marks_are_not_comparable(compare: CompareWorkspace) -> None:
    legend = " ".join(label.text() for label in compare.bars.findChildren(QLabel))
    assert "Table 1 of the paper, VOC 2007 test at eleven points; not comparable with “RandomNet”" in legend
    assert "tiny network, not paper; schedule quick, not seed_40k), nor 1 more" in legend


def test_the_published_rows_can_be_left_out(compare: CompareWorkspace) -> None:
    compare.table.part.setCurrentIndex(0)
    assert names(compare) == ["RandomNet", "AssociationNet-tr"]


def copied(workspace: CompareWorkspace, how: str) -> str:
    menu = workspace.findChild(QToolButton, "copy_table").menu()
    next(action for action in menu.actions() if action.text() == f"Copy as {how}").trigger()
    return QGuiApplication.clipboard().text()


NAMED = {
    "Markdown": "AssociationNet-tr |",
    "LaTeX": "AssociationNet-tr &",
    "HTML": "<th>AssociationNet-tr<",
    "CSV": '"AP (%), VOC 2007, one scale",AssociationNet-tr,',
}
"""How the line of our run begins."""


@pytest.mark.parametrize(
    ("how", "cell"),
    [("Markdown", "| 50.0 |"), ("LaTeX", "& 50.0 &"), ("CSV", ",50.0,"), ("HTML", "<td>50.0<")],
)
def test_the_table_is_copied(compare: CompareWorkspace, how: str, cell: str) -> None:
    text = copied(compare, how)
    (line,) = (one for one in re.split(r"\n|<tr>", text) if one.strip("| ").startswith(NAMED[how]))
    assert cell in line
    assert "Differences to" not in text


def test_the_table_is_copied_with_the_differences_that_are_shown(compare: CompareWorkspace) -> None:
    compare.table.differences.click()
    text = copied(compare, "Markdown")
    assert (
        "**Differences to RandomNet \\(percentage points\\)**" in text or "Differences to RandomNet" in text
    )
    values, differences = text.split("Differences to RandomNet")
    assert "| 50.0 |" in values
    assert "+10.0" not in values
    assert "| +10.0 |" in differences
    assert "| 50.0 |" not in differences
    assert "n/a: measured on 12,032 objects, not 20" in differences


def test_the_csv_of_the_table_is_read_back(compare: CompareWorkspace) -> None:
    compare.table.differences.click()
    rows = list(csv.DictReader(io.StringIO(copied(compare, "CSV"))))
    ours = [row for row in rows if row["row"] == "AssociationNet-tr"]
    assert [row["cat"] for row in ours] == ["50.0", "10.0"]
    assert [row["seeds"] for row in ours] == ["1", "1"]
    quoted = [row for row in rows if row["row"] == "RandomNet · quoted"]
    assert [row["cat"] for row in quoted] == ["38.0", ""]


def test_runs_stand_side_by_side_in_the_bars(compare: CompareWorkspace) -> None:
    assert compare.bars.heights(0)[7] == pytest.approx(40)
    assert compare.bars.heights(1)[7] == pytest.approx(50)


def test_filters_are_those_of_the_start(compare: CompareWorkspace, qtbot: Any) -> None:
    evaluations = compare._runs.for_job("voc")
    choose(qtbot, compare, *evaluations)
    start = next(iter(compare._runs.for_job("pretrain")))
    assert start.path is not None
    random, pretrained, *others = compare.filters.pictures
    with np.load(start.path / start.filters[-1].path) as arrays:
        np.testing.assert_array_equal(pretrained.filters, arrays["filters"])
    assert random.filters is None
    assert random._picture.sentence == "It starts from random weights, and fine-tuning saves no filters."
    assert all(picture.isHidden() for picture in others)


def settings(workspace: CompareWorkspace, qtbot: Any) -> dict[str, list[str]]:
    """The lines of the tab, once they are read."""
    workspace.tabs.setCurrentWidget(workspace.settings)
    table = workspace.findChild(QTableWidget, "settings_diff")
    qtbot.waitUntil(lambda: table.rowCount() > 0)
    return {
        table.verticalHeaderItem(row).text(): [
            table.item(row, column).text() for column in range(table.columnCount())
        ]
        for row in range(table.rowCount())
    }


def test_settings_that_differ_are_listed(compare: CompareWorkspace, qtbot: Any) -> None:
    choose(qtbot, compare, *compare._runs.for_job("voc"))
    assert settings(compare, qtbot) == {"device": ["cpu", "auto"], "init": ["RandomNet", "AssociationNet-tr"]}


def test_all_settings_and_those_of_the_start_can_be_seen(compare: CompareWorkspace, qtbot: Any) -> None:
    choose(qtbot, compare, *compare._runs.for_job("voc"))
    settings(compare, qtbot)
    compare.findChild(QCheckBox, "show_same").click()
    found = settings(compare, qtbot)
    assert found["≠ device"] == ["cpu", "auto"]
    assert found["set"] == ["trainval", "trainval"]
    assert found["pretraining: regime"] == ["–", "tr"]


def test_a_run_without_results_is_counted_not_shown(
    document: Document, follow: Callable[[], Runs], qtbot: Any
) -> None:
    folder = recorded.evaluation(document.project.runs, "20260102T000000", {"cat": 0.5})
    recorded.end(folder, State.FAILED, 3, "It broke.")
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    choose(qtbot, workspace, *workspace._runs.all)
    assert workspace.table.words.text() == "1 of 1 chosen runs have no average precision yet."


def test_runs_of_other_classes_have_columns_of_their_own_and_no_difference(
    compare: CompareWorkspace, document: Document, follow: Callable[[], Runs], qtbot: Any
) -> None:
    own = ("bare head", "a class whose name is very long", "cat")
    folder = document.project.runs
    recorded.evaluation(folder, "20260104T000000", {"cat": 0.9, own[1]: 0.7}, own, classes="annotations")
    workspace = whole(CompareWorkspace(document, follow()))
    qtbot.addWidget(workspace)
    workspace.resize(1400, 900)
    workspace.show()
    newest, older = workspace._runs.for_job("voc")[:2]
    choose(qtbot, workspace, newest)
    model = workspace.table.model
    assert model.columns == ("mean", *own)
    long = cell(workspace, 0, "a class whose name is v…", Qt.ItemDataRole.ToolTipRole)
    assert long.startswith("70.0 %")
    assert workspace.bars.groups == [*own, "mean"]
    assert workspace.bars.marks().size == 0  # what is quoted is of other classes
    choose(qtbot, workspace, newest, older)
    assert model.columns[:4] == ("mean", *own)
    assert len(model.columns) == 1 + 20 + 2
    assert (cell(workspace, 0, "cat"), cell(workspace, 1, "cat")) == ("90.0", "40.0")
    assert cell(workspace, 0, "dog") == "n/a"
    assert "dog was not looked for" in cell(workspace, 0, "dog", Qt.ItemDataRole.ToolTipRole)
    reason = "VOC 2007 test at eleven points, classes bare head, a class whose name is very long, cat"
    assert reason in workspace.table.notes.text()
    text = FORMATS["CSV"][1](workspace.table.file_table())
    assert "a class whose name is very long" in text
    workspace.close_reader()
