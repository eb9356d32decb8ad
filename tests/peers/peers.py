"""Runs a check of `measure.py` on an export, where the peers' packages are installed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
PACKAGES = Path(os.environ.get("ASSOCIATIONNET_PEERS", _HERE.parents[1] / ".peers"))
"""Where `.ci/run` installs them: never among our own packages, which they would replace."""


def peer(check: str, *words: object) -> dict[str, Any]:
    """What a check of `measure.py` finds, by the peer's own code; skips the test where there is none.

    Raises:
        AssertionError: the peer refuses what it is given, in its own words.
    """
    if not (PACKAGES / "trackeval").is_dir():
        pytest.skip(
            f"no peers in {PACKAGES}; pip install --no-deps --target it -r tests/peers/requirements.txt"
        )
    command = [sys.executable, "-W", "ignore", str(_HERE / "measure.py"), check, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])
