"""A project, and its runs as a window follows them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.project.project import Project
from studio.runs.runs import Runs


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project") as project:
        yield project


@pytest.fixture
def follow(project: Project, qtbot: Any) -> Iterator[Callable[[], Runs]]:
    """Makes a `Runs`, as often as a window is opened on the project."""
    made: list[Runs] = []

    def new() -> Runs:
        made.append(Runs(project))
        return made[-1]

    yield new
    for runs in made:
        runs.close()
