"""Where a run stands is judged by the locks that processes hold, not by what a clock once said."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.runs import waiting
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig
from studio.runs import reader
from studio.runs.reader import Mark, Request


@pytest.fixture(params=[0.0, 4e9])  # 1970, and a clock that was a century ahead
def queued(tmp_path: Path, request: Any) -> RunFolder:
    folder = RunFolder.create(tmp_path / "run", "track", TrackConfig())
    folder.write_status(Status(updated=request.param))
    return folder


def request_of(folder: RunFolder, mark: Mark) -> Request:
    return Request(
        key=folder,
        folder=folder,
        mark=mark,
        starting=False,
        exit_code=None,
        with_material=False,
        unless_stamp=-1,
        life=0,
    )


def test_a_queued_run_that_nobody_holds_is_told_whatever_the_clock_said(queued: RunFolder):
    first = reader.look(request_of(queued, Mark()))
    assert first.status.state is State.QUEUED
    assert first.mark.idle_since > 0
    again = reader.look(request_of(queued, first.mark))
    assert (again.status.state, again.mark) == (State.QUEUED, first.mark)
    long_ago = replace(first.mark, idle_since=time.monotonic() - reader.QUEUED_FOR - 1)
    assert reader.look(request_of(queued, long_ago)).status.state is State.INTERRUPTED
    assert reader.look(replace(request_of(queued, long_ago), starting=True)).status.state is State.QUEUED
    with queued.held_lock():
        held = reader.look(request_of(queued, long_ago))
    assert (held.status.state, held.mark.idle_since) == (State.QUEUED, 0.0)
    waiting.wait(queued, 1.0)
    assert reader.look(request_of(queued, long_ago)).mark.idle_since == 0.0
