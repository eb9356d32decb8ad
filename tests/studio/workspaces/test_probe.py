"""The Probe workspace: what it shows of probes, and two real ones started by a click."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from core.evaluation.config import LAYERS, ProbeConfig
from core.events import Metric
from core.networks.weights import load_trunk, save_trunk
from core.runs.run_folder import RunFolder, State
from studio.document import Document
from studio.runs.runs import Runs
from studio.workspaces.probe import ProbeWorkspace
from tests.studio.workspaces import recorded
from tests.studio.workspaces.test_evaluate import write_voc

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_probe(document: Document, follow: Callable[[], Runs], qtbot: Any) -> Callable[[], ProbeWorkspace]:
    def new() -> ProbeWorkspace:
        workspace = ProbeWorkspace(document, follow())
        qtbot.addWidget(workspace)
        workspace.resize(1400, 800)
        workspace.show()
        return workspace

    return new


def probed(
    document: Document, number: int, init: str, accuracies: list[float], done: bool = True
) -> RunFolder:
    """A probe as the job leaves it; one that is not done has measured pool5 alone and left no file."""
    config = ProbeConfig(voc=Path("/data/VOCdevkit"), init=init, seed=number)
    folder = RunFolder.create(
        document.project.runs / f"20260101T12000{number}-probe-000{number}", "probe", config
    )
    rows = []
    for layer in LAYERS if done else LAYERS[:1]:
        for classifier in ("linear", "knn"):
            what = {"layer": layer, "classifier": classifier, "per_class": 10}
            rows.append({**what, "accuracies": accuracies})
            for step, accuracy in enumerate(accuracies, start=1):
                folder.append(Metric(f"{classifier}/10/{layer}", step, accuracy))
    if done:
        known = {"set": "voc2007", "init": init, "network": "tiny", "chance": 0.2, "classes": list("abcde")}
        (folder.results / "probe.json").write_text(json.dumps({**known, "results": rows}))
    recorded.end(folder, State.DONE if done else State.STOPPED, 1)
    return folder


def cells(workspace: ProbeWorkspace) -> dict[tuple[str, str], str]:
    table = workspace.table.table
    return {
        (table.verticalHeaderItem(row).text(), table.horizontalHeaderItem(column).text()): table.item(
            row, column
        ).text()
        for row in range(table.rowCount())
        for column in range(table.columnCount())
    }


def test_probes_stand_side_by_side_with_their_intervals(open_probe, document):
    probed(document, 1, "random", [0.4, 0.5])
    probed(document, 2, "/x/mine.safetensors", [0.6, 0.7])
    workspace = open_probe()
    workspace.run_list.choose(*workspace._runs.for_job("probe"))
    found = cells(workspace)
    assert len(found) == 2 * 2 * 3
    [random] = [
        text for (row, name), text in found.items() if row.startswith("fc7 k-NN") and "Random" in name
    ]
    assert random == "45.0 ± 63.5"  # t = 12.706 with one degree of freedom
    place = next(i for i, one in enumerate(workspace.plot._series) if "mine" in one.label)
    np.testing.assert_allclose(workspace.plot.drawn(place), [[65, 65 - 63.53, 65 + 63.53]] * 6, atol=0.01)
    assert "95 % t-interval over choices of training images" in workspace.table.notes.text()
    assert "chance 20.0 %" in workspace.table.notes.text()


def test_probes_of_the_same_start_are_joined_on_request_and_copied(open_probe, document, qtbot):
    probed(document, 1, "random", [0.4, 0.5])
    probed(document, 2, "random", [0.5, 0.6])
    workspace = open_probe()
    workspace.run_list.choose(*workspace._runs.for_job("probe"))
    assert workspace.table.table.columnCount() == 2
    workspace.table.join.click()
    assert cells(workspace)["pool5 linear, 10 a class", "RandomNet"] == "50.0 ± 63.5"
    assert "over 2 probes of the same start" in workspace.table.notes.text()
    workspace.table.copy("csv")
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    assert [row["count"] for row in rows] == ["2"] * 6
    figure = workspace.plot.figure()
    assert tuple(figure.table.rows[0][:4]) == ("RandomNet", "pool5", "knn", 10)


def test_a_probe_that_has_not_finished_shows_what_it_measured(open_probe, document):
    probed(document, 1, "random", [0.4, 0.5], done=False)
    workspace = open_probe()
    workspace.run_list.choose(*workspace._runs.for_job("probe"))
    assert [row for row, _ in cells(workspace)] == ["pool5 k-NN, 10 a class", "pool5 linear, 10 a class"]
    assert "not finished" in workspace.table.notes.text()


def test_without_probes_it_says_what_to_do(open_probe):
    workspace = open_probe()
    assert workspace.table.table.rowCount() == 0
    assert not workspace.table.copy_button.isEnabled()
    assert not workspace.start_button.isEnabled()
    assert "Caltech-101 or a VOCdevkit" in workspace.start_button.toolTip()


def test_a_click_probes_weights_and_random_ones_beside_them(open_probe, document, tmp_path, qtbot):
    weights = tmp_path / "mine.safetensors"
    save_trunk(load_trunk("random", "tiny", torch.Generator().manual_seed(3)), weights)
    voc = write_voc(tmp_path, ("cat", "dog"))
    workspace = open_probe()
    workspace.form.set_value(
        ProbeConfig(voc=voc, init=str(weights), device="cpu", per_class=2, splits=2, shots=(1,), draws=2)
    )
    workspace._allow_start()
    assert workspace.baseline.isVisible()
    workspace.baseline.click()
    qtbot.mouseClick(workspace.start_button, LEFT)
    runs = workspace.run_list.chosen()
    assert len(runs) == 2
    qtbot.waitUntil(lambda: all(run.state is State.DONE for run in runs), timeout=600_000)
    qtbot.waitUntil(lambda: workspace.table.table.rowCount() == 9)  # 3 layers of k-NN, 2 and 1 a class
    names = [workspace.table.table.horizontalHeaderItem(place).text() for place in range(2)]
    assert any("RandomNet" in name for name in names)
    assert any("mine" in name for name in names)
    assert "–" not in cells(workspace).values()
