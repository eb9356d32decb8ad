import shutil

import numpy as np
import pytest

from core.check import problems
from core.datasets.readers import find_clips
from core.jobs import JOBS, result_edit
from core.jobs.by_clip.results import clips_done, read_clip, write_clip
from core.project.importing import import_edit
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.trajectories import journal
from core.worker import run_job
from tests.small_data import write_davis


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A project with a finished tracking run of two clips; not to be changed."""
    folder = tmp_path_factory.mktemp("checked")
    with Project.create(folder / "project") as project:
        with project.writing() as connection:
            journal.perform(connection, import_edit(find_clips(write_davis(folder / "DAVIS"))))
        run_job(launch.prepare(project, JOBS["track"], TrackConfig(min_length=5)))
        assert problems(project) == []
    return project.path


@pytest.fixture
def project(tmp_path, checked):
    with Project.open(shutil.copytree(checked, tmp_path / "project")) as project:
        yield project


def test_a_damaged_result_is_named(project):
    first, second = sorted(project.runs.glob("*/results/*.npz"))
    for path in (first, second):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    assert problems(project) == [
        f"{path} is damaged; delete it and resume the run." for path in (first, second)
    ]


def test_a_result_whose_arrays_are_not_those_of_its_job_is_named_though_it_was_taken_in(project):
    (run,) = project.runs.iterdir()
    folder = RunFolder(run)
    with project.writing() as connection:
        journal.perform(connection, result_edit(folder))
    (first, second) = clips_done(folder)
    write_clip(folder, first, {"points_first": np.zeros(3)})
    write_clip(folder, second, read_clip(folder, second) | {"points_xy": np.zeros((2, 2), np.float32)})
    missing, other = problems(project)
    assert missing.startswith(f"{folder.results / f'{first}.npz'} has no array 'points_ids'; ")
    assert other.startswith(f"{folder.results / f'{second}.npz'} is damaged (points_error has the shape ")


def test_a_damaged_snapshot_and_a_run_of_another_program_are_named(project):
    (run,) = project.runs.iterdir()
    (run / "snapshot" / "snapshot.json").write_text("{}")
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text.replace('"track"', '"fly"'))
    found = problems(project)
    assert len(found) == 2
    assert "is of a job 'fly'" in found[0]
    assert "missing or damaged; start a new run" in found[1]


def test_results_that_could_not_be_taken_in_and_a_database_that_cannot_be_read_are_named(project):
    (run,) = project.runs.iterdir()
    folder = RunFolder(run)
    arrays = read_clip(folder, clips_done(folder)[0])
    write_clip(folder, clips_done(folder)[0], arrays | {"points_first": arrays["points_first"] + 99})
    (said,) = problems(project)
    assert said.startswith(f"The results of {run.name} cannot be taken in: A new track runs from frame 99 ")
    with project.writing() as connection:
        connection.exec_driver_sql("UPDATE clip SET name = CAST(x'ff41' AS TEXT) WHERE id = 1")
    (said, *_) = problems(project)
    assert "cannot be read" in said
    with project.writing() as connection:
        connection.exec_driver_sql("UPDATE clip SET name = 'a', files = '5' WHERE id = 1")
    assert problems(project) == ["Row 1 of table clip has a value of the wrong type."]
