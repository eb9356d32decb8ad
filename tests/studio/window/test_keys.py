"""Keys of a preset, and a person's own over them."""

import json
from collections import Counter

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from studio.window.action_table import action_rows
from studio.window.key_presets import PRESETS
from studio.window.key_strokes import portable, pressed
from studio.window.keys import Keys, KeyStore, checked, plain, refusal
from studio.window.settings import WindowSettings

ROWS = {row.name: row for row in action_rows()}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_names_actions_and_keys_that_there_are_and_none_twice(preset: str):
    named = PRESETS[preset]
    assert set(named) <= set(ROWS)
    claimed = Counter(portable(key) for keys in named.values() for key in keys)
    assert "" not in claimed
    assert max(claimed.values(), default=1) == 1, claimed.most_common(3)
    assert {refusal(ROWS[name], portable(key)) for name, keys in named.items() for key in keys} <= {""}
    bindings = Keys(preset).bindings()
    assert {name: bindings[name] for name in named} == {
        name: tuple(map(portable, keys)) for name, keys in named.items()
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_under_a_preset_no_key_has_two_actions_and_no_action_loses_all_of_its_keys(preset: str):
    bindings = Keys(preset).bindings()
    assert set(bindings) == set(ROWS)
    assert max(Counter(key for keys in bindings.values() for key in keys).values()) == 1
    assert [name for name, row in ROWS.items() if row.keys and not bindings[name]] == []
    refused = {
        refusal(ROWS[name], key) for name, keys in bindings.items() if name != "cancel" for key in keys
    }
    assert refused <= {""}


def test_what_loses_its_keys_to_a_preset_has_one_near_them_but_not_what_loses_it_to_a_person():
    cvat = Keys("CVAT").bindings()
    assert cvat["dismiss_proposed"] == ("Shift+D",), "D goes back a frame"
    assert cvat["tool_select"] == ("Shift+V",), "V goes forward"
    editor = Keys("Video editor").bindings()
    assert editor["keyframe"] == ("Shift+K",), "K pauses"
    assert Keys().with_keys("accept", ["S"]).bindings()["swap"] == ()


def test_two_that_lose_their_keys_get_different_ones(monkeypatch: pytest.MonkeyPatch):
    greedy = {"fit": ("U", "Shift+U", "Alt+Shift+U", "Ctrl+Alt+U")}
    monkeypatch.setitem(PRESETS, "greedy", greedy)  # type: ignore[arg-type]
    bindings = Keys("greedy").bindings()
    assert (bindings["tool_brush"], bindings["tool_erase"]) == (("Ctrl+Alt+Shift+U",), ())


def test_presets_have_the_keys_of_the_programs_they_are_named_after():
    cvat, dive, editor = (Keys(name).bindings() for name in ("CVAT", "DIVE", "Video editor"))
    first = {name: keys[0] for name, keys in cvat.items() if keys}
    assert [first[name] for name in ("next_frame", "previous_frame", "forward_10", "back_10")] == [*"FDVC"]
    assert [first[name] for name in ("next_keyframe", "previous_keyframe", "new_object")] == [*"REN"]
    assert (first["merge"], first["split"], first["keyframe"]) == ("M", "Alt+M", "K")
    assert (dive["track_start"], dive["delete_track"], dive["next_track"][0]) == (("Home",), ("Del",), "Down")
    assert editor["play"] == ("Space", "K")
    assert (editor["shuttle_back"], editor["shuttle_forward"]) == (("J",), ("L",))
    assert (editor["trim_start"][0], editor["trim_end"][0]) == ("I", "O")


def test_an_own_key_is_taken_from_the_action_that_had_it_and_goes_back_with_a_reset():
    keys = Keys().with_keys("accept", ["S", "Return"])
    assert keys.own == {"accept": ("S", "Return")}
    assert (keys.bindings()["swap"], keys.bindings()["accept"]) == ((), ("S", "Return"))
    assert keys.without("accept") == Keys()
    assert keys.without("swap").bindings()["accept"] == ("Return",)
    assert keys.without("swap").bindings()["swap"] == ("S",)
    assert keys.with_keys("accept", ["Return", "Enter"]) == Keys(), "what the preset has anyway is no change"


def test_own_keys_that_are_taken_by_another_leave_the_rest():
    keys = Keys().with_keys("swap", ["F5", "F6"]).with_keys("merge", ["F5"])
    assert keys.own == {"swap": ("F6",), "merge": ("F5",)}
    keys = keys.with_keys("merge", ["F6"])
    assert keys.bindings()["swap"] == ("S",), "with all of its own keys taken, it has the preset's"
    cleared = Keys().with_keys("swap", [])
    assert cleared.bindings()["swap"] == ()
    assert cleared.with_keys("merge", ["F5"]).bindings()["swap"] == ()


def test_own_keys_lie_over_another_preset_too():
    keys = Keys("CVAT", {"swap": ("F",)}).bindings()
    assert (keys["swap"], keys["next_frame"]) == (("F",), ("Right",))


def test_some_keys_are_kept_for_what_they_do_everywhere():
    assert "always cancels" in refusal(ROWS["merge"], "Esc")
    assert "field to field" in refusal(ROWS["merge"], "Shift+Tab")
    assert "menu File" in refusal(ROWS["merge"], "Alt+F")
    assert "Lists and fields need K" in refusal(ROWS["pretrain"], "K")
    assert "Lists and fields need" in refusal(ROWS["undo"], "Shift+Up")
    assert refusal(ROWS["merge"], "K") == refusal(ROWS["undo"], "Ctrl+K") == refusal(ROWS["undo"], "F5") == ""
    assert "keeps its key" in refusal(ROWS["cancel"], "F5")
    assert Keys(own={"cancel": ("Q",), "merge": ("Esc",)}).bindings()["cancel"] == ("Esc",)


def test_keys_come_back_after_a_restart(settings: WindowSettings):
    before, told = KeyStore(settings), []
    before.changed.connect(told.append)
    before.set(Keys("DIVE").with_keys("swap", ["Ctrl+Alt+É", "?"]))
    assert len(told) == 1
    assert KeyStore(settings).now == Keys("DIVE", {"swap": ("Ctrl+Alt+É", "?")})


@pytest.mark.parametrize(
    "text", ["[", "[]", "null", "7", '{"preset": 7, "own": 7}', '{"own": []}', "[" * 9_999]
)
def test_damaged_keys_are_those_of_the_studio(settings: WindowSettings, text: str):
    settings.keys = text
    assert KeyStore(settings).now == Keys()


def test_what_cannot_be_used_of_a_file_is_named_and_left_out():
    values = {
        "preset": "Emacs",
        "own": {
            "teleport": ["T"],
            "swap": ["F5", "Hyperspace", 7],
            "merge": ["F5"],
            "split": "X",
            "pretrain": ["K"],
            "cancel": ["Q"],
            "trim_end": [],
        },
    }
    keys, remarks = checked(values)
    assert keys == Keys(own={"swap": ("F5",), "trim_end": ()})
    text = " ".join(remarks)
    for part in ("“Emacs”", "“teleport”", "“Hyperspace”", "“7”", "F5 is the key of Swap", "of Split here"):
        assert part in text, part
    assert "need K outside" in text
    assert "way out" in text
    assert checked(json.loads(json.dumps(plain(keys)))) == (keys, [])


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "wanted"),
    [
        (Qt.Key.Key_S, Qt.KeyboardModifier.NoModifier, "s", "S"),
        (Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier, "S", "Shift+S"),
        (Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier, "?", "?"),
        (Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier, "", "Shift+Tab"),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.KeypadModifier, "", "Left"),
        (Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier, "", ""),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier, " ", "Shift+Space"),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "\x1a", "Ctrl+Z"),
    ],
)
def test_a_stroke_is_named_as_in_the_table(key, modifiers, text, wanted):
    assert pressed(QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)) == wanted


@pytest.mark.parametrize("preset", [[], {}, 5, None])
def test_a_preset_that_is_no_name_is_told(preset):
    keys, remarks = checked({"preset": preset})
    assert keys == Keys()
    assert remarks[0].startswith("There is no preset")
