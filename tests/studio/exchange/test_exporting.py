"""Tracks written for other programs from the real window."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from shiboken6 import isValid

from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.exchange import WRITTEN
from core.trajectories.filter_text import parse
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import Relabel, SetReview
from studio.app import Studio
from studio.document import Document
from studio.exchange.exporting import ExportDialog
from studio.filters.track_filters import TrackFilters
from studio.view_state import ViewState
from tests.studio.at_the_window import CTRL, GOOSE, SHIFT, SWAN, key
from tests.studio.small_project import draw_clip, draw_points

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(open_studio: Studio, qtbot) -> ExportDialog:
    key(qtbot, open_studio, Qt.Key.Key_E, CTRL | SHIFT)
    dialog = open_studio.session.track_exports.dialog
    qtbot.waitUntil(dialog.export_button.isEnabled)
    return dialog


@pytest.fixture
def alone(small_document: Document, small_view: ViewState, tmp_path: Path) -> Iterator[ExportDialog]:
    """The dialog without its window, for CSV."""
    dialog = ExportDialog(
        small_document,
        small_view,
        TrackFilters(small_document.project.path),
        tmp_path / "out",
        {"format": "csv"},
    )
    dialog.show()
    yield dialog
    if isValid(dialog):
        dialog.close()


def choose(dialog: ExportDialog, format: str, clips: int = 0) -> None:
    dialog.format.setCurrentIndex(dialog.format.findData(format))
    dialog.chosen.clips.setCurrentIndex(clips)


def notes(dialog: ExportDialog, qtbot) -> list[str]:
    """What the dialog says once it has counted."""
    qtbot.waitUntil(dialog.export_button.isEnabled)
    return dialog.notes.toPlainText().splitlines()


def test_every_format_is_offered(dialog: ExportDialog):
    offered = [dialog.format.itemData(row) for row in range(dialog.format.count())]
    assert offered == [*WRITTEN, "overlay", "overlay-pictures"]
    assert dialog.format.itemText(0) == "Brox tracks (.dat)"


def test_the_clip_that_is_shown_is_written_and_its_folder_can_be_opened(
    open_studio: Studio, dialog: ExportDialog, qtbot, monkeypatch: pytest.MonkeyPatch
):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))
    choose(dialog, "tapvid")
    qtbot.waitUntil(dialog.export_button.isEnabled)
    qtbot.mouseClick(dialog.export_button, LEFT)
    folder = open_studio.session.document.project.path / "exports"
    qtbot.waitUntil(lambda: open_studio.window.toasts.texts == [f"Exported 1 clip to {folder}."])
    with np.load(folder / "birds.npz") as arrays:
        assert arrays["tracks"].shape == (20, 12, 2)
    assert [path.name for path in folder.iterdir()] == ["birds.npz"]
    qtbot.mouseClick(open_studio.window.toasts._shown[-1].button, LEFT)
    assert opened == [folder]
    assert open_studio.session.track_exports.dialog is None


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
    lines = notes(dialog, qtbot)
    assert "In MOTChallenge, 20 point trajectories are left out." in lines
    assert "In MOTChallenge, 6 masks become boxes." in lines
    choose(dialog, "mot", clips=1)
    assert "cars: In MOTChallenge, 3 masks become boxes." in notes(dialog, qtbot)
    choose(dialog, "tapvid")
    assert "In TAP-Vid arrays, 2 object trajectories are left out." in notes(dialog, qtbot)


def test_an_edit_meanwhile_changes_what_is_said(open_studio: Studio, dialog: ExportDialog, qtbot):
    document = open_studio.session.document
    choose(dialog, "mot")
    assert any("20 point" in line for line in notes(dialog, qtbot))
    document.perform(ReplacePoints({open_studio.session.view.clip.id: draw_points(7)}))
    qtbot.waitUntil(lambda: "7 point" in dialog.notes.toPlainText())


def test_files_that_are_there_are_said_to_be_replaced(open_studio: Studio, dialog: ExportDialog, qtbot):
    folder = open_studio.session.document.project.path / "exports"
    (folder / "birds.csv").write_text("old")
    choose(dialog, "csv")
    assert "birds.csv is there already and will be replaced." in notes(dialog, qtbot)
    choose(dialog, "coco")
    assert not any("replaced" in line for line in notes(dialog, qtbot))


def test_a_clip_with_a_slash_in_its_name_is_written_where_it_is_said(new_document, qtbot, tmp_path: Path):
    clip = draw_clip(tmp_path / "frames", "birds")
    new_document.perform(AddClips([(replace(clip, name="of a/birds"), [])]))
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "of a_birds.csv").write_text("old")
    dialog = ExportDialog(new_document, ViewState(), TrackFilters(new_document.project.path), folder, {})
    qtbot.addWidget(dialog)
    choose(dialog, "csv")
    assert "of a_birds.csv is there already and will be replaced." in notes(dialog, qtbot)
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
    qtbot.waitUntil(dialog.export_button.isEnabled)
    qtbot.mouseClick(dialog.export_button, LEFT)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert dialog.problem.text().endswith("choose another place.")
    dialog.folder.setText(str(tmp_path / "out"))
    qtbot.waitUntil(lambda: not dialog.problem.isVisible() and dialog.export_button.isEnabled())
    with qtbot.waitSignal(dialog.written):
        qtbot.mouseClick(dialog.export_button, LEFT)
    assert (tmp_path / "out" / "birds.csv").is_file()


def test_it_goes_with_its_project(open_studio: Studio, dialog: ExportDialog, qtbot):
    open_studio.session.document.perform(Relabel(open_studio.session.view.clip.id, (SWAN,), "duck"))
    with qtbot.waitSignal(dialog.finished):
        open_studio.close_project()
    assert not open_studio.window.commands["export_tracks"].isEnabled()


def pick(combo, name: str) -> None:
    combo.setCurrentIndex(combo.findData(name))


def test_a_table_may_have_the_columns_of_another_program(alone: ExportDialog, qtbot):
    assert not any("left out" in line for line in notes(alone, qtbot))
    pick(alone.columns, "trackpy")
    assert any("object trajectories are left out" in line for line in notes(alone, qtbot))
    assert alone.remembered()["columns"] == "trackpy"
    with qtbot.waitSignal(alone.written):
        qtbot.mouseClick(alone.export_button, LEFT)
    (path,) = alone.place.iterdir()
    assert path.read_text().splitlines()[0] == "frame,particle,y,x"


def test_only_tables_have_columns_to_choose(alone: ExportDialog, qtbot):
    assert alone.columns.isVisible()
    choose(alone, "brox")
    assert not alone.columns.isVisible()


def test_the_selected_tracks_go_out_alone(alone: ExportDialog, small_view: ViewState, qtbot):
    assert alone.chosen.tracks.findData("selected") == -1
    small_view.set_selection({GOOSE})
    pick(alone.chosen.tracks, "selected")
    assert alone.chosen.tracks.currentText() == "the 1 selected track"
    assert not alone.chosen.clips.isEnabled()
    qtbot.waitUntil(lambda: alone.count.text() == "1 object, 0 points in 1 clip")
    small_view.set_selection({SWAN, GOOSE})
    qtbot.waitUntil(lambda: alone.count.text() == "2 objects, 0 points in 1 clip")
    alone.chosen.by_frames.setChecked(True)
    assert (alone.chosen.first.value(), alone.chosen.last.value()) == (0, 11)
    alone.chosen.first.setValue(3)
    alone.chosen.last.setValue(7)
    notes(alone, qtbot)
    with qtbot.waitSignal(alone.written):
        qtbot.mouseClick(alone.export_button, LEFT)
    rows = (alone.place / "birds.csv").read_text().splitlines()[1:]
    assert [row.split(",")[2] for row in rows] == ["swan", "goose"]
    assert [row.split(",")[4] for row in rows] == ["5", "5"]


def test_the_filter_of_the_window_drives_what_goes_out(alone: ExportDialog, small_view: ViewState, qtbot):
    small_view.set_shown(frozenset({GOOSE}))
    pick(alone.chosen.tracks, "shown")
    assert alone.chosen.tracks.currentText() == "the 1 track that the filter shows"
    qtbot.waitUntil(lambda: alone.count.text() == "1 object, 0 points in 1 clip")
    small_view.set_shown(None)
    qtbot.waitUntil(lambda: alone.count.text() == "2 objects, 20 points in 1 clip")
    assert alone.chosen.tracks.currentData() == "all"


def test_another_clip_of_the_window_is_that_of_the_dialog(
    alone: ExportDialog, small_document: Document, small_view: ViewState, qtbot
):
    small_view.set_selection({GOOSE})
    pick(alone.chosen.tracks, "selected")
    small_view.set_clip(small_document.clips()[1].clip)
    assert alone.chosen.clips.currentText() == "only cars"
    assert alone.chosen.tracks.currentData() == "all"
    qtbot.waitUntil(lambda: alone.count.text() == "1 object, 20 points in 1 clip")


def test_some_clips_kinds_and_reviews(
    alone: ExportDialog, small_document: Document, small_view: ViewState, qtbot
):
    small_document.perform(SetReview(small_view.clip.id, (SWAN,), Review.ACCEPTED))
    alone.chosen.clips.setCurrentIndex(2)
    qtbot.waitUntil(lambda: alone.notes.toPlainText() == "Choose clips.")
    assert not alone.export_button.isEnabled()
    for row in range(2):
        alone.chosen.list.item(row).setCheckState(Qt.CheckState.Checked)
    qtbot.waitUntil(lambda: alone.count.text() == "3 objects, 40 points in 2 clips")
    pick(alone.chosen.kinds, "points")
    qtbot.waitUntil(lambda: alone.count.text() == "0 objects, 40 points in 2 clips")
    pick(alone.chosen.kinds, "both")
    pick(alone.chosen.reviews, "accepted")
    qtbot.waitUntil(lambda: alone.count.text() == "1 object, 0 points in 1 clip")
    notes(alone, qtbot)
    with qtbot.waitSignal(alone.written):
        qtbot.mouseClick(alone.export_button, LEFT)
    assert [path.name for path in alone.place.iterdir()] == ["birds.csv"]


def test_the_keyboard_goes_from_top_to_bottom(alone: ExportDialog, qtbot):
    qtbot.waitUntil(alone.format.hasFocus)
    names = []
    for _ in range(7):
        names.append(alone.focusWidget().accessibleName() or alone.focusWidget().text())
        qtbot.keyClick(alone.focusWidget(), Qt.Key.Key_Tab)
    assert names[:5] == ["Format", "Which tracks", "Objects or points", "Which reviews", "Which clips"]
    assert names[5:] == ["Only frames", "Folder"]


def test_what_changes_after_the_end_is_no_longer_looked_at(
    alone: ExportDialog, small_document: Document, small_view: ViewState, qtbot
):
    """An exception in a slot would fail the test."""
    alone.folder.setText("elsewhere")
    alone.close()
    small_view.set_selection({SWAN})
    small_document.perform(SetReview(small_view.clip.id, (SWAN,), Review.ACCEPTED))
    with qtbot.waitSignal(alone.destroyed):
        pass


def test_nothing_left_is_said_and_cannot_be_written(alone: ExportDialog, qtbot):
    pick(alone.chosen.reviews, "accepted")
    qtbot.waitUntil(lambda: alone.notes.toPlainText().startswith("This choice leaves nothing to write"))
    assert not alone.export_button.isEnabled()


def test_what_was_chosen_is_remembered(open_studio: Studio, dialog: ExportDialog, qtbot):
    choose(dialog, "parquet")
    pick(dialog.chosen.kinds, "objects")
    notes(dialog, qtbot)
    with qtbot.waitSignal(dialog.written):
        qtbot.mouseClick(dialog.export_button, LEFT)
    key(qtbot, open_studio, Qt.Key.Key_E, CTRL | SHIFT)
    again = open_studio.session.track_exports.dialog
    assert again is not dialog
    assert again.format.currentData() == "parquet"
    assert again.chosen.kinds.currentData() == "objects"


def test_a_filter_with_a_name_goes_out_of_every_clip(
    alone: ExportDialog, small_document: Document, small_view: ViewState, qtbot
):
    small_document.perform(SetReview(small_view.clip.id, (GOOSE,), Review.REJECTED))
    pick(alone.chosen.tracks, "filter:review:rejected")
    assert alone.chosen.tracks.currentText() == "filter: rejected"
    assert not alone.chosen.reviews.isEnabled(), "the filter says which"
    pick(alone.chosen.clips, [one.clip.id for one in small_document.clips()])
    qtbot.waitUntil(lambda: alone.count.text().startswith("1 object, 0 points"))
    filters = alone.chosen._filters
    filters.set(parse("kind:point worst>1.55"))
    pick(alone.chosen.tracks, "filter:kind:point worst>1.55")
    qtbot.waitUntil(lambda: alone.count.text() == "0 objects, 8 points in 2 clips")
    filters.save("bad points")
    assert alone.chosen.tracks.currentText() == "filter: bad points"
