"""An open project without a window, and its runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.project.project import Project
from studio.document import Document
from studio.runs.runs import Runs


@pytest.fixture
def document(tmp_path: Path, qtbot: Any) -> Iterator[Document]:
    document = Document(Project.create(tmp_path / "project"))
    yield document
    document.close()


@pytest.fixture
def follow(document: Document, qtbot: Any) -> Iterator[Callable[[], Runs]]:
    """Follows the project's runs, those that lie in it already read."""
    made: list[Runs] = []

    def new() -> Runs:
        runs = Runs(document.project)
        made.append(runs)
        qtbot.waitUntil(lambda: all(followed.stamp >= 0 for followed in runs._followed))
        return runs

    yield new
    for runs in made:
        runs.close()
