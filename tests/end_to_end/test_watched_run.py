"""A run in a process of its own, and everything that it recorded, worked out again by other means."""

import dataclasses

import numpy as np
import pytest
import torch

from core.cli import main
from core.datasets.patches import cut
from core.datasets.reading import open_frames
from core.events import Metric
from core.filters import dead, duplicates, read_filters
from core.jobs import JOBS
from core.networks.trunk import normalise
from core.networks.weights import load_trunk
from core.pairs.sampling import PairBatch
from core.pretraining.record import excitations, held_out_scores, neighbours
from core.pretraining.record.excitations import read_excitations
from core.pretraining.record.held_out_scores import edges_of, read_scores
from core.pretraining.record.neighbours import read_neighbours
from core.pretraining.record.pair_log import PairLog
from core.pretraining.record.preview import first_batches, next_batches
from core.pretraining.record.step_files import steps_recorded
from core.pretraining.record.trajectory_losses import read_trajectory_losses
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from core.trajectories import store
from core.trajectories.model import Kind
from core.trajectories.snapshot import take_snapshot
from tests.core.jobs.test_pretrain import SMALL, write_snapshot_of

CONFIG = dataclasses.replace(SMALL, steps=12, held_out="clip1", report_every=4, held_out_every=6, head="abs")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    write_snapshot_of(folder)
    with Project.open(folder / "project") as project:
        yield project


@pytest.fixture(scope="module")
def foreseen(project):
    """What the first steps will see, by the project alone, before there is a run."""
    with project.reading() as connection:
        return first_batches(CONFIG, take_snapshot(connection, store.clips(connection), project.path), 3)


@pytest.fixture(scope="module")
def folder(project, foreseen):
    folder = launch.prepare(project, JOBS["pretrain"], CONFIG)
    launch.start_worker(folder, threads=1).wait()
    assert folder.status().state is State.DONE, (folder.path / "worker.log").read_text()
    return folder


@pytest.fixture(scope="module")
def tracks(project):
    """Id of every trajectory → its kind, its clip and the box of each frame; of points 100 px around."""
    found = {}
    with project.reading() as connection:
        clips = store.clips(connection)
        for clip in clips:
            points = store.points(connection, clip.id)
            for number, id in enumerate(points.ids.tolist()):
                start, end = points.offsets[number : number + 2]
                frames = points.first[number] + np.arange(end - start)
                boxes = [[x - 50, y - 50, x + 50, y + 50] for x, y in points.xy[start:end]]
                found[id] = Kind.POINT, clip, dict(zip(frames.tolist(), boxes, strict=True))
            for one in store.objects(connection, clip.id, 0):
                found[one.id] = Kind.OBJECT, clip, dict(zip(one.frames.tolist(), one.boxes, strict=True))
    return found


def metrics(folder, name):
    return {e.step: e.value for e in folder.events()[0] if isinstance(e, Metric) and e.name == name}


def logged(folder):
    log = PairLog(folder.path)
    assert log.steps.tolist() == list(range(1, CONFIG.steps + 1))
    return {step: log.batch(step) for step in log.steps.tolist()}


def image_of(tracks, trajectory, frame, box):
    """(1, 3, 64, 64) as the trunk takes it, of a box that is the trajectory's own in the project."""
    _, clip, boxes = tracks[trajectory]
    np.testing.assert_allclose(box, boxes[frame], atol=1e-3)
    with open_frames(clip) as frames:
        return normalise(torch.from_numpy(cut(frames[int(frame)], box, 64)).permute(2, 0, 1)[None])


def test_what_was_foreseen_is_what_was_seen(folder, foreseen):
    seen = logged(folder)
    for step in foreseen.steps:
        for field in dataclasses.fields(PairBatch):
            ours, theirs = getattr(step.drawn, field.name), getattr(seen[step.step][0], field.name)
            np.testing.assert_array_equal(ours, theirs)


def test_losses_are_those_of_the_scores_and_their_means_the_curve(folder):
    for drawn, losses, scores in logged(folder).values():
        np.testing.assert_allclose(losses, -np.log(np.where(drawn.same, scores, 1 - scores)), rtol=1e-4)
    means = {step: losses.mean() for step, (_, losses, _) in logged(folder).items()}
    curve = metrics(folder, "loss")
    assert list(curve) == [4, 8, 12]
    for step, value in curve.items():
        assert value == pytest.approx(np.mean([means[step - k] for k in range(4)]), rel=1e-5)
    assert PairLog(folder.path).worst(5, 8) == max(range(5, 9), key=means.__getitem__)


def test_pairs_are_of_the_projects_trajectories(folder, tracks):
    log = PairLog(folder.path)
    for step in (1, 12):
        drawn, facts = log.batch(step)[0], log.sampled(step).facts
        for row, id in enumerate(drawn.trajectory.tolist()):
            kind, clip, boxes = tracks[id]
            assert (facts.kind[row], facts.clip[row], facts.clip_id[row]) == (kind, clip.name, clip.id)
            assert clip.name != "clip1"
            first, second = drawn.frame[row].tolist()
            assert facts.gap[row] == abs(second - first) >= 5
            np.testing.assert_allclose(drawn.box[row, 0], boxes[first], atol=1e-3)
            if drawn.same[row]:
                np.testing.assert_allclose(drawn.box[row, 1], boxes[second], atol=1e-3)
                assert facts.overlap[row] == pytest.approx(1)
            else:
                assert 0 < facts.overlap[row] < 0.5


def test_the_tally_of_trajectories_is_what_counting_the_pairs_gives(folder, tracks):
    roles, losses, last = {}, {}, {}
    for step, (drawn, values, _) in logged(folder).items():
        for id, same, value in zip(drawn.trajectory.tolist(), drawn.same, values, strict=True):
            counts = roles.setdefault(id, [0, 0, 0])
            counts[0] += 1
            counts[1 if same else 2] += 1
            losses.setdefault(id, []).append(value)
            last[id] = step, value
    tally = read_trajectory_losses(folder.path)
    expected = sorted(id for id, (_, clip, _) in tracks.items() if clip.name != "clip1")
    assert tally.ids.tolist() == expected
    assert tally.never.tolist() == [id for id in expected if id not in roles]
    for place, id in enumerate(expected):
        counts = [tally.anchors[place], tally.positives[place], tally.negatives[place]]
        assert counts == roles.get(id, [0, 0, 0])
        if id in roles:
            assert tally.mean_loss[place] == pytest.approx(np.mean(losses[id]), rel=1e-5)
            assert (tally.last_step[place], tally.last_loss[place]) == last[id]
        else:
            assert np.isnan(tally.mean_loss[place])
            assert tally.last_step[place] == 0


def test_held_out_scores_make_the_held_out_accuracy(folder):
    accuracy = metrics(folder, "held_out_accuracy")
    assert steps_recorded(folder.path, held_out_scores.ROOM) == [6, 12] == list(accuracy)
    scored = [read_scores(folder.path, step) for step in (6, 12)]
    for one in scored:
        assert len(one.scores) == CONFIG.held_out_count
        assert np.mean((one.scores > 0.5) == one.positive) == pytest.approx(accuracy[one.step])
        np.testing.assert_array_equal(one.positive, scored[0].positive)
        positives, negatives = one.histogram(edges_of(scored))
        assert (positives.sum(), negatives.sum()) == (one.positive.sum(), (~one.positive).sum())


def test_neighbours_and_excitations_are_those_of_the_weights(folder, tracks):
    """The weights that the run left at its end, given the patches that the files name."""
    for room in (neighbours.ROOM, excitations.ROOM):
        assert steps_recorded(folder.path, room) == [0, 7, 12]
    trunk = load_trunk(str(folder.path), None, torch.Generator()).eval()

    def fc7(places, *row):
        seen = (getattr(places, name)[row] for name in ("trajectory", "frame", "box"))
        with torch.no_grad():
            return trunk(image_of(tracks, *seen))[1][0].double().numpy()

    start, end = read_neighbours(folder.path, 0), read_neighbours(folder.path, 12)
    np.testing.assert_array_equal(start.query.trajectory, end.query.trajectory)
    assert len(set(end.query.trajectory.tolist())) == 8
    assert (start.distance != end.distance).any()
    assert end.same.any()  # another frame of each is among the patches
    assert (np.diff(end.distance, axis=1) >= 0).all()
    for number in (0, 5):
        for rank in range(8):
            apart = np.linalg.norm(fc7(end.found, number, rank) - fc7(end.query, number))
            assert end.distance[number, rank] == pytest.approx(apart, rel=1e-3)

    excited = read_excitations(folder.path, 12)
    assert excited.response.shape == (24, 9)
    assert (np.diff(excited.response, axis=1) <= 0).all()
    weight, bias = (getattr(trunk.conv1, name).detach().numpy() for name in ("weight", "bias"))
    for number in (0, 11, 23):
        for rank in (0, 8):
            box, spot = excited.patch.box[number, rank], excited.spot[number, rank]
            trajectory, frame = excited.patch.trajectory[number, rank], excited.patch.frame[number, rank]
            image = image_of(tracks, trajectory, frame, box)[0].numpy()
            x, y = ((spot[:2] - box[:2]) / (box[2:] - box[:2]) * 64).round().astype(int).tolist()
            response = float((image[:, y : y + 7, x : x + 7] * weight[number]).sum() + bias[number])
            assert excited.response[number, rank] == pytest.approx(response, rel=1e-3, abs=1e-3)
    filters = read_filters(folder.path / "results" / "filters" / "step-000012.npz")
    assert not dead(filters).any()
    assert (duplicates(filters) == -1).all()


def test_the_machine_is_watched_at_every_report(folder):
    for name in ("gradient_norm", "step_seconds", "data_wait", "memory"):
        found = metrics(folder, name)
        assert list(found) == [4, 8, 12], name
        assert all(value > 0 for value in found.values()), name
    assert max(metrics(folder, "memory").values()) < 100  # gigabytes
    for name in ("recall_at_1", "recall_at_5"):
        assert list(metrics(folder, name)) == [0, 7, 12]
    first, fifth = (metrics(folder, f"recall_at_{rank}") for rank in (1, 5))
    assert all(0 <= first[step] <= fifth[step] <= 1 for step in first)


def test_what_a_resumed_run_sees_is_what_its_preview_showed(folder, capsys):
    preview = next_batches(folder.path, 4)
    assert [step.step for step in preview.steps] == [13, 14, 15, 16]
    assert main(["pretrain", "--out", str(folder.path), "--resume", "--steps", "16"]) == 0
    capsys.readouterr()
    log = PairLog(folder.path)
    assert log.steps.tolist() == list(range(1, 17))
    for step in preview.steps:
        for field in dataclasses.fields(PairBatch):
            np.testing.assert_array_equal(
                getattr(step.drawn, field.name), getattr(log.batch(step.step)[0], field.name)
            )
    tally = read_trajectory_losses(folder.path)
    assert tally.anchors.sum() == 16 * CONFIG.batch
    assert RunFolder.open(folder.path).status().state is State.DONE
