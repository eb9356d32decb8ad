"""A small disk that runs full during edits, half the sessions killed meanwhile, and then has room again."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity, journal
from tests.reliability.attack import Attack, Row, Skipped, failed, seeds
from tests.reliability.edit_session import DATA, SCRIPTS, digest, make_base, scratch
from tests.reliability.failing_calls import Session, after, edit
from tests.reliability.processes import Fork

SIZE = 8 << 20
"""Bytes of the disk."""


def full(seconds: float, seed: int) -> Row:
    """Nothing acknowledged may be lost, and the project opens again, at the latest when there is room."""
    failures, rounds, killed, acknowledged, refused, opened = [], 0, 0, 0, 0, 0
    with scratch() as folder:
        base = make_base(folder)
        for one in seeds(seconds, seed):
            rng = np.random.default_rng(one)
            with _disk(folder / "disk") as disk:
                project = disk / "project"
                shutil.copytree(base, project)
                moment = rng.uniform(0.05, 1.5) if rng.random() < 0.5 else None
                told, session, code = _session(
                    disk, project, one % SCRIPTS, int(rng.integers(400_000)), moment
                )
                killed += code == -9
                opened += _opens(project)
                (disk / "filler").unlink(missing_ok=True)
                wrong = after(project, session) if code == 0 else (_lost(project, told), 0)
                if code not in (0, -9):
                    wrong = (f"the session ended with {code}", 0)
                if wrong[0]:
                    failures.append(failed(one, wrong[0]))
            rounds += 1
            acknowledged += len(told)
            refused += session.refused
    figure = f"{acknowledged:,} edits acknowledged, {refused:,} refused, {killed:,} sessions killed"
    return Row(rounds, tuple(failures), f"{figure}; {opened:,} opened while full")


def _session(
    disk: Path, project: Path, script: int, left: int, moment: float | None
) -> tuple[list[int], Session, int]:
    """Edits while the disk fills up: what was told, what it came to, and how it ended."""
    out = disk.parent / "session.json"
    out.unlink(missing_ok=True)
    database = project / "annotations.sqlite"

    def work(tell: object) -> None:
        now = Session(0, digest(database), digest(database, DATA))
        room = shutil.disk_usage(disk).free - left
        (disk / "filler").write_bytes(bytes(max(0, room)))
        with contextlib.suppress(StudioError):
            edit(project, script, now, tell)
        out.write_text(json.dumps(vars(now)))

    fork = Fork(work)
    told, code = fork.wait() if moment is None else fork.kill_after(moment)
    return told, Session(**json.loads(out.read_text())) if out.exists() else Session(), code


def _opens(project: Path) -> bool:
    with contextlib.suppress(StudioError), Project.open(project):
        return True
    return False


def _lost(project: Path, told: list[int]) -> str:
    try:
        with Project.open(project) as opened, opened.reading() as connection:
            revision, problems = journal.revision(connection), integrity.problems(connection)
    except StudioError as error:
        return f"it cannot be opened: {error}"
    if revision < max(told, default=0):
        return f"lost: revision {max(told)} was acknowledged, {revision} is there"
    return problems[0] if problems else ""


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    """A disk of `SIZE` bytes in memory."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    may = sys.platform.startswith("linux") and os.geteuid() == 0
    if not may or subprocess.run(words, capture_output=True, check=False).returncode:
        raise Skipped("only root of a Linux can make a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


ATTACKS = (Attack("full-disks", full, 0.6),)
