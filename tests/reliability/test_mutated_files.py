"""The attack on readers sees what a reader does wrong, and its mutants come past the first check."""

import contextlib
import io
import json
import os
import pickle
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import StudioError
from tests.reliability import mutations
from tests.reliability.mutants import alike, json_mutant, toml_mutant
from tests.reliability.mutated_files import read_all
from tests.reliability.reader import Reader

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="only Unix forks processes")


def _numbered(data: bytes, rng: np.random.Generator) -> bytes:
    """One of 0 to 4, in place of the data."""
    return str(rng.integers(5)).encode()


def _does_anything(path: Path) -> str:
    match path.read_text():
        case "1":
            raise StudioError("It is the number 1.")
        case "2":
            raise ZeroDivisionError
        case "3":
            os._exit(3)
        case "4":
            return ""
    return path.read_text()


def test_what_a_reader_does_is_told_apart(tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "a").write_text("0")
    reader = Reader("a", _numbered, _does_anything, lambda folder: None, batch=60)
    row = read_all(reader, tmp_path / "made", 0, 7)
    numbers = [int(np.random.default_rng([7, number]).integers(5)) for number in range(60)]
    read, refused, empty = numbers.count(0), numbers.count(1), numbers.count(4)
    wrong = numbers.count(2) + numbers.count(3)
    assert row.rounds == 60
    assert row.figure == (
        f"{read + wrong} read, {empty} as an empty file, {refused} refused with 1 sentences, "
        "2 kinds of failure"
    )
    for what, number in (("ZeroDivisionError", 2), ("ends the process with 3", 3)):
        first = numbers.index(number)
        assert any(
            one.startswith(f"seed 7: mutant {first}: ")
            and what in one
            and f"({numbers.count(number)} " in one
            for one in row.failures
        ), (what, row.failures)


def test_a_file_that_is_refused_whole_is_a_failure(tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "a").write_text("1")
    row = read_all(Reader("a", _numbered, _does_anything, lambda folder: None), tmp_path / "made", 0, 1)
    assert len(row.failures) == 1
    assert "the whole file itself is refused" in row.failures[0]


def test_most_mutants_of_a_png_have_right_checksums():
    out, right = io.BytesIO(), 0
    Image.fromarray(np.arange(120, dtype=np.uint8).reshape(10, 12)).save(out, "PNG")
    for seed in range(200):
        mutant = mutations.of_png(out.getvalue(), np.random.default_rng(seed))
        with contextlib.suppress(OSError, SyntaxError, ValueError, IndexError):
            Image.open(io.BytesIO(mutant)).verify()
            right += mutant != out.getvalue()
    assert right > 80


def test_mutants_of_json_toml_and_pickles_are_mostly_well_formed():
    value, rng = {"name": "a", "sizes": [1, 2.5], "done": False, "more": {"x": "y"}}, random.Random(1)
    parsed = 0
    for _ in range(200):
        with contextlib.suppress(ValueError, RecursionError):
            parsed += json.loads(json_mutant(value, rng)) != value
    assert parsed > 120
    text = 'name = "a"\nsize = 3\n'
    assert any('"ax"' in toml_mutant(text, rng) for _ in range(100))
    whole = pickle.dumps({"boxes": [np.zeros((2, 4)), np.ones((1, 4))], "indexes": [0, 1]})
    same = 0
    for seed in range(100):
        with contextlib.suppress(Exception):  # a pickle of other bytes may raise anything
            same += isinstance(pickle.loads(mutations.of_pickle(whole, np.random.default_rng(seed))), dict)
    assert same > 50


@pytest.mark.parametrize("value", [True, 3, 2.5, "word", [1, 2], {"a": 1, "b": 2}, None])
def test_what_is_alike_is_of_the_same_kind(value):
    rng = random.Random(0)
    for _ in range(30):
        other = alike(value, rng)
        assert isinstance(other, type(value)) or (isinstance(value, float) and other == 3)


def test_a_database_is_whole_again_before_each_mutant(tmp_path):
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, a, b)")
        connection.executemany("INSERT INTO one VALUES (?, ?, ?)", [(k, k, k) for k in range(5)])
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data, changed = path.read_bytes(), 0
    with sqlite3.connect(path) as reading:
        whole = list(reading.iterdump())
        for seed in range(60):
            mutations.of_values(data, path, np.random.default_rng(seed))
            lost = len(set(whole) - set(reading.iterdump()))
            assert lost <= 1 or seed_drops(reading)
            changed += lost > 0
    reading.close()
    assert changed > 30


def seed_drops(connection: sqlite3.Connection) -> bool:
    """Whether a column or the table is gone, which changes every row."""
    return len(list(connection.execute("PRAGMA table_info(one)"))) < 3
