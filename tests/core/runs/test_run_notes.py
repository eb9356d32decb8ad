"""What a person says of a run stays with its folder."""

from pathlib import Path

import pytest

from core.errors import StudioError
from core.runs.run_notes import FILE, RunNotes, read_notes, write_notes


def test_notes_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert read_notes(tmp_path) == RunNotes()
    notes = RunNotes("größer 学习", "Line one\nLine two", True)
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path) == notes
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "[]", '{"name": 5}', "null", "\x00"])
def test_a_damaged_file_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert read_notes(tmp_path) == RunNotes()


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="Cannot write to the run"):
        write_notes(tmp_path / "gone", RunNotes("a"))
