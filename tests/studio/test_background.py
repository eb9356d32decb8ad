import threading

import pytest

from core.errors import StudioError
from studio.background import Background


@pytest.fixture
def background(qtbot):
    background = Background()
    yield background
    background.close()


def test_work_reports_and_gives_its_result(background, qtbot):
    heard = []
    background.progressed.connect(lambda *report: heard.append(report))

    def work(report):
        report(1, 2, "half")
        return "whole"

    with qtbot.waitSignal(background.done) as done:
        background.start(work)
        assert background.is_running
    assert done.args == ["whole"]
    assert heard == [(1, 2, "half")]
    assert not background.is_running


def test_what_the_user_can_put_right_becomes_a_sentence(background, qtbot):
    def work(report):
        raise StudioError("Choose another folder.")

    with qtbot.waitSignal(background.failed) as failed:
        background.start(work)
    assert failed.args == ["Choose another folder."]


def test_work_ends_at_its_next_report_after_cancel(background, qtbot):
    started, go_on = threading.Event(), threading.Event()

    def work(report):
        started.set()
        go_on.wait(240)
        report(1, 2, "")
        raise AssertionError("went on")

    with qtbot.waitSignal(background.cancelled), qtbot.assertNotEmitted(background.progressed):
        background.start(work)
        assert started.wait(240)
        background.cancel()
        go_on.set()
    assert not background.is_running


def test_of_two_pieces_of_work_only_the_newer_is_heard_of(background, qtbot):
    started, go_on, results = threading.Event(), threading.Event(), []
    background.done.connect(results.append)

    def old(report):
        started.set()
        go_on.wait(240)
        return "old"

    background.start(old)
    assert started.wait(240)
    with qtbot.waitSignal(background.done):
        background.start(lambda report: "new")
        go_on.set()
    assert results == ["new"]


def test_a_bug_reaches_the_window(background, qtbot):
    def work(report):
        raise KeyError("a bug")

    with qtbot.captureExceptions() as caught:
        background.start(work)
        qtbot.waitUntil(lambda: len(caught) == 1)
    assert caught[0][0] is KeyError


def test_once_closed_it_starts_nothing(background, qtbot):
    done = []
    background.close()
    background.start(lambda report: done.append(1))
    assert not background.is_running
    assert not done
