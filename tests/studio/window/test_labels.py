"""Labels in the real window: keys, the popup, the panel, what new objects get; then the database is read."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu

from core.project.labels import FILE, KEYS, Label, LabelList, as_bytes, write_labels
from core.trajectories import store
from studio.app import Studio
from studio.labels.label_model import NAME, TRACKS
from studio.labels.replace_dialog import ReplaceDialog
from tests.core.trajectories.small_database import contents
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, key
from tests.studio.canvas.drawn import Mouse

VAN = 3
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session(open_studio: Studio, qtbot):
    """With everything counted, and the panel in front."""
    session = open_studio.session
    open_studio.window.panels.bring("labels")
    qtbot.waitUntil(lambda: session.labelling.labels.count("van") == 1)
    return session


def stored(session) -> dict[int, str]:
    """Id → label of all objects in the database."""
    found = {}
    with session.document.project.reading() as connection:
        for clip in store.clips(connection):
            found |= {one.id: one.label for one in store.objects(connection, clip.id)}
    return found


def everything(session) -> dict:
    with session.document.project.reading() as connection:
        return contents(connection)


def listed(session) -> list[tuple[str, str]]:
    """Names and keys, as the list has them."""
    return [(label.name, label.key) for label in session.labelling.labels.list.labels]


def ask(qtbot, studio: Studio):
    """Ctrl+L; the popup."""
    qtbot.waitUntil(studio.window.commands["relabel"].isEnabled)
    key(qtbot, studio, Qt.Key.Key_L, CTRL)
    popup = studio.session.labelling.popup
    qtbot.waitUntil(popup.isVisible)
    return popup


def texts(popup) -> list[str]:
    return [popup.list.item(row).text() for row in range(popup.list.count())]


def press_in(qtbot, popup, *keys: Qt.Key | str) -> None:
    for one in keys:
        if isinstance(one, str):
            qtbot.keyClicks(popup.field, one)
        else:
            qtbot.keyClick(popup.field, one)


def cell(session, name: str, column: int) -> QPoint:
    panel = session.labelling.panel
    return panel.table.visualRect(panel.model.index(panel.model.row_of(name), column)).center()


def rename(qtbot, session, old: str, new: str) -> ReplaceDialog:
    """Double-click on a name, type another; the question that follows."""
    panel = session.labelling.panel
    viewport, at = panel.table.viewport(), cell(session, old, NAME)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: any(one.isVisible() for one in panel.table.findChildren(QLineEdit)))
    field = next(one for one in panel.table.findChildren(QLineEdit) if one.isVisible())
    qtbot.keyClicks(field, new)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    return question(qtbot, session)


def question(qtbot, session) -> ReplaceDialog:
    panel = session.labelling.panel
    qtbot.waitUntil(lambda: any(one.isVisible() for one in panel.findChildren(ReplaceDialog)))
    return next(one for one in panel.findChildren(ReplaceDialog) if one.isVisible())


def test_number_keys_label_what_is_selected_at_once_and_say_why_they_cannot(
    open_studio: Studio, session, qtbot
):
    window, panel = open_studio.window, session.labelling.panel
    key(qtbot, open_studio, Qt.Key.Key_4)
    assert window.hint.text() == "No label has the key 4; give it to one in the panel Labels."
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, NO_KEY, cell(session, "van", 3))
    (menu,) = (one for one in panel.findChildren(QMenu) if one.isVisible())
    menu.actions()[KEYS.index("4")].trigger()
    menu.close()
    assert listed(session) == [("goose", "1"), ("swan", "2"), ("van", "4")]
    key(qtbot, open_studio, Qt.Key.Key_4)
    assert window.hint.text() == "Select a track first."
    assert window.commands["label_4"].text() == "Label van"
    before = everything(session)
    session.view.set_selection((SWAN, GOOSE))
    qtbot.waitUntil(window.commands["label_4"].isEnabled)
    key(qtbot, open_studio, Qt.Key.Key_4)
    assert stored(session) == {SWAN: "van", GOOSE: "van", VAN: "van"}
    assert window.toasts.texts[-1] == "Label 2 tracks 'van'"
    key(qtbot, open_studio, Qt.Key.Key_4)
    assert window.hint.text() == "The label is 'van' already."
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(session) == before


def test_the_popup_completes_what_is_typed_and_has_what_was_used_last_first(
    open_studio: Studio, session, qtbot
):
    session.labelling.labels.set_key("van", "3")
    session.view.set_selection((SWAN,))
    hint = open_studio.window.hint.text()
    assert hint.startswith("Click to select")
    assert hint.endswith(". 1 = goose, 2 = swan, 3 = van")
    popup = ask(qtbot, open_studio)
    assert popup.field.text() == popup.field.selectedText() == "swan"
    press_in(qtbot, popup, "va")
    assert (popup.field.text(), popup.field.selectedText()) == ("van", "n")
    press_in(qtbot, popup, Qt.Key.Key_Backspace)
    assert popup.field.text() == "va"
    press_in(qtbot, popup, Qt.Key.Key_Return)
    assert stored(session)[SWAN] == "va"
    assert listed(session)[-1] == ("va", "4")
    popup = ask(qtbot, open_studio)
    assert texts(popup) == ["va", "goose", "swan", "van", "no label"]
    press_in(qtbot, popup, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert stored(session)[SWAN] == "goose"
    revision = session.document.revision()
    popup = ask(qtbot, open_studio)
    press_in(qtbot, popup, "x", Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not popup.isVisible())
    session.view.set_selection((SWAN, VAN, GOOSE))  # the van is in another clip
    session.view.set_selection((SWAN, GOOSE))
    popup = ask(qtbot, open_studio)
    press_in(qtbot, popup, Qt.Key.Key_Return)
    assert session.document.revision() == revision
    popup = ask(qtbot, open_studio)
    assert popup.title.text() == "Label of 2 tracks"
    row = texts(popup).index("no label")
    place = popup.list.visualItemRect(popup.list.item(row)).center()
    qtbot.mouseClick(popup.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (stored(session)[SWAN], stored(session)[GOOSE]) == ("", "")


def test_labels_are_renamed_merged_and_deleted_with_their_tracks_and_undo_brings_all_back(
    open_studio: Studio, session, qtbot
):
    labels, panel = session.labelling.labels, session.labelling.panel
    labels.set_key("swan", "1")
    before, at_first = everything(session), labels.list.labels
    dialog = rename(qtbot, session, "swan", "cygnet")
    assert dialog.sentence.text() == "1 track in 1 clip has the label “swan”."
    qtbot.mouseClick(dialog.do_button, Qt.MouseButton.LeftButton)
    assert stored(session)[SWAN] == "cygnet"
    assert listed(session) == [("goose", ""), ("cygnet", "1"), ("van", "3")]
    dialog = rename(qtbot, session, "cygnet", "van")
    assert dialog.windowTitle() == "Merge label"
    qtbot.mouseClick(dialog.do_button, Qt.MouseButton.LeftButton)
    assert (stored(session)[SWAN], stored(session)[VAN]) == ("van", "van")
    assert listed(session) == [("goose", ""), ("van", "3")]
    qtbot.waitUntil(lambda: labels.count("van") == 2)
    assert panel.model.index(1, TRACKS).data() == "2"
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, NO_KEY, cell(session, "van", TRACKS))
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    dialog = question(qtbot, session)
    assert dialog.sentence.text() == "2 tracks in 2 clips have the label “van”."
    qtbot.mouseClick(dialog.do_button, Qt.MouseButton.LeftButton)
    assert stored(session) == {SWAN: "", GOOSE: "goose", VAN: ""}
    assert listed(session) == [("goose", "")]
    for _ in range(3):
        key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(session) == before
    assert labels.list.labels == at_first
    key(qtbot, open_studio, Qt.Key.Key_Y, CTRL)
    assert listed(session) == [("goose", ""), ("cygnet", "1"), ("van", "3")]
    qtbot.waitUntil(lambda: labels.count("cygnet") == 1)
    assert listed(session) == [("goose", ""), ("cygnet", "1"), ("van", "3")]


def test_new_objects_get_the_label_used_last_where_that_is_wanted(open_studio: Studio, session, qtbot):
    panel, mouse = session.labelling.panel, Mouse(session.canvas.frame_view)

    def draw(top: float) -> str:
        key(qtbot, open_studio, Qt.Key.Key_N)
        mouse.drag((40, top), (46, top + 3), (52, top + 6))
        return stored(session)[max(stored(session))]

    assert draw(4) == ""
    panel.for_new.setCurrentIndex(panel.for_new.findText("goose"))
    panel.for_new.activated.emit(panel.for_new.currentIndex())
    assert draw(14) == "goose"
    session.view.set_selection((GOOSE,))
    label = session.inspector.label
    open_studio.window.panels.bring("inspector")
    label.setFocus()
    label.selectAll()
    qtbot.keyClicks(label, "A")  # completed from the list, whatever the case, and in the middle
    assert [label.completer().completionModel().index(row, 0).data() for row in range(2)] == ["swan", "van"]
    qtbot.keyClick(label.completer().popup(), Qt.Key.Key_Escape)
    assert (label.text(), stored(session)[GOOSE]) == ("goose", "goose")
    assert not label.completer().popup().isVisible()
    label.setFocus()
    label.selectAll()
    qtbot.keyClicks(label, "duck")
    qtbot.keyClick(label, Qt.Key.Key_Return)
    assert stored(session)[GOOSE] == "duck"
    assert draw(24) == "duck"
    assert panel.for_new.currentText() == "duck"
    open_studio.window.commands["colour_by_label"].trigger()
    colours = session.view.layers.labels
    assert colours.rgb("duck").tolist() != colours.rgb("goose").tolist()
    assert session.tracks.model.labels == colours


def test_five_hundred_labels_are_kept_and_a_damaged_list_starts_again(
    studio: Studio, qtbot, small_project: Path
):
    many = tuple(Label(f"{number} " + "long " * 40, "#ff0000") for number in range(500))
    write_labels(small_project, as_bytes(LabelList((Label("goose", "#00ff00", "7"), *many))))
    assert studio.open_project(small_project)
    session = studio.session
    labels, panel = session.labelling.labels, session.labelling.panel
    studio.window.panels.bring("labels")
    qtbot.waitUntil(lambda: labels.count("van") == 1)
    assert len(panel.model.rows) == 503
    assert labels.list.named("goose") == Label("goose", "#00ff00", "7")
    qtbot.waitUntil(studio.window.curtain.isHidden)
    panel.field.setFocus()
    qtbot.keyClicks(panel.field, "  first one ")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    panel.field.setText("FIRST")
    QTest.mouseClick(
        panel.table.viewport(), Qt.MouseButton.LeftButton, NO_KEY, cell(session, "first one", NAME)
    )
    panel.field.clear()
    assert (len(panel.model.rows), panel.current.name) == (504, "first one")
    qtbot.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert panel.model.row_of("first one") == 502
    panel.delete_unused()
    assert listed(session) == [("goose", "7"), ("swan", "1"), ("van", "2")]
    labels.add("first one")
    studio.close_project()
    kept = json.loads((small_project / FILE).read_text(encoding="utf-8"))
    assert [one["name"] for one in kept["labels"]] == ["goose", "swan", "van", "first one"]
    (small_project / FILE).write_text("[")
    studio.open_project(small_project)
    assert any("your tracks keep theirs" in text for text in studio.window.toasts.texts)
    found = studio.session
    qtbot.waitUntil(lambda: listed(found) == [("goose", "1"), ("swan", "2"), ("van", "3")])
