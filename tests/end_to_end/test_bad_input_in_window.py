"""Bad input of each kind in the real window: one clear sentence where one looks, the project as it was."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from core.detection.config import VocConfig
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.observation_edits import AddObject
from core.trajectories.trajectory_edits import Relabel
from studio.app import Studio
from studio.exchange.importing import ImportDialog
from studio.runs.run import Run
from studio.workspaces.error_card import ErrorCard
from tests import bad_inputs
from tests.bad_disks import full_disk, read_only
from tests.bad_inputs import contents, is_clear
from tests.small_data import write_voc
from tests.studio.small_project import draw_points, make_project

SWAN = 1


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """A small project, closed; not to be changed."""
    folder = tmp_path_factory.mktemp("drawn")
    return make_project(folder / "small", folder / "frames")


@pytest.fixture
def project(tmp_path: Path, drawn: Path) -> Path:
    return Path(shutil.copytree(drawn, tmp_path / "small"))


def opened(qtbot, studio: Studio, project: Path) -> Studio:
    assert studio.open_project(project)
    qtbot.waitUntil(lambda: studio.window.commands["undo"].isEnabled())
    return studio


def told(studio: Studio) -> str:
    """The latest message in the window's corner."""
    sentence = studio.window.toasts.texts[-1]
    assert is_clear(sentence), sentence
    return sentence


def assert_still_works(qtbot, studio: Studio) -> None:
    """An edit is made, shown and undone."""
    document = studio.session.document
    before = document.objects(1)[SWAN].label
    assert document.perform(Relabel(1, (SWAN,), "still works"))
    assert document.objects(1)[SWAN].label == "still works"
    assert document.undo()
    assert document.objects(1)[SWAN].label == before


# --- opening ----------------------------------------------------------------------------------


def test_bad_databases_are_told_and_left_as_they_are(qtbot, studio: Studio, drawn: Path, tmp_path: Path):
    for kind, (spoil, said) in bad_inputs.DATABASES.items():
        project = Path(shutil.copytree(drawn, tmp_path / kind))
        spoil(project)
        before = {path: path.is_file() and path.read_bytes() for path in project.rglob("*")}
        assert not studio.open_project(project), kind
        offer = studio._recovery.window
        if "put the newest" in said:
            details = " ".join(label.text() for label in offer.findChildren(QLabel))
            assert re.search(said.partition(" .*")[0].partition(";")[0], details), kind
            qtbot.waitUntil(lambda offer=offer: "is whole" in offer.offer.text())
            offer.close()
        else:
            assert offer is None or not offer.isVisible()
            assert re.search(said, told(studio)), kind
        assert studio.session is None
        assert studio.welcome.isVisible()
        assert {path: path.is_file() and path.read_bytes() for path in project.rglob("*")} == before, kind


def test_a_bad_project_does_not_close_the_one_that_is_open(qtbot, studio: Studio, project: Path, drawn: Path):
    other = Path(shutil.copytree(drawn, project.with_name("other")))
    bad_inputs.DATABASES["of a newer version"][0](other)
    opened(qtbot, studio, project)
    assert not studio.open_project(other)
    assert "newer" in told(studio)
    assert_still_works(qtbot, studio)


def test_a_folder_that_is_no_project_is_told(studio: Studio, tmp_path: Path):
    assert not studio.open_project(tmp_path)
    assert "is not a project (it has no project.toml); choose a project folder" in told(studio)


def test_a_project_that_is_open_elsewhere_is_told(studio: Studio, project: Path):
    with Project.open(project):
        assert not studio.open_project(project)
    assert "is open in another window or command; close it there" in told(studio)
    assert studio.open_project(project)


def test_a_project_on_a_read_only_disk_is_told(studio: Studio, project: Path):
    before = contents(project)
    with read_only(project):
        assert not studio.open_project(project)
        assert "copy it to a writable disk" in told(studio)
        assert not studio.new_project(project / "runs" / "new")
        assert "choose another folder" in told(studio)
    assert contents(project) == before


def test_damaged_runs_do_not_keep_a_project_closed(qtbot, studio: Studio, project: Path):
    for name, text in (("a-track-1", "job = ["), ("b-track-2", None), ("c-track-3", "settings = 3")):
        (project / "runs" / name).mkdir()
        if text:
            (project / "runs" / name / "config.toml").write_text(text)
    opened(qtbot, studio, project)
    cards = {run.folder.name: run for run in studio.session.runs.all}
    assert set(cards) == {"a-track-1", "c-track-3"}, "what has no settings at all is no run"
    assert all("config.toml" in run.status.error and run.damage for run in cards.values())
    assert_still_works(qtbot, studio)


# --- importing --------------------------------------------------------------------------------


def test_bad_sources_are_told_in_the_import_dialog(qtbot, studio: Studio, project: Path, tmp_path: Path):
    before = contents(project)
    opened(qtbot, studio, project)
    for kind, (make, said) in bad_inputs.SOURCES.items():
        (tmp_path / kind).mkdir()
        studio.imports.look_through([make(tmp_path / kind)])
        (dialog,) = (one for one in studio.window.findChildren(ImportDialog) if one.isVisible())
        seen = (dialog.problem, dialog.import_button)
        qtbot.waitUntil(lambda seen=seen: any(widget.isVisible() for widget in seen))
        if dialog.import_button.isVisible():  # the frames are whole: the fault lies in what is decoded next
            dialog.import_button.click()
            qtbot.waitUntil(dialog.problem.isVisible)
        assert dialog.title.text() == "Nothing was imported"
        assert is_clear(dialog.problem.text()), dialog.problem.text()
        assert re.search(said, dialog.problem.text()), kind
        assert not dialog.import_button.isVisible()
        dialog.cancel_button.click()
    assert len(studio.session.clips.summaries) == 2
    studio.close_project()
    assert contents(project) == before


def test_a_bad_source_on_the_welcome_page_makes_no_project(qtbot, studio: Studio, tmp_path: Path):
    make, said = bad_inputs.SOURCES["a truncated label picture"]
    studio.imports.look_through([make(tmp_path)])
    dialog = studio.window.findChild(ImportDialog)
    qtbot.waitUntil(dialog.import_button.isVisible)
    dialog.import_button.click()
    qtbot.waitUntil(dialog.problem.isVisible)
    assert re.search(said, dialog.problem.text())
    dialog.cancel_button.click()
    assert studio.session is None
    assert not (tmp_path / "projects").exists()


# --- editing ----------------------------------------------------------------------------------


def test_an_edit_that_the_disk_does_not_take_is_told_and_not_there(qtbot, studio, project):
    document = opened(qtbot, studio, project).session.document
    history = document.history()
    with full_disk(33_000):  # the write-ahead log has room for a page or two
        label = "a very long label " * 14
        assert not document.perform(AddObject(1, label, 0, np.array([0.0, 0.0, 5.0, 5.0])))
        sentence = told(studio)
    assert "The edit was not saved" in sentence
    assert "free disk space" in sentence
    assert document.history() == history
    assert sorted(document.objects(1)) == [1, 2]
    assert [row.label for row in document.objects(1).values()] == ["swan", "goose"]
    assert_still_works(qtbot, studio)


def test_a_large_edit_that_the_disk_does_not_take_is_told_and_not_there(qtbot, studio, project):
    document = opened(qtbot, studio, project).session.document
    before = document.points(1)
    with full_disk(40_000):
        document.perform_later(ReplacePoints({1: draw_points(3000)}))
        qtbot.waitUntil(lambda: not document.busy)
        assert "The edit was not saved" in told(studio)
    assert np.array_equal(document.points(1).xy, before.xy)
    assert_still_works(qtbot, studio)


def test_a_project_that_becomes_read_only_tells_with_every_edit(qtbot, studio, project):
    document = opened(qtbot, studio, project).session.document
    with document.project.writing() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    assert not document.perform(Relabel(1, (SWAN,), "crane"))
    assert "The edit was not saved (attempt to write a readonly database)" in told(studio)
    assert document.objects(1)[SWAN].label == "swan"
    document.project.engine.dispose()
    assert_still_works(qtbot, studio)


def test_a_frame_that_is_missing_or_damaged_is_told_where_it_would_be_seen(
    qtbot, studio: Studio, tmp_path: Path
):
    project = make_project(tmp_path / "own", tmp_path / "frames")
    (tmp_path / "frames" / "birds" / "003.png").unlink()
    bad_inputs.cut_short(tmp_path / "frames" / "birds" / "007.png")
    session = opened(qtbot, studio, project).session
    session.view.set_clip(next(one.clip for one in session.clips.summaries if one.clip.name == "birds"))
    view = session.canvas.frame_view
    for frame, said in (
        (3, r"There is no file .*003\.png; put it back"),
        (7, r"007\.png is cut short .*; copy"),
    ):
        session.view.set_frame(frame)
        qtbot.waitUntil(lambda said=said: bool(re.search(said, view.message)))
        assert is_clear(view.message)
    session.view.set_frame(4)
    qtbot.waitUntil(lambda: view.message == "")


# --- runs -------------------------------------------------------------------------------------


def ended(qtbot, studio: Studio, *runs: Run) -> None:
    qtbot.waitUntil(lambda: not any(run.is_active for run in runs))


def card(studio: Studio, workspace: str, run: Run) -> str:
    """The sentence on the error card of a run."""
    place = getattr(studio.session, workspace)
    studio.window.show_workspace(workspace)
    place.run_list.choose(run)
    shown = place.findChild(ErrorCard)
    assert shown.isVisible()
    sentence = run.status.error
    assert sentence in [label.text() for label in shown.findChildren(QLabel)]
    assert is_clear(sentence), sentence
    return sentence


def test_runs_that_cannot_be_right_fail_with_a_card_and_change_nothing(qtbot, studio, project, tmp_path):
    """A loss that is no number, a set that is absent, weights of another shape: three workers at once."""
    before = contents(project)
    voc = write_voc(tmp_path / "VOCdevkit", train=2, test=1)
    make, misshapen = bad_inputs.WEIGHTS["another shape"]
    runs = opened(qtbot, studio, project).session.runs
    settings = VocConfig(voc=voc, network="tiny", device="cpu", steps=2, cache=tmp_path / "cache")
    absent = VocConfig(**{**vars(settings), "set": "trainval2"})
    shaped = VocConfig(**{**vars(settings), "network": "auto", "init": str(make(tmp_path))})
    wild = PretrainConfig(
        regime="obj", network="tiny", device="cpu", steps=20, batch=4, learning_rate=1e9, held_out="0"
    )
    pretrain, no_set, weights = (
        runs.start("pretrain", wild),
        runs.start("voc", absent, clips=()),
        runs.start("voc", shaped, clips=()),
    )
    ended(qtbot, studio, pretrain, no_set, weights)
    assert {run.state for run in (pretrain, no_set, weights)} == {State.FAILED}
    assert re.search(r"no longer a number at step \d+; start again", card(studio, "train", pretrain))
    assert "VOC2007 has no image set 'trainval2'; it has test, trainval" in card(studio, "evaluate", no_set)
    assert re.search(misshapen, card(studio, "evaluate", weights))
    assert any("failed" in text for text in studio.window.toasts.texts)
    studio.close_project()
    assert contents(project) == before


def test_an_annotation_that_declares_entities_fails_the_evaluation(qtbot, studio, project, tmp_path):
    voc = write_voc(tmp_path / "VOCdevkit", train=2, test=1)
    annotation = voc / "VOC2007" / "Annotations" / "000001.xml"
    whole = annotation.read_text()
    assert "<name>car" in whole or "<name>cat" in whole
    entity = re.sub("<name>ca[rt]<", "<name>&thing;<", whole)
    annotation.write_text('<!DOCTYPE annotation [<!ENTITY thing "car">]>\n' + entity)
    runs = opened(qtbot, studio, project).session.runs
    settings = VocConfig(voc=voc, network="tiny", device="cpu", steps=2, cache=tmp_path / "cache")
    run = runs.start("voc", settings, clips=())
    ended(qtbot, studio, run)
    assert run.state is State.FAILED
    assert re.search(
        r"000001\.xml, line 1, declares a document type .*; take that out", card(studio, "evaluate", run)
    )


def test_a_run_whose_snapshot_is_damaged_is_told_when_it_is_resumed(qtbot, studio, project):
    before = contents(project)
    folder = RunFolder.create_in(project / "runs", "track", TrackConfig())
    folder.write_status(Status(State.STOPPED))
    (folder.snapshot / "snapshot.json").write_text("{")
    runs = opened(qtbot, studio, project).session.runs
    (run,) = runs.all
    runs.resume(run)
    ended(qtbot, studio, run)
    assert re.search("The snapshot in .* is missing or damaged; start a new run", told(studio))
    assert "The snapshot" in run.status.error
    studio.close_project()
    assert contents(project) == before


def test_a_run_that_cannot_be_written_fails_with_a_sentence(qtbot, studio, project):
    session = opened(qtbot, studio, project).session
    shutil.rmtree(project / "runs")
    (project / "runs").write_text("in the way")
    run = session.runs.start("track", TrackConfig())
    qtbot.waitUntil(lambda: run.state is State.FAILED)
    assert is_clear(run.status.error)
    assert "choose another place" in run.status.error
    assert run.status.error in told(studio)
