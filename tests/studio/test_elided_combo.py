from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from studio.elided_combo import ElidedCombo

NAME = "only blackswan_on_the_river_in_the_morning_mist_take_07"


def test_a_text_without_room_has_dots_and_both_its_ends(qtbot):
    box = ElidedCombo()
    qtbot.addWidget(box)
    box.addItems([NAME, "only cars9"])
    box.resize(200, 28)
    assert "…" in box.shown_text
    assert box.shown_text.startswith("only ")
    assert box.shown_text.endswith("07")
    assert box.currentText() == NAME
    box.setCurrentIndex(1)
    assert box.shown_text == "only cars9"
    box.resize(800, 28)
    box.setCurrentIndex(0)
    assert box.shown_text == NAME


def test_a_tip_tells_it_whole(qtbot):
    box = ElidedCombo()
    qtbot.addWidget(box)
    box.setToolTip("Which clips")
    box.addItem(NAME)
    box.resize(200, 28)
    box.show()
    asked = QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), box.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(box, asked)
    assert QToolTip.text() == f"{NAME}\nWhich clips"
    QToolTip.hideText()
