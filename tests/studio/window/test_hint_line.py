"""The line at the bottom left, as it is painted."""

from PySide6.QtCore import Qt

from studio.window.hint_line import HintLine


def test_what_there_is_no_room_for_ends_in_dots_and_is_said_whole_by_the_pointer(qtbot):
    text = "Click to select, Ctrl+click to add; drag to move it, or over nothing to select an area"
    hint, short = HintLine(), HintLine()
    for one in (hint, short):
        qtbot.addWidget(one)
        one.resize(200, 20)
    hint.say(text)
    short.say(hint.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 200))
    assert short.text().endswith("…")
    assert hint.grab().toImage() == short.grab().toImage()
    assert hint.text() == hint.toolTip() == text
    hint.resize(2000, 20)
    short.resize(2000, 20)
    assert hint.grab().toImage() != short.grab().toImage()
