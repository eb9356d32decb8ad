"""A run that really trained, made once: thirty steps of the tiny network on drawn clips."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.array_file import read_arrays
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from core.trajectories import journal, store
from core.trajectories.observation_edits import AddObject, SetObservation
from studio.document import Document
from studio.filters.track_filters import TrackFilters
from studio.in_steps import whole
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.train import TrainWorkspace
from tests.studio.drawn_project import add_drawn_clips

STEPS, REPORT, SAVE = 30, 5, 10
PINNED = (3, 45)
"""A point of the first clip and one of the third."""

SETTINGS = PretrainConfig(
    network="tiny",
    steps=STEPS,
    batch=8,
    patch_size=40,
    held_out="drawn3",
    held_out_count=24,
    pinned=PINNED,
    report_every=REPORT,
    held_out_every=SAVE,
    filters_every=SAVE,
    checkpoint_every=SAVE,
    device="cpu",
)


@dataclass(frozen=True)
class Trained:
    """A project whose run is done, and how often each trajectory was drawn in the step after its last.

    Attributes:
        project, run: their folders.
        next_drawn: id → how often it was the anchor in step `STEPS` + 1, as the run recorded it when it was
            trained by one step more, elsewhere.
    """

    project: Path
    run: Path
    next_drawn: dict[int, int]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    with Project.create(folder / "project") as project:
        add_drawn_clips(project, folder / "frames", count=4, frames=16)
        with project.writing() as connection:
            for clip in store.clips(connection)[:3]:  # an object that grows, known at both ends
                journal.perform(
                    connection, AddObject(clip.id, "thing", 0, np.array([30, 30, 90, 80], np.float32))
                )
        for clip_id in (1, 2, 3):
            with project.reading() as connection:
                (thing,) = store.objects(connection, clip_id)
            for frame in (7, 15):
                box = np.array([30, 30, 90 + frame, 80], np.float32)
                with project.writing() as connection:
                    journal.perform(connection, SetObservation(clip_id, thing.id, frame, box, None))
        run = launch.prepare(project, JOBS["pretrain"], SETTINGS)
        work(run)
    further = RunFolder(Path(shutil.copytree(run.path, folder / "further")))
    further.replace_settings(dataclasses.replace(SETTINGS, steps=STEPS + 1))
    work(further)
    before, after = (read_arrays(one.results / "trajectories.npz") for one in (run, further))
    more = after["anchors"] - before["anchors"]
    drawn = {int(id): int(times) for id, times in zip(after["ids"], more, strict=True) if times}
    assert sum(drawn.values()) == SETTINGS.batch
    return Trained(folder / "project", run.path, drawn)


def work(run: RunFolder) -> None:
    launch.start_worker(run, threads=1).wait()
    assert run.status().state is State.DONE, (run.path / "worker.log").read_text()


@pytest.fixture
def project_path(trained: Trained, tmp_path: Path) -> Path:
    """A copy of the project, to be changed."""
    return Path(shutil.copytree(trained.project, tmp_path / "project"))


@pytest.fixture
def document(project_path: Path, qtbot: Any) -> Iterator[Document]:
    document = Document(Project.open(project_path))
    yield document
    document.close()


@pytest.fixture
def run_folder(project_path: Path) -> Path:
    """The run in it."""
    (path,) = (project_path / "runs").iterdir()
    return path


@pytest.fixture
def runs(document: Document, qtbot: Any) -> Iterator[Runs]:
    runs = Runs(document.project)
    qtbot.waitUntil(lambda: bool(runs.all) and len(runs.all[0].curve("loss")) == STEPS // REPORT)
    yield runs
    runs.close()


@pytest.fixture
def run(runs: Runs) -> Run:
    return runs.all[0]


@pytest.fixture
def train(document: Document, runs: Runs, qtbot: Any) -> Iterator[TrainWorkspace]:
    """The workspace with the run chosen."""
    workspace = whole(TrainWorkspace(document, runs, TrackFilters(document.project.path)))
    qtbot.addWidget(workspace)
    workspace.resize(1400, 900)
    workspace.show()
    qtbot.waitExposed(workspace)
    yield workspace
    workspace.close_reader()


@pytest.fixture
def show_tab(train: TrainWorkspace, qtbot: Any) -> Callable[[str], None]:
    """Clicks on a tab of the monitors."""

    def show(title: str) -> None:
        tabs = train.monitors.tabs
        place = next(place for place in range(tabs.count()) if tabs.tabText(place) == title)
        qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(place).center())

    return show
