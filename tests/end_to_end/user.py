"""A person at the real window."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.runs.run_folder import RunFolder, State
from studio.app import Studio
from studio.window.settings import WindowSettings
from tests.studio.at_the_window import activate
from tests.studio.canvas.drawn import Mouse

LONG = 600_000
"""Milliseconds that anything may take, on a machine with much else to do."""

ID = 1
"""Column of the track table."""


class User:
    """Presses buttons and keys, clicks and drags on the frame."""

    def __init__(self, qtbot, qapp, folder: Path) -> None:
        self.qtbot, self._qapp, self._folder = qtbot, qapp, folder

    def start(self) -> None:
        self.studio = Studio(self._qapp, WindowSettings(self._folder / "settings.ini"), self._folder / "log")
        self.studio.window.show()
        self.qtbot.waitExposed(self.studio.window)

    def leave(self) -> None:
        self.studio.window.close()
        self.studio.window.deleteLater()

    @property
    def session(self):
        return self.studio.session

    def press(self, button) -> None:
        self.qtbot.waitUntil(button.isEnabled, timeout=LONG)
        assert button.isVisible()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def key(self, action: str) -> None:
        """Press the keys of an action, when it can be used."""
        window = self.studio.window
        self.wait(window.commands[action].isEnabled)
        activate(self.qtbot, window)
        if window.panels.workspace == "curate":
            self.session.canvas.setFocus()
        QTest.keySequence(window.focusWidget() or window, window.commands[action].shortcut())

    @property
    def mouse(self) -> Mouse:
        return Mouse(self.session.canvas.frame_view)

    def go_to(self, clip: str, frame: int) -> None:
        """Choose a clip in the list and type a frame."""
        tree = self.session.clips.tree
        (item,) = tree.findItems(clip, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        place = tree.visualRect(tree.indexFromItem(item, 0)).center()
        self.qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.key("go_to_frame")
        box = self.session.canvas.transport.frame
        self.wait(box.hasFocus)
        self.qtbot.keyClicks(box, str(frame))
        self.qtbot.keyClick(box, Qt.Key.Key_Return)
        stage = self.session.canvas.stage
        self.qtbot.waitUntil(lambda: stage.clip.name == clip and stage.scene.frame == frame, timeout=LONG)

    def click_row(self, id: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
        """Click on a track in the table."""
        table = self.session.tracks.table
        cells = (table.model().index(row, ID) for row in range(table.model().rowCount()))
        index = next(cell for cell in cells if str(cell.data()) == str(id))
        table.scrollTo(index)
        place = table.visualRect(index).center()
        self.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, keys, place)

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=LONG)

    def ended(self, folder: RunFolder) -> State:
        """How a run ended, once it did; where it failed, that is the error of the test."""
        self.wait(lambda: folder.status().state not in (State.QUEUED, State.RUNNING))
        status = folder.status()
        assert status.state in (State.DONE, State.STOPPED), f"{folder.name}: {status.state}: {status.error}"
        return status.state
