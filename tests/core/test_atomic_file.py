"""A file is the old one or the new one; on Windows one that another program holds for a moment is waited for.

Windows refuses to replace a file that is open there without `FILE_SHARE_DELETE` (its documentation of
`CreateFileW` and `MoveFileExW`): as `ERROR_ACCESS_DENIED` (5) or `ERROR_SHARING_VIOLATION` (32). Elsewhere no
system does, so there its answer is given in its place, and the file is replaced all the same afterwards.
"""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from core.atomic_file import write_atomically, writing_atomically


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "status.json"
    path.write_bytes(b"old")
    return path


def refusing(times: int, code: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the system refuse so many times to replace a file, as Windows does; what it answered, in order."""
    replace, answers = os.replace, list[int]()

    def answer(source: Path, target: Path) -> None:
        if len(answers) < times:
            answers.append(code)
            error = PermissionError(13, "Access is denied")
            error.winerror = code  # type: ignore[attr-defined]  # which only Windows' has
            raise error
        answers.append(0)
        replace(source, target)

    monkeypatch.setattr(os, "replace", answer)
    return answers


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_file_that_is_held_for_a_moment_is_replaced(path, code, monkeypatch):
    answers = refusing(2, code, monkeypatch)
    write_atomically(path, b"new")
    assert (path.read_bytes(), answers) == (b"new", [code, code, 0])
    assert list(path.parent.iterdir()) == [path]


def test_one_that_is_held_for_longer_stays_and_nothing_lies_beside_it(path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    answers = refusing(99, 32, monkeypatch)
    with pytest.raises(PermissionError):
        write_atomically(path, b"new")
    assert (path.read_bytes(), list(path.parent.iterdir()), len(answers)) == (b"old", [path], 6)


def test_another_refusal_is_not_tried_again(path, monkeypatch):
    answers = refusing(99, 19, monkeypatch)  # ERROR_WRITE_PROTECT
    with pytest.raises(PermissionError):
        write_atomically(path, b"new")
    assert (path.read_bytes(), len(answers)) == (b"old", 1)


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a file that is open can be replaced")
def test_windows_replaces_a_file_when_its_reader_lets_go(path):
    reader = open(path, "rb")  # noqa: SIM115 - closed by the timer
    closing = threading.Timer(0.05, reader.close)
    closing.start()
    write_atomically(path, b"new")
    closing.join()
    assert path.read_bytes() == b"new"


def test_a_block_that_fails_leaves_the_old_file_alone(path):
    def fail() -> None:
        with writing_atomically(path) as partial:
            partial.write_bytes(b"half")
            raise ValueError("amid")

    with pytest.raises(ValueError, match="amid"):
        fail()
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"old", [path])
