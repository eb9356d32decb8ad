from pathlib import Path

import pytest

from core.errors import StudioError
from core.project.saved_filters import (
    BUILT_IN,
    FILE,
    checked_name,
    find_filter,
    read_filters,
    write_filters,
)
from core.trajectories.filter_text import parse, text_of


def test_filters_are_kept_under_their_names(tmp_path: Path):
    assert read_filters(tmp_path) == {}
    kept = {"long ones": "length>50", "Bad cars": 'label:"red car" error>2', "âge": "kind:object"}
    write_filters(tmp_path, kept)
    assert read_filters(tmp_path) == kept
    assert list(read_filters(tmp_path)) == ["Bad cars", "long ones", "âge"]
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"filters": 3}', '{"fil": {}}', "[" * 100_000, "\udcff"])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: str):
    (tmp_path / FILE).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(StudioError, match=r"damaged, so only the built-in filters are there.*\.$"):
        read_filters(tmp_path)


def test_a_filter_that_cannot_be_kept_is_one_sentence(tmp_path: Path):
    with pytest.raises(StudioError, match="make room"):
        write_filters(tmp_path / "gone", {})


@pytest.mark.parametrize("line", BUILT_IN.values())
def test_what_is_built_in_is_written_as_filters_are(line: str):
    assert text_of(parse(line)) == line


@pytest.mark.parametrize("name", ["", "   ", "a:b", "error>2", "x" * 61, "Accepted  only", 'say "go"'])
def test_names_that_a_filter_cannot_have(name: str):
    with pytest.raises(StudioError):
        checked_name(name)


def test_a_filter_is_found_by_its_name_or_is_what_is_typed():
    filters = {"Bad cars": "label:car error>2"}
    assert checked_name("  Bad   cars ") == "Bad cars"
    assert find_filter(filters, "bad  CARS") == parse("label:car error>2")
    assert find_filter(filters, "accepted only") == parse("review:accepted")
    assert find_filter(filters, "label:car") == parse("label:car")
    assert find_filter(filters, "bad") == parse("bad")
    with pytest.raises(StudioError, match="there is no word colour"):
        find_filter(filters, "colour:red")
