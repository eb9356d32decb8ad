"""Files of ours that somebody else wrote: a value that fits its dataclass, or one sentence."""

import enum
import json
import math
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.errors import StudioError, quoted
from core.record_file import read_json, read_record
from core.whole_file import read_whole


class Colour(enum.StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    name: str


@dataclass(frozen=True)
class Example:
    count: int
    share: float = field(default=0.5, metadata={"minimum": 0, "maximum": 1})
    left: float | None = None
    colour: Colour = Colour.RED
    place: Path = Path()
    parts: tuple[Part, ...] = ()
    box: tuple[float, float] = (0.0, 0.0)
    uses: dict[str, int] = field(default_factory=dict)
    anything: Any = None


def test_what_was_written_is_read(tmp_path):
    values = {"count": 3, "share": 1, "left": None, "colour": "red", "place": "a/b", "parts": [{"name": "ü"}]}
    values |= {"box": [1, 2.5], "uses": {"a": 1}, "anything": [{"b": None}]}
    (tmp_path / "a.json").write_text(json.dumps(values))
    found = read_record(Example, tmp_path / "a.json")
    assert found == Example(
        3, 1.0, None, Colour.RED, Path("a/b"), (Part("ü"),), (1.0, 2.5), {"a": 1}, [{"b": None}]
    )
    assert isinstance(found.share, float)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[1]", r"a table is missing where \[1\] stands"),
        ('{"share": 0.5}', "it lacks count"),
        ('{"count": 1, "other": 2}', "it holds 'other', which is unknown"),
        ('{"count": "1"}', "count must be of type int, not '1'"),
        ('{"count": true}', "count must be of type int, not True"),
        ('{"count": 1.5}', "count must be of type int"),
        ('{"count": 9223372036854775808}', "count is 9223372036854775808, which is out of its range"),
        ('{"count": %s}' % ("9" * 5000), "it holds a number of 5,000 digits"),
        ('{"count": 1, "share": NaN}', "it holds NaN, which is no number"),
        ('{"count": 1, "share": 1e999}', "it holds a number that is too large"),
        ('{"count": 1, "share": 1.01}', "share is 1.01, which is out of its range"),
        ('{"count": 1, "left": Infinity}', "it holds Infinity"),
        ('{"count": 1, "colour": ["red"]}', "colour must be one of red, not"),
        ('{"count": 1, "place": "a\\u0000"}', "place must be a path"),
        ('{"count": 1, "parts": {"name": "a"}}', "parts must be a list"),
        ('{"count": 1, "parts": [{"name": 5}]}', "name must be of type str, not 5"),
        ('{"count": 1, "box": [1, 2, 3]}', "box must be a list of 2"),
        ('{"count": 1, "uses": {"a": "b"}}', "uses must be of type int"),
        ('{"count": 1, "anything": %s}' % ("[" * 60 + "]" * 60), "nested too deeply"),
        ("[" * 200_000, "nested too deeply"),
        ('{"count": 1, "anything": "\\ud800"}', "text that is no Unicode"),
    ],
)
def test_what_does_not_fit_is_one_sentence(text, why, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(StudioError, match=f"a.json is damaged .*{why}.*; restore it or delete it") as said:
        read_record(Example, path)
    assert len(str(said.value)) < 400


def test_pairs_of_surrogates_are_letters(tmp_path):
    (tmp_path / "a.json").write_text(r'["\ud83d\ude00"]')
    assert read_json(tmp_path / "a.json") == ["😀"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
def test_pipes_and_devices_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    began = time.process_time()
    for name in ("pipe", "zero"):
        with pytest.raises(StudioError, match="is a pipe or a device"):
            read_whole(tmp_path / name)
    assert time.process_time() - began < 5


def test_a_file_is_read_up_to_a_bound(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_whole(tmp_path / "a", most=5) == b"12345"
    with pytest.raises(StudioError, match="is larger than 4 bytes"):
        read_whole(tmp_path / "a", most=4)
    for name in ("\0", "x" * 300):
        with pytest.raises(StudioError, match=r"is no name of a file|cannot be read"):
            read_whole(tmp_path / name)


def test_what_a_sentence_quotes_is_short():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in ("a" * 10_000, 10**5_000, -(10**5_000), deep, list(range(10_000)), Path("b" * 10_000)):
        assert len(quoted(value)) < 100
    assert (quoted("a"), quoted(1.5), quoted(math.nan)) == ("'a'", "1.5", "nan")
    assert quoted(10**29) == str(10**29)
    assert len(str(StudioError("a" * 10_000))) < 1_300
    str(StudioError("a name: \udce9")).encode()
    while deep:  # so that it is freed without recursion
        deep = deep[0]
