from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from studio.exchange.importing import ImportDialog, unused_folder
from tests.studio.small_project import draw_clip


@pytest.fixture
def davis(tmp_path: Path) -> Path:
    """Two clips in DAVIS's layout, each with two annotated frames."""
    root = tmp_path / "DAVIS"
    for name in ("dog", "swan"):
        draw_clip(root / "JPEGImages" / "480p", name)
        for path in (root / "JPEGImages" / "480p" / name).glob("*.png"):
            image = cv2.imread(str(path))
            cv2.imwrite(str(path.with_name(f"{int(path.stem):05d}.jpg")), image)
            path.unlink()
        labels = root / "Annotations" / "480p" / name
        labels.mkdir(parents=True)
        for frame in (0, 3):
            mask = np.zeros((48, 64), np.uint8)
            mask[10:20, 10:30] = 255
            cv2.imwrite(str(labels / f"{frame:05d}.png"), mask)
    return root


def dialog(qtbot, taken=(), new_project=None) -> ImportDialog:
    dialog = ImportDialog(taken, new_project)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def rows(dialog: ImportDialog) -> list[list[str]]:
    items = [dialog.clips.topLevelItem(row) for row in range(dialog.clips.topLevelItemCount())]
    return [[item.text(column) for column in range(5)] for item in items]


def test_what_was_found_is_shown_and_nothing_is_written(qtbot, davis: Path):
    files = sorted(davis.rglob("*"))
    one = dialog(qtbot)
    one.look_through([davis])
    assert one.progress.isVisible()
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    assert one.title.text() == "Found 2 clips: DAVIS"
    assert rows(one) == [["dog", "12", "64 × 48", "2", ""], ["swan", "12", "64 × 48", "2", ""]]
    assert not one.folder_row.isVisible()
    assert sorted(davis.rglob("*")) == files
    one.close()


def test_the_ticked_clips_come_as_one_edit(qtbot, davis: Path):
    one = dialog(qtbot, taken=["swan"])
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    one.clips.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
    assert one.import_button.text() == "Import 1 clip"
    with qtbot.waitSignal(one.ready) as ready:
        qtbot.mouseClick(one.import_button, Qt.MouseButton.LeftButton)
    edit, folder = ready.args
    assert folder is None
    assert [clip.name for clip, _ in edit.clips] == ["swan-2"]
    assert [object.frames.tolist() for object in edit.clips[0][1]] == [[0, 3]]
    assert not one.isVisible()


def test_nothing_ticked_nothing_to_import(qtbot, davis: Path):
    one = dialog(qtbot)
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    for row in range(2):
        one.clips.topLevelItem(row).setCheckState(0, Qt.CheckState.Unchecked)
    assert not one.import_button.isEnabled()
    one.close()


def test_without_a_project_it_asks_where_to_make_one(qtbot, davis: Path, tmp_path: Path):
    one = dialog(qtbot, new_project=lambda name: unused_folder(tmp_path / "projects", name))
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    assert one.folder.text() == str(tmp_path / "projects" / "DAVIS")
    for taken in (davis, next(davis.rglob("*.jpg"))):
        one.folder.setText(str(taken))
        one.import_button.click()
        assert str(taken) in one.problem.text()
        assert one.problem.isVisible()
    (tmp_path / "mine" / "runs").mkdir(parents=True)  # a disk that failed kept this from being removed
    one.folder.setText(str(tmp_path / "mine"))
    with qtbot.waitSignal(one.ready) as ready:
        one.import_button.click()
    assert ready.args[1] == tmp_path / "mine"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["runs"]


def test_clips_are_ticked_together(qtbot, davis: Path):
    for name in ("cat", "goat"):
        draw_clip(davis / "JPEGImages" / "480p", name)
    one = dialog(qtbot)
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())

    def click(row: int, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        place = one.clips.visualItemRect(one.clips.topLevelItem(row)).center()
        qtbot.mouseClick(one.clips.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    def ticked() -> list[str]:
        return [found.clip.name for found in one.chosen()]

    click(1)
    click(3, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(one.clips, Qt.Key.Key_Space)
    assert ticked() == ["cat"]
    assert not one.all.isChecked()
    assert one.import_button.text() == "Import 1 clip"
    click(0)
    qtbot.keyClick(one.clips, Qt.Key.Key_Space)
    assert ticked() == []
    qtbot.mouseClick(one.all, Qt.MouseButton.LeftButton, pos=QPoint(10, one.all.height() // 2))
    assert ticked() == ["cat", "dog", "goat", "swan"]
    qtbot.mouseClick(one.all, Qt.MouseButton.LeftButton, pos=QPoint(10, one.all.height() // 2))
    assert ticked() == []
    assert not one.import_button.isEnabled()
    one.close()


def test_the_wheel_passes_over_the_choice_of_frames(qtbot, davis: Path):
    one = dialog(qtbot)
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    box, up, nothing = one.frames.every, QPoint(0, 120), QPoint()
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    turn = QWheelEvent(
        QPointF(5, 5), box.mapToGlobal(QPointF(5, 5)), nothing, up, buttons, keys, phase, False
    )
    QApplication.sendEvent(box, turn)
    assert box.value() == 1
    one.close()


def test_several_sources_are_shown_together(qtbot, davis: Path, tmp_path: Path):
    draw_clip(tmp_path / "frames", "walk")
    one = dialog(qtbot)
    one.look_through([davis, tmp_path / "frames" / "walk"])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    assert one.title.text() == "Found 3 clips: DAVIS, Frames"
    assert [row[0] for row in rows(one)] == ["dog", "swan", "walk"]
    one.close()


def test_every_nth_frame_of_a_span_is_counted_as_it_is_typed(qtbot, davis: Path):
    one = dialog(qtbot)
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    assert one.frames.count.text() == "24 frames in all"
    one.frames.every.setValue(4)
    qtbot.keyClicks(one.frames.first, "2")
    assert [row[1] for row in rows(one)] == ["3 of 12", "3 of 12"]
    assert [row[3] for row in rows(one)] == ["0 of 2", "0 of 2"], "frames 0 and 3 are annotated"
    assert one.frames.count.text() == "6 frames in all"
    one.clips.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
    assert one.frames.count.text() == "3 frames in all"
    assert [row[1] for row in rows(one)] == ["12", "3 of 12"]
    with qtbot.waitSignal(one.ready) as ready:
        one.import_button.click()
    ((clip, _),) = ready.args[0].clips
    assert (clip.name, clip.frames, clip.start, clip.step) == ("swan", 3, 2, 4)
    assert [Path(name).stem for name in clip.files] == ["00002", "00006", "00010"]
    assert "swan: of its 2 frames with label pictures, 2 are not among" in ready.args[0].warnings[-1]


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ("soon", "'soon' is no frame and no time"),
        ("1s", "dog has no times"),
        ("12", "No frame lies between the moments that were chosen; dog has 12 frames, from 0 on."),
    ],
)
def test_a_choice_of_frames_that_cannot_be_is_said_until_it_is_mended(qtbot, davis: Path, first, says):
    one = dialog(qtbot)
    one.look_through([davis])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    one.frames.first.setText(first)
    assert says in one.problem.text()
    assert one.problem.isVisible()
    assert not one.import_button.isEnabled()
    one.frames.first.setText("3")
    assert not one.problem.isVisible()
    assert one.import_button.isEnabled()
    assert one.frames.count.text() == "18 frames in all"
    one.close()


def test_nothing_found_is_one_sentence(qtbot, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    one = dialog(qtbot)
    one.look_through([tmp_path / "empty"])
    qtbot.waitUntil(lambda: one.problem.isVisible())
    assert "empty" in one.problem.text()
    assert not one.import_button.isVisible()
    assert one.title.text() == "Nothing was imported"
    one.close()


def test_what_is_irregular_is_said(qtbot, tmp_path: Path):
    for name in ("walk", "run"):
        draw_clip(tmp_path / "mixed", name)
    frames = sorted((tmp_path / "mixed" / "walk").glob("*.png"))
    image = cv2.imread(str(frames[0]))
    for number in range(3):
        cv2.imwrite(str(frames[0].with_name(f"thumb{number}.jpg")), image)
    one = dialog(qtbot)
    one.look_through([tmp_path / "mixed"])
    qtbot.waitUntil(lambda: one.import_button.isVisible())
    assert one.warnings_title.isVisible()
    assert one.warnings.isVisible()
    assert "walk" in one.warnings.toPlainText()
    assert "run" not in one.warnings.toPlainText()
    (item,) = one.clips.findItems("walk", Qt.MatchFlag.MatchExactly)
    assert item.toolTip(0) in one.warnings.toPlainText()
    assert not item.icon(0).isNull()
    one.close()


@pytest.mark.parametrize("leave", ["close", "escape"])
def test_leaving_in_the_middle_gives_up(qtbot, tmp_path: Path, leave: str):
    draw_clip(tmp_path, "walk")
    one = dialog(qtbot)
    one.look_through([tmp_path / "walk"] * 200)
    qtbot.waitSignal(one._work.progressed).wait()
    if leave == "close":
        one.close()
    else:
        qtbot.keyClick(one, Qt.Key.Key_Escape)
    assert not one.isVisible()
    with qtbot.assertNotEmitted(one._work.done, wait=1500):
        assert one.title.text() == "Looking for clips…"


def test_unused_folders_are_numbered(tmp_path: Path):
    assert unused_folder(tmp_path, "Sample") == tmp_path / "Sample"
    (tmp_path / "Sample").mkdir()
    (tmp_path / "Sample 2").mkdir()
    assert unused_folder(tmp_path, "Sample") == tmp_path / "Sample 3"
