"""What the window says of runs that end or are deleted."""

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import Qt

from core.events import Log
from core.identity.config import IdentityConfig
from core.pretraining.config import PretrainConfig
from core.runs.run_folder import RunFolder, State
from studio.app import Studio
from tests.studio.workspaces import recorded

ROOT = Path(__file__).parents[3]
LEFT = Qt.MouseButton.LeftButton


def test_a_deleted_run_comes_back_by_the_button_of_its_message(studio: Studio, small_project: Path, qtbot):
    folder = recorded.pretraining(small_project / "runs", "20260101T000000", PretrainConfig())
    studio.open_project(small_project)
    session = studio.session
    studio.window.show_workspace("train")
    qtbot.mouseClick(session.train.header.delete_button, LEFT)
    assert not folder.path.exists()
    assert studio.window.toasts.texts == ["Pretrain · association objtr: deleted."]
    qtbot.mouseClick(studio.window.toasts._shown[-1].button, LEFT)
    assert folder.path.is_dir()
    assert [run.name for run in session.train.run_list.chosen()] == [folder.name]


def test_a_run_that_is_no_longer_in_the_trash_is_told(studio: Studio, small_project: Path, qtbot):
    folder = recorded.pretraining(small_project / "runs", "20260101T000000", PretrainConfig())
    studio.open_project(small_project)
    studio.window.show_workspace("train")
    qtbot.mouseClick(studio.session.train.header.delete_button, LEFT)
    (small_project / "trash" / folder.name).rename(small_project / "elsewhere")
    qtbot.mouseClick(studio.window.toasts._shown[-1].button, LEFT)
    assert studio.window.toasts.texts[-1].startswith("Cannot move")
    assert studio.session.runs.all == []


def test_a_run_whose_worker_is_killed_is_told_with_what_to_do(open_studio: Studio, qtbot):
    runs = open_studio.session.runs
    folder = RunFolder.create_in(open_studio.session.document.project.runs, "pretrain", PretrainConfig())
    words = [sys.executable, str(Path(__file__).with_name("slow_worker.py")), str(folder.path), "1", "999999"]
    worker = subprocess.Popen([*words, "0.01"], env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        qtbot.waitUntil(lambda: bool(runs.all) and len(runs.all[0].curve("loss")) > 12)
    finally:
        worker.kill()
        worker.wait()
    qtbot.waitUntil(lambda: not runs.active())
    assert open_studio.window.toasts.texts[-1] == (
        "Pretrain · association objtr was interrupted: The worker ended before it could save; resume the run."
    )


def test_a_pretrained_run_offers_to_look_for_identity_errors_with_it(
    studio: Studio, small_project: Path, qtbot
):
    recorded.pretraining(small_project / "runs", "20260101T000000", PretrainConfig())
    last = recorded.pretraining(small_project / "runs", "20260102T000000", PretrainConfig(regime="tr"))
    studio.open_project(small_project)
    session, popover = studio.session, studio.session.jobs.popovers["identity"]
    qtbot.waitUntil(lambda: all(run.state is State.DONE for run in session.runs.all))
    qtbot.waitUntil(lambda: bool(session.clips.summaries))
    session.runs.finished.emit(next(run for run in session.runs.all if run.name == last.name))
    assert studio.window.toasts.texts[-1] == "Pretrain · association tr is done."
    button = studio.window.toasts._shown[-1].button
    assert button.text() == "Find identity errors…"
    qtbot.mouseClick(button, LEFT)
    assert popover.isVisible()
    assert popover.form.value() == IdentityConfig(init=str(last.path))
    assert popover.start_button.isEnabled()
    popover.hide()


def test_what_was_found_is_told_with_where_to_go(studio: Studio, small_project: Path, qtbot):
    folder = RunFolder.create_in(small_project / "runs", "identity", IdentityConfig(init="random"))
    folder.append(Log("3 cuts and 1 swap are proposed in 2 clips."))
    recorded.end(folder, State.DONE, 40)
    studio.open_project(small_project)
    (run,) = studio.session.runs.all
    qtbot.waitUntil(lambda: bool(run.log))
    studio.session.runs.finished.emit(run)
    assert studio.window.toasts.texts[-1] == (
        "3 cuts and 1 swap are proposed in 2 clips. Go through them: Review ▸ Next item of the queue."
    )


def test_a_form_stays_open_through_what_comes_from_elsewhere(open_studio: Studio, qtbot):
    window, session = open_studio.window, open_studio.session
    qtbot.mouseClick(session.curate.job_buttons["track"], LEFT)
    popover = session.jobs.popovers["track"]
    qtbot.waitUntil(popover.isVisible)
    for happens in (
        lambda: popover.set_note("It replaces what is there. " * 9),
        lambda: popover.set_note(""),
        lambda: window.toasts.show("3 objects wait.", "info", "Review", lambda: None),
        lambda: window.commands.set_refused({"track": "Import clips first."}),
        lambda: window.commands.set_refused({"track": ""}),
        lambda: session.jobs.popovers["suggest"],  # another form is built
        lambda: window.resize(1500, 900),
    ):
        happens()
        qtbot.wait(10)
        assert popover.isVisible()
    popover.hide()


def test_what_starting_replaces_moves_nothing_under_the_pointer(open_studio: Studio, qtbot):
    session = open_studio.session
    for job in ("track", "densify", "suggest"):
        session.jobs._open(job, session.curate.job_buttons["track"])
        popover = session.jobs.popovers[job]
        at = popover.start_button.mapToGlobal(popover.start_button.rect().center())
        for text in ("Replaces 2,199 tracked points.", "Replaces 3 tracks; what you touched stays.", ""):
            popover.set_note(text)
            qtbot.wait(10)
            assert popover.start_button.rect().contains(popover.start_button.mapFromGlobal(at))
        popover.set_note("It replaces what is there. " * 9)
        height = popover.height()
        popover.set_note("")
        assert popover.height() == height  # the room stays while it is open
        popover.hide()
