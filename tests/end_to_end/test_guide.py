"""Follows the guide (`resources/help/guide.md`) in the real window and looks for what it says is seen.

    GUIDE_PICTURES=resources/help/images python -m pytest -m slow tests/end_to_end/test_guide.py

takes the guide's pictures anew.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLabel, QListView, QWidget

from core.geometry import decode_mask
from core.runs.run_folder import RunFolder, State
from core.trajectories.model import Review
from studio.forms.settings_form import SettingsForm
from studio.runs.run import Run
from studio.window.toasts import Toast
from studio.workspaces.run_card import RUN_ROLE
from studio.workspaces.run_list import RunList
from tests.end_to_end.user import User
from tests.studio.at_the_window import activate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SIZE = QSize(1440, 900)
PICTURE = QSize(1152, 720)


class Reader(User):
    """Does what the guide says, by the names that it uses, and takes its pictures."""

    def start(self) -> None:
        super().start()
        self.studio.window.resize(SIZE)

    def picture(self, name: str) -> None:
        """Save what is seen, where pictures are asked for."""
        folder = os.environ.get("GUIDE_PICTURES")
        if folder:
            for message in self.studio.window.toasts._shown[:-1]:  # the clock would have ended them
                message.fade()
            QTest.qWait(400)
            image = self.studio.window.grab().toImage()
            popup = QApplication.activePopupWidget()
            if popup is not None:
                self._lay_over(image, popup)
            image = image.scaled(PICTURE, mode=Qt.TransformationMode.SmoothTransformation)
            assert image.save(str(Path(folder) / f"{name}.jpg"), quality=78)

    def _lay_over(self, image: QImage, popup: QWidget) -> None:
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
            self.qtbot.keyClicks(field, text.split()[0])  # a space would open the list
            assert field.currentText().startswith(text)
        else:
            self.qtbot.mouseDClick(field.lineEdit(), Qt.MouseButton.LeftButton)
            field.selectAll()
            self.qtbot.keyClicks(field, text)
            self.qtbot.keyClick(field, Qt.Key.Key_Tab)

    def choose_of_clip(self, clip: str, text: str) -> None:
        """Choose an entry of the menu of a clip in the list."""
        tree = self.session.clips.tree
        (item,) = tree.findItems(clip, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        place = tree.visualRect(tree.indexFromItem(item, 0)).center()
        self.qtbot.mouseClick(tree.viewport(), Qt.MouseButton.RightButton, pos=place)
        asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, tree.viewport().mapToGlobal(place))
        QApplication.sendEvent(tree.viewport(), asked)
        self.wait(QApplication.activePopupWidget)
        menu = QApplication.activePopupWidget()
        (entry,) = [action for action in menu.actions() if action.text() == text]
        menu.setActiveAction(entry)
        self.qtbot.keyClick(menu, Qt.Key.Key_Return)

    def click_card(self, run_list: RunList, run: Run, keys=Qt.KeyboardModifier.NoModifier) -> None:
        """Click on a run in a list of runs."""
        view = run_list.findChild(QListView)
        cells = (view.model().index(row, 0) for row in range(view.model().rowCount()))
        cell = next(cell for cell in cells if cell.data(RUN_ROLE) is run)
        view.scrollTo(cell)
        place = view.visualRect(cell).center()
        self.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, place)


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
    welcome = reader.studio.welcome
    assert says(welcome.sample_button, "Open sample project")
    reader.picture("welcome")
    reader.press(welcome.sample_button)
    reader.wait(lambda: reader.session is not None and len(reader.session.clips.summaries) == 4)
    reader.wait(lambda: not reader.session.document.busy)
    names = [one.clip.name for one in reader.session.clips.summaries]
    assert names == ["creatures1", "creatures2", "creatures3", "creatures4"]
    assert {one.clip.frames for one in reader.session.clips.summaries} == {40}
    assert reader.session.curate.steps.done == {"import"}


def look(reader) -> None:
    session = reader.session
    view, stage = session.view, session.canvas.stage
    reader.go_to("creatures2", 0)
    press(reader, Qt.Key.Key_Space)
    reader.wait(lambda: view.frame > 5)
    press(reader, Qt.Key.Key_Space)
    assert not view.playing
    frame = view.frame
    press(reader, Qt.Key.Key_Right)
    assert view.frame == frame + 1
    press(reader, Qt.Key.Key_Left)
    press(reader, Qt.Key.Key_Left)
    assert view.frame == frame - 1
    press(reader, Qt.Key.Key_Home)
    press(reader, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    reader.wait(lambda: stage.scene.frame == 9)
    objects = session.document.objects(view.clip.id)
    assert [one.frames.tolist() for one in objects.values()] == [[0, 9, 19, 29, 39]] * 2
    assert [one.id for one in stage.scene.objects] == list(objects) == session.timeline.lanes.source.ids
    reader.picture("look")


def correct(reader) -> None:
    session, window = reader.session, reader.studio.window
    first = next(iter(session.document.objects(session.view.clip.id)))
    x, y = middle_of(reader, first)
    reader.mouse.click(x, y)
    assert session.view.selection == {first}
    edited = "Edit track 3 at frame 9"
    reader.mouse.drag((x, y), (x + 8, y), (x + 15, y))
    assert middle_of(reader, first) == pytest.approx((x + 15, y), abs=1)
    assert window.last_edit.text() == edited
    assert edited in messages(window)
    reader.picture("correct")
    press(reader, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert middle_of(reader, first) == pytest.approx((x, y), abs=0.01)
    before, left = area_of(reader, first), box_of(reader, first)[0]
    press(reader, Qt.Key.Key_U)
    reader.mouse.drag((left - 4, y), (left - 4, y + 5), (left - 4, y + 10))
    assert area_of(reader, first) > before + 20
    press(reader, Qt.Key.Key_V)
    press(reader, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert area_of(reader, first) == before
    assert session.document.redo_text() == edited


def densify(reader) -> None:
    session, window = reader.session, reader.studio.window
    reader.key("densify")
    form = session.jobs.popovers["densify"]
    reader.wait(form.isVisible)
    reader.qtbot.keyClick(form.clips, Qt.Key.Key_End)
    assert form.clips.currentText() == "all 4 clips"
    assert says(form.start_button, "Start")
    reader.press(form.start_button)
    reader.done("densify")
    reader.wait(lambda: "Densify 9 objects" in messages(window))  # stored in a thread, and then said
    assert session.document.history()[0].text == "Densify 9 objects"
    for one in session.document.objects(session.view.clip.id).values():
        assert one.frames.tolist() == list(range(40))
    reader.go_to("creatures2", 14)
    reader.picture("densified")
    flagged = [
        clip.clip.name
        for clip in session.document.clips()
        if any(one.flags.any() for one in session.document.objects(clip.clip.id).values())
    ]
    for name in flagged[:1]:
        reader.go_to(name, 0)
        press(reader, Qt.Key.Key_BracketRight)
        (id,) = session.view.selection
        one = session.document.objects(session.view.clip.id)[id]
        assert one.flags[one.place(session.view.frame)]
        reader.go_to("creatures2", 14)
    first, second = session.document.objects(session.view.clip.id)
    reader.click_row(first)
    reader.wait(window.commands["accept"].isEnabled)
    press(reader, Qt.Key.Key_Return)
    objects = session.document.objects(session.view.clip.id)
    assert objects[first].review == Review.ACCEPTED
    assert session.view.selection == {second}


def track(reader) -> None:
    session = reader.session
    reader.key("track")
    form = session.jobs.popovers["track"]
    reader.wait(form.isVisible)
    reader.qtbot.keyClick(form.clips, Qt.Key.Key_End)
    reader.fill_in(form.form, "preset", "fast")
    reader.fill_in(form.form, "spacing", "16")
    reader.picture("track")
    reader.press(form.start_button)
    reader.done("track")
    reader.wait(lambda: session.document.history()[0].text.startswith("Track "))
    reader.wait(lambda: any(one.points for one in session.document.clips()))  # counted once it is stored
    count = sum(one.points for one in session.document.clips())
    assert session.document.history()[0].text == f"Track {count:,} points"
    assert 600 < count < 1300
    assert len(session.canvas.stage.scene.ids) > 50
    assert len(session.timeline.lanes.source.density) == 40
    reader.picture("tracked")


def pretrain(reader) -> None:
    train = reader.session.train
    reader.choose_of_clip("creatures4", "Hold out")
    assert reader.studio.window.last_edit.text() == "Hold out creatures4"
    reader.key("train")
    assert train.isVisible()
    reader.fill_in(train.form, "steps", "100")
    reader.fill_in(train.form, "batch", "16")
    reader.press(train.start_button)
    reader.done("pretrain")
    (run,) = train.run_list.chosen()
    reader.wait(lambda: not run.is_active and len(run.curve("loss").values) == 10)
    assert list(run.curve("held_out_accuracy").steps) == [50, 100]
    reader.picture("pretrain")


def evaluate(reader) -> None:
    evaluate = reader.session.evaluate
    reader.key("evaluate")
    assert evaluate.isVisible()
    assert evaluate.form.value().voc == reader.session.document.project.path / "sample" / "VOCdevkit"
    assert evaluate.form.value().init == "random"
    for count in (1, 2):
        reader.fill_in(evaluate.form, "steps", "100")
        if count == 2:
            reader.fill_in(evaluate.form, "init", "association objtr")
        reader.press(evaluate.start_button)
        reader.done("voc", count)
        run = evaluate.run_list.chosen()[0]
        reader.wait(lambda run=run: not run.is_active)
        known = {name for name, one in run.class_aps.items() if one.objects}
        assert known == {"bottle", "car", "cat", "sofa", "tvmonitor"}
        reader.wait(lambda: evaluate.mean.text().startswith("mAP "))  # measured in a thread
    reader.picture("evaluate")


def compare(reader) -> None:
    workspace = reader.session.compare
    reader.key("compare")
    assert workspace.isVisible()
    newer, older = reader.session.runs.for_job("voc")
    reader.click_card(workspace.run_list, newer)
    reader.click_card(workspace.run_list, older, Qt.KeyboardModifier.ControlModifier)
    model = workspace.table.model
    reader.wait(lambda: model.rowCount() == 2 + 7)
    rows = [model.headerData(row, Qt.Orientation.Vertical) for row in range(model.rowCount())]
    assert len(rows) == 2 + 7
    assert all("quoted" in name for name in rows[2:])
    reader.wait(lambda: not says(workspace, "Reading the detections"))
    reader.picture("compare")


def press(reader, key: Qt.Key, keys=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the canvas has the focus."""
    window = reader.studio.window
    activate(reader.qtbot, window)
    reader.session.canvas.setFocus()
    reader.qtbot.keyClick(window.focusWidget(), key, keys)


def says(widget: QWidget, text: str) -> bool:
    """Whether a widget or a label in it shows a text."""
    return any(text in one.text() for one in [widget, *widget.findChildren(QLabel)] if hasattr(one, "text"))


def messages(window) -> list[str]:
    """What the messages over the window say."""
    return [toast.label.text() for toast in window.findChildren(Toast)]


def box_of(reader, id: int) -> np.ndarray:
    """(4,), the box of an object in the frame that is seen, in pixels."""
    session = reader.session
    one = session.document.objects(session.view.clip.id)[id]
    return one.boxes[one.place(session.view.frame)]


def middle_of(reader, id: int) -> tuple[float, float]:
    box = box_of(reader, id)
    return float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2


def area_of(reader, id: int) -> int:
    """Pixels of the mask of an object in the frame that is seen."""
    session = reader.session
    clip, one = session.view.clip, session.document.objects(session.view.clip.id)[id]
    return int(decode_mask(one.masks[one.place(session.view.frame)], clip.height, clip.width).sum())
