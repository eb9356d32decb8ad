"""The dialog of the preferences: fields, keys that are pressed, files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QToolTip, QWidget

from studio import theme
from studio.app import Studio
from studio.window import preferences_file
from studio.window.key_field import KeyField
from studio.window.key_page import BACK, KEY, OTHER
from studio.window.keys import Keys, KeyStore
from studio.window.preferences import Preferences, PreferencesStore
from studio.window.preferences_dialog import GENERAL, KEYS, PreferencesDialog
from studio.window.settings import WindowSettings
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, key


@pytest.fixture
def dialog(qtbot, settings: WindowSettings) -> Iterator[PreferencesDialog]:
    window = QMainWindow()
    qtbot.addWidget(window)
    dialog = PreferencesDialog(PreferencesStore(settings), KeyStore(settings), settings, window)
    dialog.popup()
    qtbot.waitExposed(dialog)
    yield dialog
    window.close()


def click(qtbot, dialog: PreferencesDialog, name: str, column: int) -> None:
    """Click a cell of the list of keys."""
    dialog.popup(KEYS)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    tree, item = dialog.key_page.tree, dialog.key_page._items[name]
    tree.scrollToItem(item)
    row = tree.visualItemRect(item)
    assert tree.viewport().rect().contains(row.center())
    x = tree.columnViewportPosition(column) + tree.columnWidth(column) // 2
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, row.center().y()))


def press(key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    field = QApplication.focusWidget()
    assert isinstance(field, KeyField)
    QTest.keyClick(field, key, modifier)


def shown(dialog: PreferencesDialog, name: str) -> tuple[str, ...]:
    return tuple(dialog.key_page._items[name].text(column) for column in (KEY, OTHER, BACK))


def test_a_key_is_pressed_and_the_action_runs_by_it_also_after_a_restart(
    open_studio: Studio, qapp: QApplication, tmp_path: Path, qtbot
):
    session, window = open_studio.session, open_studio.window
    key(qtbot, open_studio, Qt.Key.Key_Comma, CTRL)
    dialog = window.findChild(PreferencesDialog)
    assert dialog.isVisible()
    for name, column, pressed, modifier in (
        ("next_frame", OTHER, Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier),
        ("peek", KEY, Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier),
        ("select_none", KEY, Qt.Key.Key_E, Qt.KeyboardModifier.NoModifier),
        ("tool_brush", KEY, Qt.Key.Key_W, CTRL | Qt.KeyboardModifier.AltModifier),
        ("masks", KEY, Qt.Key.Key_F7, Qt.KeyboardModifier.NoModifier),
    ):
        click(qtbot, dialog, name, column)
        press(pressed, modifier)
    dialog.close()

    before = session.view.frame
    key(qtbot, open_studio, Qt.Key.Key_F)
    key(qtbot, open_studio, Qt.Key.Key_Right)
    assert session.view.frame == before + 2
    frame_view = session.canvas.frame_view
    QTest.keyPress(frame_view, Qt.Key.Key_F6)
    assert frame_view.peek.on
    QTest.keyRelease(frame_view, Qt.Key.Key_F6)
    assert not frame_view.peek.on
    session.view.set_selection([SWAN])
    qtbot.waitUntil(lambda: window.commands["select_none"].isEnabled())
    key(qtbot, open_studio, Qt.Key.Key_E)
    assert not session.view.selection
    key(qtbot, open_studio, Qt.Key.Key_Period)
    assert window.hint.text() == "Take the brush (Ctrl+Alt+W) or the eraser (Shift+U) first."
    assert "(Ctrl+Alt+W)" in window.commands["tool_brush"].toolTip()
    tips = {names: widget for widget, names in session.canvas.layer_bar.doing.items()}
    chip = tips[("masks",)]
    assert tip_of(chip) == "Show masks (F7)"
    window.commands["keys"].trigger()
    sheet = open_studio._key_sheet.tree
    found = sheet.findItems("Brush", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    assert [one.text(1) for one in found] == ["Ctrl+Alt+W"]
    open_studio._key_sheet.close()

    window.keys.set(Keys("DIVE", window.keys.now.own))
    session.view.set_selection([SWAN])
    key(qtbot, open_studio, Qt.Key.Key_Down)
    assert session.view.selection == {GOOSE}
    clip, tree = session.view.clip, session.clips.tree
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_Down)  # a list that has the focus goes down in itself
    assert session.view.clip != clip
    window.keys.set(Keys("Studio", window.keys.now.own))

    window.close()
    again = Studio(qapp, WindowSettings(tmp_path / "settings.ini"), tmp_path / "log")
    assert again.window.commands.key("tool_brush") == "Ctrl+Alt+W"
    assert again.window.commands["next_frame"].shortcuts()[1].toString() == "F"
    again.window.close()


def tip_of(widget: QWidget) -> str:
    """The tooltip that the mouse brings up."""
    at = QPoint(2, 2)
    QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at)))
    text = QToolTip.text()
    QToolTip.hideText()
    return text


def test_a_key_of_another_action_is_named_and_taken_when_it_is_pressed_again(qtbot, dialog, settings):
    page, store = dialog.key_page, dialog._keys
    click(qtbot, dialog, "merge", KEY)
    press(Qt.Key.Key_S)
    assert (
        page.message.text() == "S is “Swap from here”. Press S again to take it from there, or another key."
    )
    assert store.now == Keys()
    press(Qt.Key.Key_X)
    assert "X is “Split here”." in page.message.text()
    press(Qt.Key.Key_S)
    press(Qt.Key.Key_S)
    assert shown(dialog, "merge") == ("S", "–", "↺")
    assert shown(dialog, "swap") == ("–", "–", "↺")
    assert page._items["merge"].font(0).bold()
    assert page._items["merge"].toolTip(BACK) == "Back to M"
    assert KeyStore(settings).now == store.now

    click(qtbot, dialog, "swap", BACK)
    assert (shown(dialog, "merge"), shown(dialog, "swap")) == (("M", "–", ""), ("S", "–", ""))
    assert store.now == Keys()


def test_esc_leaves_a_key_backspace_clears_it_and_some_are_kept(qtbot, dialog):
    page, store = dialog.key_page, dialog._keys
    click(qtbot, dialog, "split", KEY)
    press(Qt.Key.Key_Escape)
    assert page._recording is None
    assert not any(field.isVisible() for field in dialog.findChildren(KeyField))
    assert (shown(dialog, "split"), dialog.isVisible()) == (("X", "Alt+M", ""), True)
    click(qtbot, dialog, "split", KEY)
    press(Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier)
    press(Qt.Key.Key_Tab)
    assert page.message.text() == "Tab goes from field to field."
    press(Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier)
    assert page.message.text() == "Alt+F opens the menu File."
    press(Qt.Key.Key_Backspace)
    assert shown(dialog, "split") == ("Alt+M", "–", "↺")
    click(qtbot, dialog, "split", OTHER)
    press(Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert store.now.own == {"split": ("Alt+M", "?")}
    click(qtbot, dialog, "cancel", KEY)
    assert page._recording is None
    assert "always a way out" in page.message.text()
    click(qtbot, dialog, "cancel", KEY)  # the list has the keys again: Enter begins, a click elsewhere ends
    page.tree.setCurrentItem(page._items["merge"], KEY)
    page.tree.setFocus()
    QTest.keyClick(page.tree, Qt.Key.Key_Return)
    assert isinstance(QApplication.focusWidget(), KeyField)
    dialog.close_button.setFocus()
    assert page._recording is None


def test_the_list_of_keys_is_searched_by_name_menu_and_key(dialog):
    dialog.popup(KEYS)
    page = dialog.key_page

    def seen() -> set[str]:
        return {name for name, item in page._items.items() if not item.isHidden()}

    QTest.keyClicks(page.search, "ctrl+shift+f")
    assert seen() == {"find_clip"}
    page.search.setText("BRUSH smaller")
    assert seen() == {"brush_smaller"}
    page.search.setText("nothing of the kind")
    assert seen() == set()
    assert page.message.text() == "No action and no key matches “nothing of the kind”."
    page.search.clear()
    assert len(seen()) > 80


def test_a_preset_lies_under_own_keys_and_reset_can_be_taken_back(qtbot, dialog):
    page, store = dialog.key_page, dialog._keys
    click(qtbot, dialog, "merge", KEY)
    press(Qt.Key.Key_F5)
    page.preset.setFocus()
    QTest.keyClick(page.preset, Qt.Key.Key_Down)  # the first after Studio
    page.preset.activated.emit(page.preset.currentIndex())
    assert store.now == Keys("CVAT", {"merge": ("F5",)})
    assert shown(dialog, "next_frame") == ("F", "Right", "")
    assert shown(dialog, "merge") == ("F5", "–", "↺")
    assert dialog.reset_button.text() == "Reset Keys"
    QTest.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert store.now == Keys()
    assert dialog.reset_button.text() == "Take back"
    QTest.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert store.now == Keys("CVAT", {"merge": ("F5",)})
    assert dialog.reset_button.text() == "Reset Keys"


def test_what_is_changed_holds_at_once_and_a_page_is_reset_alone(dialog, tmp_path: Path, monkeypatch):
    store, forms = dialog._preferences, dialog.forms
    forms["Appearance"].editor("trail_length")._box.setValue(99)
    forms["Performance"].editor("cache_megabytes")._box.setValue(1_000)
    model = tmp_path / "a model.pt"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(model), ""))
    forms["General"].editor("segmenter")._path._browse()
    wanted = Preferences(trail_length=99, cache_megabytes=1_000, segmenter=str(model))
    assert store.now == wanted
    store.set(replace(store.now, mask_opacity=7))  # by the bar above the frame
    assert forms["Appearance"].value().mask_opacity == 7
    dialog.popup("Appearance")
    QTest.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert store.now == replace(wanted, trail_length=Preferences().trail_length)
    dialog.popup(GENERAL)
    assert dialog.reset_button.text() == "Take back"
    forms["Performance"].editor("cache_megabytes")._box.setValue(500)
    assert dialog.reset_button.text() == "Reset General"


def test_preferences_and_keys_go_to_a_file_and_come_back(dialog, tmp_path: Path, monkeypatch):
    preferences, keys = dialog._preferences, dialog._keys
    mine = Preferences(theme="dark", workers=3, segmenter="/a/model.pt"), Keys("DIVE", {"merge": ("F5", "“")})
    preferences.set(mine[0])
    keys.set(mine[1])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert dialog.message.text() == "Preferences and keys were written to mine.toml."
    assert "model" not in (tmp_path / "mine.toml").read_text(encoding="utf-8")
    preferences.set(Preferences(segmenter="/another.pt"))
    keys.set(Keys())
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.toml"), ""))
    QTest.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    assert (preferences.now, keys.now) == (replace(mine[0], segmenter="/another.pt"), mine[1])
    assert dialog.message.text() == "Preferences and keys are those of mine.toml now."
    QTest.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert (preferences.now, keys.now) == (Preferences(segmenter="/another.pt"), Keys())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("preferences = 3", "no table"),
        ("[preferences]\nworkers = 'many'\ntheme = 'dark'", "workers must be"),
        ("[preferences]\nsegmenter = 'x.pt'\ntheme = 'dark'", "no preference 'segmenter'"),
        ("[keys.own]\nteleport = ['T']\nmerge = ['F5']", "no action “teleport”"),
        ("", "holds no preferences"),
        ("[[[", "not a valid TOML"),
        ("\x00", "is not text in UTF-8"),
        ("[keys]\nown = 3", "no table"),
    ],
)  # fmt: skip
def test_what_a_file_holds_is_checked_and_what_is_left_out_is_named(dialog, tmp_path: Path, text, said):
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")
    dialog._import(path)
    assert said in dialog.message.text()
    assert dialog.message.property("role") == "error"
    assert dialog._preferences.now == Preferences(theme="dark" if "dark" in text else "system")
    assert dialog._keys.now == (Keys(own={"merge": ("F5",)}) if "F5" in text else Keys())


def test_a_file_that_is_missing_or_cannot_be_written_is_said(dialog, tmp_path: Path):
    dialog._import(tmp_path / "none.toml")
    assert "no file" in dialog.message.text()
    (tmp_path / "large.toml").write_bytes(b"#" * (preferences_file.LARGEST + 1))
    dialog._import(tmp_path / "large.toml")
    assert "too large" in dialog.message.text()
    (tmp_path / "folder").write_text("")
    with pytest.raises(Exception, match="cannot be written"):
        preferences_file.write(tmp_path / "folder" / "x.toml", Preferences(), Keys())


def test_what_is_clicked_is_at_least_28_pixels_high(dialog):
    dialog.popup(KEYS)
    page = dialog.key_page
    item = page._items["new_project"]
    assert page.tree.visualItemRect(item).height() >= theme.TARGET
    assert dialog.list.visualItemRect(dialog.list.item(0)).height() >= theme.TARGET
    for button in (dialog.import_button, dialog.export_button, dialog.reset_button, dialog.close_button):
        assert button.height() >= theme.TARGET
