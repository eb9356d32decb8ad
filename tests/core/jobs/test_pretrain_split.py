"""What a pretraining run trains on, measures on and leaves out."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core import jobs
from core.datasets.caltech101 import read_caltech101
from core.errors import StudioError
from core.events import Log
from core.networks.weights import IN_RUN
from core.pretraining.images import hold_out
from core.runs.run_folder import RunFolder
from tests.core.jobs.test_pretrain import SMALL, draw_caltech101, follow, new_run, values, write_snapshot_of


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Path:
    return write_snapshot_of(tmp_path_factory.mktemp("drawn"))


@pytest.mark.parametrize(("held_out", "words"), [("", "24 images"), ("0.25", "18 images")])
def test_caltech101_trains_on_every_image_unless_a_share_is_asked_for(tmp_path, held_out, words):
    images = draw_caltech101(tmp_path)
    config = dataclasses.replace(
        SMALL, method="caltech101", images=images, steps=1, batch=2, held_out=held_out
    )
    folder = RunFolder.create(tmp_path / "run", "pretrain", config)
    follow(folder)
    said = folder.events()[0][0].text
    assert said.startswith(f"Training the tiny network on {words} of 3 categories")
    assert said.endswith("; held out: 6 images." if held_out else "categories.")


def test_what_is_held_out_of_caltech101_follows_the_seed_of_the_split(tmp_path):
    """Of the images that split seed 0 holds out one is no picture: measuring finds it, whatever the seed."""
    images = draw_caltech101(tmp_path)
    found = read_caltech101(images)
    (_, held_out), (_, others) = (hold_out(found, 0.25, seed) for seed in (0, 5))
    bad = found.paths[min(set(held_out) - set(others))]
    bad.write_bytes(b"no picture")
    for seed in (0, 5):
        config = dataclasses.replace(
            SMALL, method="caltech101", images=images, steps=1, batch=2, held_out_count=99, seed=seed
        )
        with pytest.raises(StudioError, match=bad.name):
            follow(RunFolder.create(tmp_path / f"run{seed}", "pretrain", config))


@pytest.mark.parametrize(("share", "goes_on"), [(0.25, False), (0.0, True)])
def test_a_run_of_an_older_version_is_not_resumed_with_other_clips_held_out(
    tmp_path, snapshot, share, goes_on
):
    config = dataclasses.replace(SMALL, held_out=str(share))
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder, stop_after=20)
    for path in list(folder.checkpoints.iterdir()):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        head = json.loads(metadata["head"])
        del head["settings"]["split_seed"]
        head["settings"]["held_out"] = share
        save_file(load_file(path), path, metadata | {"head": json.dumps(head)})
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        path.rename(path.with_name(f"{path.name.rpartition('-')[0]}-{checksum}.safetensors"))
    if goes_on:
        follow(folder)
        assert values(folder, "loss")[-1] > 0
    else:
        with pytest.raises(StudioError, match="begun by an older version"):
            follow(folder)


def test_clips_that_are_held_out_or_left_out_give_no_pair_to_train_on(tmp_path, snapshot):
    """A left-out clip without frames on the disk is never read; the weights say which clips were which."""
    config = dataclasses.replace(SMALL, steps=3, held_out="clip1")
    folder = new_run(tmp_path / "run", snapshot, config)
    head = json.loads((folder.snapshot / "snapshot.json").read_text())
    head["clips"][3] |= {"use": "left out", "root": str(tmp_path / "gone")}
    (folder.snapshot / "snapshot.json").write_text(json.dumps(head))
    follow(folder)
    assert folder.events()[0][0].text == (
        "Training the tiny network on 4 object and 60 point trajectories of 2 clips (clip0, clip2); "
        "held out: 2 object and 30 point trajectories of 1 clip (clip1); left out: 1 clip (clip3)."
    )
    assert len(values(folder, "held_out_accuracy")) == 1
    with safe_open(folder.path / IN_RUN, framework="pt") as file:
        notes = json.loads(file.metadata()["notes"])
    assert [notes[name] for name in ("trained_on", "measured_on", "left_out_clips")] == [
        *("clip0, clip2", "clip1", "clip3")
    ]


def test_the_seed_of_training_does_not_move_what_is_held_out(tmp_path, snapshot):
    words = set()
    for seed in range(4):
        folder = new_run(tmp_path / f"run{seed}", snapshot, dataclasses.replace(SMALL, steps=1, seed=seed))
        words.add(next(jobs.run(folder)).text)
    assert len(words) == 1


def test_a_kind_that_is_held_out_as_a_whole_is_a_warning(tmp_path):
    snapshot = write_snapshot_of(tmp_path, clips=2, seldom=(0,))
    config = dataclasses.replace(SMALL, held_out="clip1", gap_shortest=1, gap_longest=2, steps=1)
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder)
    said, warned = (event for event in folder.events()[0] if isinstance(event, Log))
    assert "on 30 point trajectories of 1 clip (clip0)" in said.text
    assert warned.text.startswith("All object trajectories lie in clips that do not train")


@pytest.mark.parametrize(
    ("held_out", "sentence"),
    [("nobody", "There is no clip 'nobody'"), ("clip0, clip1, clip2, clip3", "Every clip is held out")],
)
def test_a_choice_of_clips_that_cannot_be_is_one_sentence(tmp_path, snapshot, held_out, sentence):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(SMALL, held_out=held_out))
    with pytest.raises(StudioError, match=sentence):
        follow(folder)


def test_a_regime_whose_points_are_absent_is_a_warning_before_the_first_step(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(SMALL, minimum_length=99, steps=1))
    follow(folder)
    said, warned, *others = folder.events()[0]
    assert "object trajectories of" in said.text
    assert (warned.level, "no point trajectories to train on" in warned.text) == ("warning", True)
    assert not any(isinstance(event, Log) for event in others)
