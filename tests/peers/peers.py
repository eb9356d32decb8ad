"""Runs a check of `measure.py` on an export, where the peers' packages are installed."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
PACKAGES = Path(os.environ.get("ASSOCIATIONNET_PEERS", _HERE.parents[1] / ".peers"))
"""Where `.ci/run` installs them: never among our own packages, which they would replace."""


def peer(check: str, *words: object) -> dict[str, Any]:
    """What a check of `measure.py` finds, by the peer's own code; as `peers`."""
    return peers((check, *words))[0]


def peers(*calls: Sequence[object]) -> list[dict[str, Any]]:
    """What several checks of `measure.py` find, each a name and its arguments; one process for all of them.

    Skips the test where the peers are not installed.

    Raises:
        AssertionError: a peer refuses what it is given, in its own words.
    """
    if not (PACKAGES / "trackeval").is_dir():
        pytest.skip(f"no peers in {PACKAGES}; .ci/run installs tests/peers/requirements.txt there")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(_HERE / "measure.py")],
        input=json.dumps([[str(word) for word in call] for call in calls]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(PACKAGES)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])
