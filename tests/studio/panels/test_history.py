from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt

from core.trajectories.trajectory_edits import Relabel
from studio import theme
from studio.document import Document
from studio.panels.history import CLIP, TRACKS, HistoryPanel
from studio.view_state import ViewState


@pytest.fixture
def history(qtbot, small_document: Document, small_view: ViewState) -> Iterator[HistoryPanel]:
    history = HistoryPanel(small_document, small_view)
    qtbot.addWidget(history)
    history.resize(300, 400)
    history.show()
    yield history
    history.close_reader()


def relabel(document: Document, label: str) -> None:
    clip = document.clips()[0].clip.id
    assert document.perform(Relabel(clip, (next(iter(document.objects(clip))),), label))


def choose(history: HistoryPanel, row: int, text: str) -> None:
    actions = history.menu_for(history.list.item(row).data(Qt.ItemDataRole.UserRole)).actions()
    (action,) = (one for one in actions if one.text() == text)
    action.trigger()


def texts(history: HistoryPanel) -> list[str]:
    return [history.list.item(row).toolTip().split("\n")[0] for row in range(history.list.count())]


def test_every_edit_is_listed_newest_first(history: HistoryPanel, small_document: Document):
    assert texts(history) == ["Track 40 points", "Import 2 clips"]
    relabel(small_document, "a")
    assert texts(history)[0] == "Label track 1 'a'"


def test_what_was_undone_is_set_apart_and_what_can_no_longer_be_redone_is_struck_through(
    history: HistoryPanel, small_document: Document
):
    relabel(small_document, "a")
    relabel(small_document, "b")
    small_document.undo()
    assert history.list.item(0).font().italic()
    assert not history.list.item(1).font().italic()
    relabel(small_document, "c")
    assert texts(history)[:3] == ["Label track 1 'c'", "Label track 1 'b'", "Label track 1 'a'"]
    assert history.list.item(1).font().strikeOut()


def test_what_was_undone_can_be_read_in_another_theme(history: HistoryPanel, small_document: Document, qapp):
    relabel(small_document, "a")
    small_document.undo()
    for name, colours in (("light", theme.LIGHT), ("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.apply(qapp, name)
        assert history.list.item(0).foreground().color().name() == colours.muted


def test_a_double_click_goes_back_to_an_edit_and_forward_again(
    history: HistoryPanel, small_document: Document, qtbot
):
    for label in "abcd":
        relabel(small_document, label)

    def double_click(row: int) -> list[int]:
        place = history.list.visualItemRect(history.list.item(row)).center()
        qtbot.mouseClick(history.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        with qtbot.waitSignal(history.steps_asked) as asked:
            qtbot.mouseDClick(history.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return asked.args

    assert double_click(2) == [-2]  # d, c undone; b stands
    small_document.undo()
    small_document.undo()
    assert double_click(0) == [2]
    with qtbot.assertNotEmitted(history.steps_asked):
        history.list.itemDoubleClicked.emit(history.list.item(2))


def test_a_menu_that_was_opened_before_the_list_changed_still_goes_there(
    history: HistoryPanel, small_document: Document, qtbot
):
    for label in "abc":
        relabel(small_document, label)
    wanted = history.list.item(1).data(Qt.ItemDataRole.UserRole)
    action, *_ = history.menu_for(wanted).actions()
    assert action.text() == "Undo 1 to here"
    relabel(small_document, "d")
    with qtbot.waitSignal(history.steps_asked) as asked:
        action.trigger()
    assert asked.args == [-2]


def test_the_menu_of_an_edit_says_what_can_be_done_about_it(history: HistoryPanel, small_document: Document):
    relabel(small_document, "a")
    small_document.undo()

    def words(row: int) -> list[str]:
        actions = history.menu_for(history.list.item(row).data(Qt.ItemDataRole.UserRole)).actions()
        return [action.text() + ("" if action.isEnabled() else ".") for action in actions]

    assert words(0) == ["Redo 1 to here", "Restore only this"]
    relabel(small_document, "b")
    assert words(0) == ["Undo only this"]
    assert words(1) == ["Restore only this.", "Restore this and the edit it builds on"]
    assert "it can be restored" in history.list.item(1).toolTip()
    assert words(3) == ["Undo 2 to here", "Undo only this.", "Undo this and the 2 edits that build on it"]
    restore, _ = history.menu_for(history.list.item(1).data(Qt.ItemDataRole.UserRole)).actions()
    assert "“Label track 1 'b'” came later and changed the same" in restore.toolTip()


def test_the_list_says_after_each_step_what_one_made_anew_says(
    history: HistoryPanel, small_document: Document, small_view: ViewState, qtbot
):
    def lines(panel: HistoryPanel) -> list[tuple]:
        items = [panel.list.item(row) for row in range(panel.list.count())]
        return [
            (one.text(), one.toolTip(), one.font(), one.foreground(), one.data(Qt.ItemDataRole.UserRole))
            for one in items
        ]

    for step in ("a", "b", "undo", "undo", "redo", "c", "undo"):
        if step in ("undo", "redo"):
            assert getattr(small_document, step)()
        else:
            relabel(small_document, step)
        anew = HistoryPanel(small_document, small_view)
        anew.reload()
        qtbot.addWidget(anew)
        assert lines(history) == lines(anew)


def test_a_list_that_nobody_sees_is_read_when_it_is_seen(history: HistoryPanel, small_document: Document):
    history.hide()
    relabel(small_document, "a")
    assert texts(history)[0] == "Track 40 points"
    history.show()
    assert texts(history)[0] == "Label track 1 'a'"


def test_without_edits_it_says_what_will_appear(history: HistoryPanel, small_document: Document):
    assert history.list.isVisible()
    assert not history.empty.isVisible()


def test_an_edit_is_taken_back_alone_by_its_menu_and_a_lost_one_restored(
    history: HistoryPanel, small_document: Document
):
    history.turn_asked.connect(small_document.turn_over)
    clip = small_document.clips()[0].clip.id
    swan, goose = small_document.objects(clip)
    small_document.perform(Relabel(clip, (swan,), "a"))
    small_document.perform(Relabel(clip, (goose,), "b"))

    def labels() -> list[str]:
        return [one.label for one in small_document.objects(clip).values()]

    choose(history, 1, "Undo only this")
    assert labels() == ["swan", "b"]
    small_document.perform(Relabel(clip, (goose,), "c"))
    assert history.list.item(2).font().strikeOut()
    choose(history, 2, "Restore only this")
    assert labels() == ["a", "c"]
    choose(history, 1, "Undo this and the edit that builds on it")
    assert labels() == ["a", "goose"]


def test_each_line_names_its_clip_and_what_a_job_brought_in(history: HistoryPanel, small_document: Document):
    relabel(small_document, "a")
    assert history.list.item(0).text().split("   ")[1:] == ["birds", "Label track 1 'a'"]
    assert history.list.item(1).text().split("   ")[1:] == ["job", "Track 40 points"]
    assert "brought in by a job" in history.list.item(1).toolTip()


def test_it_lists_the_edits_of_a_clip_or_of_the_selected_tracks(
    history: HistoryPanel, small_document: Document, small_view: ViewState, qtbot
):
    birds, cars = (one.clip for one in small_document.clips())
    swan, goose = small_document.objects(birds.id)
    small_document.perform(Relabel(birds.id, (swan,), "a"))
    small_document.perform(Relabel(birds.id, (goose,), "b"))
    history.which.setCurrentText(CLIP)
    assert len(texts(history)) == 4
    small_view.set_clip(cars)
    assert texts(history) == ["Track 40 points", "Import 2 clips"]
    small_view.set_clip(birds)
    history.which.setCurrentText(TRACKS)
    qtbot.waitUntil(lambda: texts(history) == [])
    small_view.set_selection((goose,))
    qtbot.waitUntil(lambda: texts(history) == [f"Label track {goose} 'b'", "Import 2 clips"])
    assert history.steps_to(history._entries[1].id) == -3, "all the edits since, listed or not"


def test_a_click_shows_what_an_edit_changed(history: HistoryPanel, small_document: Document, qtbot):
    relabel(small_document, "a")
    place = history.list.visualItemRect(history.list.item(0)).center()
    with qtbot.waitSignal(history.show_asked) as asked:
        qtbot.mouseClick(history.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (changes,) = asked.args
    assert (changes.trajectories, changes.span) == ({1}, (0, 11))
