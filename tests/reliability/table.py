"""Every attack by name, and the table of what they found."""

import contextlib
import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.reliability import faults
from tests.reliability.attack import Attack, Row, Skipped

MODULES = (
    "kills_during_edits",
    "power_cuts",
    "failing_calls",
    "failing_jobs",
    "failing_calls_control",
    "full_disks",
    "killed_runs",
    "killed_windows",
    "clocks",
    "damaged_results",
    "mutated_files",
    "bombs",
    "signals",
    "hostile_projects",
)
"""The modules of this folder that hold `ATTACKS`; one that is not there is passed over."""

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 200
"""Seconds beyond its time after which an attack counts as hung; a round that has begun is finished."""


@dataclass(frozen=True)
class Line:
    """A line of the table: a `Row` with its name, or why there is none."""

    attack: str
    rounds: int
    failures: tuple[str, ...]
    figure: str
    skipped: str
    seconds: float


def attacks() -> dict[str, Attack]:
    """Every attack by name, in the order of `MODULES`."""
    found: dict[str, Attack] = {}
    for name in MODULES:
        module = f"tests.reliability.{name}"
        if importlib.util.find_spec(module) is not None:
            for attack in importlib.import_module(module).ATTACKS:
                assert attack.name not in found, f"two attacks are called {attack.name}"
                found[attack.name] = attack
    return found


def run_apart(attack: Attack, seconds: float, seed: int) -> Line:
    """Run one attack in a process of its own, so that what ends it is a failure and not the end of all."""
    name, began = attack.name, time.monotonic()
    try:
        more = faults.environment() if attack.with_faults else {}
    except Skipped as reason:
        return Line(name, 0, (), "", str(reason), 0.0)
    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        out = Path(folder, "row.json")
        command = [sys.executable, "-m", "tests.reliability.one", name, str(seconds), str(seed), str(out)]
        log = Path(folder, "log")
        with (
            open(log, "wb") as file,
            subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "TMPDIR": folder, "QT_QPA_PLATFORM": "offscreen", **more},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                ended = f"the attack ended with {process.wait(seconds + PATIENCE)}"
            except subprocess.TimeoutExpired:
                ended = f"the attack took more than {PATIENCE} s beyond its time"
            _end(process)
        took = time.monotonic() - began
        if not out.exists():
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
            return Line(name, 0, (f"seed {seed}: {ended}: {said}",), "", "", took)
        found = json.loads(out.read_text(encoding="utf-8"))
    row = Row(found["rounds"], tuple(found["failures"]), found["figure"])
    return Line(name, row.rounds, row.failures, row.figure, found["skipped"], took)


def _end(process: subprocess.Popen) -> None:
    """End an attack and whatever it left running."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def text(lines: Sequence[Line]) -> str:
    """The table as Markdown."""
    rows = ["| attack | rounds | failures | figure |", "|---|---|---|---|"]
    for line in lines:
        figure = f"not run: {line.skipped}" if line.skipped else line.figure
        rows.append(f"| {line.attack} | {line.rounds:,} | {len(line.failures):,} | {figure} |")
    return "\n".join(rows)


def as_json(lines: Sequence[Line], seed: int) -> str:
    """Every line with all its failures."""
    return json.dumps({"seed": seed, "lines": [asdict(line) for line in lines]}, indent=1) + "\n"
