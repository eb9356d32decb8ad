"""What is gathered while a run goes on: the log, the tally, the probe's patches, the time of a step."""

import dataclasses
import time

import numpy as np
import pytest
import torch

from core import geometry
from core.errors import StudioError
from core.pairs.sampling import TripletBatch
from core.pairs.training_set import build_training_set
from core.pretraining.batches import PatchBatch
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Judged
from core.pretraining.record.pair_log import CHUNK, read_chunk
from core.pretraining.record.pair_recorder import PairRecorder
from core.pretraining.record.probe_sample import FEWEST, choose
from core.pretraining.record.step_files import steps_recorded
from core.pretraining.record.trajectory_losses import TrajectoryTally
from core.pretraining.record.watch import Watch
from core.training.checkpoint import Resumed
from core.trajectories.snapshot import read_snapshot
from tests.core.jobs.test_pretrain import write_snapshot_of


def state(step):
    return {"before": step}


def record(recorder, steps):
    for step in steps:
        recorder.add(step, state(step), np.full(3, step, np.float32), np.full(3, -step, np.float32))


def files(folder):
    chunks = [read_chunk(folder, first) for first in steps_recorded(folder, "pairs")]
    return [(one.first, one.done, one.state, one.steps.tolist(), one.losses.tolist()) for one in chunks]


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("stopped", [1, 2, 99, 100, 101, 150, 299, 300, 301])
def test_chunks_are_the_same_whether_a_run_was_stopped_or_not(tmp_path, stride, stopped):
    straight, other = tmp_path / "straight", tmp_path / "other"
    recorder = PairRecorder(straight, stride, 0)
    record(recorder, range(1, 351))
    recorder.write()
    recorder = PairRecorder(other, stride, 0)
    record(recorder, range(1, stopped + 6))
    recorder.write()  # some steps after the checkpoint that the run is resumed from
    recorder = PairRecorder(other, stride, stopped)
    assert all(done <= stopped for _, done, *_ in files(other))
    record(recorder, range(stopped + 1, 351))
    recorder.write()
    assert files(other) == files(straight)
    kept = [step for *_, steps, _ in files(straight) for step in steps]
    assert kept == [step for step in range(1, 351) if step % stride == 0]
    assert max(len(steps) for *_, steps, _ in files(straight)) == CHUNK
    for first, done, before, steps, losses in files(straight):
        assert before == state(first)
        assert done >= steps[-1]
        assert losses == [[step] * 3 for step in steps]


def test_a_run_whose_log_was_lost_begins_another(tmp_path):
    record(PairRecorder(tmp_path, 1, 20), [21, 22])
    assert files(tmp_path) == []
    recorder = PairRecorder(tmp_path, 1, 22)
    record(recorder, [23, 24])
    recorder.write()
    assert files(tmp_path) == [(23, 24, state(23), [23, 24], [[23] * 3, [24] * 3])]


def test_triplets_are_tallied_by_role():
    tally = TrajectoryTally(np.array([7, 3, 5, 9]))
    ids = np.array([[3, 3, 5], [3, 3, 3], [7, 7, 3]])
    nothing = np.zeros((3, 3), np.int32)
    drawn = TripletBatch(nothing, nothing, np.zeros((3, 3, 4), np.float32), ids, np.zeros(3, bool))
    tally.add(1, drawn, np.float32([1, 2, 4]))
    again = TrajectoryTally(np.array([3, 5, 7, 9]), tally.state())
    again.add(2, drawn, np.float32([3, 6, 8]))
    found = again.losses()
    assert found.ids.tolist() == [3, 5, 7, 9]
    assert found.anchors.tolist() == [4, 0, 2, 0]
    assert found.positives.tolist() == [4, 0, 2, 0]
    assert found.negatives.tolist() == [4, 2, 0, 0]
    np.testing.assert_allclose(found.mean_loss, [3, np.nan, 6, np.nan])
    np.testing.assert_allclose(found.last_loss, [6, np.nan, 8, np.nan])
    assert found.last_step.tolist() == [2, 0, 2, 0]
    assert found.never.tolist() == [9]
    assert tally.losses().anchors.tolist() == [2, 0, 1, 0]  # its own numbers
    others = TrajectoryTally(np.array([3, 5]), tally.state())
    assert others.losses().anchors.tolist() == [0, 0]  # of other trajectories nothing is known


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    snapshot = read_snapshot(write_snapshot_of(tmp_path_factory.mktemp("drawn")))
    whole = build_training_set(snapshot, minimum_length=5)
    return whole.of_clips({"clip0", "clip2", "clip3"}), whole.of_clips({"clip1"})


def test_the_probe_shows_pinned_trajectories_among_others_and_held_out_ones_twice(sets):
    training, held_out = sets
    trained = {int(id) for one in training.sets("objtr") for id in one.ids}
    measured = {int(id) for one in held_out.sets("objtr") for id in one.ids}
    sample = choose(training, held_out, "objtr")
    for field in ("trajectory", "clip", "frame", "box"):
        np.testing.assert_array_equal(
            getattr(sample, field), getattr(choose(*sets, "objtr"), field), "not the same twice"
        )
    queries, gallery, asked, answers = (
        sample.trajectory[rows].tolist()
        for rows in (sample.queries, sample.gallery, sample.asked, sample.answers)
    )
    assert len(queries) == len(set(queries)) == 8
    assert {int(sample.clip[row]) for row in sample.queries} == {0, 2, 3}
    assert set(queries) <= set(gallery) <= trained
    assert FEWEST <= len(asked) == len(set(asked))
    assert asked == answers
    assert set(asked) <= measured
    frames = sample.frame[sample.asked], sample.frame[sample.answers]
    assert (frames[0] < frames[1]).all()
    first = sample.box[sample.asked]
    overlap = geometry.iou(first[:, None], first[None])
    assert (overlap[~np.eye(len(first), dtype=bool)] < 0.5).all()
    for row in range(len(sample.trajectory)):  # each patch is the trajectory's own box of that frame
        (of,) = [
            (one, number)
            for part in sets
            for one in part.sets("objtr")
            for number in np.flatnonzero(one.ids == sample.trajectory[row])
        ]
        start, end = of[0].offsets[of[1] : of[1] + 2]
        (place,) = np.flatnonzero(of[0].frame[start:end] == sample.frame[row])
        np.testing.assert_array_equal(of[0].box[start + place], sample.box[row])


def test_whoever_pins_decides_and_few_held_out_trajectories_are_not_asked_for(sets):
    training, held_out = sets
    ids = (int(held_out.points.ids[3]), int(training.objects.ids[1]))
    sample = choose(training, held_out, "objtr", ids)
    assert sample.trajectory[sample.queries].tolist() == list(ids)
    with pytest.raises(StudioError, match="Trajectory 999999 is pinned"):
        choose(training, held_out, "objtr", (999999,))
    with pytest.raises(StudioError, match="is pinned"):  # a point where only objects train
        choose(training, held_out, "obj", ids)
    assert len(held_out.objects) < FEWEST
    assert len(choose(training, held_out, "obj").asked) == 0
    assert len(choose(training, None, "objtr").asked) == 0


def test_a_steps_time_holds_its_wait_and_not_what_is_done_after_a_report(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def pass_by(seconds):
        now[0] += seconds

    watch = Watch(tmp_path, PretrainConfig(), torch.device("cpu"))
    patches = PatchBatch(np.zeros((4, 8, 8, 3), np.uint8), np.zeros(2, np.int64))
    nothing = torch.zeros(2, 2)

    def slowly(count):
        for number in range(count):
            pass_by(2)
            yield number

    pass_by(50)
    for number in watch.timed(slowly(4)):
        pass_by(1)
        watch.add(number + 1, patches, nothing, torch.tensor(float(number)), {})
        if number == 1:
            assert watch.report()["gradient_norm"] == 0.5
            pass_by(30)
    values = watch.report()
    assert values["gradient_norm"] == 2.5
    assert (values["step_seconds"], values["data_wait"]) == (3, 2)
    assert watch.state() == {"norms": 0.0, "count": 0}
    kept = Resumed(extra={"watch": {"norms": 7.0, "count": 2}})
    watch = Watch(tmp_path, PretrainConfig(), torch.device("cpu"))
    watch.begin(kept)
    watch.add(3, patches, nothing, torch.tensor(2.0), {})
    assert watch.report()["gradient_norm"] == 3.0


def test_what_was_written_after_the_checkpoint_is_taken_away(tmp_path):
    config = dataclasses.replace(PretrainConfig(), steps=9)
    judged = Judged(*torch.zeros(4, 2))
    watch = Watch(tmp_path, config, torch.device("cpu"))
    watch.begin(Resumed())
    batch = PatchBatch(np.zeros((4, 8, 8, 3), np.uint8), np.array([1, 0]))
    for step in (2, 4, 6):
        watch.measured(step, [batch], [judged])
    Watch(tmp_path, config, torch.device("cpu"))  # which another process may make
    assert steps_recorded(tmp_path, "scores") == [2, 4, 6]
    watch.begin(Resumed(4, {"score": None}))
    assert steps_recorded(tmp_path, "scores") == [2, 4]
    watch.begin(Resumed())
    assert steps_recorded(tmp_path, "scores") == []
