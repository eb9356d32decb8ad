"""Who does the runs of a matrix: processes here, with a GPU each where there are any, or a Dask cluster."""

import json
import time
from pathlib import Path

import pytest

from core.detection.config import ProposalsConfig
from core.errors import StudioError
from core.jobs import JOBS
from core.matrix.config import MatrixConfig
from core.matrix.workers import SchedulerGoneError, worker_count, workers_for
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from core.usable_cores import usable_cores
from tests.core.jobs.by_clip.at_a_cluster import cluster, wait_for
from tests.small_data import write_voc


def config(**more) -> MatrixConfig:
    return MatrixConfig(**{"voc": Path("voc"), "networks": ("RandomNet",), "schedule": "smoke", **more})


@pytest.fixture(scope="module")
def voc(tmp_path_factory) -> Path:
    return write_voc(tmp_path_factory.mktemp("data") / "VOCdevkit", train=2, test=1)


def runs(voc: Path, folder: Path, count: int) -> list[RunFolder]:
    """Short runs that need no torch."""
    settings = ProposalsConfig(voc=voc, mode="fast", cache=folder / "cache")
    return [launch.prepare_at(folder / str(k), JOBS["proposals"], settings) for k in range(count)]


def do(asked: MatrixConfig, folders: list[RunFolder]) -> None:
    with workers_for(asked) as workers:
        begun = [workers.begin(folder) for folder in folders]
        assert workers.room == len(folders)
        until = time.monotonic() + 240
        while not all(each.ended() for each in begun):
            assert time.monotonic() < until
            time.sleep(0.1)
    assert [folder.status().state for folder in folders] == [State.DONE] * len(folders)


def last_start(folder: RunFolder) -> dict:
    return json.loads((folder.path / "machines.json").read_text())[-1]


def test_processes_share_the_cores(voc, tmp_path):
    folders = runs(voc, tmp_path, 2)
    do(config(workers=2, device="cpu"), folders)
    assert {last_start(folder)["threads"] for folder in folders} == {str(max(1, usable_cores() // 2))}


def test_each_process_has_a_gpu_of_its_own(voc, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,7")
    assert worker_count(config()) == 2
    assert worker_count(config(workers=5)) == 5
    folders = runs(voc, tmp_path, 2)
    do(config(), folders)
    assert {last_start(folder)["visible_gpus"] for folder in folders} == {"3", "7"}


def test_a_cpu_has_as_many_as_cores_and_memory_allow():
    assert 1 <= worker_count(config(device="cpu")) <= usable_cores()


def test_a_run_that_lives_keeps_its_gpu_when_it_is_adopted(voc, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    living, new = runs(voc, tmp_path, 2)
    (living.path / "machines.json").write_text(json.dumps([{"visible_gpus": "0"}]))
    with workers_for(config()) as workers, living.held_lock():
        adopted = workers.adopt(living)
        begun = workers.begin(new)
        assert not adopted.ended()
        until = time.monotonic() + 240
        while not begun.ended() and time.monotonic() < until:
            time.sleep(0.1)
    assert adopted.ended()
    assert last_start(new)["visible_gpus"] == "1"


def test_a_local_cluster_does_the_runs(voc, tmp_path):
    pytest.importorskip("distributed")
    do(config(cluster="local", workers=2, device="cpu"), runs(voc, tmp_path, 2))


def test_a_scheduler_that_goes_away_is_one_sentence(voc, tmp_path):
    (folder,) = runs(voc, tmp_path, 1)
    with (
        cluster(tmp_path, workers=0) as (address, (scheduler,)),
        workers_for(config(cluster=address)) as workers,
    ):
        begun = workers.begin(folder)
        assert not begun.ended()  # nobody takes it
        scheduler.kill()
        scheduler.wait()
        with pytest.raises(SchedulerGoneError, match="scheduler is gone; what is done is kept"):
            wait_for(lambda: workers.room == 0 or begun.ended())


def test_a_run_that_its_worker_does_not_see_could_not_be_begun(voc, tmp_path):
    """The scheduler is there, so others may go on."""
    (folder,) = runs(voc, tmp_path, 1)
    with (
        cluster(tmp_path, workers=1) as (address, _),
        workers_for(config(cluster=address)) as workers,
    ):
        (folder.path / "config.toml").unlink()
        begun = workers.begin(folder)
        with pytest.raises(StudioError, match="does not see") as error:
            wait_for(lambda: begun.ended())
        assert not isinstance(error.value, SchedulerGoneError)
        assert workers.room == 1
