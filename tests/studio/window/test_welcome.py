import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from studio.window.settings import Recent
from studio.window.welcome import WelcomePage


@pytest.fixture
def welcome(qtbot) -> WelcomePage:
    welcome = WelcomePage()
    qtbot.addWidget(welcome)
    welcome.resize(1000, 800)
    welcome.show()
    return welcome


def links(welcome: WelcomePage) -> dict[str, QPushButton]:
    return {button.text(): button for button in welcome.recent_frame.findChildren(QPushButton)}


def test_each_way_in_asks_for_itself(welcome: WelcomePage, qtbot):
    for button, signal in (
        (welcome.sample_button, welcome.sample_asked),
        (welcome.import_button, welcome.import_asked),
        (welcome.open_button, welcome.open_asked),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_recent_projects_there_is_no_empty_list(welcome: WelcomePage):
    assert not welcome.recent_frame.isVisible()


def test_recent_projects_can_be_opened_and_those_that_are_gone_cannot(
    welcome: WelcomePage, tmp_path: Path, qtbot
):
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.mkdir()
    (there / "project.toml").touch()
    now = datetime.datetime.now(datetime.UTC)
    welcome.set_recent([Recent(there, now), Recent(gone, now - datetime.timedelta(days=400))])
    found = links(welcome)
    assert not found["gone"].isEnabled()
    with qtbot.waitSignal(welcome.recent_chosen) as chosen:
        qtbot.mouseClick(found["there"], Qt.MouseButton.LeftButton)
    assert chosen.args == [there]


def test_a_very_long_name_leaves_room_for_the_rest(welcome: WelcomePage, tmp_path: Path):
    now = datetime.datetime.now(datetime.UTC)
    welcome.set_recent([Recent(tmp_path / ("n" * 200) / ("p" * 150), now)])
    assert welcome.recent_frame.width() <= 860
    assert welcome.horizontalScrollBar().maximum() == 0


def test_the_sample_shows_its_progress_and_can_be_cancelled(welcome: WelcomePage, qtbot):
    welcome.show_progress(1, 3, "Drawing…")
    assert welcome.progress.isVisible()
    assert not welcome.sample_button.isEnabled()
    cancel = welcome.progress.findChild(QPushButton)
    with qtbot.waitSignal(welcome.cancel_asked):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    welcome.show_progress(0, 0, "")
    assert not welcome.progress.isVisible()
    assert welcome.sample_button.isEnabled()


def test_the_ways_in_have_room_for_their_words(welcome: WelcomePage):
    for button in (welcome.sample_button, welcome.import_button, welcome.open_button):
        assert button.height() >= 140
        for words in button.findChildren(QLabel):
            assert words.geometry().bottom() < button.height()
            assert words.height() >= words.heightForWidth(words.width()) > 0 or not words.wordWrap()
