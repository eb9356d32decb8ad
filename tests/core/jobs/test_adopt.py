from dataclasses import replace

import numpy as np
import pytest

from core import jobs
from core.datasets.readers import find_clips
from core.errors import StudioError
from core.events import Log
from core.jobs import JOBS
from core.project.importing import import_edit
from core.project.project import Project
from core.runs import launch
from core.runs.following import run_workers
from core.runs.run_folder import State
from core.tracking.config import DensifyConfig, TrackConfig
from core.trajectories import journal, schema, store
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.model import Origin
from core.trajectories.observation_edits import DeleteObservation, SetObservation
from core.worker import run_job
from tests.small_data import write_davis


@pytest.fixture(scope="module")
def davis(tmp_path_factory):
    return write_davis(tmp_path_factory.mktemp("data") / "DAVIS")


@pytest.fixture
def project(tmp_path, davis):
    with Project.create(tmp_path / "p") as project:
        with project.writing() as connection:
            journal.perform(connection, import_edit(find_clips(davis)))
        yield project


def tracked(project):
    folder = launch.prepare(project, JOBS["track"], TrackConfig(spacing=8, min_length=5))
    run_job(folder)
    return folder


def test_a_tracking_run_is_pending_until_it_is_taken_in_also_after_undo(project):
    folder = tracked(project)
    launch.prepare(project, JOBS["track"], TrackConfig())  # one that is not finished
    other = launch.prepare(project, JOBS["voc"], TrackConfig(), ())
    assert [run.name for run in jobs.pending(project)] == [folder.name]
    with project.writing() as connection:
        journal.perform(connection, jobs.result_edit(folder))
    with project.reading() as connection:
        assert store.adopted_runs(connection) == {folder.name}
        assert all(one.points > 10 for one in store.summaries(connection))
        rows = connection.execute(schema.provenance.select().order_by(schema.provenance.c.id)).all()
        assert rows[-1].job == "track"
        assert rows[-1].settings["run"] == folder.name
        assert rows[-1].settings["spacing"] == 8
    with project.writing() as connection:
        journal.undo(connection)
    assert jobs.pending(project) == []
    with pytest.raises(StudioError, match="only track, densify and suggest runs"):
        jobs.result_edit(other)


def objects_of(connection):
    return {one.id: one for clip in store.clips(connection) for one in store.objects(connection, clip.id)}


def test_densified_objects_are_filled_between_their_keyframes(project):
    folder = launch.prepare(project, JOBS["densify"], DensifyConfig())
    run_job(folder)
    with project.writing() as connection:
        before = {
            one.id: one for clip in store.clips(connection) for one in store.objects(connection, clip.id)
        }
        journal.perform(connection, jobs.result_edit(folder))
        after = {
            one.id: one for clip in store.clips(connection) for one in store.objects(connection, clip.id)
        }
    assert jobs.pending(project) == []
    for id, one in after.items():
        assert one.keyframes.tolist() == before[id].frames.tolist()
        assert len(one.frames) > len(before[id].frames)
        assert set(one.origin) == {Origin.ANNOTATED, Origin.PROPAGATED}


def test_what_an_audit_found_is_taken_in_with_what_was_filled(project):
    folder = launch.prepare(project, JOBS["densify"], DensifyConfig(audit=True))
    run_job(folder)
    with project.writing() as connection:
        journal.perform(connection, jobs.result_edit(folder))
        after = objects_of(connection)
    for id, one in after.items():
        inner = np.isin(one.frames, one.keyframes[1:-1])
        assert 0 < np.count_nonzero(inner) == np.count_nonzero(~np.isnan(one.overlap)), id
        assert one.overlap[inner].min() > 0.5


def test_objects_that_were_edited_while_the_densifier_ran_are_left_and_counted(project):
    folder = launch.prepare(project, JOBS["densify"], DensifyConfig())
    run_job(folder)
    with project.writing() as connection:
        drawn, emptied, *others = objects_of(connection).values()
        clips = {
            one.id: clip.id for clip in store.clips(connection) for one in store.objects(connection, clip.id)
        }
        box = drawn.boxes[0] + 1
        journal.perform(
            connection,
            SetObservation(clips[drawn.id], drawn.id, int(drawn.frames[0]), box, drawn.masks[0]),
        )
        # what the densifier filled is all that is left of the other
        journal.perform(connection, FillObservations({clips[emptied.id]: {emptied.id: after_first(emptied)}}))
        for frame in emptied.keyframes.tolist():
            journal.perform(connection, DeleteObservation(clips[emptied.id], emptied.id, frame))
        before = objects_of(connection)
        journal.perform(connection, jobs.result_edit(folder))
        after = objects_of(connection)
        text = journal.undoable(connection).text
    assert jobs.pending(project) == []
    assert (
        text == f"Densify {len(others)} object{'s' * (len(others) != 1)} (2 changed meanwhile and were left)"
    )
    for one in (drawn, emptied):
        assert after[one.id].frames.tolist() == before[one.id].frames.tolist()
    assert others
    for one in others:
        assert len(after[one.id].frames) > len(before[one.id].frames)


def after_first(one):
    """An observation right after the first of an object, such as the densifier fills."""
    return replace(
        one,
        frames=one.frames[:1] + 1,
        boxes=one.boxes[:1],
        origin=np.array([Origin.PROPAGATED], np.uint8),
        confidence=one.confidence[:1],
        masks=one.masks[:1],
        overlap=one.overlap[:1],
        flags=one.flags[:1],
    )


def test_results_of_a_clip_that_is_gone_are_passed_over(project, davis):
    folder = tracked(project)
    with project.writing() as connection:
        journal.undo(connection)  # the import
        journal.perform(connection, import_edit(find_clips(davis)))
        journal.perform(connection, jobs.result_edit(folder))
        assert [one.points for one in store.summaries(connection)] == [0, 0]


def test_workers_run_side_by_side_and_their_progress_is_added_up(project):
    folders = [
        launch.prepare(project, JOBS["densify"], DensifyConfig()),
        launch.prepare(project, JOBS["track"], TrackConfig(spacing=16, min_length=5)),
    ]
    seen = []
    run_workers(folders, seen.append)
    progress = [event for event in seen if not isinstance(event, Log)]
    assert progress[-1].step == progress[-1].total > 0
    assert len(jobs.pending(project)) == 2


def test_a_worker_that_cannot_be_started_stops_those_before_it(project):
    first = launch.prepare(project, JOBS["track"], TrackConfig(spacing=4, min_length=5))
    second = launch.prepare(project, JOBS["track"], TrackConfig())
    with second.held_lock(), pytest.raises(StudioError, match="already running; wait for its end"):
        run_workers([first, second], lambda event: None)
    assert not first.is_alive()
    assert first.status().state in (State.STOPPED, State.DONE)


def test_an_interrupt_lets_the_workers_save_and_end(project):
    long = launch.prepare(project, JOBS["track"], TrackConfig(preset="best", spacing=4, min_length=5))

    def interrupt(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_workers([long], interrupt)
    assert not long.is_alive()
    assert long.status().state is State.STOPPED


def test_a_worker_that_fails_stops_the_others_and_says_why(project, tmp_path):
    bad = launch.prepare_at(tmp_path / "run", JOBS["track"], TrackConfig())  # without a snapshot
    long = launch.prepare(project, JOBS["track"], TrackConfig(preset="best", spacing=4, min_length=5))
    with pytest.raises(StudioError, match="run: The snapshot in"):
        run_workers([bad, long], lambda event: None)
    assert not long.is_alive()


def test_densifying_a_span_again_leaves_what_lies_outside_it(project):
    counts = []
    for config in (DensifyConfig(), DensifyConfig(span=(1, 3))):
        folder = launch.prepare(project, JOBS["densify"], config)
        run_job(folder)
        with project.writing() as connection:
            journal.perform(connection, jobs.result_edit(folder))
            clips = store.clips(connection)
            counts.append([len(one.frames) for clip in clips for one in store.objects(connection, clip.id)])
    assert counts[0] == counts[1]
