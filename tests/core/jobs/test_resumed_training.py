"""Training that is resumed from the command line with other settings than it was begun with."""

import dataclasses
import hashlib
import json
import threading

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core import jobs
from core.cli import main
from core.events import Log, Metric, Progress
from core.networks.weights import IN_RUN
from core.pretraining.config import PretrainConfig
from core.pretraining.record.watch import VITALS
from tests.core.jobs.test_pretrain import SMALL, follow, new_run, values, write_snapshot_of

CONSTANT = dataclasses.replace(
    SMALL,
    dropout=0.5,
    steps=20,
    schedule="constant",
    warm_up=0.0,
    report_every=5,
    held_out_every=10,
    filters_every=20,
    checkpoint_every=10,
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return write_snapshot_of(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def straight(tmp_path_factory, snapshot):
    """Forty steps in one go."""
    folder = new_run(
        tmp_path_factory.mktemp("runs") / "straight", snapshot, dataclasses.replace(CONSTANT, steps=40)
    )
    follow(folder)
    return folder


def resumed(folder, *options):
    return main(["pretrain", "--out", str(folder.path), "--resume", *options])


def metrics(folder):
    events = folder.events()[0]
    return [event for event in events if isinstance(event, Metric) and event.name not in VITALS]


def warnings(folder):
    return [event.text for event in folder.events()[0] if isinstance(event, Log) and event.level == "warning"]


def assert_same_weights(first, second):
    ours, theirs = load_file(first.path / IN_RUN), load_file(second.path / IN_RUN)
    for name, tensor in theirs.items():
        assert torch.equal(ours[name], tensor), name


def test_twenty_steps_and_twenty_more_are_forty_bit_for_bit(tmp_path, snapshot, straight):
    folder = new_run(tmp_path / "run", snapshot, CONSTANT)
    follow(folder)
    assert resumed(folder, "--steps", "40") == 0
    assert_same_weights(folder, straight)
    assert metrics(folder) == metrics(straight)
    assert [e.step for e in folder.events()[0] if isinstance(e, Progress)] == list(range(1, 41))
    assert not warnings(folder)
    assert folder.settings(PretrainConfig) == straight.settings(PretrainConfig)


def test_where_and_how_often_may_change_and_the_weights_do_not(tmp_path, snapshot, straight, capsys):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(CONSTANT, steps=40))
    follow(folder, stop_after=19)  # within an interval between two points
    done = [event.step for event in folder.events()[0] if isinstance(event, Progress)][-1]
    assert done % 5
    every = ("--report-every", "7", "--held-out-every", "9", "--checkpoint-every", "11")
    assert resumed(folder, *every, "--filters-every", "13", "--device", "auto") == 0
    assert_same_weights(folder, straight)
    losses = [event for event in metrics(folder) if event.name == "loss"]
    assert [event.step for event in losses][-4:] == [21, 28, 35, 40]
    # What is reported is the mean over the steps since the last point, however far that was.
    spans = [b.step - a.step for a, b in zip([losses[0], *losses], losses, strict=False)]
    spans[0] = losses[0].step
    total = sum(event.value * span for event, span in zip(losses, spans, strict=True))
    assert total == pytest.approx(5 * sum(values(straight, "loss")))


def test_a_rate_that_goes_by_the_length_is_said_to_follow_the_new_one(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(CONSTANT, schedule="cosine", steps=6))
    follow(folder)
    assert resumed(folder, "--steps", "8") == 0
    (said,) = warnings(folder)
    assert said.startswith("The run was begun for 6 steps and goes on to 8: from step 6 on")
    assert resumed(folder) == 0  # done; nothing is said again
    assert warnings(folder) == [said]


def test_fewer_steps_than_planned_but_not_than_done(tmp_path, snapshot, capsys):
    folder = new_run(tmp_path / "run", snapshot, CONSTANT)
    follow(folder, stop_after=8)
    done = [event.step for event in folder.events()[0] if isinstance(event, Progress)][-1]
    assert resumed(folder, "--steps", str(done)) == 1
    assert f"has done {done} steps already; give it more in all" in capsys.readouterr().err
    assert resumed(folder, "--steps", str(done + 2)) == 0
    assert values(folder, "loss")
    assert [e for e in folder.events()[0] if isinstance(e, Progress)][-1].step == done + 2


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--batch", "16", "batch 8, not 16"),
        ("--learning-rate", "0.5", "learning_rate 0.01, not 0.5"),
        ("--seed", "4", "seed 0, not 4"),
        ("--method", "slowfeat", "method 'association', not 'slowfeat'"),
        ("--weight-decay", "0", "weight_decay 0.0005, not 0.0"),
    ],
)
def test_what_changes_the_mathematics_is_refused_by_name(straight, capsys, option, value, said):
    before = (straight.path / "config.toml").read_bytes()
    assert resumed(straight, option, value, "--steps", "50") == 1
    assert f"The run was started with {said}; resume it unchanged" in capsys.readouterr().err
    assert (straight.path / "config.toml").read_bytes() == before


def test_only_these_settings_are_free():
    free = {field.name for field in dataclasses.fields(PretrainConfig) if field.metadata["free"]}
    intervals = {"report_every", "held_out_every", "filters_every", "checkpoint_every"}
    assert free == {"steps", "device", "processes"} | intervals


def test_a_run_that_is_stopped_leaves_no_thread(tmp_path, snapshot):
    before = set(threading.enumerate())
    folder = new_run(tmp_path / "run", snapshot, CONSTANT)
    job = jobs.run(folder)
    for _ in range(6):
        next(job)
    assert set(threading.enumerate()) - before
    job.close()
    assert set(threading.enumerate()) <= before


def as_of_c46a0da(folder):
    """Change the newest checkpoint into what that revision wrote: no count of the steps in its sums, nothing
    watched, fewer settings, the share held out as a number."""
    path = max(folder.checkpoints.iterdir())
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    head = json.loads(metadata["head"])
    assert head["extra"].pop("count") == head["step"] % 5 > 0
    del head["extra"]["watch"]
    assert set(head["extra"]) == {"sums", "score", "events"}
    del head["settings"]["split_seed"]
    head["settings"]["held_out"] = float(head["settings"]["held_out"])
    written = path.with_name("old.safetensors")
    tensors = {name: tensor for name, tensor in load_file(path).items() if not name.startswith("kept.")}
    save_file(tensors, written, metadata | {"head": json.dumps(head)})
    path.unlink()
    checksum = hashlib.sha256(written.read_bytes()).hexdigest()[:16]
    written.rename(path.with_name(f"step-{head['step']:08d}-{checksum}.safetensors"))


def test_a_checkpoint_of_an_earlier_version_is_taken_up(tmp_path, snapshot):
    config = dataclasses.replace(CONSTANT, held_out="0.0")
    straight = new_run(tmp_path / "straight", snapshot, config)
    follow(straight)
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder, stop_after=17)
    as_of_c46a0da(folder)
    assert resumed(folder) == 0
    assert_same_weights(folder, straight)
    ours, theirs = (
        [event for event in metrics(one) if event.name != "gradient_norm"] for one in (folder, straight)
    )
    assert ours == theirs


def test_a_checkpoint_of_a_version_that_held_out_other_clips_is_not(tmp_path, snapshot, capsys):
    folder = new_run(tmp_path / "run", snapshot, CONSTANT)
    follow(folder, stop_after=19)
    as_of_c46a0da(folder)
    assert resumed(folder) == 1
    assert "which held other clips or images out; start a new run" in capsys.readouterr().err
