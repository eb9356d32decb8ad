"""One record in `READERS` is all that a new reader needs: command line, help and window follow from it."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from core.cli import main
from core.datasets.readers import READERS
from core.datasets.reading import open_frames
from core.project.project import Project
from core.trajectories import store
from tests.end_to_end.toy_reader import TOY
from tests.end_to_end.user import User


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(READERS, "toy", TOY)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "sunset.toyclip"
    path.write_text("200\n120\n40\n")
    return path


@pytest.fixture
def user(qtbot, qapp, tmp_path):
    user = User(qtbot, qapp, tmp_path)
    user.start()
    yield user
    user.leave()


@pytest.mark.parametrize("words", [("--format", "toy"), ()], ids=["by name", "recognised"])
def test_the_command_line_imports_it(source: Path, tmp_path: Path, capsys, words):
    folder = tmp_path / "project"
    assert main(["import", str(source), "--project", str(folder), *words]) == 0
    assert "sunset: toy, 3 frames, 0 annotated, 0 objects\n" in capsys.readouterr().out
    with Project.open(folder) as project, project.reading() as connection:
        clip = store.clip(connection, "sunset")
    with open_frames(clip) as frames:
        assert [int(frames[number].mean()) for number in range(clip.frames)] == [200, 120, 40]


def test_help_and_messages_name_it(tmp_path: Path, capsys):
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "toy" in told
    assert "a list of shades" in told
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("nothing")
    assert main(["import", str(tmp_path / "notes"), "--project", str(tmp_path / "project")]) == 1
    assert "a list of shades" in capsys.readouterr().err


def test_the_window_offers_it_and_shows_it_under_its_title(
    user: User, source: Path, tmp_path: Path, monkeypatch
):
    asked = []

    def choose(window, title, start, filters):
        asked.append(filters)
        return [str(source)], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    assert user.studio.new_project(tmp_path / "project")
    user.key("import_videos")
    assert "Toy clips (*.toyclip)" in asked[0]
    dialog = user.studio.imports.dialog
    user.wait(lambda: dialog.import_button.isVisible())
    assert dialog.title.text() == "Found 1 clip: Toy clips"
    user.press(dialog.import_button)
    tree = user.session.clips.tree
    user.wait(lambda: tree.topLevelItemCount() == 1)
    assert tree.topLevelItem(0).text(0) == "Toy clips"
    assert tree.topLevelItem(0).child(0).text(0) == "sunset"
