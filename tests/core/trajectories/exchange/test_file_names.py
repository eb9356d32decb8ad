"""Names of files after clips: every system can write them, and none takes another's."""

import unicodedata

import pytest

from core.trajectories.exchange.file_names import file_name, file_names, renamed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cars1", "cars1"),
        ("a b.c-d_e", "a b.c-d_e"),
        ("../a\\b/c", "_._a_b_c"),
        ('a:b*c?"<>|\n', "a_b_c______"),
        ("CON", "_CON"),
        ("con.old", "_con.old"),
        ("lpt9", "_lpt9"),
        ("console", "console"),
        ("clip. .", "clip"),
        ("...", "_"),
        (".hidden", "_hidden"),
        ("", "_"),
        ("走路 🚶", "走路 🚶"),
        ("broken \udcff", "broken _"),
    ],
)
def test_a_name_becomes_one_that_every_system_can_write(name, expected):
    assert file_name(name) == expected


@pytest.mark.parametrize("letter", ["x", "é", "走", "🚶"])
def test_a_long_name_is_cut_between_letters(letter, tmp_path):
    name = file_name(letter * 300)
    assert set(name) == {letter}
    assert 170 < len(name.encode()) <= 180
    (tmp_path / f"{name}-2.parquet.0123abcd.partial").write_text("")


def test_no_two_clips_share_a_file():
    accents = "é", unicodedata.normalize("NFD", "é")
    names = ["a/b", "a_b", "A_B", "a\\b", "x" * 300, "x" * 301, "con", "_con", *accents]
    given = file_names(names)
    assert set(given) == set(names)
    keys = {unicodedata.normalize("NFC", file.casefold()) for file in given.values()}
    assert len(keys) == len(names)
    assert (given["a_b"], given["_con"], given["A_B"]) == ("a_b-2", "_con", "A_B")
    assert given["con"] == "_con-2"
    assert "The file of con is called _con-2, since another clip's has its name." in renamed(given)
    assert not any(" A_B " in sentence for sentence in renamed(given))


def test_a_name_does_not_depend_on_the_order_of_clips():
    names = ["b/c", "b_c", "b\\c"]
    assert file_names(names) == file_names(reversed(names)) == {"b_c": "b_c", "b/c": "b_c-2", "b\\c": "b_c-3"}
