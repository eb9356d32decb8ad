"""Each workspace is built after so long without a person's doing; the timer is looked at, not waited for."""

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from studio.building_ahead import PAUSE, QUIET, BuildingAhead
from studio.document import Document
from studio.view_state import ViewState


@pytest.fixture
def built() -> list[str]:
    return []


@pytest.fixture
def ahead(
    qtbot, monkeypatch, small_document: Document, small_view: ViewState, built: list[str]
) -> Iterator[BuildingAhead]:
    monkeypatch.setattr("studio.building_ahead.QUIET", QUIET)
    window = QWidget()
    qtbot.addWidget(window)

    def build(name: str) -> Iterator[None]:
        built.append(name)
        yield
        built.append(f"{name} whole")

    both = [partial(build, name) for name in ("first", "second")]
    ahead = BuildingAhead(both, small_document, small_view, window, window)
    yield ahead
    ahead.close()


def press(ahead: BuildingAhead) -> None:
    QTest.mouseClick(ahead.parent().windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def type_a_key(ahead: BuildingAhead) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(ahead.parent().windowHandle(), event)


def turn_the_wheel(ahead: BuildingAhead) -> None:
    no, here = Qt.KeyboardModifier.NoModifier, QPointF(2, 2)
    event = QWheelEvent(
        here, here, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, no, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(ahead.parent().windowHandle(), event)


def test_it_waits_five_seconds_for_each_and_then_no_more(ahead: BuildingAhead, built: list[str]):
    assert QUIET == 5000
    assert ahead.timer.isSingleShot()
    steps = ["first", "first whole", "second", "second whole"]
    for number, wait in enumerate((QUIET, PAUSE, QUIET, PAUSE), start=1):
        assert ahead.timer.isActive()
        assert ahead.timer.interval() == wait
        ahead.timer.stop()
        ahead.timer.timeout.emit()
        assert built == steps[:number]
    assert not ahead.timer.isActive()


def test_between_two_steps_a_hand_makes_it_wait_as_long_as_before(ahead: BuildingAhead, built: list[str]):
    ahead.timer.timeout.emit()
    assert ahead.timer.interval() == PAUSE
    type_a_key(ahead)
    assert ahead.timer.interval() == QUIET
    assert built == ["first"]


@pytest.mark.parametrize("act", [press, type_a_key, turn_the_wheel])
def test_what_a_hand_does_starts_the_wait_again(act, ahead: BuildingAhead):
    ahead.timer.stop()
    act(ahead)
    assert ahead.timer.isActive()


def test_a_step_a_selection_and_an_edit_start_the_wait_again(
    ahead: BuildingAhead, small_document: Document, small_view: ViewState
):
    clip, (id, *_) = small_view.clip, small_document.objects(small_view.clip.id)
    for act in (
        lambda: small_view.set_frame(3),
        lambda: small_view.set_selection((id,)),
        lambda: small_document.perform(SetReview(clip.id, (id,), Review.ACCEPTED)),
    ):
        ahead.timer.stop()
        act()
        assert ahead.timer.isActive()


def test_it_waits_while_a_form_is_open(qtbot, ahead: BuildingAhead, built: list[str]):
    form = QWidget(None, Qt.WindowType.Popup)
    qtbot.addWidget(form)
    form.show()
    ahead.timer.timeout.emit()
    assert built == []
    assert ahead.timer.interval() == QUIET
    form.hide()
    ahead.timer.timeout.emit()
    assert built == ["first"]


def test_closed_it_builds_nothing(ahead: BuildingAhead, built: list[str], small_view: ViewState):
    ahead.close()
    small_view.set_frame(3)
    assert not ahead.timer.isActive()
    assert built == []
