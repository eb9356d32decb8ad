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
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=.dirty", "--exclude=*"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return VERSION
    return f"{VERSION}+g{result.stdout.strip()}"
