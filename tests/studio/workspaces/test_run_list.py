"""Runs are named, noted, starred, found and exported where they are listed."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QWidget,
)

from core.networks.weights import IN_RUN, load_trunk, save_trunk
from core.pretraining.config import PretrainConfig
from core.runs.run_notes import RunNotes, read_notes
from studio.document import Document
from studio.runs.run_exports import RunExports
from studio.runs.runs import Runs
from studio.workspaces.notes_dialog import NotesDialog
from studio.workspaces.run_header import RunHeader
from studio.workspaces.run_list import RunList
from tests.studio.workspaces import recorded

LEFT, KEY = Qt.MouseButton.LeftButton, Qt.Key


@pytest.fixture
def runs(document: Document, follow: Callable[[], Runs]) -> Runs:
    """Three runs: abs, signed and slowfeat, the last the newest."""
    folder = document.project.runs
    recorded.pretraining(folder, "20260101T100000000", PretrainConfig(head="abs", network="tiny"))
    recorded.pretraining(folder, "20260102T100000000", PretrainConfig(network="small"))
    recorded.pretraining(folder, "20260103T100000000", PretrainConfig(method="slowfeat"))
    return follow()


@pytest.fixture
def run_list(runs: Runs, qtbot: Any) -> RunList:
    run_list = RunList(runs, ["pretrain"], "None yet.")
    qtbot.addWidget(run_list)
    run_list.resize(260, 500)
    run_list.show()
    qtbot.waitExposed(run_list)
    return run_list


def view(run_list: RunList) -> QListView:
    return run_list.findChild(QListView)


def titles(run_list: RunList) -> list[str]:
    model = view(run_list).model()
    return [model.index(row, 0).data().partition(",")[0] for row in range(model.rowCount())]


def click(qtbot: Any, run_list: RunList, row: int, keys=Qt.KeyboardModifier.NoModifier) -> QPoint:
    shown = view(run_list)
    place = shown.visualRect(shown.model().index(row, 0)).center()
    qtbot.mouseClick(shown.viewport(), LEFT, keys, place)
    return place


def open_menu(qtbot: Any, run_list: RunList, row: int) -> QMenu:
    place = click(qtbot, run_list, row)
    view(run_list).customContextMenuRequested.emit(place)
    menu = next(menu for menu in run_list.findChildren(QMenu) if menu.isVisible())
    return menu


def press(qtbot: Any, menu: QMenu, words: str) -> None:
    action = next(one for one in menu.actions() if one.text().startswith(words))
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def dialog_of(qtbot: Any, parent: QWidget) -> NotesDialog:
    qtbot.waitUntil(lambda: bool(parent.findChildren(NotesDialog)))
    return parent.findChildren(NotesDialog)[0]


def test_a_run_is_named_and_noted_with_the_keyboard(qtbot: Any, run_list: RunList, runs: Runs) -> None:
    click(qtbot, run_list, 1)
    (run,) = run_list.chosen()
    qtbot.keyClick(view(run_list), KEY.Key_F2)
    dialog = dialog_of(qtbot, run_list)
    assert dialog.name.placeholderText() == "Pretrain · association objtr small"
    qtbot.keyClicks(dialog.name, "long  gaps")
    qtbot.keyClicks(dialog.findChild(QPlainTextEdit), "Gap 20, as in the draft.")
    qtbot.keyClick(dialog.name, KEY.Key_Return)
    qtbot.waitUntil(lambda: titles(run_list)[1] == "Pretrain · long gaps")
    assert run.label == "long gaps"
    assert read_notes(run.path) == RunNotes("long gaps", "Gap 20, as in the draft.")
    assert run.path is not None
    assert not (run.path.parent.parent / "annotations.sqlite-notes").exists()


def test_a_run_whose_start_is_known_later_is_called_by_it_then(run_list: RunList, runs: Runs) -> None:
    first, *others = runs.all
    before = [run_list.name_of(run) for run in runs.all]
    first.start = "from elsewhere"  # as when its folder is made
    assert run_list.name_of(first) != before[0]
    assert run_list.name_of(first) == first.label
    assert [run_list.name_of(run) for run in others] == before[1:]


def test_return_elsewhere_in_the_window_names_no_run(qtbot: Any, run_list: RunList) -> None:
    click(qtbot, run_list, 1)
    field = run_list.findChild(QLineEdit, "run_search")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    for key in (KEY.Key_F2, KEY.Key_Return, KEY.Key_Enter):
        qtbot.keyClick(field, key)
    assert not run_list.findChildren(NotesDialog)


def test_escape_leaves_a_name_as_it_was(qtbot: Any, run_list: RunList) -> None:
    click(qtbot, run_list, 0)
    (run,) = run_list.chosen()
    press(qtbot, open_menu(qtbot, run_list, 0), "Name and note")
    dialog = dialog_of(qtbot, run_list)
    qtbot.keyClicks(dialog.name, "not this")
    qtbot.keyClick(dialog.name, KEY.Key_Escape)
    assert run.notes == RunNotes()
    assert not (run.path / "notes.json").exists()


def test_starred_runs_stand_first_and_stay_chosen(qtbot: Any, run_list: RunList, runs: Runs) -> None:
    oldest = "Pretrain · association objtr tiny"
    assert titles(run_list).index(oldest) == 2
    press(qtbot, open_menu(qtbot, run_list, 2), "Star")
    qtbot.waitUntil(lambda: titles(run_list)[0] == oldest)
    (run,) = run_list.chosen()
    assert run.choices == oldest
    press(qtbot, open_menu(qtbot, run_list, 0), "Take the star away")
    qtbot.waitUntil(lambda: titles(run_list)[2] == oldest)


def test_notes_are_there_when_the_project_is_opened_again(
    qtbot: Any, run_list: RunList, runs: Runs, follow: Callable[[], Runs]
) -> None:
    runs.annotate(runs.all[2], RunNotes("the good one", "", True))
    again = RunList(follow(), ["pretrain"], "")
    qtbot.addWidget(again)
    assert titles(again)[0] == "Pretrain · the good one"


def test_words_find_runs_by_name_note_settings_and_state(qtbot: Any, run_list: RunList, runs: Runs) -> None:
    runs.annotate(runs.all[0], RunNotes("Baseline", "for Table 2", False))
    search = run_list.findChild(QLineEdit, "run_search")

    def found(words: str) -> list[str]:
        search.clear()
        qtbot.keyClicks(search, words)
        return titles(run_list)

    assert found("baseline") == ["Pretrain · Baseline"]
    assert found("table 2") == ["Pretrain · Baseline"]
    assert found("slowfeat") == ["Pretrain · Baseline"]
    assert found("done small") == ["Pretrain · association objtr small"]
    assert len(found("association")) == 2
    assert found("nobody") == []
    assert run_list.chosen() == []
    assert not search.isHidden()
    search.clear()
    assert len(titles(run_list)) == 3
    assert len(run_list.chosen()) == 1


def test_a_run_that_is_chosen_from_elsewhere_is_not_hidden(qtbot: Any, run_list: RunList, runs: Runs) -> None:
    search = run_list.findChild(QLineEdit, "run_search")
    qtbot.keyClicks(search, "slowfeat")
    run_list.choose(runs.all[1])
    assert search.text() == ""
    assert run_list.chosen() == [runs.all[1]]


@pytest.mark.parametrize("form", ["for TensorBoard", "as CSV"])
def test_metrics_of_the_chosen_runs_are_exported(
    qtbot: Any, run_list: RunList, runs: Runs, tmp_path: Path, form: str
) -> None:
    exports, out = RunExports(), tmp_path / "out"
    out.mkdir()
    run_list.export_asked.connect(exports.start)
    click(qtbot, run_list, 0)
    place = click(qtbot, run_list, 1, Qt.KeyboardModifier.ControlModifier)
    view(run_list).customContextMenuRequested.emit(place)
    menu = next(one for one in run_list.findChildren(QMenu) if one.isVisible())
    assert not next(one for one in menu.actions() if one.text().startswith("Name")).isEnabled()
    press(qtbot, menu, f"Export metrics {form}")
    (dialog,) = run_list.findChildren(QFileDialog)
    with qtbot.waitSignal(exports.message) as told:
        dialog.setDirectory(str(out))
        dialog.selectFile(str(out))
        qtbot.keyClick(dialog, KEY.Key_Return)
    names = sorted(path.name for path in out.iterdir())
    chosen = sorted(run.name for run in runs.all[:2])
    if form == "as CSV":
        assert names == [f"{name}.csv" for name in chosen]
        rows = list(csv.DictReader((out / names[0]).read_text().splitlines()))
        assert [float(row["loss"]) for row in rows] == [10 / step for step in range(10, 101, 10)]
    else:
        assert names == chosen
        assert len(list(out.glob("*/events.out.tfevents.*"))) == 2
    assert told.args[0].startswith("2 files were written to")
    exports.close()


def test_the_weights_of_a_run_are_exported_by_a_worker(
    qtbot: Any, run_list: RunList, runs: Runs, tmp_path: Path
) -> None:
    menu = open_menu(qtbot, run_list, 0)
    weights = next(one for one in menu.actions() if one.text() == "Export weights")
    assert not weights.isEnabled()  # the run has not left any
    menu.close()
    trunk = load_trunk("random", "tiny", torch.Generator().manual_seed(0))
    save_trunk(trunk, runs.all[0].path / IN_RUN)
    menu = open_menu(qtbot, run_list, 0)
    assert weights.isEnabled()
    next(one for one in weights.menu().actions() if one.text().startswith("state-dict")).trigger()
    (dialog,) = run_list.findChildren(QFileDialog)
    with qtbot.waitSignal(runs.finished) as ended:
        dialog.setDirectory(str(tmp_path))
        dialog.selectFile(str(tmp_path / "mine"))
        qtbot.keyClick(dialog, KEY.Key_Return)
    assert ended.args[0].status.error == ""
    held = torch.load(tmp_path / "mine.pt", weights_only=True)["state_dict"]
    assert torch.equal(held["fc7.bias"], trunk.fc7.bias)


def test_the_header_names_stars_and_shows_the_note(qtbot: Any, runs: Runs) -> None:
    header, run = RunHeader(runs), runs.all[0]
    qtbot.addWidget(header)
    header.show_run(run)
    header.resize(900, 120)
    header.show()
    qtbot.mouseClick(header.star_button, LEFT)
    assert read_notes(run.path).starred
    assert header.star_button.text() == "★"
    qtbot.mouseClick(header.notes_button, LEFT)
    dialog = dialog_of(qtbot, header)
    qtbot.keyClicks(dialog.name, "mine")
    dialog.note.setPlainText("A note.\nOf two lines.")
    qtbot.mouseClick(dialog.findChild(QCheckBox), LEFT)
    qtbot.keyClick(dialog.name, KEY.Key_Return)
    assert read_notes(run.path) == RunNotes("mine", "A note.\nOf two lines.", False)
    assert header._title.text() == "Pretrain · mine"
    runs.annotate(run, RunNotes("mine, with " + 10 * "many words ", "A note.\nOf two lines."))
    assert header._title.text().startswith("Pretrain · mine, with many words")
    assert header._title.text().endswith("…")
    assert "many words many" in header._title.toolTip()
    assert header._note.text() == "A note.\nOf two lines."
    assert not header._note.isHidden()


def test_a_folder_that_cannot_be_written_is_said_in_the_dialog(qtbot: Any, runs: Runs) -> None:
    run = runs.all[0]
    dialog = NotesDialog(run, runs)
    qtbot.addWidget(dialog)
    dialog.show()
    (run.path / "notes.json").mkdir()
    qtbot.keyClicks(dialog.name, "mine")
    qtbot.keyClick(dialog.name, KEY.Key_Return)
    assert dialog.isVisible()
    assert "Cannot write to the run" in dialog._problem.text()
    assert run.notes == RunNotes()


def test_runs_are_deleted_from_their_menu_by_keys_alone(qtbot: Any, run_list: RunList, runs: Runs) -> None:
    click(qtbot, run_list, 0)
    qtbot.keyClick(view(run_list), KEY.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    chosen = run_list.chosen()
    assert len(chosen) == 2
    below = view(run_list).viewport().rect().bottomRight()  # the key of menus knows no row
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, below, view(run_list).mapToGlobal(below))
    QApplication.sendEvent(view(run_list).viewport(), asked)
    menu = next(one for one in run_list.findChildren(QMenu) if one.isVisible())
    stop, delete = (next(one for one in menu.actions() if one.text() == text) for text in ("Stop", "Delete"))
    assert (stop.isEnabled(), delete.isEnabled()) == (False, True)
    qtbot.keyClick(menu, KEY.Key_Up)  # the last one
    qtbot.keyClick(menu, KEY.Key_Return)
    assert not set(chosen) & set(runs.all)
    assert all((run.path.parent.parent / "trash" / run.name).is_dir() for run in chosen if run.path)


def test_where_the_header_is_narrow_its_buttons_leave_the_title_its_room(qtbot: Any, runs: Runs) -> None:
    header, run = RunHeader(runs), runs.all[0]
    qtbot.addWidget(header)
    header.show_run(run)
    header.show()
    title, stop = header._title, header.stop_button
    header.resize(1000, header.sizeHint().height())
    qtbot.waitUntil(lambda: stop.geometry().top() < title.geometry().bottom())
    assert stop.geometry().left() > title.geometry().right()
    header.resize(420, 140)
    qtbot.waitUntil(lambda: stop.geometry().top() > title.geometry().bottom())
    assert title.width() > 200
    assert title.text() == title.whole


def test_the_header_tells_runs_of_the_same_settings_apart(qtbot: Any, runs: Runs) -> None:
    run = runs.all[0]
    header = RunHeader(runs, lambda one: f"{one.label}, seed 1")
    qtbot.addWidget(header)
    header.resize(1200, 100)
    header.show_run(run)
    assert header._title.whole == f"{run.title}, seed 1"
