"""What the Train workspace says of a run: what it is measured on, its clips, and a batch that fits."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton

from core.datasets.clip import Use
from core.events import Metric
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.runs import launch
from core.runs.run_folder import RunFolder, State, Status
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from studio.document import Document
from studio.filters.track_filters import TrackFilters
from studio.in_steps import whole
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.clips_popover import ClipsPopover
from studio.workspaces.train import TrainWorkspace
from tests.studio.drawn_project import add_drawn_clips
from tests.studio.small_project import draw_points
from tests.studio.workspaces import recorded

LEFT, KEY = Qt.MouseButton.LeftButton, Qt.Key
CONFIG = PretrainConfig(regime="tr", minimum_length=2, network="tiny")


@pytest.fixture
def clips(document: Document, tmp_path: Path) -> list[str]:
    """Four clips of 20 tracks each, the first pinned as held out."""
    add_drawn_clips(document.project, tmp_path / "frames", count=4)
    first = document.clips()[0].clip
    document.perform(ChooseUse((replace(first, use=Use.HELD_OUT),)))
    return [one.clip.name for one in document.clips()]


def add_run(document: Document, config: PretrainConfig, score: float) -> RunFolder:
    """A finished run with the snapshot of now."""
    folder = launch.prepare(document.project, JOBS["pretrain"], config)
    for step in (50, 100):
        folder.append(Metric("loss", step, 1 / step))
        folder.append(Metric("accuracy", step, 0.6))
        folder.append(Metric("held_out_accuracy", step, score))
    recorded.end(folder, State.DONE, 100)
    return folder


@pytest.fixture
def open_train(document: Document, follow: Callable[[], Runs], qtbot: Any) -> Callable[[], TrainWorkspace]:
    def new() -> TrainWorkspace:
        workspace = whole(TrainWorkspace(document, follow(), TrackFilters(document.project.path)))
        qtbot.addWidget(workspace)
        workspace.resize(1300, 800)
        workspace.show()
        return workspace

    return new


def held_out_curves(workspace: TrainWorkspace) -> list[list[float]]:
    """The values of the held-out curves that are drawn, run by run."""
    drawn = [y for _, y in workspace.accuracy.drawn()[1::2]]
    return [np.asarray(y).tolist() if y is not None else [] for y in drawn]


def notes(workspace: TrainWorkspace) -> str:
    return "\n".join(one.text() for one in workspace.accuracy.findChildren(QLabel) if not one.isHidden())


def test_held_out_curves_of_the_same_pairs_are_overlaid(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    for place in range(2):
        add_run(document, replace(CONFIG, learning_rate=0.01 * (place + 1)), 0.7 + place / 10)
    workspace = open_train()
    workspace.run_list.choose(*workspace._runs.all)
    qtbot.waitUntil(lambda: held_out_curves(workspace) == [[80, 80], [70, 70]])
    assert "not shown" not in notes(workspace)


def test_a_held_out_curve_of_other_pairs_is_not_shown_and_the_reason_is_said(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    add_run(document, CONFIG, 0.7)
    second = document.clips()[1].clip
    document.perform(ChooseUse((replace(second, use=Use.HELD_OUT),)))
    add_run(document, CONFIG, 0.9)
    workspace = open_train()
    newer, older = workspace._runs.all
    workspace.run_list.choose(newer, older)
    qtbot.waitUntil(lambda: held_out_curves(workspace) == [[90, 90], []])
    assert f"not shown: other clips are held out ({clips[0]}, not {clips[0]}, {clips[1]})." in notes(
        workspace
    )
    workspace.run_list.choose(older)
    qtbot.waitUntil(lambda: held_out_curves(workspace) == [[70, 70]])
    assert "not shown" not in notes(workspace)


def test_edits_of_held_out_tracks_part_the_curves(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    add_run(document, CONFIG, 0.7)
    document.perform(ReplacePoints({document.clips()[0].clip.id: draw_points(5)}))
    add_run(document, CONFIG, 0.9)
    workspace = open_train()
    workspace.run_list.choose(*workspace._runs.all)
    qtbot.waitUntil(lambda: "the tracks of the held-out clips were edited in between" in notes(workspace))
    qtbot.waitUntil(lambda: held_out_curves(workspace) == [[90, 90], []])


def test_runs_without_a_record_are_not_compared(document: Document, open_train: Any, qtbot: Any) -> None:
    for stamp in ("20260101T100000000", "20260102T100000000"):
        recorded.pretraining(document.project.runs, stamp, PretrainConfig())
    workspace = open_train()
    workspace.run_list.choose(*workspace._runs.all)
    qtbot.waitUntil(lambda: "was measured on is not recorded" in notes(workspace))


def test_the_header_says_what_trains_and_its_clips_are_opened(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    add_run(document, CONFIG, 0.7)
    workspace = open_train()
    words = "Trains on 60 point tracks of 3 clips; held out: 20 point tracks of 1 clip"
    texts = lambda: "\n".join(one.text() for one in workspace.header.findChildren(QLabel))  # noqa: E731
    qtbot.waitUntil(lambda: words in texts())
    qtbot.mouseClick(workspace.header.clips_button, LEFT)
    popover = workspace.header.findChild(ClipsPopover)
    qtbot.waitUntil(popover.isVisible)
    groups = [popover.list.topLevelItem(place) for place in range(2)]
    assert [group.text(0) for group in groups] == ["Trains (3)", "Held out: only measured (1)"]
    assert [groups[1].child(0).text(column) for column in range(2)] == [clips[0], "20 points"]
    search = popover.findChild(QLineEdit)
    qtbot.keyClicks(search, clips[2][-1])
    with qtbot.waitSignal(workspace.header.clip_chosen) as chosen:
        qtbot.keyClick(search, KEY.Key_Return)
    assert chosen.args == [clips[2]]
    assert popover.isHidden()
    qtbot.mouseClick(workspace.header.clips_button, LEFT)
    qtbot.waitUntil(popover.isVisible)
    place = popover.list.visualItemRect(groups_child(popover, 1, 0)).center()
    with qtbot.waitSignal(workspace.header.clip_chosen) as chosen:
        qtbot.mouseClick(popover.list.viewport(), LEFT, pos=place)
    assert chosen.args == [clips[0]]


def groups_child(popover: ClipsPopover, group: int, row: int) -> Any:
    return popover.list.topLevelItem(group).child(row)


def test_a_run_without_a_snapshot_offers_no_clips(document: Document, open_train: Any) -> None:
    recorded.pretraining(document.project.runs, "20260101T100000000", PretrainConfig())
    assert open_train().header.clips_button.isHidden()


def fail(folder: RunFolder, report: object) -> None:
    (folder.results / "memory.json").write_text(json.dumps(report))
    folder.write_status(Status(State.FAILED, 3, 100, error="The memory ran out."))


def test_a_run_that_ran_out_of_memory_starts_again_with_a_batch_that_fits(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    folder = add_run(document, replace(CONFIG, batch=512, steps=20, seed=7), 0.5)
    fail(folder, {"stage": "backward", "batch": 512, "fits": 96})
    workspace = open_train()
    again = workspace.findChild(QPushButton, "again_button")
    qtbot.waitUntil(again.isVisible)
    assert again.text() == "Start again with batch 96"
    assert "A batch of 512 did not fit (backward)" in again.toolTip()
    qtbot.mouseClick(again, LEFT)
    (run,) = workspace.run_list.chosen()
    workspace._runs.stop(run)  # before its worker starts
    assert isinstance(run, Run)
    assert (run.settings["batch"], run.settings["seed"], run.settings["steps"]) == (96, 7, 20)
    assert RunFolder(folder.path).settings(PretrainConfig).batch == 512
    qtbot.waitUntil(lambda: run.path is not None and run.path != folder.path)
    assert run.folder.settings(PretrainConfig).batch == 96
    qtbot.waitUntil(lambda: run.state is State.STOPPED)


def test_a_batch_is_offered_where_memory_may_be_the_reason(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    folder, report = add_run(document, CONFIG, 0.5), {"stage": "training", "batch": 64, "fits": 30}
    fail(folder, report)
    folder.write_status(Status(State.FAILED, 3, 100, error="The loss became nan at step 3."))
    workspace = open_train()
    again = workspace.findChild(QPushButton, "again_button")
    qtbot.waitUntil(lambda: "became nan" in "".join(one.text() for one in workspace.findChildren(QLabel)))
    assert again.isHidden()
    folder.write_status(Status(State.RUNNING, 3, 100))  # and nobody holds its lock: the system ended it
    qtbot.waitUntil(again.isVisible)
    assert again.text() == "Start again with batch 30"


@pytest.mark.parametrize(
    "report",
    [
        {"stage": "a", "batch": 64, "fits": 0},
        {"stage": "a", "batch": 64, "fits": None},
        {"batch": 64},
        [],
        "x",
    ],
)
def test_without_a_batch_that_fits_nothing_is_offered(
    document: Document, clips: list[str], open_train: Any, qtbot: Any, report: object
) -> None:
    fail(add_run(document, CONFIG, 0.5), report)
    workspace = open_train()
    qtbot.waitUntil(lambda: "The memory ran out." in [one.text() for one in workspace.findChildren(QLabel)])
    assert workspace.findChild(QPushButton, "again_button").isHidden()


def test_the_header_says_which_filter_chose_what_trains(
    document: Document, clips: list[str], open_train: Any, qtbot: Any
) -> None:
    add_run(document, replace(CONFIG, tracks="kind:point id>0"), 0.7)
    workspace = open_train()
    words = "point tracks of 3 clips after the filter kind:point id>0; held out: 20 point tracks of 1 clip"
    texts = lambda: "\n".join(one.text() for one in workspace.header.findChildren(QLabel))  # noqa: E731
    qtbot.waitUntil(lambda: words in texts())
    assert workspace.run_list.chosen()[0].choices.endswith("kind:point id>0")
