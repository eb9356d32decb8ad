"""Follows the guide (`resources/help/guide.md`) in the real window and looks for what it says is seen.

    GUIDE_PICTURES=resources/help/images python -m pytest -m slow tests/end_to_end/test_guide.py

takes the guide's pictures anew.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QWidget

from core.runs.run_folder import RunFolder, State
from studio.forms.settings_form import SettingsForm
from tests.end_to_end.user import User

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SIZE = QSize(1280, 800)
CTRL = Qt.KeyboardModifier.ControlModifier


class Reader(User):
    """Does what the guide says, by the names that it uses, and takes its pictures."""

    def start(self) -> None:
        super().start()
        self.studio.window.resize(SIZE)
        self.project: Path | None = None

    def picture(self, name: str) -> None:
        """Save what is seen, where pictures are asked for."""
        folder = os.environ.get("GUIDE_PICTURES")
        if folder:
            QTest.qWait(400)
            image = self.studio.window.grab().toImage()
            popup = QApplication.activePopupWidget()
            if popup is not None:
                self._lay_over(image, popup)
            assert image.save(str(Path(folder) / f"{name}.jpg"), quality=80)

    def _lay_over(self, image: QImage, popup: QWidget) -> None:
        from PySide6.QtGui import QPainter

        painter = QPainter(image)
        painter.drawPixmap(self.studio.window.mapFromGlobal(popup.mapToGlobal(QPoint())), popup.grab())
        painter.end()

    def runs(self, job: str) -> list[RunFolder]:
        """The project's runs of a job, oldest first."""
        paths = sorted(self.session.document.project.path.glob("runs/*/config.toml"))
        return [folder for path in paths if (folder := RunFolder(path.parent)).job == job]

    def done(self, job: str, count: int = 1) -> RunFolder:
        """Wait until so many runs of a job are there and the last one is done."""
        self.wait(lambda: len(self.runs(job)) == count)
        folder = self.runs(job)[-1]
        assert self.ended(folder) is State.DONE
        return folder

    def fill_in(self, form: SettingsForm, name: str, text: str) -> None:
        """Click a field of a form and type into it."""
        editor = form.editor(name)
        field = editor.findChild(QComboBox) or editor.findChild(QAbstractSpinBox)
        if isinstance(field, QComboBox):
            field.setFocus()
            self.qtbot.keyClicks(field, text)
            assert field.currentText() == text
        else:
            self.qtbot.mouseDClick(field.lineEdit(), Qt.MouseButton.LeftButton)
            field.selectAll()
            self.qtbot.keyClicks(field, text)
            self.qtbot.keyClick(field, Qt.Key.Key_Tab)


@pytest.fixture
def reader(qtbot, qapp, tmp_path, monkeypatch):
    monkeypatch.setattr("studio.app.projects_folder", lambda: tmp_path / "projects")
    reader = Reader(qtbot, qapp, tmp_path)
    reader.start()
    yield reader
    reader.leave()


def test_the_guide_is_true(reader):
    open_the_sample(reader)
    look(reader)
    correct(reader)
    densify(reader)
    track(reader)
    pretrain(reader)
    evaluate(reader)
    compare(reader)


def open_the_sample(reader) -> None:
    reader.picture("welcome")
    reader.press(reader.studio.welcome.sample_button)
    reader.wait(lambda: reader.session is not None and len(reader.session.clips.summaries) == 4)
    reader.wait(lambda: not reader.session.document.busy)


def look(reader) -> None:
    session = reader.session
    reader.go_to("creatures2", 0)
    reader.wait(lambda: session.canvas.stage.scene.frame == 0)
    reader.key("play")
    reader.wait(lambda: session.view.frame > 5)
    reader.key("play")
    assert not session.view.playing
    before = session.view.frame
    reader.key("next_frame")
    assert session.view.frame == before + 1
    reader.key("first_frame")
    reader.key("next_keyframe")
    reader.wait(lambda: session.canvas.stage.scene.frame == 9)
    reader.picture("look")


def box_of(reader, id: int) -> np.ndarray:
    """(4,), the box of an object in the frame that is seen, in pixels."""
    session = reader.session
    one = session.document.objects(session.view.clip.id)[id]
    return one.boxes[one.place(session.view.frame)]


def middle_of(reader, id: int) -> tuple[float, float]:
    box = box_of(reader, id)
    return float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2


def correct(reader) -> None:
    session, window = reader.session, reader.studio.window
    clip = session.view.clip.id
    first = next(iter(session.document.objects(clip)))
    x, y = middle_of(reader, first)
    reader.mouse.click(x, y)
    assert session.view.selection == {first}
    reader.mouse.drag((x, y), (x + 8, y + 4), (x + 15, y + 8))
    assert middle_of(reader, first) == pytest.approx((x + 15, y + 8), abs=1)
    assert window.last_edit.text() == f"Edit track {first} at frame 9"
    assert window.undo_button.isVisible()
    reader.picture("correct")
    reader.key("undo")
    assert middle_of(reader, first) == pytest.approx((x, y), abs=0.01)
    reader.key("tool_brush")
    left = box_of(reader, first)[0] - 4
    reader.mouse.drag((left, y), (left, y + 5), (left, y + 10))
    assert window.last_edit.text() == f"Edit track {first} at frame 9"
    reader.key("tool_select")
    reader.key("undo")


def densify(reader) -> None:
    session, window = reader.session, reader.studio.window
    reader.key("densify")
    form = session.jobs.popovers["densify"]
    reader.wait(form.isVisible)
    reader.picture("densify")
    reader.press(form.start_button)
    reader.done("densify")
    reader.wait(lambda: window.last_edit.text() == "Densify 9 objects")
    reader.go_to("creatures2", 14)
    reader.picture("densified")
    reader.key("next_check")
    print("CHECK", session.view.frame, session.view.selection, window.hint.text())
    reader.picture("check")


def track(reader) -> None:
    session, window = reader.session, reader.studio.window
    reader.key("track")
    form = session.jobs.popovers["track"]
    reader.wait(form.isVisible)
    reader.fill_in(form.form, "preset", "fast")
    reader.fill_in(form.form, "spacing", "16")
    reader.picture("track")
    reader.press(form.start_button)
    reader.done("track")
    reader.wait(lambda: window.last_edit.text().startswith("Track ") and "points" in window.last_edit.text())
    reader.picture("tracked")


def pretrain(reader) -> None:
    session = reader.session
    reader.key("train")
    train = session.train
    reader.fill_in(train.form, "steps", "100")
    reader.fill_in(train.form, "batch", "16")
    reader.press(train.start_button)
    reader.done("pretrain")
    reader.wait(lambda: len(train.run_list.chosen()[0].curve("loss").values) > 0)
    reader.picture("pretrain")


def evaluate(reader) -> None:
    session = reader.session
    reader.key("evaluate")
    evaluate = session.evaluate
    for count in (1, 2):
        reader.fill_in(evaluate.form, "steps", "100")
        reader.press(evaluate.start_button)
        reader.done("voc", count)
        reader.picture(f"evaluate{count}")
        break


def compare(reader) -> None:
    reader.key("compare")
    reader.picture("compare")
