"""Objects suggested by several workers, which are stopped and killed: the same as by one, bit for bit."""

import multiprocessing
import os
import signal
from dataclasses import replace

import pytest

from core import jobs, worker
from core.events import Log, Progress
from core.jobs import JOBS
from core.jobs.by_clip.results import clips_done
from core.motion_segmentation.config import SuggestConfig
from core.project.project import Project
from core.runs.launch import prepare
from core.runs.run_folder import State
from core.trajectories import journal
from core.trajectories.bulk_edits import AddClips
from tests.core.jobs.by_clip.at_a_cluster import cluster
from tests.core.jobs.by_clip.clips_to_share import NAMES, assert_same, results, stored_clip

FRAMES = 16
STEPS = 3 * (2 * FRAMES + 1)
SETTINGS = SuggestConfig(preset="fast", threads=1, least_confidence=0.3)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Three clips without points or objects."""
    root = tmp_path_factory.mktemp("clips")
    with Project.create(root / "project") as made:
        with made.writing() as connection:
            clips = [stored_clip(root, name, seed, FRAMES) for seed, name in enumerate(NAMES, 2)]
            journal.perform(connection, AddClips([(clip, []) for clip in clips]))
        yield made


@pytest.fixture(scope="module")
def wanted(project):
    """What one process finds."""
    folder = prepare(project, JOBS["suggest"], SETTINGS)
    list(jobs.run(folder))
    found = results(folder)
    assert len(found) == 3
    assert any(len(objects) for objects in jobs.result_edit(folder).objects.values())
    return found


def test_several_processes_find_what_one_finds_also_when_one_is_killed(project, wanted):
    folder = prepare(project, JOBS["suggest"], replace(SETTINGS, workers=2))
    killed, steps = [], []
    for event in jobs.run(folder):
        if isinstance(event, Progress):
            steps.append(event.step)
            if event.step > 4 and not killed:
                killed.append(multiprocessing.active_children()[0].pid)
                os.kill(killed[0], signal.SIGKILL)
        assert not (isinstance(event, Log) and event.level == "warning")
    assert killed
    assert steps[-1] == STEPS
    assert_same(results(folder), wanted)


@pytest.mark.parametrize("at", [6, 60])
def test_a_stop_reaches_every_process_and_the_points_are_not_tracked_again(project, wanted, at):
    folder = prepare(project, JOBS["suggest"], replace(SETTINGS, workers=2))

    def stop(event):
        if isinstance(event, Progress) and event.step >= at:
            folder.ask_stop()

    status = worker.run_job(folder, stop)
    assert status.state is State.STOPPED
    assert not multiprocessing.active_children()
    assert list(folder.checkpoints.glob("*.npz")) or clips_done(folder)
    assert worker.run_job(folder).state is State.DONE
    assert_same(results(folder), wanted)


def test_a_cluster_finds_what_one_process_finds_also_when_a_worker_is_killed(project, wanted, tmp_path):
    with cluster(tmp_path) as (address, (_, first, _)):
        folder = prepare(project, JOBS["suggest"], replace(SETTINGS, cluster=address))
        for event in jobs.run(folder):
            if isinstance(event, Progress) and first.poll() is None and event.step > 4:
                first.kill()
        assert first.poll() is not None
        assert_same(results(folder), wanted)
