"""The Train workspace: what it shows of runs, and a real run started, stopped and resumed by clicks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QLabel, QPlainTextEdit, QPushButton, QWidget

from core.datasets.clip import Use
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.runs.run_folder import State
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.model import Review
from core.trajectories.observation_edits import AddObject, SetObservation
from core.trajectories.trajectory_edits import SetReview
from studio.document import FEW, Document
from studio.filters.track_filters import TrackFilters
from studio.in_steps import whole
from studio.runs.runs import Runs
from studio.workspaces.train import COUNT_PERIOD, TrainWorkspace
from tests.studio.drawn_project import add_drawn_clips
from tests.studio.small_project import draw_points
from tests.studio.workspaces import recorded

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_train(document: Document, follow: Callable[[], Runs], qtbot: Any) -> Callable[[], TrainWorkspace]:
    def new() -> TrainWorkspace:
        workspace = whole(TrainWorkspace(document, follow(), TrackFilters(document.project.path)))
        qtbot.addWidget(workspace)
        workspace.resize(1300, 800)
        workspace.show()
        return workspace

    return new


def button(widget: QWidget, name: str) -> QPushButton:
    found = widget.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def show(workspace: TrainWorkspace, tab: str, qtbot: Any) -> None:
    """Click on a tab of the monitors."""
    tabs = workspace.monitors.tabs
    place = next(place for place in range(tabs.count()) if tabs.tabText(place) == tab)
    qtbot.mouseClick(tabs, LEFT, pos=tabs.tabRect(place).center())
    assert tabs.currentIndex() == place


def texts(widget: QWidget) -> str:
    labels = [one.text() for one in widget.findChildren(QLabel) if not one.isHidden()]
    return "\n".join(labels + [one.toPlainText() for one in widget.findChildren(QPlainTextEdit)])


def test_without_clips_the_button_says_why_it_cannot_start(open_train: Any) -> None:
    workspace = open_train()
    start = button(workspace, "pretrain_button")
    assert not start.isEnabled()
    assert start.toolTip() == "There are no clips yet; import some in Curate."
    assert "Pretraining runs appear here." in texts(workspace)


def test_a_regime_without_its_tracks_is_refused(document: Document, open_train: Any, tmp_path: Path) -> None:
    add_drawn_clips(document.project, tmp_path / "frames")
    workspace = open_train()
    start = button(workspace, "pretrain_button")
    assert start.isEnabled()
    assert "Trains on 40 point tracks of 2 clips." in texts(workspace)
    workspace.form.set_value(PretrainConfig(regime="obj"))
    workspace.form.changed.emit()
    assert not start.isEnabled()
    assert start.toolTip().startswith("There are no object tracks yet")


def change(workspace: TrainWorkspace, **settings: Any) -> str:
    """What is said of what trains, once settings were changed in the form."""
    workspace.form.set_value(PretrainConfig(**settings))
    workspace.form.changed.emit()
    return workspace._material.text()


ALONE = (
    " There are no object tracks to train on, so the others train alone; densify objects first, or choose tr."
)


def test_the_note_counts_what_trains_as_the_settings_change(
    document: Document, open_train: Any, tmp_path: Path
) -> None:
    add_drawn_clips(document.project, tmp_path / "frames", count=5)
    workspace = open_train()
    start = button(workspace, "pretrain_button")
    share = "Trains on 60 point tracks of 3 clips; held out: 40 point tracks of 2 clips."
    assert change(workspace, held_out="0.4", regime="tr") == share
    share += ALONE
    assert change(workspace, held_out="0.4") == share
    before = workspace._material.toolTip()
    assert change(workspace, held_out="0.4", seed=5) == share
    assert workspace._material.toolTip() == before
    others = {
        change(workspace, held_out="0.4", split_seed=k) + workspace._material.toolTip() for k in range(6)
    }
    assert len(others) > 1
    assert change(workspace, held_out="drawn1, drawn3") == share
    assert workspace._material.toolTip().endswith("2 clips (drawn1, drawn3)")
    assert "There is no clip 'nobody' to hold out" in change(workspace, held_out="drawn1, nobody")
    assert not start.isEnabled()
    assert "Every clip is held out" in change(workspace, held_out="drawn0,drawn1,drawn2,drawn3,drawn4")
    assert "No such track is long and large enough" in change(workspace, minimum_length=13)
    assert change(workspace, minimum_length=12) == "Trains on 100 point tracks of 5 clips." + ALONE
    assert start.isEnabled()


def test_the_note_follows_what_is_pinned_and_reviewed(
    document: Document, open_train: Any, tmp_path: Path, qtbot: Any
) -> None:
    add_drawn_clips(document.project, tmp_path / "frames", count=3)
    workspace = open_train()
    clips = [one.clip for one in document.clips()]
    document.perform(ChooseUse((replace(clips[0], use=Use.HELD_OUT), replace(clips[1], use=Use.LEFT_OUT))))
    ids = tuple(document.points(clips[2].id).ids[:5].tolist())
    document.perform(SetReview(clips[2].id, ids, Review.REJECTED))
    text = "Trains on 15 point tracks of 1 clip; held out: 20 point tracks of 1 clip; left out: 1 clip."
    qtbot.waitUntil(lambda: text in texts(workspace))
    large = AddObject(clips[0].id, "van", 0, np.array([10, 10, 60, 60], np.float32))
    document.perform(large)
    (van,) = document.objects(clips[0].id)
    document.perform(SetObservation(clips[0].id, van, 9, np.array([20, 10, 70, 60], np.float32), None))
    lost = "All object tracks lie in clips that do not train; the others train alone."
    qtbot.waitUntil(lambda: lost in texts(workspace))
    assert "No clip that trains has such tracks" in change(workspace, regime="obj")
    document.turn(-1)  # an object that is seen in one frame gives no pair
    qtbot.waitUntil(lambda: "No such track is long and large enough" in texts(workspace))


def test_many_tracks_are_counted_in_a_thread(
    document: Document, open_train: Any, tmp_path: Path, qtbot: Any
) -> None:
    add_drawn_clips(document.project, tmp_path / "frames", count=1)
    (clip,) = (one.clip for one in document.clips())
    with qtbot.waitSignal(document.performed):
        document.perform_later(ReplacePoints({clip.id: draw_points(FEW + 1)}))
    workspace = open_train()
    start = button(workspace, "pretrain_button")
    assert (start.isEnabled(), start.toolTip()) == (False, "The tracks are being counted…")
    qtbot.waitUntil(lambda: "No such track is long and large enough" in texts(workspace))
    assert change(workspace, minimum_length=7) == "Trains on 100 point tracks of 1 clip." + ALONE
    workspace.close_reader()


def test_the_images_of_caltech101_are_counted(
    document: Document, open_train: Any, tmp_path: Path, qtbot: Any
) -> None:
    for name, count in (("ant", 10), ("bonsai", 20)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(count):
            (tmp_path / "images" / name / f"image_{number:04d}.jpg").touch()
    workspace = open_train()
    start = button(workspace, "pretrain_button")
    settings: dict[str, Any] = {"method": "caltech101", "images": tmp_path / "images"}
    assert change(workspace, **settings) == "The images are being counted…"
    qtbot.waitUntil(lambda: "Trains on 30 images of 2 categories." in texts(workspace))
    assert start.isEnabled()
    assert change(workspace, **settings, held_out="0.1") == (
        "Trains on 27 images of 2 categories; held out: 3 images."
    )
    change(workspace, method="caltech101", images=tmp_path / "none")
    qtbot.waitUntil(lambda: "There is no folder" in texts(workspace))
    assert not start.isEnabled()


def test_the_newest_run_is_shown_with_its_curves_filters_and_log(
    document: Document, open_train: Any, qtbot: Any
) -> None:
    recorded.pretraining(document.project.runs, "20260101T000000", PretrainConfig(network="tiny"))
    workspace = open_train()
    qtbot.waitUntil(lambda: bool(workspace.loss.drawn()) and len(workspace.loss.drawn()[0][0]) == 10)
    qtbot.waitUntil(lambda: len(workspace.accuracy.drawn()) == 2)
    (_, training), (steps, held_out) = workspace.accuracy.drawn()
    assert training[-1] > 50
    np.testing.assert_array_equal(steps, [50, 100])
    np.testing.assert_allclose(held_out, [60, 70])
    show(workspace, "Filters", qtbot)
    qtbot.waitUntil(lambda: workspace.monitors.filters.bank.filters is not None)
    assert workspace.monitors.filters.step == 100
    show(workspace, "Curves", qtbot)
    assert "Training the tiny network.\nA frame was dark." in texts(workspace)
    assert "Pretrain · association objtr tiny" in texts(workspace)


@pytest.mark.parametrize(("method", "of_two"), [("association", True), ("slowfeat", True), ("nce", False)])
def test_chance_is_half_only_where_there_are_two_outcomes(
    method: str, of_two: bool, document: Document, open_train: Any, qtbot: Any
) -> None:
    recorded.pretraining(document.project.runs, "20260101T000000", PretrainConfig(method=method))
    workspace = open_train()
    workspace.show()
    qtbot.waitUntil(lambda: bool(workspace.accuracy.drawn()) and len(workspace.accuracy.drawn()[0][0]) > 0)
    qtbot.waitUntil(lambda: workspace.accuracy._chance.isVisible() == of_two)


def test_chosen_runs_are_overlaid(document: Document, open_train: Any, qtbot: Any) -> None:
    runs = document.project.runs
    recorded.pretraining(runs, "20260101T000000", PretrainConfig(regime="tr"), steps=50)
    recorded.pretraining(runs, "20260102T000000", PretrainConfig(method="slowfeat"), steps=100)
    workspace = open_train()
    workspace.run_list.choose(*workspace._runs.all)
    qtbot.waitUntil(lambda: [len(x) for x, _ in workspace.loss.drawn()] == [10, 5])


def test_a_failed_run_says_what_went_wrong_and_can_be_copied(
    document: Document, open_train: Any, qtbot: Any
) -> None:
    folder = recorded.pretraining(document.project.runs, "20260101T000000", PretrainConfig(seed=17))
    (folder.path / "worker.log").write_text("Traceback\nValueError: too hot\n")
    recorded.end(folder, State.FAILED, 40, "The loss is no longer a number at step 40; train slower.")
    workspace = open_train()
    assert "The loss is no longer a number at step 40; train slower." in texts(workspace)
    assert "ValueError: too hot" in texts(workspace)
    qtbot.mouseClick(button(workspace, "copy_diagnostics"), LEFT)
    copied = QGuiApplication.clipboard().text()
    assert folder.name in copied
    assert '"seed": 17' in copied
    assert "ValueError: too hot" in copied


def test_edits_since_the_run_are_counted(
    document: Document, open_train: Any, follow: Any, tmp_path: Path, qtbot: Any
) -> None:
    from core.runs import launch

    add_drawn_clips(document.project, tmp_path / "frames")
    launch.prepare(document.project, JOBS["pretrain"], PretrainConfig())
    workspace = open_train()
    qtbot.waitUntil(lambda: "Trains on 40 point tracks of 2 clips · no edits since" in texts(workspace))
    document.turn(-1)
    gone = "1 edit taken back since: 1,120 positives gone"  # 28 of each point's 12 frames
    qtbot.waitUntil(lambda: gone in texts(workspace))


def test_nothing_is_counted_while_another_workspace_is_shown(
    document: Document, open_train: Any, tmp_path: Path, qtbot: Any
) -> None:
    workspace = open_train()
    workspace.hide()
    add_drawn_clips(document.project, tmp_path / "frames")
    document.turn(-1)
    qtbot.wait(2 * COUNT_PERIOD)
    assert not button(workspace, "pretrain_button").isEnabled()
    workspace.show()
    assert "There are no tracks yet; press Track points in Curate." in texts(workspace)
    document.redo()
    qtbot.waitUntil(lambda: "40 point tracks" in texts(workspace))


def test_a_run_is_started_stopped_and_resumed_by_clicks(
    document: Document, open_train: Any, tmp_path: Path, qtbot: Any
) -> None:
    add_drawn_clips(document.project, tmp_path / "frames")
    workspace = open_train()
    ends: list[State] = []
    workspace._runs.finished.connect(lambda run: ends.append(run.state))
    settings = PretrainConfig(
        regime="tr",
        network="tiny",
        steps=100,  # so many that it is not done before it is stopped
        batch=8,
        patch_size=32,
        report_every=1,
        held_out_every=50,
        held_out_count=8,
        filters_every=50,
        device="cpu",
    )
    workspace.form.set_value(settings)
    qtbot.mouseClick(button(workspace, "pretrain_button"), LEFT)
    (run,) = workspace._runs.all
    assert workspace.run_list.chosen() == [run]
    assert not button(workspace, "resume_button").isEnabled()
    qtbot.waitUntil(lambda: len(run.curve("loss")) >= 5)
    qtbot.mouseClick(button(workspace, "stop_button"), LEFT)
    assert "stopping…" in texts(workspace)
    qtbot.waitUntil(lambda: bool(ends))
    assert ends == [State.STOPPED]
    stopped_at = len(run.curve("loss"))
    assert stopped_at < 100
    assert not button(workspace, "stop_button").isEnabled()

    qtbot.mouseClick(button(workspace, "resume_button"), LEFT)
    qtbot.waitUntil(lambda: ends == [State.STOPPED, State.DONE], timeout=600_000)
    np.testing.assert_array_equal(run.curve("loss").steps, np.arange(1, 101))
    assert np.isfinite(run.curve("loss").values).all()
    assert [one.step for one in run.filters] == [0, 50, 100]
    qtbot.waitUntil(lambda: len(workspace.loss.drawn()[0][0]) == 100)
    show(workspace, "Filters", qtbot)
    assert workspace.monitors.filters.step == 100

    assert button(workspace, "resume_button").text() == "Train further…"
    qtbot.mouseClick(button(workspace, "resume_button"), LEFT)
    dialog = workspace.findChild(QInputDialog)
    assert dialog.intValue() == 200
    assert dialog.intMinimum() == 101
    dialog.setIntValue(110)
    dialog.accept()
    qtbot.waitUntil(lambda: len(ends) == 3, timeout=600_000)
    assert ends[2] is State.DONE
    assert run.settings["steps"] == 110
    np.testing.assert_array_equal(run.curve("loss").steps, np.arange(1, 111))
    assert any("goes on to 110: from step 100 on" in line.text for line in run.log)


def test_deleting_by_click_empties_the_list(document: Document, open_train: Any, qtbot: Any) -> None:
    recorded.pretraining(document.project.runs, "20260101T000000", PretrainConfig())
    workspace = open_train()
    with qtbot.waitSignal(workspace._runs.deleted):
        qtbot.mouseClick(button(workspace, "delete_button"), LEFT)
    assert workspace.run_list.chosen() == []
    assert "Pretraining runs appear here." in texts(workspace)
