"""What pretraining records, method by method, and with what earlier versions left."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.errors import StudioError
from core.pairs.sampling import PairBatch
from core.pretraining.record.held_out_scores import read_scores
from core.pretraining.record.neighbours import read_neighbours, recall
from core.pretraining.record.pair_log import PairLog
from core.pretraining.record.preview import next_batches
from core.pretraining.record.trajectory_losses import read_trajectory_losses
from tests.core.jobs.test_pretrain import SMALL, follow, new_run, values, write_snapshot_of

BRIEF = dataclasses.replace(SMALL, steps=4, report_every=2, held_out_every=4, checkpoint_every=4)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return write_snapshot_of(tmp_path_factory.mktemp("drawn"))


def assert_same(ours, theirs):
    for field in dataclasses.fields(theirs):
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name))


@pytest.mark.parametrize(
    ("changes", "loss_of"),
    [
        ({"method": "slowfeat", "margin": 2.0}, lambda drawn, nearer: np.maximum(0, 2 - nearer)),
        (
            {"method": "contrastive", "margin": 9.0},
            lambda drawn, score: np.where(drawn.same, -score, np.maximum(0, 9 + score)),
        ),
        ({"method": "nce", "place_jitter": 0.1, "colour_jitter": 0.4}, None),
    ],
)
def test_every_method_is_watched(tmp_path, snapshot, changes, loss_of):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(BRIEF, **changes))
    foreseen = next_batches(folder.path, 4).steps
    follow(folder)
    log = PairLog(folder.path)
    assert log.steps.tolist() == [1, 2, 3, 4]
    anchors = {}
    for step in foreseen:
        drawn, losses, scores = log.batch(step.step)
        assert_same(drawn, step.drawn)
        assert np.isfinite([losses, scores]).all()
        if loss_of is not None:
            np.testing.assert_allclose(losses, loss_of(drawn, scores), rtol=1e-4, atol=1e-5)
        ids = drawn.trajectory if isinstance(drawn, PairBatch) else drawn.trajectory[:, 0]
        for id, loss in zip(ids.tolist(), losses, strict=True):
            anchors.setdefault(id, []).append(loss)
    tally = read_trajectory_losses(folder.path)
    for id, losses in anchors.items():
        assert tally.mean_loss[tally.place(id)] == pytest.approx(np.mean(losses), rel=1e-5)
    scored = read_scores(folder.path, 4)
    assert scored.positive.all() == (changes["method"] != "contrastive")
    assert len(scored.scores) == BRIEF.held_out_count


def test_a_pinned_trajectory_is_looked_at_and_one_that_is_not_there_is_refused(tmp_path, snapshot):
    first = new_run(tmp_path / "first", snapshot, BRIEF)
    follow(first)
    (id,) = read_neighbours(first.path, 0).query.trajectory[3:4].tolist()
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(BRIEF, pinned=(id,)))
    follow(folder)
    assert read_neighbours(folder.path, 4).query.trajectory.tolist() == [id]
    assert values(folder, "loss") == values(first, "loss")  # what is looked at changes nothing
    folder = new_run(tmp_path / "other", snapshot, dataclasses.replace(BRIEF, pinned=(id, 10**6)))
    with pytest.raises(StudioError, match="Trajectory 1000000 is pinned but is not one of those"):
        follow(folder)


def test_a_run_begun_by_a_version_that_recorded_nothing_goes_on(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(BRIEF, steps=8))
    follow(folder, stop_after=30)
    done = max(int(path.name.split("-")[1]) for path in folder.checkpoints.iterdir())
    assert 0 < done < 8
    for path in folder.path.glob("results/*/*.npz"):
        if path.parent.name != "filters":
            path.unlink()
    for path in list(folder.checkpoints.iterdir()):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        head = json.loads(metadata["head"])
        del head["extra"]["watch"]
        tensors = {name: tensor for name, tensor in load_file(path).items() if not name.startswith("kept.")}
        save_file(tensors, path, metadata | {"head": json.dumps(head)})
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        path.rename(path.with_name(f"{path.name.rpartition('-')[0]}-{checksum}.safetensors"))
    with pytest.raises(StudioError, match="did not record its pairs"):
        next_batches(folder.path, 1)
    follow(folder)
    log = PairLog(folder.path)
    assert log.steps.tolist() == list(range(done + 1, 9))
    straight = new_run(tmp_path / "straight", snapshot, dataclasses.replace(BRIEF, steps=8))
    follow(straight)
    assert_same(log.batch(8)[0], PairLog(straight.path).batch(8)[0])
    assert read_trajectory_losses(folder.path).anchors.sum() == (8 - done) * BRIEF.batch


def test_recall_is_what_the_held_out_features_give():
    """Worked out again, query by query, over features that come near and far."""
    generator = np.random.default_rng(3)
    queries = generator.normal(size=(30, 5))
    targets = queries + generator.normal(scale=0.8, size=(30, 5))
    ranks = []
    for number, query in enumerate(queries):
        order = sorted(range(30), key=lambda k, q=query: float(np.sum((targets[k] - q) ** 2)))
        ranks.append(order.index(number))
    expected = [np.mean([rank < limit for rank in ranks]) for limit in (1, 5)]
    assert 0.1 < expected[0] < expected[1] < 1
    assert recall(queries, targets, (1, 5)) == pytest.approx(expected)
