"""Hostile projects, opened by commands and by the real window; all of them are slow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.hostile_mutations import MUTATIONS, QUICK

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="only Unix forks processes")
ROOT = Path(__file__).parents[2]


def attacked(names: list[str], seconds: float) -> str:
    """What is wrong with some of them; the processes are forks of one without a window."""
    command = [sys.executable, "-m", "tests.reliability.hostile_projects", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    wrong = [line for line in done.stdout.splitlines() if not line.endswith(" ok")]
    return "" if done.returncode == 0 else "\n".join([*wrong, done.stderr])


def test_a_few_hostile_projects_open_and_keep_nobody_from_working():
    assert attacked(["check", "window", *QUICK], 900) == ""


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(8))
def test_every_hostile_project_opens_or_is_refused_in_a_sentence(part: int):
    names = list(MUTATIONS)[part::8]
    assert len(MUTATIONS) >= 100
    assert attacked(names, 3600) == ""
