"""Rows keep their colours."""

from studio.comparison.row_colours import RowColours


def test_a_row_keeps_its_colour_whatever_comes_before_it():
    colours = RowColours()
    assert colours.of(["a", "b"]) == {"a": 0, "b": 1}
    assert colours.of(["c", "b", "a"]) == {"c": 2, "b": 1, "a": 0}
    assert colours.of(["c", "b"]) == {"c": 2, "b": 1}


def test_no_two_rows_have_one_colour():
    colours = RowColours()
    assert colours.of(["a"]) == {"a": 0}
    assert colours.of(["b"]) == {"b": 0}
    assert sorted(colours.of(["a", "b"]).values()) == [0, 1]
    # and from then on they have those
    assert colours.of(["b", "a"]) == colours.of(["b", "a"])
