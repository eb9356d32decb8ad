"""The main job in the real window, with mouse and keys, on the generated sample.

What each step did is read where it must be: in the database and in the run folders.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.detection.config import VocConfig
from core.events import ClassAP, Filters, Metric
from core.geometry import decode_mask
from core.runs.run_folder import RunFolder, State
from core.trajectories.filter_text import parse
from core.trajectories.model import Origin, Review
from tests.end_to_end.user import User

pytestmark = pytest.mark.timeout(1200)  # some two minutes on two idle cores

ROOT = Path(__file__).parents[2]


@pytest.fixture
def user(qtbot, qapp, tmp_path, monkeypatch):
    monkeypatch.setattr("studio.app.projects_folder", lambda: tmp_path / "projects")
    user = User(qtbot, qapp, tmp_path)
    user.start()
    yield user
    user.leave()


def ask(project: Path, query: str, *values):
    """Rows of the database, read by another connection."""
    with sqlite3.connect(f"file:{project / 'annotations.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(query, values).fetchall()


def count(project: Path, query: str, *values) -> int:
    return ask(project, f"SELECT count(*) FROM {query}", *values)[0][0]


def runs(project: Path, job: str) -> list[RunFolder]:
    folders = [RunFolder(path.parent) for path in sorted(project.glob("runs/*/config.toml"))]
    return [folder for folder in folders if folder.job == job]


def test_the_main_job(user):
    project = open_the_sample(user)
    track_and_densify(user, project)
    correct(user, project)
    undo_survives_a_restart(user, project)
    pretrain_stop_and_resume(user, project)
    evaluate_from_both_starts(user, project)
    compare(user)
    training_outlives_a_killed_window(user, project)


def open_the_sample(user) -> Path:
    user.press(user.studio.welcome.sample_button)
    user.wait(lambda: user.session is not None and len(user.session.clips.summaries) == 4)
    project = user.session.document.project.path
    assert count(project, "clip") == 4
    assert count(project, "observation WHERE origin = ?", Origin.ANNOTATED) == 45
    return project


def track_and_densify(user, project: Path) -> None:
    for popover in ("track", "densify"):
        user.press(user.session.curate.job_buttons[popover])
        form = user.session.jobs.popovers[popover]
        user.wait(form.isVisible)
        if popover == "track":
            form.form.editor("preset").set_value("fast")
            form.form.editor("spacing").set_value(16)
        user.qtbot.keyClick(form.clips, Qt.Key.Key_End)
        assert form.clips.currentText() == "all 4 clips"
        user.press(form.start_button)
        user.wait(lambda popover=popover: runs(project, popover))
        assert user.ended(runs(project, popover)[0]) is State.DONE
    user.wait(lambda: not user.session.document.busy and count(project, "edit") == 3)
    assert count(project, "trajectory WHERE kind = 'point'") > 400
    # Nine objects with five keyframes each, in 40 frames: everything between is filled.
    assert count(project, "observation WHERE origin = ?", Origin.PROPAGATED) == 9 * 35


def correct(user, project: Path) -> None:
    session = user.session
    user.go_to("creatures2", 14)
    mouse = user.mouse
    clip = session.view.clip

    def one(id):
        return session.document.objects(clip.id)[id]

    def show(kind: str) -> None:
        """Filter the table, and with it the canvas."""
        session.tracks.filters.set(parse(f"kind:{kind}" if kind else ""))

    def select(id) -> np.ndarray:
        """Click on the object's mask where no point lies near; gives its box."""
        box = one(id).boxes[one(id).place(session.view.frame)]
        show("object")
        if session.view.selection:
            user.key("select_none")
        mouse.click((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        assert session.view.selection == {id}
        return box

    first, second = list(session.document.objects(clip.id))

    # Move a box: a keyframe, its mask along with it.
    box = select(first)
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    mouse.drag(centre, (centre[0] + 5, centre[1] + 3), (centre[0] + 10, centre[1] + 6))
    ((x1, y1, origin),) = ask(
        project, "SELECT x1, y1, origin FROM observation WHERE trajectory_id = ? AND frame = 14", first
    )
    assert origin == Origin.EDITED
    assert (x1, y1) == pytest.approx((box[0] + 10, box[1] + 6), abs=1.01)

    # Resize it by its lower right handle.
    box = one(first).boxes[one(first).place(14)]
    mouse.drag((box[2], box[3]), (box[2] + 4, box[3] + 3), (box[2] + 8, box[3] + 6))
    ((x2, y2),) = ask(project, "SELECT x2, y2 FROM observation WHERE trajectory_id = ? AND frame = 14", first)
    assert (x2, y2) == pytest.approx((box[2] + 8, box[3] + 6), abs=1.01)

    # Paint on the mask of the other one.
    box = select(second)
    before = decode_mask(one(second).masks[one(second).place(14)], clip.height, clip.width).sum()
    user.key("tool_brush")
    mouse.drag((box[0] - 4, box[1] + 20), (box[0] - 4, box[1] + 25), (box[0] - 4, box[1] + 30))
    user.key("tool_select")
    ((mask, origin),) = ask(
        project, "SELECT mask, origin FROM observation WHERE trajectory_id = ? AND frame = 14", second
    )
    assert origin == Origin.EDITED
    assert decode_mask(mask, clip.height, clip.width).sum() > before + 20

    # Drag a point.
    show("point")
    points = session.document.points(clip.id)
    here = points.at(14)
    middle = here[np.argmin(np.abs(points.xy[here] - (160, 120)).sum(axis=1))]
    point = int(points.ids[points.owner[middle]])
    x, y = map(float, points.xy[middle])
    mouse.drag((x, y), (x + 3, y + 2), (x + 7, y - 5))
    ((first_frame, xy, origins),) = ask(
        project, "SELECT first, xy, origin FROM trajectory WHERE id = ?", point
    )
    place = 14 - first_frame
    np.testing.assert_allclose(np.frombuffer(xy, "<f4").reshape(-1, 2)[place], (x + 7, y - 5), atol=0.6)
    assert origins[place] == Origin.EDITED

    # Split, merge, trim, delete.
    select(first)
    user.key("split")
    assert ask(project, "SELECT first, last FROM trajectory WHERE id = ?", first) == [(0, 13)]
    ((new,),) = ask(project, "SELECT max(id) FROM trajectory WHERE kind = 'object'")
    user.click_row(first)
    user.click_row(new, Qt.KeyboardModifier.ControlModifier)
    assert session.view.selection == {first, new}
    user.key("merge")
    assert ask(project, "SELECT first, last FROM trajectory WHERE id = ?", first) == [(0, 39)]
    assert count(project, "trajectory WHERE id = ?", new) == 0
    user.go_to("creatures2", 35)
    select(second)
    user.key("trim_end")
    assert ask(project, "SELECT last FROM trajectory WHERE id = ?", second) == [(35,)]
    user.key("delete_here")
    assert count(project, "observation WHERE trajectory_id = ? AND frame = 35", second) == 0
    show("point")
    user.click_row(point)
    user.key("delete_track")
    assert count(project, "trajectory WHERE id = ?", point) == 0

    # Name, accept, reject.
    show("object")
    user.click_row(first)
    label = session.inspector.label
    user.press(label)
    user.wait(label.hasFocus)
    label.selectAll()
    user.qtbot.keyClicks(label, "striped fish")
    user.qtbot.keyClick(label, Qt.Key.Key_Return)
    user.click_row(first)
    user.key("accept")
    user.click_row(second)
    user.key("reject")
    states = dict(ask(project, "SELECT id, review FROM trajectory WHERE kind = 'object'"))
    assert (states[first], states[second]) == (Review.ACCEPTED, Review.REJECTED)
    assert ask(project, "SELECT label FROM trajectory WHERE id = ?", first) == [("striped fish",)]


def undo_survives_a_restart(user, project: Path) -> None:
    done = count(project, "edit WHERE state = 'done'")
    corrected = ask(project, "SELECT * FROM observation ORDER BY trajectory_id, frame")
    user.key("undo")
    user.leave()
    user.start()
    assert user.studio.open_project(project)
    for _ in range(done - 4):
        user.key("undo")
    assert count(project, "edit WHERE state = 'done'") == 3
    assert count(project, "observation WHERE origin = ?", Origin.EDITED) == 0
    for _ in range(done - 3):
        user.key("redo")
    assert count(project, "edit WHERE state = 'done'") == done
    assert ask(project, "SELECT * FROM observation ORDER BY trajectory_id, frame") == corrected


def pretrain_stop_and_resume(user, project: Path) -> None:
    user.key("train")
    train = user.session.train
    for name, value in {
        "head": "abs",
        "steps": 60,
        "batch": 16,
        "report_every": 2,
        "filters_every": 10,
    }.items():
        train.form.editor(name).set_value(value)
    user.press(train.start_button)
    user.wait(lambda: runs(project, "pretrain") and len(curve(runs(project, "pretrain")[0], "loss")) >= 3)
    user.press(train.header.stop_button)
    (folder,) = runs(project, "pretrain")
    assert user.ended(folder) is State.STOPPED
    assert list(folder.checkpoints.iterdir())
    user.press(train.header.resume_button)
    user.wait(lambda: folder.status().state is not State.STOPPED)
    assert user.ended(folder) is State.DONE
    assert [step for step, _ in curve(folder, "loss")] == list(range(2, 61, 2))
    assert (folder.results / "trunk.safetensors").is_file()
    assert [event.step for event in folder.events()[0] if isinstance(event, Filters)] == list(
        range(0, 61, 10)
    )
    user.wait(lambda: len(train.run_list.chosen()[0].curve("loss").values) == 30)
    shown = train.run_list.chosen()[0].curve("loss")
    np.testing.assert_allclose(shown.values, [value for _, value in curve(folder, "loss")])
    assert json.loads((folder.snapshot / "snapshot.json").read_text())["revision"] > 3


def evaluate_from_both_starts(user, project: Path) -> None:
    user.key("evaluate")
    evaluate = user.session.evaluate
    (pretrained,) = runs(project, "pretrain")
    assert evaluate.form.value().voc == project / "sample" / "VOCdevkit"
    evaluate.form.editor("steps").set_value(20)
    for place, init in enumerate(("random", str(pretrained.path)), start=1):
        evaluate.form.editor("init").set_value(init)
        user.press(evaluate.start_button)
        user.wait(lambda place=place: len(runs(project, "voc")) == place)
        folder = runs(project, "voc")[-1]
        assert user.ended(folder) is State.DONE
        classes = [event for event in folder.events()[0] if isinstance(event, ClassAP)]
        assert len(classes) == 20
        result = json.loads((folder.results / "ap.json").read_text())
        assert 0 <= result["map"] <= 1
        assert {name for name, number in result["objects"].items() if number} == {
            "bottle", "car", "cat", "sofa", "tvmonitor"
        }  # fmt: skip
        mean = f"mAP {100 * result['map']:.1f} %"
        user.wait(lambda mean=mean: evaluate.mean.text() == mean)
    starts = {folder.settings(VocConfig).init for folder in runs(project, "voc")}
    assert starts == {"random", str(pretrained.path)}


def compare(user) -> None:
    user.key("compare")
    workspace = user.session.compare
    workspace.run_list.choose(*user.session.runs.for_job("voc"))

    def names() -> list[str]:
        model = workspace.table.model
        return [model.headerData(row, Qt.Orientation.Vertical) for row in range(model.rowCount())]

    user.wait(lambda: sum("quoted" not in name for name in names()) == 2)
    assert sum("quoted" in name for name in names()) == 7


def training_outlives_a_killed_window(user, project: Path) -> None:
    user.leave()
    before = {folder.path for folder in runs(project, "pretrain")}
    words = [sys.executable, "-m", "tests.end_to_end.window_until_killed", str(project)]
    words += [str(project.parent / "settings-2.ini"), "100000"]
    window = subprocess.Popen(words, cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})

    def started() -> list[RunFolder]:
        return [folder for folder in runs(project, "pretrain") if folder.path not in before]

    try:
        user.wait(lambda: window.poll() is not None or (started() and len(curve(started()[0], "loss")) >= 5))
        assert window.poll() is None
        window.send_signal(signal.SIGKILL)
        window.wait()
        (folder,) = started()
        seen = len(curve(folder, "loss"))
        assert folder.is_alive()

        user.start()
        assert user.studio.open_project(project)
        (run,) = user.session.runs.active()
        assert run.path == folder.path
        user.wait(lambda: len(run.curve("loss").values) >= seen + 3)
        user.key("train")
        user.session.train.run_list.choose(run)
        user.press(user.session.train.header.stop_button)
        assert user.ended(folder) is State.STOPPED
        user.wait(lambda: len(run.curve("loss").values) == len(curve(folder, "loss")))
        steps = list(run.curve("loss").steps)
        assert steps == list(range(1, len(steps) + 1))
    finally:
        window.kill()
        window.wait()
        for left in started():
            if left.is_alive() and left.status().state is State.RUNNING:
                os.kill(left.status().pid, signal.SIGKILL)


def curve(folder: RunFolder, name: str) -> list[tuple[int, float]]:
    """The points of a metric as the run folder holds them."""
    return [
        (event.step, event.value)
        for event in folder.events()[0]
        if isinstance(event, Metric) and event.name == name
    ]
