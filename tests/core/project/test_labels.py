"""The list of labels: what is kept is read again, and each change of it is exact."""

import json
from dataclasses import replace

import pytest

from core.errors import StudioError
from core.project.labels import (
    FILE,
    KEYS,
    Label,
    LabelList,
    Renaming,
    as_bytes,
    clean_name,
    read_labels,
    write_labels,
)

RED, BLUE = "#ff0000", "#0000ff"
CAR, VAN, DOG = Label("car", RED, "3"), Label("van", BLUE), Label("dog", RED, "1")
LIST = LabelList((CAR, VAN, DOG), recent=("dog", "car"), for_new=True)


def names(labels: LabelList) -> list[str]:
    return [label.name for label in labels.labels]


def test_what_is_kept_is_read_again_in_any_script(tmp_path):
    renaming = Renaming(7, (CAR,), (Label("voiture à 2 portes", RED), Label("汽车", BLUE, "0")), 2, False)
    kept = LIST.remembering(renaming).with_names(["鸟"], [RED, BLUE])
    write_labels(tmp_path, as_bytes(kept))
    assert read_labels(tmp_path) == kept
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert "鸟" in (tmp_path / FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "[" * 100_000, '{"labels": [5]}'),
        '{"labels": [{"name": "a", "colour": "red", "key": ""}], %s',
        '{"labels": [{"name": "", "colour": "#ff0000", "key": ""}], %s',
        '{"labels": 7, %s',
    ],
    ids=range(9),
)
def test_a_damaged_file_is_one_sentence(tmp_path, text):
    (tmp_path / FILE).write_text(text.replace("%s", '"recent": [], "for_new": false, "renamings": []}'))
    with pytest.raises(StudioError, match="your tracks keep theirs"):
        read_labels(tmp_path)


def test_no_file_is_an_empty_list_and_what_comes_twice_in_one_is_taken_once(tmp_path):
    assert read_labels(tmp_path) == LabelList()
    entries = [
        {"name": "a", "colour": "#FF0000", "key": "1"},
        {"name": "b", "colour": BLUE, "key": "1"},
        {"name": "a", "colour": BLUE, "key": "2"},
        {"name": "c", "colour": BLUE, "key": "12"},
    ]
    values = {"labels": entries, "recent": ["b", "b"], "for_new": True, "renamings": []}
    (tmp_path / FILE).write_text(json.dumps(values))
    read = read_labels(tmp_path)
    assert read.labels == (Label("a", RED, "1"), Label("b", BLUE), Label("c", BLUE))
    assert read.recent == ("b",)


def test_labels_that_only_tracks_have_join_at_the_end_in_the_colours_used_least():
    palette = [RED, BLUE, "#00ff00"]
    joined = LIST.with_names(["van", "cat", "", "ant", "cat"], palette)
    assert joined.labels[:3] == LIST.labels
    assert [(one.name, one.colour) for one in joined.labels[3:]] == [("cat", "#00ff00"), ("ant", BLUE)]
    assert joined.with_names(["ant"], palette) is joined


def test_new_labels_get_the_digits_that_are_free_in_the_order_in_which_they_are_named():
    names = [f"n{number}" for number in range(12)]
    listed = LabelList((Label("a", RED, "2"), Label("b", RED))).with_names(names, [RED])
    keyed = listed.with_free_keys(reversed(names))
    assert [keyed.named(name).key for name in reversed(names)] == [*"13456789", "", "", "", ""]
    assert keyed.labels[:2] == listed.labels[:2]


def test_a_key_belongs_to_one_label():
    taken = LIST.keyed("van", "3")
    assert taken.by_key("3") == Label("van", BLUE, "3")
    assert taken.named("car") == Label("car", RED)
    freed = taken.keyed("van", "")
    assert freed.by_key("3") is None
    assert freed.named("dog").key == "1"
    assert len(KEYS) == 10


def test_a_renamed_label_keeps_place_colour_key_and_use():
    renamed = LIST.renamed("car", "auto")
    assert renamed.labels == (Label("auto", RED, "3"), VAN, DOG)
    assert renamed.recent == ("dog", "auto")
    merged = LIST.renamed("car", "van")
    assert merged.labels == (VAN, DOG)
    assert merged.recent == ("dog",)


def test_order_use_and_colour():
    assert names(LIST.moved("dog", 0)) == ["dog", "car", "van"]
    assert names(LIST.moved("car", 99)) == ["van", "dog", "car"]
    assert LIST.moved("cow", 0) is LIST
    assert LIST.used("van").by_use == ["van", "dog", "car"]
    assert LIST.used("dog") is LIST
    assert LIST.by_use == ["dog", "car", "van"]
    assert LIST.recoloured("van", RED).named("van") == Label("van", RED)
    assert LabelList().last_used == ""


def test_the_list_goes_back_and_forth_with_the_edit_that_changed_it():
    auto = Label("auto", RED, "3")
    done = LIST.renamed("car", "auto").remembering(Renaming(5, (CAR,), (auto,)))
    back = done.turned({5: False})
    assert back.labels == LIST.labels
    assert back.turned({5: False}) is back
    assert back.turned({5: True}).labels == done.labels
    # merged: nothing new stood there, and the key was given away meanwhile
    merged = LIST.without("van").remembering(Renaming(6, (replace(VAN, key="3"),), (), 1))
    assert merged.turned({6: False}).labels == (CAR, VAN, DOG)


def test_a_name_is_one_line_that_the_database_takes():
    assert clean_name("  big \n car\t") == "big car"
    assert len(clean_name("ä" * 300)) == 255
