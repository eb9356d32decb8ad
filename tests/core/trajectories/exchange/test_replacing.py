"""A file or a folder written by several at once: one of them whole, and nothing beside it."""

import contextlib

import pytest

from core.errors import StudioError
from core.trajectories.exchange.replacing import replacing, replacing_folder


def test_of_two_that_write_a_file_at_once_the_last_one_stays_whole(tmp_path):
    path = tmp_path / "new" / "tracks.csv"
    with replacing(path) as first:
        first.write_text("first, half ")
        with replacing(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
        with open(first, "a") as file:
            file.write("and half")
    assert path.read_text() == "first, half and half"
    assert [item.name for item in path.parent.iterdir()] == ["tracks.csv"]


def test_of_two_that_fill_a_folder_at_once_the_last_one_stays_whole(tmp_path):
    path = tmp_path / "masks"
    with replacing_folder(path, "*.png") as first:
        (first / "1.png").write_text("first")
        with replacing_folder(path, "*.png") as second:
            (second / "1.png").write_text("second")
            (second / "2.png").write_text("second")
        assert sorted(item.name for item in path.iterdir()) == ["1.png", "2.png"]
    assert {item.name: item.read_text() for item in path.iterdir()} == {"1.png": "first"}
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_what_was_there(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text("old")
    with contextlib.suppress(ZeroDivisionError), replacing(path) as partial:
        partial.write_text("new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    with pytest.raises(StudioError, match=r"Cannot write .*; choose another place"), replacing(path / "a"):
        pass
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
