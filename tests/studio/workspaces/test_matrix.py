"""The workspace Table 1: the plan of the form, a matrix that was begun, and the way to its runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox

from core.matrix.config import MatrixConfig
from core.matrix.entries import PAPER_NETWORKS
from core.runs.run_folder import State
from studio import theme
from studio.document import Document
from studio.runs.runs import Runs
from studio.workspaces.matrix import MatrixWorkspace
from tests.studio.at_the_window import activate
from tests.studio.matrix.filled import FilledMatrix, running

LEFT = Qt.MouseButton.LeftButton
Open = Callable[[], MatrixWorkspace]


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    for year in ("VOC2007", "VOC2012"):
        (tmp_path / "VOCdevkit" / year).mkdir(parents=True)
    return tmp_path / "VOCdevkit"


@pytest.fixture
def config(voc: Path) -> MatrixConfig:
    return MatrixConfig(
        voc=voc, networks=("RandomNet",), settings=("voc2007",), schedule="smoke", device="cpu", workers=1
    )


@pytest.fixture
def new(document: Document, follow: Callable[[], Runs], qtbot: Any) -> Any:
    made = []

    def workspace() -> MatrixWorkspace:
        made.append(MatrixWorkspace(document, follow()))
        qtbot.addWidget(made[-1])
        made[-1].resize(1400, 800)
        made[-1].show()
        return made[-1]

    yield workspace
    for one in made:
        one.close_reader()


def box(workspace: MatrixWorkspace, name: str) -> QCheckBox:
    found = workspace.findChild(QCheckBox, f"choice_{name}")
    assert found is not None
    return found


def texts(workspace: MatrixWorkspace) -> list[list[str]]:
    model = workspace.view.model
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def shows(workspace: MatrixWorkspace, *rows: list[str]) -> bool:
    return texts(workspace) == list(rows)


def middle(workspace: MatrixWorkspace, row: int, column: int) -> QPoint:
    table = workspace.view.table
    return table.visualRect(workspace.view.model.index(row, column)).center()


def click(workspace: MatrixWorkspace, row: int, column: int) -> None:
    QTest.mouseClick(workspace.view.table.viewport(), LEFT, pos=middle(workspace, row, column))


# --- planning ---------------------------------------------------------------------------------


def test_a_new_table_is_planned_as_the_form_is_filled(new: Open, voc: Path, qtbot: Any) -> None:
    workspace = new()
    assert not workspace.start_button.isEnabled()
    assert "folder of the VOC data" in workspace.start_button.toolTip()
    qtbot.waitUntil(lambda: workspace.view.model.rowCount() == len(PAPER_NETWORKS) - 1)  # no Caltech-101
    for name in set(PAPER_NETWORKS) - {"RandomNet", "Caltech101Net"}:
        box(workspace, name).click()
    workspace.form.form.editor("voc").set_value(voc)
    workspace.form.form.editor("seeds").set_value(2)
    qtbot.waitUntil(lambda: shows(workspace, ["to do"] * 6))
    box(workspace, "voc2007_sa").click()
    qtbot.waitUntil(lambda: shows(workspace, ["to do"] * 4))
    assert workspace.start_button.isEnabled()
    assert "4 cells of 1 network, 2 settings and 2 seeds" in workspace.view.words.text()
    assert not workspace.view.compare_button.isEnabled()


def test_without_a_network_there_is_no_plan_and_the_form_says_why(new: Open, qtbot: Any) -> None:
    workspace = new()
    for name in workspace.form.form.editor("networks").value():
        box(workspace, name).click()
    assert not workspace.view.table.isVisible()
    assert "networks must name at least one" in workspace.start_button.toolTip()
    box(workspace, "RandomNet").click()
    qtbot.waitUntil(workspace.view.table.isVisible)


def test_a_plan_that_was_read_before_is_not_shown_over_the_new_form(new: Open, qtbot: Any) -> None:
    workspace = new()  # which reads the plan of all
    shown: list[int] = []  # rows, whenever a plan was read
    workspace._reading.done.connect(lambda found: shown.append(workspace.view.model.rowCount()))
    networks = workspace.form.form.editor("networks").value()
    for name in networks:
        box(workspace, name).click()
    qtbot.waitUntil(lambda: bool(shown) and not workspace._reading._work.is_running)
    assert not workspace.view.table.isVisible()
    for name in networks[:2]:
        box(workspace, name).click()  # the plan of the first alone is read, too
    qtbot.waitUntil(lambda: shown[-1] == 2)
    assert set(shown) == {0, 2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": ("voc2012",)}, "holds no VOC2012; choose the folder that does, or leave VOC 2012 out."),
        ({"networks": ("SlowFeat-obj",)}, "no object tracks, which SlowFeat-obj learns from"),
        ({"networks": ("AssociationNet-tr",)}, "no point tracks, which AssociationNet-tr learns from"),
        ({"networks": ("NCE-objtr",)}, "no tracks, which NCE-objtr learns from"),
    ],
)
def test_what_cannot_be_done_here_is_said_before_it_is_begun(
    new: Open, config: MatrixConfig, change: dict[str, Any], words: str
) -> None:
    (config.voc / "VOC2012").rmdir()
    workspace = new()
    workspace.form.show_settings(replace(config, **change), begun=False)
    workspace.form.changed.emit()
    assert not workspace.start_button.isEnabled()
    assert words in workspace.start_button.toolTip()


def test_folders_of_a_sample_are_filled_in_and_its_schedule_is_short(
    new: Open, document: Document, qtbot: Any
) -> None:
    sample = document.project.path / "sample"
    (sample / "VOCdevkit" / "VOC2007").mkdir(parents=True)
    (sample / "101_ObjectCategories").mkdir()
    chosen = new().form.value()
    assert (chosen.voc, chosen.caltech101) == (sample / "VOCdevkit", sample / "101_ObjectCategories")
    assert chosen.networks == PAPER_NETWORKS
    assert (chosen.settings, chosen.schedule) == (("voc2007", "voc2007_sa"), "smoke")


# --- a matrix that was begun ------------------------------------------------------------------


def test_a_matrix_may_grow_and_nothing_may_be_taken_away(
    new: Open, document: Document, config: MatrixConfig, qtbot: Any
) -> None:
    matrix = FilledMatrix(document.project.runs, config)
    matrix.put_needed()
    matrix.put("voc2007-RandomNet-seed0", mean_ap=0.4)
    matrix.end(State.DONE)
    workspace = new()
    qtbot.waitUntil(lambda: shows(workspace, ["40.0"]))
    assert (workspace.start_button.text(), workspace.start_button.isEnabled()) == ("Done", False)
    assert not box(workspace, "RandomNet").isEnabled()
    assert not workspace.form.form.editor("schedule").isEnabled()
    assert not workspace.form.form.editor("voc").isEnabled()
    workspace.form.form.editor("seeds").set_value(2)
    qtbot.waitUntil(lambda: shows(workspace, ["40.0", "to do"]))
    assert (workspace.start_button.text(), workspace.start_button.isEnabled()) == ("Add and go on", True)
    workspace.form.form.editor("seeds").set_value(1)
    qtbot.waitUntil(lambda: shows(workspace, ["40.0"]))
    box(workspace, "voc2012").click()
    qtbot.waitUntil(lambda: shows(workspace, ["40.0", "to do"]))
    QTest.mouseClick(workspace.start_button, LEFT)
    run = workspace.matrix
    assert run is not None
    qtbot.waitUntil(lambda: run.state is State.FAILED)  # these folders hold no images
    assert matrix.driver.settings(MatrixConfig).settings == ("voc2007", "voc2012")
    assert workspace.form.value().settings == ("voc2007", "voc2012")


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.STOPPED, "Resume"), (State.RUNNING, "Resume"), (State.FAILED, "Run again what failed")],
)
def test_a_matrix_that_ended_early_can_go_on(
    new: Open, document: Document, config: MatrixConfig, state: State, words: str
) -> None:
    FilledMatrix(document.project.runs, config).end(state, "1 of 1 cells are not filled (it failed).")
    workspace = new()
    assert (workspace.start_button.text(), workspace.start_button.isEnabled()) == (words, True)


def test_while_it_runs_the_cells_are_followed_and_nothing_can_be_changed(
    new: Open, document: Document, config: MatrixConfig, qtbot: Any
) -> None:
    matrix = FilledMatrix(document.project.runs, config)
    matrix.end(State.RUNNING)
    with running(matrix.driver):
        workspace = new()
        assert (workspace.start_button.text(), workspace.start_button.isEnabled()) == ("Running", False)
        assert not workspace.form.isEnabled()
        qtbot.waitUntil(lambda: shows(workspace, ["waiting"]))
        matrix.put_needed()
        cell = matrix.put("voc2007-RandomNet-seed0", State.RUNNING, share=0.25)
        with running(cell):
            qtbot.waitUntil(lambda: shows(workspace, ["25 %"]))


# --- looking at runs --------------------------------------------------------------------------


@pytest.fixture
def filled(new: Open, document: Document, config: MatrixConfig, qtbot: Any) -> MatrixWorkspace:
    """RandomNet is done, the pretraining of objtr failed; tr has not begun."""
    networks = ("RandomNet", "AssociationNet-tr", "AssociationNet-objtr")
    matrix = FilledMatrix(document.project.runs, replace(config, networks=networks))
    matrix.put_needed(but="pretrain-AssociationNet-objtr-seed0")
    matrix.put("pretrain-AssociationNet-objtr-seed0", State.FAILED, error="Free space.")
    matrix.put("voc2007-RandomNet-seed0", mean_ap=0.4)
    matrix.end(State.FAILED, "2 of 3 cells are not filled.")
    workspace = new()
    rows = (["none", "40.0"], ["done", "to do"], ["failed", "failed"])
    qtbot.waitUntil(lambda: shows(workspace, *rows))
    return workspace


def test_a_click_on_a_cell_opens_its_run(filled: MatrixWorkspace) -> None:
    opened: list[str] = []
    filled.run_chosen.connect(lambda run: opened.append(run.title))
    for row, column in ((0, 1), (1, 0), (2, 1), (0, 0), (1, 1)):
        click(filled, row, column)
    assert opened == [
        "Table 1 · RandomNet · VOC 2007 · seed 0",
        "Table 1 · AssociationNet-tr · pretraining · seed 0",
        "Table 1 · AssociationNet-objtr · pretraining · seed 0",  # why its cell failed
    ]
    assert filled.view.sentence.text() == "AssociationNet-tr · VOC 2007 · seed 0: to be done."


def test_so_does_return_on_the_cell_that_arrows_lead_to(filled: MatrixWorkspace, qtbot: Any) -> None:
    opened: list[str] = []
    filled.run_chosen.connect(lambda run: opened.append(run.title))
    table = filled.view.table
    activate(qtbot, filled)
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    table.setCurrentIndex(filled.view.model.index(0, 0))
    assert "random weights" in filled.view.sentence.text()
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert "mAP 40.0 %" in filled.view.sentence.text()
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert opened == ["Table 1 · RandomNet · VOC 2007 · seed 0"]


def test_the_error_card_is_for_what_no_cell_says(
    filled: MatrixWorkspace, document: Document, config: MatrixConfig, qtbot: Any
) -> None:
    assert not filled._error.isVisible()  # its cells say what failed
    broken = FilledMatrix(document.project.runs, config, "20260201T120000000")
    broken.end(State.FAILED, "There is no VOC2007; choose another folder.")
    qtbot.waitUntil(lambda: len(filled._runs.for_job("table1")) == 2)
    filled.run_list.choose(filled._runs.for_job("table1")[0])
    qtbot.waitUntil(filled._error.isVisible)
    filled.run_list.choose(filled._runs.for_job("table1")[1])
    qtbot.waitUntil(lambda: not filled._error.isVisible() and texts(filled)[0] == ["none", "40.0"])


def test_a_failed_cell_says_why_under_the_mouse(filled: MatrixWorkspace) -> None:
    QTest.mouseMove(filled.view.table.viewport(), middle(filled, 2, 1))
    words = "AssociationNet-objtr · pretraining · seed 0 failed: Free space."
    assert words in filled.view.model.index(2, 1).data(Qt.ItemDataRole.ToolTipRole)
    filled.view.table.entered.emit(filled.view.model.index(2, 1))
    assert words in filled.view.sentence.text()


def test_finished_cells_are_shown_in_compare(filled: MatrixWorkspace) -> None:
    asked: list[list[str]] = []
    filled.compare_asked.connect(lambda runs: asked.append([run.label for run in runs]))
    QTest.mouseClick(filled.view.compare_button, LEFT)
    assert asked == [["RandomNet · VOC 2007 · seed 0"]]


def test_another_table_is_planned_beside_the_one_that_is_there(
    filled: MatrixWorkspace, config: MatrixConfig, qtbot: Any
) -> None:
    QTest.mouseClick(filled.new_button, LEFT)
    assert filled.matrix is None
    assert filled.start_button.text() == "Start"
    assert filled.form.value().voc == config.voc  # of the newest run
    qtbot.waitUntil(lambda: {text for row in texts(filled) for text in row} == {"to do", "none", "–"})
    filled.run_list.choose(*filled._runs.for_job("table1"))
    qtbot.waitUntil(lambda: texts(filled)[0] == ["none", "40.0"])


def test_cells_are_drawn_in_both_themes(filled: MatrixWorkspace, qapp: Any) -> None:
    for name in ("dark", "light"):
        theme.apply(qapp, name)
        image = filled.view.table.grab().toImage()
        place = filled.view.table.viewport().mapTo(filled.view.table, middle(filled, 2, 1))
        around = [image.pixelColor(place + QPoint(x, y)).name() for x in range(-20, 20) for y in range(-8, 8)]
        assert theme.colours().bad in around
