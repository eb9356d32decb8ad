"""Table 1 in the real window: planned, started, left, killed, resumed, and looked at cell by cell."""

import json
import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox

from core.matrix.place import Place
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from studio.app import Studio
from studio.workspaces.matrix import MatrixWorkspace
from tests.studio.workspaces.test_evaluate import write_voc

LEFT, LONG = Qt.MouseButton.LeftButton, 300_000
CELL = "voc2007-RandomNet-seed0"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "project") as project:
        return project.path


def table(studio: Studio) -> MatrixWorkspace:
    assert studio.session is not None
    return studio.session.matrix


def texts(studio: Studio) -> list[str]:
    model = table(studio).view.model
    return [
        model.index(row, column).data()
        for row in range(model.rowCount())
        for column in range(model.columnCount())
    ]


def plan_one_cell(studio: Studio, voc: Path) -> None:
    workspace = table(studio)
    form = workspace.form.form
    form.editor("voc").set_value(voc)
    form.editor("schedule").set_value("smoke")
    form.editor("device").set_value("cpu")
    form.editor("workers").set_value(1)
    for box in workspace.form.findChildren(QCheckBox):
        if box.isChecked() and box.objectName() not in ("choice_RandomNet", "choice_voc2007"):
            box.click()


def test_a_table_is_filled_though_its_driver_is_killed_and_every_cell_opens_its_run(
    studio: Studio, project: Path, tmp_path: Path, qtbot
):
    voc = write_voc(tmp_path)
    studio.open_project(project)
    studio.window.commands["run_table1"].trigger()
    assert studio.window.panels.workspace == "table1"
    plan_one_cell(studio, voc)
    qtbot.waitUntil(lambda: texts(studio) == ["to do"], timeout=LONG)
    assert "To do: 2 searches for boxes, 1 fine-tuning" in table(studio).view.words.text()

    QTest.mouseClick(table(studio).start_button, LEFT)
    qtbot.waitUntil(lambda: texts(studio) == ["waiting"], timeout=LONG)
    (path,) = project.glob("runs/*-table1-????")
    driver = RunFolder(path)
    place = Place.of(driver)
    boxes = place.folder_of("boxes-voc2007-trainval")
    qtbot.waitUntil(lambda: boxes.status().state in (State.RUNNING, State.DONE), timeout=LONG)

    studio.close_project()  # it goes on without the window
    studio.open_project(project)
    studio.window.show_workspace("table1")
    run = table(studio).matrix
    assert run is not None
    assert run.path == driver.path
    assert run.is_active
    os.kill(driver.status().pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    qtbot.waitUntil(lambda: run.state is State.INTERRUPTED, timeout=LONG)
    qtbot.waitUntil(lambda: table(studio).start_button.text() == "Resume", timeout=LONG)

    QTest.mouseClick(table(studio).start_button, LEFT)
    qtbot.waitUntil(lambda: not run.is_active, timeout=LONG)
    assert run.state is State.DONE, run.status.error
    cell = place.folder_of(CELL)
    assert cell.status().state is State.DONE
    qtbot.waitUntil(lambda: texts(studio)[0].replace(".", "").isdigit(), timeout=LONG)
    measured = json.loads((cell.results / "ap.json").read_text())["map"]
    assert texts(studio) == [f"{100 * measured:.1f}"]
    qtbot.waitUntil(lambda: table(studio).start_button.text() == "Done", timeout=LONG)

    view = table(studio).view
    place_of_cell = view.table.visualRect(view.model.index(0, 0)).center()
    QTest.mouseClick(view.table.viewport(), LEFT, pos=place_of_cell)
    assert studio.window.panels.workspace == "evaluate"
    assert studio.session is not None
    assert [one.path for one in studio.session.evaluate.run_list.chosen()] == [cell.path]
    studio.window.commands["run_table1"].trigger()
    QTest.mouseClick(view.compare_button, LEFT)
    assert studio.window.panels.workspace == "compare"
    assert [one.path for one in studio.session.compare.run_list.chosen()] == [cell.path]
