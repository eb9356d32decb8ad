"""Which version of this program runs."""

import functools
import subprocess
from pathlib import Path

VERSION = "0.1.0"

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds `core`, `studio` and `main.py`."""


@functools.cache
def code_version() -> str:
    """The version, with the commit where the program runs from a git checkout: `0.1.0+g1a2b3c4`.

    `.dirty` is added where tracked files differ from that commit.
    """
    if not (ROOT / ".git").exists():
        return VERSION
    # not `git describe --dirty`: it rewrites the checkout's index, whose lock a killed program leaves behind
    command = ["git", "-C", str(ROOT), "--no-optional-locks"]
    command += ["status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        result = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return VERSION
    lines = result.stdout.splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "")
    if not commit.isalnum():  # "(initial)": nothing is committed yet
        return VERSION
    dirty = any(not line.startswith("#") for line in lines)
    return f"{VERSION}+g{commit[:7]}{'.dirty' if dirty else ''}"
