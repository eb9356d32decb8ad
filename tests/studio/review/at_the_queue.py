"""A person at the dock Review."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar

from studio.app import Studio
from studio.review.panel import ReviewPanel


def shown(studio: Studio, qtbot) -> ReviewPanel:
    """The dock Review, brought to the front by a click on its tab, when it has looked through the clips."""
    panel, queue = studio.session.review, studio.session.queue

    def is_in_front() -> bool:
        for tabs in studio.window.findChildren(QTabBar):
            for place in range(tabs.count()):
                if tabs.tabText(place) == "Review" and tabs.isVisible():
                    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(place).center())
        return not panel.visibleRegion().isEmpty()

    qtbot.waitUntil(is_in_front)
    qtbot.waitUntil(lambda: not queue.is_searching)
    return panel


def choose(studio: Studio, qtbot, name: str) -> ReviewPanel:
    """Choose a recipe in the combo box as a person does: by its keys."""
    panel, queue = shown(studio, qtbot), studio.session.queue
    box = panel.recipe
    box.setFocus()
    while box.currentData() != name:
        down = box.findData(name) > box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down if down else Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: queue.recipe.name == name and not queue.is_searching)
    return panel
