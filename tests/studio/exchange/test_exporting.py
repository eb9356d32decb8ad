"""Tracks written for other programs from the real window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices

from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.exchange import FORMATS
from core.trajectories.trajectory_edits import Relabel
from studio.app import Studio
from studio.exchange.exporting import ExportDialog
from tests.studio.at_the_window import CTRL, SHIFT, SWAN, key
from tests.studio.small_project import draw_clip, draw_points

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(open_studio: Studio, qtbot) -> ExportDialog:
    key(qtbot, open_studio, Qt.Key.Key_E, CTRL | SHIFT)
    dialog = open_studio.session.exchange.dialog
    qtbot.waitUntil(dialog.export_button.isEnabled)
    return dialog


def choose(dialog: ExportDialog, format: str, clips: int = 0) -> None:
    dialog.format.setCurrentIndex(dialog.format.findData(format))
    dialog.clips.setCurrentIndex(clips)


def test_every_format_is_offered(dialog: ExportDialog):
    assert [dialog.format.itemData(row) for row in range(dialog.format.count())] == list(FORMATS)
    assert dialog.format.itemText(0) == "Brox tracks (.dat)"


def test_the_clip_that_is_shown_is_written_and_its_folder_can_be_opened(
    open_studio: Studio, dialog: ExportDialog, qtbot, monkeypatch: pytest.MonkeyPatch
):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))
    choose(dialog, "tapvid")
    qtbot.mouseClick(dialog.export_button, LEFT)
    folder = open_studio.session.document.project.path / "exports"
    qtbot.waitUntil(lambda: open_studio.window.toasts.texts == [f"Exported 1 clip to {folder}."])
    with np.load(folder / "birds.npz") as arrays:
        assert arrays["tracks"].shape == (20, 12, 2)
    assert [path.name for path in folder.iterdir()] == ["birds.npz"]
    qtbot.mouseClick(open_studio.window.toasts._shown[-1].button, LEFT)
    assert opened == [folder]
    assert open_studio.session.exchange.dialog is None


def test_all_clips_are_written_to_the_folder_that_is_typed(
    open_studio: Studio, dialog: ExportDialog, qtbot, tmp_path: Path
):
    choose(dialog, "coco", clips=1)
    dialog.folder.selectAll()
    qtbot.keyClicks(dialog.folder, str(tmp_path / "out"))
    qtbot.waitUntil(dialog.export_button.isEnabled)
    qtbot.mouseClick(dialog.export_button, LEFT)
    qtbot.waitUntil(lambda: open_studio.window.toasts.texts == [f"Exported 2 clips to {tmp_path / 'out'}."])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["birds.json", "cars.json"]


def test_what_a_format_cannot_hold_is_said_before_it_is_written(dialog: ExportDialog, qtbot):
    choose(dialog, "mot")
    lines = dialog.notes.toPlainText().splitlines()
    assert "In MOTChallenge, 20 point trajectories are left out." in lines
    assert "In MOTChallenge, 6 masks become boxes." in lines
    choose(dialog, "mot", clips=1)
    qtbot.waitUntil(dialog.export_button.isEnabled)
    assert "cars: In MOTChallenge, 3 masks become boxes." in dialog.notes.toPlainText()
    choose(dialog, "tapvid")
    assert "2 object trajectories are left out" in dialog.notes.toPlainText()


def test_an_edit_meanwhile_changes_what_is_said(open_studio: Studio, dialog: ExportDialog, qtbot):
    document = open_studio.session.document
    choose(dialog, "mot")
    assert "20 point" in dialog.notes.toPlainText()
    document.perform(ReplacePoints({open_studio.session.view.clip.id: draw_points(7)}))
    qtbot.waitUntil(lambda: "7 point" in dialog.notes.toPlainText())


def test_files_that_are_there_are_said_to_be_replaced(open_studio: Studio, dialog: ExportDialog, qtbot):
    folder = open_studio.session.document.project.path / "exports"
    (folder / "birds.csv").write_text("old")
    choose(dialog, "csv")
    assert "birds.csv is there already and will be replaced." in dialog.notes.toPlainText()
    choose(dialog, "coco")
    assert "replaced" not in dialog.notes.toPlainText()


def test_a_clip_with_a_slash_in_its_name_is_written_where_it_is_said(new_document, qtbot, tmp_path: Path):
    clip = draw_clip(tmp_path / "frames", "birds")
    new_document.perform(AddClips([(replace(clip, name="of a/birds"), [])]))
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "of a_birds.csv").write_text("old")
    dialog = ExportDialog(new_document, None, folder)
    qtbot.addWidget(dialog)
    choose(dialog, "csv")
    qtbot.waitUntil(dialog.export_button.isEnabled)
    assert "of a_birds.csv is there already and will be replaced." in dialog.notes.toPlainText()
    with qtbot.waitSignal(dialog.written):
        dialog.export_button.click()
    assert [path.name for path in folder.iterdir()] == ["of a_birds.csv"]
    assert (folder / "of a_birds.csv").read_text() != "old"


def test_a_folder_that_cannot_be_written_is_one_sentence_and_another_can_be_chosen(
    dialog: ExportDialog, qtbot, tmp_path: Path
):
    (tmp_path / "file").write_text("in the way")
    choose(dialog, "csv")
    dialog.folder.setText(str(tmp_path / "file"))
    qtbot.mouseClick(dialog.export_button, LEFT)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert dialog.problem.text().endswith("choose another place.")
    assert dialog.export_button.isEnabled()
    dialog.folder.setText(str(tmp_path / "out"))
    assert not dialog.problem.isVisible()
    with qtbot.waitSignal(dialog.written):
        qtbot.mouseClick(dialog.export_button, LEFT)
    assert (tmp_path / "out" / "birds.csv").is_file()


def test_it_goes_with_its_project(open_studio: Studio, dialog: ExportDialog, qtbot):
    open_studio.session.document.perform(Relabel(open_studio.session.view.clip.id, (SWAN,), "duck"))
    with qtbot.waitSignal(dialog.finished):
        open_studio.close_project()
    assert not open_studio.window.commands["export_tracks"].isEnabled()
