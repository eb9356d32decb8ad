"""Tables of other programs, whose columns are chosen in the real dialog of the real window."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from studio.app import Studio
from studio.exchange.column_dialog import ColumnDialog


@pytest.fixture
def ask(open_studio: Studio, monkeypatch: pytest.MonkeyPatch, qtbot):
    """Import a file by the window's action, as far as the dialog of columns and what it read first."""

    def open_dialog(path: Path) -> ColumnDialog:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        open_studio.window.commands["import_tracks"].trigger()
        exchange = open_studio.session.exchange
        qtbot.waitUntil(lambda: exchange.columns is not None)
        assert exchange.columns is not None
        return exchange.columns

    return open_dialog


def points_of(studio: Studio) -> int:
    return len(studio.session.document.points(studio.session.view.clip.id))


def table(path: Path, names: str, rows: list[list[object]], separator: str = ",") -> Path:
    path.write_text("\n".join([names, *(separator.join(map(str, row)) for row in rows)]) + "\n")
    return path


def is_ready(dialog: ColumnDialog) -> bool:
    return dialog.import_button.isEnabled()


ROWS = [[frame, track, 10 + 2 * frame + track, 20 + track] for track in (4, 7) for frame in range(5)]


def test_the_columns_of_a_known_program_are_filled_in(open_studio: Studio, ask, tmp_path: Path, qtbot):
    rows = [[n, y, x, 1.5, frame, track] for n, (frame, track, x, y) in enumerate(ROWS)]
    dialog = ask(table(tmp_path / "tracked.csv", ",y,x,mass,frame,particle", rows))
    qtbot.waitUntil(lambda: is_ready(dialog))
    assert dialog.fields.preset.currentText() == "trackpy"
    assert dialog.fields.columns["trajectory"].currentText() == "particle"
    assert dialog.outcome.text() == "2 points with 10 observations in 5 frames would come in."
    assert dialog.model.headerData(2, Qt.Orientation.Horizontal) == "x\n→ x"
    assert dialog.model.rowCount() == 10
    before = points_of(open_studio)
    with qtbot.waitSignal(open_studio.session.document.performed):
        qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    assert points_of(open_studio) == before + 2
    points = open_studio.session.document.points(open_studio.session.view.clip.id)
    np.testing.assert_array_equal(points.points(before)[0], [14.5, 24.5])  # a whole number is a middle there
    open_studio.session.document.undo()
    assert points_of(open_studio) == before


def test_one_says_what_the_columns_mean(open_studio: Studio, ask, tmp_path: Path, qtbot):
    dialog = ask(table(tmp_path / "own.csv", "Bild;Nummer;rechts;unten", ROWS, ";"))
    qtbot.waitUntil(lambda: dialog.problem.isVisible())
    assert dialog.problem.text() == "Choose the column of Frame."
    assert not is_ready(dialog)
    for role, name in (("frame", "Bild"), ("x", "rechts"), ("y", "unten")):
        dialog.fields.columns[role].setFocus()
        qtbot.keyClicks(dialog.fields.columns[role], name)  # by the keyboard alone
    qtbot.waitUntil(lambda: "several rows in each frame" in dialog.problem.text())
    assert not is_ready(dialog)
    qtbot.keyClicks(dialog.fields.columns["trajectory"], "Nummer")
    qtbot.waitUntil(lambda: is_ready(dialog))
    assert not dialog.problem.isVisible()
    before = points_of(open_studio)
    with qtbot.waitSignal(open_studio.session.document.performed):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    points = open_studio.session.document.points(open_studio.session.view.clip.id)
    np.testing.assert_array_equal(points.points(before)[0], [14, 24])


def test_boxes_ask_for_their_corners(open_studio: Studio, ask, tmp_path: Path, qtbot):
    rows = [[frame, track, x, y, x + 9, y + 6] for frame, track, x, y in ROWS]
    dialog = ask(table(tmp_path / "boxes.csv", "frame,car,left,top,right,bottom", rows))
    qtbot.waitUntil(lambda: dialog.problem.isVisible() or is_ready(dialog))
    assert dialog.fields.shape.currentText() == "boxes, by two corners"  # by their names
    assert dialog.fields.columns["x2"].isVisible()
    assert not dialog.fields.columns["x"].isVisible()
    dialog.fields.columns["trajectory"].setCurrentText("car")
    qtbot.waitUntil(lambda: is_ready(dialog))
    assert dialog.outcome.text() == "2 objects with 10 observations in 5 frames would come in."
    dialog.fields.shape.setCurrentText("points")
    qtbot.waitUntil(lambda: dialog.problem.isVisible())
    assert dialog.problem.text() == "Choose the column of x."


def test_what_is_left_out_is_shown_before(open_studio: Studio, ask, tmp_path: Path, qtbot):
    rows = [*ROWS, *([frame, 9, 30, 30] for frame in range(10)), ["?", 9, 1, 1]]
    dialog = ask(table(tmp_path / "odd.csv", "frame,particle,x,y", rows))
    qtbot.waitUntil(lambda: is_ready(dialog))
    assert "1 row, the first in line 22 (its frame is no number)." in dialog.warnings.toPlainText()
    assert dialog.warnings.isVisible()


def test_places_in_another_unit_want_a_scale(open_studio: Studio, ask, tmp_path: Path, qtbot):
    rows = [[frame, track, x / 2, y / 2] for frame, track, x, y in ROWS]
    dialog = ask(table(tmp_path / "microns.csv", "frame,particle,x [micron],y [micron]", rows))
    qtbot.waitUntil(lambda: dialog.problem.isVisible())
    assert "how many pixels a micron is" in dialog.problem.text()
    dialog.fields.scale.setValue(2)
    qtbot.waitUntil(lambda: is_ready(dialog))


def test_it_is_one_dialog_and_it_goes_with_the_project(open_studio: Studio, ask, tmp_path: Path, qtbot):
    path = table(tmp_path / "own.csv", "a,b,c", [[1, 2, 3]])
    first = ask(path)
    closed = []
    first.finished.connect(closed.append)
    open_studio.window.commands["import_tracks"].trigger()
    qtbot.waitUntil(lambda: bool(closed))
    exchange = open_studio.session.exchange
    qtbot.waitUntil(lambda: exchange.columns is not None)
    exchange.close()
    assert exchange.columns is None
