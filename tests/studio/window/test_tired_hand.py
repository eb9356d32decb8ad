"""A tired hand at the real window: keys and drags at random. Nothing breaks, and undo and redo are exact."""

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QMenu, QMessageBox

from core.trajectories.integrity import problems
from studio.app import Studio
from studio.window.action_table import ROWS
from tests.core.trajectories.small_database import contents
from tests.studio.at_the_window import ALT, CTRL, SHIFT
from tests.studio.canvas.drawn import Mouse
from tests.studio.small_project import HEIGHT, WIDTH

ACTIONS = 300
"""What a hand does in a test."""

KEYS = [row.name for row in ROWS if row.curating and row.keys and "…" not in row.text]
TOOLS = [row.name for row in ROWS if row.group == "tool"]
NO = Qt.KeyboardModifier.NoModifier
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


class TiredHand:
    """Does something, seldom what it should; answers each question with any of its buttons."""

    def __init__(self, qtbot, studio: Studio, seed: int) -> None:
        self.qtbot, self.studio, self.random = qtbot, studio, random.Random(seed)
        self.mouse = Mouse(studio.session.canvas.frame_view)
        self.did: list[str] = []

    def act(self) -> None:
        doings: list[tuple[int, Callable[[], str]]] = [
            (8, lambda: self.key(self.random.choice(KEYS))),
            (2, lambda: self.key(self.random.choice(TOOLS))),
            (2, lambda: self.key(self.random.choice(("undo", "redo")))),
            (6, self.drag),
            (4, self.click),
            (2, self.take_row),
            (1, self.take_clip),
            (1, self.type_somewhere),
        ]
        (doing,) = self.random.choices([one for _, one in doings], [weight for weight, _ in doings])
        self.did.append(doing())
        self.answer()

    def key(self, action: str) -> str:
        window = self.studio.window
        window.activateWindow()
        self.qtbot.waitUntil(window.isActiveWindow)
        self.studio.session.canvas.setFocus()
        QTest.keySequence(window.focusWidget() or window, window.commands[action].shortcut())
        return action

    def drag(self) -> str:
        places = [self._place() for _ in range(self.random.randint(2, 4))]
        keys, button = self._keys(), self.random.choice((LEFT, LEFT, LEFT, RIGHT, MIDDLE))
        self.mouse.drag(*places, keys=keys, button=button)
        return f"drag {places}"

    def click(self) -> str:
        place, often = self._place(), self.random.randint(1, 2)
        for _ in range(often):
            self.mouse.click(*place, keys=self._keys())
        if often == 2:
            QTest.mouseDClick(self.mouse.widget, LEFT, NO, self.mouse.at(*place))
        return f"click {place}"

    def take_row(self) -> str:
        table = self.studio.session.tracks.table
        at = QPoint(60, self.random.randint(0, 80))
        self.qtbot.mouseClick(table.viewport(), LEFT, self.random.choice((NO, CTRL, SHIFT)), at)
        return f"row at {at.y()}"

    def take_clip(self) -> str:
        tree = self.studio.session.clips.tree
        at = QPoint(80, self.random.randint(0, 60))
        self.qtbot.mouseClick(tree.viewport(), LEFT, NO, at)
        return f"clip at {at.y()}"

    def type_somewhere(self) -> str:
        field = self.random.choice((self.studio.window, self.studio.session.tracks.filter_row.search))
        self.qtbot.keyClicks(field, self.random.choice(("swan", "error>", "12", "::")))
        self.studio.session.tracks.filter_row.search.clear()
        return "type"

    def answer(self) -> None:
        while opened := [one for one in QApplication.topLevelWidgets() if _asks(one)]:
            one = opened[-1]
            buttons = [button for button in one.findChildren(QAbstractButton) if button.isVisible()]
            if isinstance(one, QMessageBox) and buttons:
                self.qtbot.mouseClick(self.random.choice(buttons), LEFT)
            if one.isVisible():
                one.close()

    def _place(self) -> tuple[float, float]:
        """Where something is more often than not; now and then outside of the frame."""
        if self.random.random() < 0.1:
            return self.random.uniform(-40, WIDTH + 40), self.random.uniform(-40, HEIGHT + 40)
        return self.random.uniform(5, 40), self.random.uniform(5, 25)

    def _keys(self) -> Qt.KeyboardModifier:
        return self.random.choice((NO, NO, NO, CTRL, SHIFT, ALT))


def _asks(widget) -> bool:
    return isinstance(widget, QDialog | QMenu) and widget.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_all_that_a_tired_hand_did_is_undone_and_done_again_exactly(open_studio: Studio, qtbot, seed):
    session, hand = open_studio.session, TiredHand(qtbot, open_studio, seed)
    document, project = session.document, session.document.project

    def rows() -> dict[str, list[tuple]]:
        qtbot.waitUntil(lambda: not document.busy and not session.view.filling, timeout=120_000)
        with project.reading() as connection:
            return contents(connection)

    def made() -> int:
        return sum(entry.state == "done" for entry in document.history())

    first, begun = rows(), made()
    for _ in range(ACTIONS):
        hand.act()
    last, count = rows(), made() - begun
    assert count > ACTIONS // 50, "else it tries little"
    for _ in range(count):
        document.undo()
    assert rows() == first, hand.did
    for _ in range(count):
        document.redo()
    assert rows() == last, hand.did
    with project.reading() as connection:
        assert list(problems(connection)) == []
