"""Which version runs, told from a git checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import version


@pytest.fixture
def checkout(tmp_path):
    """A checkout of one commit with nothing but this module in it."""
    if shutil.which("git") is None:
        pytest.skip("git is absent")
    (tmp_path / "core").mkdir()
    shutil.copy(Path(version.__file__), tmp_path / "core")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    return tmp_path


def told(folder):
    code = "from core.version import code_version; print(code_version())"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_is_told_and_whether_files_differ(checkout):
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout[:7]
    (checkout / "untracked").touch()
    assert told(checkout) == f"{version.VERSION}+g{commit}"
    with open(checkout / "core" / "version.py", "a") as file:
        file.write("# more")
    assert told(checkout) == f"{version.VERSION}+g{commit}.dirty"
    shutil.rmtree(checkout / ".git")
    assert told(checkout) == version.VERSION


def test_the_index_of_the_checkout_is_left_alone(checkout):
    os.utime(checkout / "core" / "version.py", (1, 1))  # what makes git look again, and note what it saw
    before = (checkout / ".git" / "index").stat()
    told(checkout)
    after = (checkout / ".git" / "index").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_branch_of_any_name_is_no_obstacle(checkout):
    if sys.platform != "linux":
        pytest.skip("names are bytes on Linux alone")
    branch = checkout / ".git" / os.fsdecode(b"refs/heads/\xff")
    branch.write_bytes(next((checkout / ".git" / "refs" / "heads").iterdir()).read_bytes())
    (checkout / ".git" / "HEAD").write_bytes(b"ref: refs/heads/\xff\n")
    assert told(checkout).startswith(f"{version.VERSION}+g")
