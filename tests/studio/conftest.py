"""A small project, open as a document or in the real window; the user's own settings are never touched."""

import gc
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from core.project.project import Project
from studio.app import Studio
from studio.document import Document
from studio.view_state import ViewState
from studio.window.settings import WindowSettings
from tests.studio import densified
from tests.studio.small_project import make_project

AN_HOUR = 3_600_000
"""In milliseconds."""

_TESTS = itertools.count(1)


@pytest.fixture(autouse=True, scope="session")
def nothing_ends_by_the_clock() -> Iterator[None]:
    """A slow machine, too, finds what was said when a test reads it, sees a project first when it is whole,
    and builds nothing ahead beside a test. What the clock does has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("window.hint_line.SAID", "window.toasts.SHOWN", "window.toasts.OFFERED"):
            patch.setattr(f"studio.{name}", AN_HOUR)
        patch.setattr("studio.opening.LONGEST", AN_HOUR)
        patch.setattr("studio.building_ahead.QUIET", AN_HOUR)
        yield


@pytest.fixture(autouse=True)
def garbage_of_the_window() -> Iterator[None]:
    """Collect garbage between tests and never in a thread, see `studio.garbage`; all of it now and then."""
    gc.disable()
    yield
    gc.collect(2 if next(_TESTS) % 25 == 0 else 1)


@pytest.fixture
def settings(tmp_path: Path) -> WindowSettings:
    return WindowSettings(tmp_path / "settings.ini")


@pytest.fixture
def new_document(qtbot, tmp_path: Path) -> Iterator[Document]:
    """A new project, open; a refused edit fails the test."""
    document = Document(Project.create(tmp_path / "project"))
    document.failed.connect(pytest.fail)
    yield document
    document.close()


@pytest.fixture
def view(document: Document) -> ViewState:
    """Looks at the first clip of the test's `document`."""
    view = ViewState()
    view.set_clip(document.clips()[0].clip)
    return view


@pytest.fixture(scope="session")
def drawn() -> densified.Drawn:
    """A clip with two objects and what the densifier fills, for `densified.add_to`."""
    return densified.draw()


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "small", tmp_path / "frames")


@pytest.fixture
def small_document(qtbot, small_project: Path) -> Iterator[Document]:
    document = Document(Project.open(small_project))
    yield document
    document.close()


@pytest.fixture
def small_view(small_document: Document) -> ViewState:
    view = ViewState()
    view.set_clip(small_document.clips()[0].clip)
    return view


@pytest.fixture
def projects_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the window puts new projects during a test."""
    folder = tmp_path / "projects"
    monkeypatch.setattr("studio.app.projects_folder", lambda: folder)
    return folder


@pytest.fixture
def studio(qtbot, qapp: QApplication, tmp_path: Path, projects_folder: Path) -> Iterator[Studio]:
    """The real window on its welcome page."""
    studio = Studio(qapp, WindowSettings(tmp_path / "settings.ini"), tmp_path / "log")
    studio.window.show()
    qtbot.waitExposed(studio.window)
    yield studio
    studio.window.close()
    studio.window.deleteLater()


@pytest.fixture
def open_studio(qtbot, studio: Studio, small_project: Path) -> Studio:
    """The real window with the small project."""
    assert studio.open_project(small_project)
    qtbot.waitUntil(lambda: studio.window.commands["undo"].isEnabled())
    qtbot.waitUntil(studio.window.curtain.isHidden)
    return studio
