"""Text as editors, spreadsheets and consoles of several systems save it."""

import pytest

from core.errors import StudioError
from core.text_file import read_lines, read_text

WORDS = ["première 1", "", "漢字 2"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_encodings_and_ends_of_lines(encoding, end, tmp_path):
    path = tmp_path / "list.txt"
    words = [*WORDS, *["000012 -1"] * 40]
    mark = "" if encoding != "utf-32-be" else "\ufeff"
    path.write_bytes((mark + end.join(words) + end).encode(encoding))
    assert read_lines(path) == words
    path.write_bytes((mark + end.join(words)).encode(encoding))
    assert read_lines(path) == words


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_lines(data, tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    assert read_lines(path) == []


def test_lines_are_those_of_an_editor(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("a\x0cb\nc\u2028d\n", encoding="utf-8")
    assert read_lines(path) == ["a\x0cb", "c\u2028d"]


def test_other_encodings_are_refused_unless_one_is_expected(tmp_path):
    path = tmp_path / "Def.dat"
    path.write_bytes("été 0\r\n".encode("latin-1"))
    with pytest.raises(StudioError, match="is not text in UTF-8 or UTF-16; save it as UTF-8"):
        read_text(path)
    assert read_text(path, "latin-1") == "été 0\r\n"


def test_a_mark_that_lies_is_refused_whatever_is_expected(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xff\xfea")
    with pytest.raises(StudioError, match="is not text"):
        read_text(path, "latin-1")


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(StudioError, match="cannot be read"):
        read_text(tmp_path)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("帧,编号,汽车\n", "gbk"),
        ("标签: 行人", "gb2312"),
        ("tasse à café, créée", "latin-1"),
        ("ÉÉ é", "latin-1"),
    ],
)
def test_chinese_that_is_no_unicode_is_told_from_latin(tmp_path, text, encoding):
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert read_text(tmp_path / "a.csv", fallback="latin-1") == text
