"""Runs that wait for their turn, on disk."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StudioError
from core.jobs import JOBS
from core.project.project import Project
from core.runs import provenance, waiting
from core.runs.run_folder import RunFolder, State
from core.tracking.config import TrackConfig
from core.trajectories import journal, store
from core.trajectories.clip_edits import RemoveClips
from core.trajectories.snapshot import read_snapshot
from tests.studio.small_project import make_project

TRACK = JOBS["track"]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.open(make_project(tmp_path / "small", tmp_path / "frames")) as project:
        yield project


def clips(project: Project) -> list:
    with project.reading() as connection:
        return store.clips(connection)


def test_a_run_waits_without_a_snapshot_until_its_turn(project: Project):
    birds, _ = clips(project)
    folder = waiting.reserve(project, TRACK, TrackConfig(spacing=16), [birds], 7.5)
    again = RunFolder.open(folder.path)
    assert (waiting.place_of(again), again.status().state) == (7.5, State.QUEUED)
    assert list(folder.snapshot.iterdir()) == []
    waiting.wait(folder, 2)
    assert waiting.place_of(again) == 2
    waiting.furnish(folder, TRACK, project)
    assert [one.clip.name for one in read_snapshot(folder.snapshot).clips] == ["birds"]
    assert "--clip birds" in provenance.read(folder)["command"]
    before = (folder.snapshot / "snapshot.json").stat().st_mtime_ns
    waiting.furnish(folder, TRACK, project)  # a run that is resumed keeps its snapshot
    assert (folder.snapshot / "snapshot.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(("wanted", "names"), [(None, ["birds", "cars"]), ((), None)])
def test_the_snapshot_holds_what_the_project_holds_then(project: Project, wanted, names):
    folder = waiting.reserve(project, JOBS["pretrain"], JOBS["pretrain"].settings(), wanted, 1)
    waiting.furnish(folder, JOBS["pretrain"], project)
    if names is None:
        assert list(folder.snapshot.iterdir()) == []
    else:
        assert [one.clip.name for one in read_snapshot(folder.snapshot).clips] == names


def test_of_the_clips_of_a_run_those_that_are_left_count(project: Project):
    birds, cars = clips(project)
    both = waiting.reserve(project, TRACK, TrackConfig(), [birds, cars], 1)
    alone = waiting.reserve(project, TRACK, TrackConfig(), [cars], 2)
    with project.writing() as connection:
        journal.perform(connection, RemoveClips((cars,), 21))
    waiting.furnish(both, TRACK, project)
    assert [one.clip.name for one in read_snapshot(both.snapshot).clips] == ["birds"]
    with pytest.raises(StudioError, match="no longer in the project"):
        waiting.furnish(alone, TRACK, project)
    waiting.fail(alone, "They are gone.")
    assert (alone.status().state, alone.status().error) == (State.FAILED, "They are gone.")
    assert waiting.place_of(alone) is None


def test_one_that_leaves_is_stopped_and_can_wait_again(project: Project):
    folder = waiting.reserve(project, TRACK, TrackConfig(), None, 1)
    waiting.leave(folder)
    assert (waiting.place_of(folder), folder.status().state) == (None, State.STOPPED)
    waiting.wait(folder, 3)
    assert (waiting.place_of(folder), folder.status().state) == (3, State.QUEUED)


def test_a_damaged_place_or_wish_is_no_crash(project: Project):
    folder = waiting.reserve(project, TRACK, TrackConfig(), None, 1)
    (folder.path / "control" / "waiting.json").write_text("{")
    assert waiting.place_of(folder) is None
    (folder.path / "wanted.json").write_text(json.dumps([1]))
    with pytest.raises(StudioError, match=r"wanted\.json is damaged"):
        waiting.furnish(folder, TRACK, project)


def test_a_run_that_was_put_in_line_elsewhere_does_not_begin_by_itself(
    project: Project, monkeypatch, tmp_path
):
    folder = waiting.reserve(project, TRACK, TrackConfig(), None, 1)
    assert waiting.place_of(folder) == 1
    monkeypatch.setenv("ASSOCIATIONNET_AGREED", str(tmp_path / "another machine"))
    assert waiting.place_of(folder) is None
    assert waiting.is_in_line(folder)
