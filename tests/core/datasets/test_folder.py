"""What a folder holds for a person."""

import unicodedata

import pytest

from core.datasets.folder import entries, files, folders, is_leftover, same_name

LEFTOVERS = [
    *("._film.mp4", ".DS_Store", ".ipynb_checkpoints", ".git", "__MACOSX", "Icon\r"),
    *("Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN", "System Volume Information"),
    *("@eaDir", "#recycle", "lost+found", "~$notes.docx", "__pycache__"),
]


@pytest.mark.parametrize("name", LEFTOVERS)
def test_leftovers_of_systems_are_not_seen(name):
    assert is_leftover(name)


@pytest.mark.parametrize("name", ["film.mp4", "_film.mp4", "00000.jpg", "macosx", "recycle", "~film.mp4"])
def test_what_a_person_made_is_seen(name):
    assert not is_leftover(name)


def test_a_folder_lists_what_is_seen_in_natural_order(tmp_path):
    for name in ("f10.JPG", "f2.jpg", "f3.txt", "._f2.jpg", ".DS_Store"):
        (tmp_path / name).touch()
    for name in ("clip 10", "clip 9", "__MACOSX", "@eaDir"):
        (tmp_path / name).mkdir()
    names = [item.name for item in entries(tmp_path)]
    assert names == ["clip 9", "clip 10", "f2.jpg", "f3.txt", "f10.JPG"]
    assert [item.name for item in folders(tmp_path)] == ["clip 9", "clip 10"]
    assert [item.name for item in files(tmp_path)] == ["f2.jpg", "f3.txt", "f10.JPG"]
    assert [item.name for item in files(tmp_path, (".jpg",))] == ["f2.jpg", "f10.JPG"]


def test_names_compare_whatever_system_wrote_their_accents():
    composed, apart = (unicodedata.normalize(form, "été 0001") for form in ("NFC", "NFD"))
    assert composed != apart
    assert same_name(composed) == same_name(apart)
