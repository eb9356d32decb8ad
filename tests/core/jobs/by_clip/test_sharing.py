"""The same work here, in several processes and on a cluster; workers that are stopped or killed."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import agreements, jobs, worker
from core.cli import main
from core.errors import StudioError
from core.events import Log, Progress
from core.jobs import JOBS
from core.jobs.by_clip import task
from core.jobs.by_clip import workers as clip_workers
from core.jobs.by_clip.results import clip_path, clips_done
from core.project.project import Project
from core.runs import dask_cluster
from core.runs.launch import prepare, start_worker
from core.runs.run_folder import RunFolder, State
from core.tracking.config import DensifyConfig, TrackConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.model import ObjectTrajectory, Origin
from tests.bad_disks import full_disk
from tests.core.jobs.by_clip.at_a_cluster import cluster, wait_for
from tests.core.jobs.by_clip.clips_to_share import NAMES, assert_same, results, stored_clip

FRAMES = 30
SETTINGS = TrackConfig(preset="quality", min_length=4, threads=1)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Three clips with an object that is annotated in the first and the last frame."""
    root = tmp_path_factory.mktemp("clips")
    with Project.create(root / "project") as made:
        with made.writing() as connection:
            clips = [stored_clip(root, name, seed, FRAMES) for seed, name in enumerate(NAMES)]
            journal.perform(connection, AddClips([(clip, [an_object()]) for clip in clips]))
        yield made


def an_object():
    return ObjectTrajectory(
        frames=np.array([0, FRAMES - 1], np.int32),
        boxes=np.array([[10, 10, 60, 60], [30, 20, 80, 70]], np.float32),
        origin=np.array([Origin.ANNOTATED] * 2, np.uint8),
        confidence=np.ones(2, np.float32),
        masks=(None, None),
    )


@pytest.fixture(scope="module")
def wanted(project):
    """What one process finds."""
    return results(done(prepare(project, JOBS["track"], SETTINGS)))


def done(folder):
    """The folder, once its job has run to the end in this process."""
    for _ in jobs.run(folder):
        pass
    return folder


def test_several_processes_find_what_one_finds(project, wanted):
    folder = prepare(project, JOBS["track"], replace(SETTINGS, workers=2))
    events = list(jobs.run(folder))
    assert_same(results(folder), wanted)
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] == 3 * FRAMES
    assert any(step % FRAMES for step in steps)  # not only when a clip is done
    told = [event.text for event in events if isinstance(event, Log)]
    assert sorted(text.split(":")[0] for text in told) == ["meadow", "pond", "road"]


def test_densifying_in_several_processes_finds_what_one_finds(project):
    settings = DensifyConfig(method="box", audit=True)
    one, several = (done(prepare(project, JOBS["densify"], replace(settings, workers=n))) for n in (1, 2))
    assert_same(results(several), results(one))


def test_a_stop_reaches_every_process_and_the_run_goes_on_where_they_were(project, wanted):
    folder = prepare(project, JOBS["track"], replace(SETTINGS, workers=2))

    def stop(event):
        if isinstance(event, Progress) and event.step >= 6:
            folder.ask_stop()

    status = worker.run_job(folder, stop)
    assert status.state is State.STOPPED
    assert not multiprocessing.active_children()
    assert 6 <= status.step < 3 * FRAMES
    unfinished = list(folder.checkpoints.glob("*.npz"))
    assert unfinished
    assert worker.run_job(folder).state is State.DONE
    assert_same(results(folder), wanted)


def test_a_killed_process_loses_its_clip_alone_which_is_tried_again(project, wanted):
    folder = prepare(project, JOBS["track"], replace(SETTINGS, workers=2))
    killed = []
    for event in jobs.run(folder):
        if isinstance(event, Progress) and event.step > 4 and not killed:
            killed.append(multiprocessing.active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)
        assert not (isinstance(event, Log) and event.level == "warning")
    assert killed
    assert_same(results(folder), wanted)


def test_a_clip_whose_workers_are_killed_again_and_again_is_passed_over(project, wanted):
    folder = prepare(project, JOBS["track"], replace(SETTINGS, workers=2))
    warnings, numbers = [], set()
    for event in jobs.run(folder):
        if isinstance(event, Log) and event.level == "warning":
            warnings.append(event.text)
        for child in multiprocessing.active_children():
            number = int(child.name.rpartition("-")[2])
            numbers.add(number)
            if number - min(numbers) in (0, 3) and isinstance(event, Progress):
                child.kill()  # all three begin; then the killed one is tried again
    (warning,) = warnings
    assert warning.endswith(f" was passed over: {clip_workers.KILLED}")
    assert len(clips_done(folder)) == 2
    assert_same(results(done(folder)), wanted)


def test_processes_end_and_save_when_their_run_is_killed(project, wanted):
    folder = prepare(project, JOBS["track"], replace(SETTINGS, workers=2))
    run = start_worker(folder)
    wait_for(lambda: folder.status().step > 2)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")  # of Linux
    processes = children.read_text().split() if children.exists() else []
    run.kill()
    run.wait()
    wait_for(lambda: len(list(folder.checkpoints.glob("*.npz"))) == 2)
    wait_for(lambda: not any(map(is_alive, processes)))
    assert not clips_done(folder)
    assert_same(results(done(folder)), wanted)


def is_alive(process):
    """Whether a process of Linux runs; one that nobody has waited for yet has no command line."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_takes_no_result_fails_the_run_in_any_process(project, workers):
    folder = prepare(project, JOBS["track"], replace(SETTINGS, preset="fast", workers=workers))
    with full_disk(20_000), pytest.raises(OSError, match="File too large"):
        list(jobs.run(folder))
    assert not clips_done(folder)


def test_a_step_that_is_being_read_is_not_written_and_costs_nothing(project, monkeypatch):
    """Windows replaces no file that is open."""
    folder, refused = prepare(project, JOBS["track"], SETTINGS), []
    replace_file = os.replace

    def unless_read(source, target):
        if str(target).endswith(".step"):
            refused.append(target)
            raise PermissionError(13, "Permission denied", str(target))
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", unless_read)
    with project.reading() as connection:
        found = task.work_on(folder.path, store.clips(connection)[0].id)
    assert refused
    assert found.step == FRAMES
    assert len(clips_done(folder)) == 1


def test_a_worker_that_does_not_see_the_run_says_so(tmp_path):
    with pytest.raises(StudioError, match=r"does not see .*gone; give all workers the same shared disk"):
        task.work_on(tmp_path / "gone", 1)


def test_a_clip_that_cannot_be_read_is_passed_over_in_any_process(project, tmp_path):
    with project.reading() as connection:
        (clip, *others) = store.clips(connection)
    folder = prepare(
        project,
        JOBS["track"],
        replace(SETTINGS, preset="fast", workers=2),
        [replace(clip, root=tmp_path), *others],
    )
    warnings = [
        event.text for event in jobs.run(folder) if isinstance(event, Log) and event.level == "warning"
    ]
    assert len(warnings) == 1
    assert warnings[0].startswith("meadow was passed over: ")
    assert not clip_path(folder, clip.id).exists()
    assert len(clips_done(folder)) == 2


def test_the_number_of_workers_may_change_when_a_run_is_resumed(project, wanted, capsys):
    folder = prepare(project, JOBS["track"], SETTINGS)
    job = jobs.run(folder)
    for event in job:
        if isinstance(event, Progress) and event.step > FRAMES:
            break
    job.close()
    project.close()
    try:
        given = ["track", "--project", str(project.path), "--resume", folder.name]
        assert main([*given, "--preset", "fast"]) == 1
        assert "resume it unchanged" in capsys.readouterr().err
        assert main([*given, "--workers", "2"]) == 0
    finally:
        reopened = Project.open(project.path)
        project.__dict__.update(reopened.__dict__)
    assert folder.settings(TrackConfig) == replace(SETTINGS, workers=2)
    assert_same(results(folder), wanted)


# --- cluster ------------------------------------------------------------------------------------------


def test_a_cluster_finds_what_one_process_finds_also_when_a_worker_is_killed(project, wanted, tmp_path):
    with cluster(tmp_path) as (address, (_, first, _)):
        settings = replace(SETTINGS, cluster=address)
        assert_same(results(done(prepare(project, JOBS["track"], settings))), wanted)

        folder = prepare(project, JOBS["track"], settings)
        stopped = worker.run_job(
            folder, lambda event: folder.ask_stop() if getattr(event, "step", 0) >= 6 else None
        )
        assert stopped.state is State.STOPPED
        for event in jobs.run(folder):  # resumed, and one of the two workers dies
            if isinstance(event, Progress) and first.poll() is None and event.step > stopped.step:
                first.kill()
        assert first.wait()
        assert_same(results(folder), wanted)


def test_a_run_that_waits_for_workers_can_be_stopped(project, tmp_path):
    with cluster(tmp_path, workers=0) as (address, _):
        folder = prepare(project, JOBS["track"], replace(SETTINGS, cluster=address))
        states = []
        run = threading.Thread(target=lambda: states.append(worker.run_job(folder).state), daemon=True)
        run.start()
        wait_for(lambda: folder.status().total == 3 * FRAMES)
        time.sleep(2 * clip_workers.LOOK)  # it waits now
        folder.ask_stop()
        run.join(240)
        assert states == [State.STOPPED]


def test_a_cluster_without_this_program_is_one_sentence(project, tmp_path):
    with cluster(tmp_path, workers=1, workers_find_us=False) as (address, _):
        folder = prepare(project, JOBS["track"], replace(SETTINGS, cluster=address))
        with pytest.raises(StudioError, match="does not find this program; start them with its folder on"):
            list(jobs.run(folder))


def test_a_scheduler_that_goes_away_ends_the_run_and_not_its_clips(project, wanted, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "ANSWER", 3.0)
    with cluster(tmp_path, workers=1) as (address, (scheduler, _)):
        folder = prepare(project, JOBS["track"], replace(SETTINGS, cluster=address))

        def run():
            for event in jobs.run(folder):
                assert not (isinstance(event, Log) and event.level == "warning")
                if isinstance(event, Progress) and event.step > 4:
                    scheduler.kill()

        with pytest.raises(StudioError, match="scheduler is gone; finished clips are kept"):
            run()
    folder.replace_settings(SETTINGS)
    assert_same(results(done(folder)), wanted)


def test_a_cluster_that_is_not_there_is_one_sentence(project, monkeypatch):
    monkeypatch.setattr(dask_cluster, "ANSWER", 1.0)
    pytest.importorskip("distributed", reason="Dask is absent")
    folder = prepare(project, JOBS["track"], replace(SETTINGS, cluster="tcp://127.0.0.1:9"))
    with pytest.raises(StudioError, match="You did not agree to work with the Dask cluster at tcp://127"):
        list(jobs.run(folder))
    agreements.agree(agreements.cluster("tcp://127.0.0.1:9").key)
    with pytest.raises(StudioError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(jobs.run(folder))


@pytest.mark.parametrize("address", ["nonsense", "foo://host:8786", "tcp://host", "host:port", "tcp://a b:1"])
def test_what_is_no_address_is_refused_before_dask_waits_for_it(address):
    with pytest.raises(StudioError, match="is no address of a Dask scheduler; write tcp://host:8786"):
        TrackConfig(cluster=address)


def test_without_dask_a_cluster_is_one_sentence(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    agreements.agree(agreements.cluster("tcp://127.0.0.1:9").key)
    folder = prepare(project, JOBS["track"], replace(SETTINGS, cluster="tcp://127.0.0.1:9"))
    with pytest.raises(StudioError, match=r"pip install 'associationnet-studio\[cluster\]'"):
        list(jobs.run(RunFolder(folder.path)))
