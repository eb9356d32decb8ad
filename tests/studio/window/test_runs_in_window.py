"""Runs in the real window: their clips are opened in Curate, what is written is said, smoothing is kept."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit

from core.events import Metric
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.runs import launch
from core.runs.run_folder import State
from studio.app import Studio
from studio.plots.smoothing_button import SmoothingButton
from studio.workspaces.clips_popover import ClipsPopover
from tests.studio.plots import exported
from tests.studio.workspaces import recorded

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def with_run(qtbot: Any, open_studio: Studio) -> Studio:
    """The small project with a finished run that is looked at in Train."""
    project = open_studio.session.document.project
    folder = launch.prepare(project, JOBS["pretrain"], PretrainConfig(minimum_length=2, gap_shortest=1))
    for step in range(10, 110, 10):
        folder.append(Metric("loss", step, 1 / step))
    recorded.end(folder, State.DONE, 100)
    train = open_studio.session.train
    open_studio.window.show_workspace("train")
    qtbot.waitUntil(lambda: len(train.run_list.chosen()) == 1)
    qtbot.waitUntil(train.header.clips_button.isVisible)
    return open_studio


def said(studio: Studio) -> str:
    return "\n".join(label.text() for label in studio.window.findChildren(QLabel))


def test_a_clip_of_a_run_is_opened_in_curate(qtbot: Any, with_run: Studio) -> None:
    session = with_run.session
    other = next(one.clip.name for one in session.clips.summaries if one.clip.name != session.view.clip.name)
    qtbot.mouseClick(session.train.header.clips_button, LEFT)
    popover = session.train.header.findChild(ClipsPopover)
    qtbot.waitUntil(popover.isVisible)
    qtbot.keyClicks(popover.findChild(QLineEdit), other)
    qtbot.keyClick(popover.findChild(QLineEdit), Qt.Key.Key_Return)
    assert with_run.window.panels.workspace == "curate"
    assert session.view.clip.name == other
    session.train.header.clip_chosen.emit("gone")
    qtbot.waitUntil(lambda: "The project holds no clip gone any more." in said(with_run))


def test_figures_and_metrics_that_were_written_are_said(qtbot: Any, with_run: Studio, tmp_path: Path) -> None:
    train = with_run.session.train
    qtbot.waitUntil(train.loss._empty.isHidden)
    exported.save(qtbot, train.loss, tmp_path / "loss.pdf")
    qtbot.waitUntil(lambda: f"loss.pdf was written to {tmp_path}." in said(with_run))
    assert train.accuracy.export_button.folder == tmp_path
    (run,) = train.run_list.chosen()
    train.run_list.export_asked.emit([run.path], "csv", tmp_path)
    qtbot.waitUntil(lambda: f"{run.name}.csv was written to {tmp_path}." in said(with_run))
    (tmp_path / "file").write_text("")
    train.run_list.export_asked.emit([run.path], "csv", tmp_path / "file")
    qtbot.waitUntil(lambda: "choose another folder." in said(with_run))


def test_a_figure_that_cannot_be_written_is_said(qtbot: Any, with_run: Studio, tmp_path: Path) -> None:
    train = with_run.session.train
    qtbot.waitUntil(train.loss._empty.isHidden)
    with qtbot.capture_exceptions() as caught:
        exported.choose(qtbot, exported.open_menu(qtbot, train.loss), "Save as PNG")
        (dialog,) = with_run.window.findChildren(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "gone" / "loss.png"))
        dialog.reject()
    ((kind, error, traceback),) = caught
    with_run.crashes.take(kind, error, traceback)  # as the hook of the program does
    qtbot.waitUntil(lambda: "choose another place." in said(with_run))
    assert not with_run.crashes.dialog.isVisible()


def test_smoothing_holds_in_all_plots_and_the_next_time(qtbot: Any, with_run: Studio) -> None:
    session = with_run.session
    button = session.evaluate.loss.findChild(SmoothingButton)
    strong = next(one for one in button.choices.actions() if "strong" in one.text())
    strong.trigger()
    for plot in (session.train.loss, session.train.accuracy, session.evaluate.loss):
        assert plot.findChild(SmoothingButton).accessibleName() == "Smoothing: strong"
    path = session.document.project.path
    with_run.close_project()
    assert with_run.open_project(path)
    again = with_run.session.train.loss.findChild(SmoothingButton)
    assert again.accessibleName() == "Smoothing: strong"
