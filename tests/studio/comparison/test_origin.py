"""Where a figure comes from, while a person goes from figure to figure and runs change."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.pretraining.config import PretrainConfig
from core.runs.run_folder import State, Status
from studio.comparison.origin_view import Origin, OriginView
from studio.document import Document
from studio.runs.run import Run
from studio.runs.runs import Runs
from tests.studio.workspaces import recorded


@pytest.fixture
def runs(document: Document, follow: Callable[[], Runs]) -> list[Run]:
    """Two evaluations and the pretraining run that both start from."""
    root = document.project.runs
    start = recorded.pretraining(root, "20260101T000000", PretrainConfig())
    folders = [recorded.evaluation(root, f"2026010{k}T000000", {"cat": 0.5}) for k in (2, 3)]
    for folder in (*folders, start):
        (folder.path / "provenance.json").write_text(json.dumps({"command": f"make {folder.name}"}))
    found = {run.name: run for run in follow().all}
    return [found[folder.name] for folder in (*folders, start)]


@pytest.fixture
def view(document: Document, qtbot: Any) -> Iterator[OriginView]:
    view = OriginView(document)
    qtbot.addWidget(view)
    view.show()
    yield view
    view.close_reader()


def origin(run: Run, start: Run | None = None) -> Origin:
    return Origin(f"mAP of {run.name}", (run.name,), (run,), (start,))


def command(run: Run) -> str:
    return f"make {run.name}"


def commands(view: OriginView) -> tuple[str, str]:
    return view.measured.command.toPlainText(), view.start.command.toPlainText()


def test_the_command_of_a_run_never_stands_under_another(
    view: OriginView, runs: list[Run], qtbot: Any
) -> None:
    one, other, start = runs
    view.explain(origin(one, start))
    qtbot.waitUntil(lambda: commands(view) == (command(one), command(start)))
    view.explain(origin(other, start))
    assert commands(view) == ("", command(start))
    assert not view.measured.copy_button.isEnabled()
    qtbot.waitUntil(lambda: commands(view) == (command(other), command(start)))
    assert view.measured.copy_button.isEnabled()


def test_what_is_read_too_late_is_dropped(view: OriginView, runs: list[Run], qtbot: Any) -> None:
    one, other, start = runs
    seen: list[str] = []
    view._reading.done.connect(lambda found: seen.append(commands(view)[0]))
    view.explain(origin(one, start))
    view.explain(origin(other))  # before the first is read
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == ["", command(other)]
    view.explain(origin(one))
    view.explain(origin(other))
    qtbot.waitUntil(lambda: commands(view)[0] == command(other))


@pytest.mark.parametrize("is_hidden", [False, True])
def test_the_command_comes_back_with_its_figure(
    is_hidden: bool, view: OriginView, runs: list[Run], qtbot: Any
) -> None:
    one, other, _ = runs
    view.explain(origin(one))
    qtbot.waitUntil(lambda: commands(view)[0] == command(one))
    view.setHidden(is_hidden)
    for between in (Origin(), origin(other), Origin()):
        view.explain(between)
    view.explain(origin(one))
    view.show()
    qtbot.waitUntil(lambda: commands(view)[0] == command(one))


def test_a_run_that_is_resumed_is_read_again_and_one_that_is_deleted_stays(
    view: OriginView, runs: list[Run], qtbot: Any, tmp_path: Path
) -> None:
    run, path = runs[0], runs[0].path
    assert path is not None
    view.explain(origin(run))
    qtbot.waitUntil(lambda: commands(view)[0] == command(run))
    (path / "provenance.json").write_text(json.dumps({"command": "resumed"}))
    run.status = Status(State.RUNNING, updated=time.time())
    view.refresh(run)
    assert commands(view)[0] == command(run)  # until the new one is read
    qtbot.waitUntil(lambda: commands(view)[0] == "resumed")
    shutil.move(path, tmp_path / "elsewhere")
    view.refresh(run)
    assert commands(view)[0] == "resumed"
