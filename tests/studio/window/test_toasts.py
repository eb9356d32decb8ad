from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.window.toasts import MOST, Toasts


@pytest.fixture
def toasts(qtbot) -> Toasts:
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(800, 600)
    over.show()
    toasts = Toasts(over)
    toasts.over = over
    return toasts


def test_messages_stack_inside_the_window_without_covering_each_other(toasts):
    shown = [toasts.show(f"Message {number}") for number in range(3)]
    for toast in shown:
        assert toasts.over.rect().contains(toast.geometry())
    for above, below in pairwise(shown):
        assert above.geometry().bottom() < below.geometry().top()


def test_messages_of_a_line_are_as_high_as_each_other(toasts):
    shown = [toasts.show("Saved.")]
    shown += [toasts.show(f"Evaluate on VOC · {name} is done.") for name in ("RandomNet", "a")]
    assert len({toast.height() for toast in shown}) == 1
    assert (
        toasts.show("Two lines, since it says so much that one does not hold it. " * 2).height()
        > shown[0].height()
    )


def test_messages_lie_over_the_frames_at_the_right_or_else_at_the_foot_of_the_page(toasts, qtbot):
    frames = QWidget(toasts.over)
    frames.setGeometry(100, 50, 500, 300)
    frames.show()
    toasts.set_frames(frames)
    toast = toasts.show("3 tracks deleted", "edit", "Undo", lambda: None)
    assert frames.geometry().contains(toast.geometry())
    assert toast.geometry().right() == frames.geometry().right() - theme.SPACE
    assert toast.y() == frames.y() + theme.SPACE
    frames.hide()
    page = toasts.over.rect()
    assert toast.geometry().bottom() == page.bottom() - theme.SPACE
    assert toast.geometry().center().x() == page.center().x()


def test_without_room_the_older_ones_wait(toasts):
    toasts.over.resize(500, 100)
    first = toasts.show("A long sentence that says what could not be done, and why. " * 2, "error")
    last = toasts.show("Saved.", "edit")
    assert last.isVisible()
    assert not first.isVisible()
    assert not first.buttons.isVisible()
    toasts.dismiss("edit")
    assert first.isVisible()
    assert toasts.over.rect().contains(first.geometry())


def test_the_oldest_goes_when_there_are_too_many(toasts):
    for number in range(MOST + 2):
        toasts.show(str(number))
    assert toasts.texts == [str(number) for number in range(2, MOST + 2)]


def test_of_edits_only_the_latest_is_shown_and_of_the_same_text_one(toasts):
    toasts.show("Split track 1", "edit")
    toasts.show("Choose a folder.", "error")
    toasts.show("Delete track 2", "edit")
    toasts.show("Choose a folder.", "error")
    assert toasts.texts == ["Delete track 2", "Choose a folder."]


def test_its_button_acts_and_the_message_goes(toasts, qtbot):
    undone = []
    toast = toasts.show("Delete 3 tracks", "edit", "Undo", lambda: undone.append(True))
    qtbot.mouseClick(toast.button, Qt.MouseButton.LeftButton)
    assert undone == [True]
    qtbot.waitUntil(lambda: toasts.texts == [])


def test_a_message_goes_by_itself(qtbot, monkeypatch, toasts):
    monkeypatch.setattr("studio.window.toasts.SHOWN", 20)
    toasts.show("Done.")
    assert toasts.texts == ["Done."]
    qtbot.waitUntil(lambda: toasts.texts == [])


def test_a_message_that_offers_something_stays_longer(qtbot, monkeypatch, toasts):
    monkeypatch.setattr("studio.window.toasts.SHOWN", 20)
    monkeypatch.setattr("studio.window.toasts.OFFERED", 8_000)
    toast = toasts.show("3 objects wait.", "info", "Review", lambda: None)
    assert toast._timer.interval() == 8_000
    assert toasts.show("Saved.")._timer.interval() == 20


def test_a_message_that_offers_something_waits_for_the_pointer_over_it(qtbot, monkeypatch, toasts):
    monkeypatch.setattr("studio.window.toasts.SHOWN", 20)
    monkeypatch.setattr("studio.window.toasts.OFFERED", 20)
    toast = toasts.show("3 objects wait.", "info", "Review", lambda: None)
    at = [toast.mapToGlobal(toast.label.geometry().center())]
    monkeypatch.setattr("studio.window.toasts.QCursor.pos", lambda: at[0])
    with qtbot.waitSignal(toast.gone, timeout=400, raising=False):
        pass
    assert toasts.texts == ["3 objects wait."]
    at[0] = toasts.over.mapToGlobal(toasts.over.rect().bottomLeft())
    qtbot.waitUntil(lambda: toasts.texts == [])


def test_progress_stays_until_it_is_dismissed(qtbot, monkeypatch, toasts):
    monkeypatch.setattr("studio.window.toasts.SHOWN", 10)
    toasts.show("Reading walk.csv…", "progress")
    toasts.show("Saved.")
    qtbot.waitUntil(lambda: toasts.texts == ["Reading walk.csv…"])
    toasts.dismiss("progress")
    qtbot.waitUntil(lambda: toasts.texts == [])


def test_messages_stay_inside_when_the_window_shrinks(toasts, qtbot):
    toast = toasts.show("A long sentence that needs some room because it says what to do about it. " * 2)
    toasts.over.resize(500, 300)
    assert toasts.over.rect().contains(toast.geometry())


def test_what_a_button_does_may_say_something_that_stays(toasts, qtbot):
    def undo():
        toasts.dismiss("edit")
        toasts.show("Undone: Delete 3 tracks", "turned", "Redo", lambda: None)

    toast = toasts.show("Delete 3 tracks", "edit", "Undo", undo)
    qtbot.mouseClick(toast.button, Qt.MouseButton.LeftButton)
    assert toasts.texts == ["Undone: Delete 3 tracks"]
    qtbot.wait(250)  # longer than a message fades
    (shown,) = toasts._shown
    assert shown.isVisible()
    assert shown.button.isVisible()
    assert shown.button.text() == "Redo"
    toasts.show("Choose a folder.", "error")
    toasts.dismiss("error")
    plain = toasts.show("Saved.")
    assert plain.button is None
    assert not plain._sign.isVisible()
