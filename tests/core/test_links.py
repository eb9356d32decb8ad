"""Links in a stranger's project that lead to the person's own files: nothing is written there."""

import os
from pathlib import Path

import pytest

from core import agreements
from core.agreements import NotAgreedError
from core.errors import StudioError
from core.jobs import JOBS
from core.links import check_links
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch, waiting
from core.runs.run_folder import RunFolder
from core.runs.run_notes import RunNotes, write_notes
from studio.runs.trash import move

OWN = b"a chapter of a thesis"


@pytest.fixture(autouse=True)
def _agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(agreements.FOLDER, str(tmp_path / "agreed"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "thesis.json").write_bytes(OWN)
    try:
        (tmp_path / "trial").symlink_to(folder)
    except OSError:
        pytest.skip("links cannot be made here")
    return folder


def put_link(path: Path, target: Path) -> None:
    if path.is_dir():
        path.rename(path.with_name(f"{path.name}.before"))
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    "name", ["events.jsonl", "worker.log", "lock", "results/1.npz", "results", "control"]
)
def test_a_run_with_a_link_that_leads_elsewhere_is_not_written(tmp_path: Path, own: Path, name: str):
    folder = RunFolder.create(tmp_path / "run", "pretrain", PretrainConfig())
    put_link(folder.path / name, own / "thesis.json" if "." in name or name == "lock" else own)
    assert not folder.is_alive()
    with pytest.raises(StudioError, match="is a link that leads elsewhere"):
        launch.start_worker(folder)
    with pytest.raises(StudioError, match="is a link that leads elsewhere"), folder.held_lock():
        pass
    for write in (
        folder.ask_stop,
        lambda: waiting.wait(folder, 1.0),
        lambda: waiting.fail(folder, "It failed."),
        lambda: write_notes(folder.path, RunNotes("mine")),
        lambda: folder.replace_settings(PretrainConfig()),
    ):
        with pytest.raises(StudioError, match="is a link that leads elsewhere"):
            write()
    assert [(path.name, path.read_bytes()) for path in own.iterdir()] == [("thesis.json", OWN)]


def test_a_run_that_is_a_link_in_its_project_is_not_written(tmp_path: Path, own: Path) -> None:
    with Project.create(tmp_path / "project") as project:
        other = launch.prepare_at(tmp_path / "other", JOBS["pretrain"], PretrainConfig())
        (project.runs / "run").symlink_to(other.path)
        with pytest.raises(StudioError, match="is a link that leads elsewhere"):
            RunFolder(project.runs / "run").clear_control()
        other.clear_control()


def test_links_within_a_folder_are_let_be(tmp_path: Path, own: Path) -> None:
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "there").write_bytes(b"")
    (tmp_path / "folder" / "here").symlink_to(Path("deep") / "there")
    (tmp_path / "folder" / "itself").symlink_to("itself")
    check_links(tmp_path / "folder")
    check_links(tmp_path / "missing")
    (tmp_path / "folder" / "deep" / "out").symlink_to(os.path.join("..", "..", "nowhere"))
    with pytest.raises(StudioError, match="out is a link"):
        check_links(tmp_path / "folder")


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("room", ["trash", "cache", "backups", "exports"])
def test_a_link_deep_in_a_folder_of_a_project_keeps_it_from_opening(
    tmp_path: Path, own: Path, room: str, kind: str
):
    Project.create(tmp_path / "project").close()
    deep = tmp_path / "project" / room / "a" / "b"
    deep.mkdir(parents=True)
    put_link(deep / "out", own if kind == "folder" else own / "thesis.json")
    with pytest.raises(StudioError, match=r"a[\\/]b[\\/]out"):
        Project.open(tmp_path / "project")
    assert [(path.name, path.read_bytes()) for path in own.iterdir()] == [("thesis.json", OWN)]


@pytest.mark.parametrize("which", ["runs", "trash"])
def test_a_run_is_not_moved_through_a_link(tmp_path: Path, own: Path, which: str) -> None:
    with Project.create(tmp_path / "project") as project:
        run = RunFolder.create(project.path / "elsewhere" / "run", "pretrain", PretrainConfig())
        (project.path / which).mkdir(exist_ok=True)
        (project.path / which / "run").symlink_to(own)
        with pytest.raises(StudioError, match="is in its place"):
            move(run, RunFolder(project.path / which / "run"))
        assert (run.path / "config.toml").is_file()
    assert [(path.name, path.read_bytes()) for path in own.iterdir()] == [("thesis.json", OWN)]


def test_what_a_run_was_begun_in_is_not_deleted_through_a_link(tmp_path: Path, own: Path) -> None:
    snapshot = tmp_path / "run" / "snapshot"
    snapshot.mkdir(parents=True)
    (snapshot / "deep").symlink_to(own)
    with pytest.raises(StudioError, match="is a link that leads elsewhere"):
        RunFolder.create(tmp_path / "run", "pretrain", PretrainConfig())
    assert (own / "thesis.json").read_bytes() == OWN


@pytest.mark.parametrize("name", ["lock", "annotations.sqlite-wal", "backups.lock", "backups/failed.txt"])
def test_a_project_that_would_write_into_other_files_is_not_opened(tmp_path: Path, own: Path, name: str):
    Project.create(tmp_path / "project").close()
    put_link(tmp_path / "project" / name, own / "thesis.json")
    with pytest.raises(StudioError, match="is a link that leads elsewhere"):
        Project.open(tmp_path / "project")
    assert (own / "thesis.json").read_bytes() == OWN


def test_folders_of_a_project_that_lie_elsewhere_are_asked_about_once(tmp_path: Path, own: Path) -> None:
    Project.create(tmp_path / "project").close()
    for name in ("runs", "cache"):
        put_link(tmp_path / "project" / name, own)
    with pytest.raises(NotAgreedError, match=f"runs in {own}, cache in {own}") as caught:
        Project.open(tmp_path / "project")
    agreements.agree(caught.value.matter.key)
    Project.open(tmp_path / "project").close()
    put_link(tmp_path / "project" / "exports", own)
    with pytest.raises(NotAgreedError, match="exports in"):
        Project.open(tmp_path / "project")


def test_links_in_the_exports_of_a_project_are_asked_about_too(tmp_path: Path, own: Path) -> None:
    Project.create(tmp_path / "project").close()
    exports = tmp_path / "project" / "exports"
    (exports / "deep").mkdir()
    (exports / "deep" / "within").symlink_to(exports)
    Project.open(tmp_path / "project").close()
    (exports / "deep" / "out").symlink_to(own)
    with pytest.raises(NotAgreedError, match=f"exports/deep/out in {own}") as caught:
        Project.open(tmp_path / "project")
    agreements.agree(caught.value.matter.key)
    Project.open(tmp_path / "project").close()
