"""Versions at the real window: saved by a key, seen in History, compared, gone back to and undone."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from core.project.versions import read_versions
from studio.app import NO_PROJECT, Studio
from tests.studio.at_the_window import CTRL, GOOSE, SHIFT, SWAN, key

LEFT = Qt.MouseButton.LeftButton


def save(qtbot, studio: Studio, name: str, note: str = "") -> None:
    key(qtbot, studio, Qt.Key.Key_S, CTRL)
    dialog = studio.session.versions.dialog
    qtbot.waitUntil(dialog.isVisible)
    for field, text in ((dialog._name, name), (dialog._note, note)):
        field.selectAll()
        qtbot.keyClicks(field, text)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible())


def look_at_birds(studio: Studio) -> int:
    session = studio.session
    clip = next(one.clip for one in session.document.clips() if one.clip.name == "birds")
    session.view.set_clip(clip)
    return clip.id


def told(studio: Studio) -> str:
    return "\n".join(studio.window.toasts.texts)


def answer(qtbot, text: str) -> str:
    """Click a button of the question that is open; returns what it asked."""
    boxes = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox)]
    (box,) = [one for one in boxes if one.isVisible()]
    button = next(one for one in box.buttons() if one.text().replace("&", "") == text)
    qtbot.mouseClick(button, LEFT)
    return f"{box.text()} {box.informativeText()}"


def test_a_version_is_saved_compared_and_gone_back_to_and_undo_brings_all_back(open_studio: Studio, qtbot):
    session = open_studio.session
    open_studio.window.panels.bring("history")
    clip = look_at_birds(open_studio)
    document = session.document
    session.view.set_selection({SWAN})
    key(qtbot, open_studio, Qt.Key.Key_Return)  # accept
    qtbot.waitUntil(lambda: document.objects(clip)[SWAN].review == 1)
    save(qtbot, open_studio, "before lunch", "birds are done")
    assert "Saved as version “before lunch”." in told(open_studio)
    assert read_versions(document.project.path)[0].note == "birds are done"
    first = session.history.list.item(0)
    assert first.text().startswith("◆ before lunch")
    assert "Version “before lunch”" in first.toolTip()

    session.view.set_selection({GOOSE})
    key(qtbot, open_studio, Qt.Key.Key_Delete, SHIFT)
    qtbot.waitUntil(lambda: GOOSE not in document.objects(clip))
    session.view.set_selection({SWAN})
    key(qtbot, open_studio, Qt.Key.Key_Backspace)  # reject
    qtbot.waitUntil(lambda: document.objects(clip)[SWAN].review == 2)
    assert not session.history.list.item(0).text().startswith("◆")

    open_studio.window.commands["versions"].trigger()
    window = session.versions.shown
    qtbot.waitUntil(lambda: window.words.text().startswith("Tracks in 1 clip: "))
    assert window.words.text() == "Tracks in 1 clip: 1 removed, 1 changed."
    top = window.list.topLevelItem(0)
    assert top.text(0) == "birds   1 removed, 1 changed"
    lines = [top.child(k).text(0) for k in range(top.childCount())]
    assert sorted(line.split()[0] for line in lines) == ["~", "−"]
    session.view.set_clip(None)
    changed = next(top.child(k) for k in range(top.childCount()) if top.child(k).text(0).startswith("~"))
    place = window.list.visualItemRect(changed).center()
    qtbot.mouseClick(window.list.viewport(), LEFT, pos=QPoint(place.x(), place.y()))
    qtbot.waitUntil(lambda: session.view.clip is not None and session.view.selection == {SWAN})

    qtbot.mouseClick(window.back_button, LEFT)
    assert [box.isVisible() for box in window.findChildren(QMessageBox)] == [True], "the keys come back to it"
    asked = answer(qtbot, "Cancel")
    assert "Go back to “before lunch”? 2 edits are taken back." in asked
    assert GOOSE not in document.objects(clip)
    qtbot.mouseClick(window.back_button, LEFT)
    answer(qtbot, "Go back")
    qtbot.waitUntil(lambda: GOOSE in document.objects(clip))
    assert document.objects(clip)[SWAN].review == 1
    assert "Gone back to “before lunch”" in told(open_studio)
    qtbot.waitUntil(lambda: window.words.text() == "Nothing differs.")
    names = [one.name for one in read_versions(document.project.path)]
    assert names == ["before lunch", "Before going back to before lunch"]
    assert open_studio.window.commands["undo"].text() == "&Undo Go back to “before lunch”"

    window.close()
    session.view.set_selection({GOOSE})
    key(qtbot, open_studio, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: document.objects(clip)[GOOSE].review == 1)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: document.objects(clip)[GOOSE].review == 0)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: GOOSE not in document.objects(clip))
    assert document.objects(clip)[SWAN].review == 2
    assert "Undone in birds: Go back to “before lunch”" in told(open_studio)
    assert open_studio.window.commands["redo"].text() == "&Redo Go back to “before lunch”"
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: document.objects(clip)[SWAN].review == 1)
    assert GOOSE not in document.objects(clip), "and not the version once more"
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: document.objects(clip)[SWAN].review == 2)
    (named,) = [id for id, names in session.history._versions.items() if "before lunch" in names]
    menu = session.history.menu_for(named)
    back = next(one for one in menu.actions() if one.text() == "Go back to version “before lunch”…")
    back.trigger()
    answer(qtbot, "Go back")
    qtbot.waitUntil(lambda: GOOSE in document.objects(clip))

    window.popup()
    qtbot.mouseClick(window.remove_button, LEFT)
    assert [one.name for one in read_versions(document.project.path)] == names[1:]


def test_without_a_project_the_keys_say_why_not_and_a_damaged_file_is_told(studio: Studio, small_project):
    for name in ("save_version", "versions"):
        assert studio.window.commands.reason(name) == NO_PROJECT
    (small_project / "versions.json").write_text("[")
    assert studio.open_project(small_project)
    assert "the names of versions are lost, no edit is; it is kept as versions.damaged.json" in told(studio)
    assert studio.session.versions.all == []


def test_versions_of_a_closed_project_are_seen_no_more_and_undo_names_none_of_its_edits(
    open_studio: Studio, qtbot
):
    look_at_birds(open_studio)
    open_studio.session.view.set_selection({GOOSE})
    key(qtbot, open_studio, Qt.Key.Key_Delete, SHIFT)
    commands = open_studio.window.commands
    qtbot.waitUntil(lambda: f"track {GOOSE}" in commands["undo"].text())
    save(qtbot, open_studio, "mine")
    commands["versions"].trigger()
    shown = open_studio.session.versions.shown
    qtbot.waitUntil(lambda: "Nothing differs" in shown.words.text())
    open_studio.close_project()
    assert not shown.isVisible()
    assert commands["undo"].text() == "&Undo"


def test_a_version_without_a_name_cannot_be_saved(open_studio: Studio, qtbot):
    key(qtbot, open_studio, Qt.Key.Key_S, CTRL)
    dialog = open_studio.session.versions.dialog
    assert dialog.save_button.isEnabled()
    dialog._name.selectAll()
    qtbot.keyClick(dialog._name, Qt.Key.Key_Backspace)
    assert not dialog.save_button.isEnabled()
    qtbot.keyClicks(dialog._name, "   ")
    assert not dialog.save_button.isEnabled()
    dialog.reject()
