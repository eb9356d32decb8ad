"""A file or a folder written by several at once: one of them whole, and nothing beside it."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import StudioError
from core.file_holder import HeldError
from core.trajectories.exchange.replacing import alone_in, replacing, replacing_folder


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


def test_many_that_fill_a_folder_at_once_neither_fail_nor_leave_anything(tmp_path):
    path = tmp_path / "masks"

    def fill(number):
        for _ in range(40):
            with replacing_folder(path, "*.png") as partial:
                for picture in range(3):
                    (partial / f"{picture}.png").write_text(str(number))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(fill, number) for number in range(4)]:
            done.result()
    assert len({item.read_text() for item in path.iterdir()}) == 1
    assert sorted(item.name for item in path.iterdir()) == ["0.png", "1.png", "2.png"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("left", [".DS_Store", "._1.png", "Thumbs.db", "desktop.ini"])
def test_what_systems_leave_in_a_folder_is_in_nobodys_way(tmp_path, left):
    path = tmp_path / "masks"
    path.mkdir()
    (path / left).write_text("")
    with replacing_folder(path, "*.png") as partial:
        (partial / "1.png").write_text("new")
    assert [item.name for item in path.iterdir()] == ["1.png"]


@pytest.mark.parametrize("other", ["notes.txt", ".gitignore", ".git/config"])
def test_a_folder_with_other_files_is_kept(tmp_path, other):
    path = tmp_path / "masks"
    (path / other).parent.mkdir(parents=True)
    (path / other).write_text("mine")
    with pytest.raises(StudioError, match="holds something else already"), replacing_folder(path, "*.png"):
        pass
    assert (path / other).read_text() == "mine"
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


def test_an_export_keeps_others_out_of_its_folder_until_it_ends(tmp_path):
    with alone_in(tmp_path / "out"):
        with pytest.raises(HeldError, match="choose another folder"), alone_in(tmp_path / "out"):
            pass
        with alone_in(tmp_path / "elsewhere"):
            pass
    with alone_in(tmp_path / "out"):
        pass
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(StudioError, match="choose another place"), alone_in(tmp_path / "out"):
        pass
