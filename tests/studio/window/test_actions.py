from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QVBoxLayout, QWidget

from studio import icons
from studio.window.action_table import MENUS, action_rows
from studio.window.actions import Actions
from tests.studio.at_the_window import activate


@pytest.fixture
def actions(qtbot) -> Actions:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    said: list[str] = []
    actions = Actions(window, said.append)
    actions.said = said  # type: ignore[attr-defined]
    actions.window = window  # type: ignore[attr-defined]
    return actions


def test_no_two_actions_share_a_key_or_a_name():
    keys = Counter(QKeySequence(key).toString() for row in action_rows() for key in row.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert "" not in keys, "a key that Qt does not know"
    names = Counter(row.name for row in action_rows())
    assert [name for name, count in names.items() if count > 1] == []


def test_no_key_hides_in_another_one_that_is_typed_in_two_strokes():
    assert all(QKeySequence(key).count() == 1 for row in action_rows() for key in row.keys)


def test_a_plain_letter_is_only_used_while_curating():
    for row in action_rows():
        for key in row.keys:
            if len(key) == 1:
                assert row.curating, f"{row.name} would be triggered by typing {key!r} anywhere"


@pytest.mark.parametrize("menu", sorted({row.path for row in action_rows()}))
def test_mnemonics_of_a_menu_differ(menu):
    texts = [row.text for row in action_rows() if row.path == menu]
    letters = Counter(text[text.index("&") + 1].lower() for text in texts if "&" in text)
    assert [letter for letter, count in letters.items() if count > 1] == []


def test_every_row_has_a_place_and_its_icon_is_there():
    for row in action_rows():
        assert row.path[0] in MENUS
        assert not row.icon or (icons.FOLDER / f"{row.icon}.svg").is_file(), row.icon
        assert not row.tip or row.tip.endswith("."), row.tip


def test_an_action_does_its_work_until_it_is_released(actions):
    done = []
    actions.connect("split", lambda: done.append("split"))
    actions["split"].trigger()
    actions.release("split")
    actions["split"].trigger()
    assert done == ["split"]


def test_what_cannot_be_used_says_why(actions):
    actions.set_refused({"merge": "Select two tracks or more."})
    assert not actions["merge"].isEnabled()
    assert "Select two tracks or more." in actions["merge"].toolTip()
    assert "(M)" in actions["merge"].toolTip()
    actions.set_refused({"merge": ""})
    assert actions["merge"].isEnabled()
    assert "Select" not in actions["merge"].toolTip()


def test_a_reason_names_the_key_that_an_action_has_now(actions):
    actions.set_refused(
        {"brush_larger": "Take the brush ({tool_brush}) or look at the frame ({nothing}) first."}
    )
    bindings = {row.name: row.keys for row, _ in actions}
    actions.set_keys({**bindings, "tool_brush": ("F5",), "curate": ()})
    assert actions.reason("brush_larger") == "Take the brush (F5) or look at the frame ({nothing}) first."
    actions.set_keys({**bindings, "tool_brush": (), "curate": ()})
    assert actions.reason("brush_larger") == "Take the brush or look at the frame ({nothing}) first."
    actions.set_curating(False)
    assert actions.reason("brush_larger") == "Only in the workspace Curate."


def test_actions_of_curate_are_off_in_other_workspaces_and_come_back_as_they_were(actions):
    actions.set_refused({"merge": "Select two tracks or more."})
    actions.set_curating(False)
    assert not actions["split"].isEnabled()
    assert "Curate" in actions.reason("split")
    assert actions["undo"].isEnabled()
    actions.set_curating(True)
    assert actions["split"].isEnabled()
    assert not actions["merge"].isEnabled()


@pytest.mark.parametrize(
    ("name", "pressed"),
    [("split", Qt.Key.Key_X), ("merge", Qt.Key.Key_M), ("delete_here", Qt.Key.Key_Delete)],
)
def test_a_key_of_what_cannot_be_used_says_why_and_no_other_key_does(actions, qtbot, name, pressed):
    window, done = actions.window, []
    page = QWidget()
    window.setCentralWidget(page)
    activate(qtbot, window)
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    page.setFocus()
    actions.connect(name, lambda: done.append(name))
    actions.set_curating(True)
    actions.set_refused({name: "Not here.", "swap": "Not now."})
    qtbot.keyClick(page, pressed)
    assert (actions.said, done) == (["Not here."], [])
    actions.set_refused({name: ""})
    qtbot.keyClick(page, pressed)
    assert (actions.said, done) == (["Not here."], [name])


def test_every_key_of_the_table_answers_while_its_action_cannot_be_used(actions):
    actions.set_curating(True)
    rows = [row for row, _ in actions if row.keys]
    actions.set_refused({row.name: f"{row.name} cannot be used." for row in rows})
    answers = [actions._answers[row.name] for row in rows]
    assert all(answer.isEnabled() for answer in answers)
    keys = sorted(key.toString() for of_one in map(QShortcut.keys, answers) for key in of_one)
    assert keys == sorted(QKeySequence(key).toString() for row in action_rows() for key in row.keys)
    actions.set_curating(False)
    assert {row.name for row in rows if not row.curating} == {
        row.name for row in rows if actions._answers[row.name].isEnabled()
    }
    actions.set_refused(dict.fromkeys((row.name for row in rows), ""))
    assert not any(answer.isEnabled() for answer in answers)


def test_a_reason_that_lags_behind_what_is_seen_is_found_again_first(actions, qtbot):
    window, done = actions.window, []
    page = QWidget()
    window.setCentralWidget(page)
    activate(qtbot, window)
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    page.setFocus()
    actions.set_curating(True)
    actions.connect("split", lambda: done.append("split"))
    actions.set_refused({"split": "Go to a frame inside the track."})
    actions.renew_with(lambda: actions.set_refused({"split": ""}))
    qtbot.keyClick(page, Qt.Key.Key_X)
    assert (actions.said, done) == ([], ["split"])
    actions.renew_with(lambda: actions.set_refused({"split": "No longer."}))
    qtbot.keyClick(page, Qt.Key.Key_X)
    assert (actions.said, done) == (["No longer."], ["split"])


def test_of_a_group_one_action_is_on(actions):
    actions["theme_dark"].trigger()
    actions["theme_light"].trigger()
    assert actions["theme_light"].isChecked()
    assert not actions["theme_dark"].isChecked()


def test_menus_hold_every_action_once(actions):
    window = actions.window
    actions.fill(window.menuBar())

    def held(menu):
        for action in menu.actions():
            if action.menu():
                yield from held(action.menu())
            elif not action.isSeparator():
                yield action.objectName()

    names = [name for top in window.menuBar().actions() for name in held(top.menu())]
    assert sorted(names) == sorted(row.name for row in action_rows())


def test_a_menu_of_something_else_stands_before_an_action(actions):
    actions.fill(actions.window.menuBar())
    menu = QMenu("Recent", actions.window)
    actions.insert_menu(menu, "open_sample")
    file_menu = actions._menus["File"]
    titles = [action.text() for action in file_menu.actions()]
    assert titles.index("Recent") == titles.index(actions["open_sample"].text()) - 1


def test_a_key_triggers_its_action(actions, qtbot):
    window, done = actions.window, []
    field = QLineEdit()
    page = QWidget()
    QVBoxLayout(page).addWidget(field)
    window.setCentralWidget(page)
    activate(qtbot, window)
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    page.setFocus()
    actions.connect("split", lambda: done.append("split"))
    qtbot.keyClick(page, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: done == ["split"])


def test_the_mnemonics_of_the_menus_differ():
    letters = Counter(title[title.index("&") + 1].lower() for title in MENUS.values())
    assert [letter for letter, count in letters.items() if count > 1] == []
    assert all(title.replace("&", "") == name for name, title in MENUS.items())
