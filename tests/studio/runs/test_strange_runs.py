"""Runs in a project of another person: what their folders say is not done."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core import agreements
from core.agreements import NotAgreedError
from core.errors import StudioError
from core.jobs import JOBS
from core.project.project import Project
from core.runs import waiting
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig


def test_a_run_that_nobody_runs_neither_stops_nor_ends_the_process_it_names(
    project: Project, follow: Any, qtbot: Any
) -> None:
    folder = RunFolder.create_in(project.runs, "track", TrackConfig())
    folder.ask_stop()
    os.utime(folder.path / "control" / "stop.json", (1e9, 1e9))
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    try:
        folder.write_status(Status(State.QUEUED, pid=bystander.pid, updated=time.time() + 1e9))
        runs = follow()
        qtbot.waitUntil(lambda: runs._followed[0].stamp >= 0)
        qtbot.wait(1500)  # a scan and more
        run = runs.all[0]
        assert not run.is_stopping
        assert not runs.can_kill(run)
        if run.is_active:
            with pytest.raises(StudioError, match="No process of this machine runs"):
                runs.kill(run)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_what_a_run_names_is_asked_about_before_it_starts_or_goes_on(
    project: Project, follow: Any, tmp_path: Path
) -> None:
    program = tmp_path / "flow.pt"
    program.write_bytes(b"a program")
    folder = RunFolder.create_in(project.runs, "track", TrackConfig(flow=program))
    folder.write_status(Status(State.STOPPED))
    runs = follow()
    with pytest.raises(NotAgreedError, match="holds a program") as refused:
        runs.resume(runs.all[0])
    with pytest.raises(NotAgreedError, match="holds a program"):
        runs.start("track", TrackConfig(flow=program))
    assert [run.state for run in runs.all] == [State.STOPPED]
    agreements.agree(refused.value.matter.key)
    assert refused.value.again is not None
    refused.value.again()
    assert [run.state for run in runs.all] == [State.QUEUED]


def test_a_run_that_was_put_in_line_elsewhere_starts_nothing(
    project: Project, follow: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, qtbot: Any
) -> None:
    waiting.reserve(project, JOBS["track"], TrackConfig(), None, 1)
    monkeypatch.setenv(agreements.FOLDER, str(tmp_path / "another machine"))
    runs = follow()
    ends: list[object] = []
    runs.finished.connect(ends.append)
    expected = [(State.INTERRUPTED, "It was put in line elsewhere; resume it.")]
    qtbot.waitUntil(lambda: [(run.state, run.status.error) for run in runs.all] == expected)
    qtbot.wait(1500)  # a scan and more
    assert [(run.state, run.status.error) for run in runs.all] == expected
    assert ends == []
