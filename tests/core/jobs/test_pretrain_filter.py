"""A run trains on the tracks that pass its filter, says so, and measures on all that are held out."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import main
from core import config as settings
from core.config import as_dict
from core.errors import StudioError
from core.events import Log
from core.networks.weights import IN_RUN
from core.pretraining.config import PretrainConfig
from core.pretraining.record.pair_source import PairSource
from core.pretraining.run_material import run_material
from core.project.project import Project
from core.project.saved_filters import write_filters
from core.runs.edits_since import edits_since
from core.runs.run_folder import RunFolder
from core.trajectories import journal, store
from core.trajectories.model import Kind, Review
from core.trajectories.snapshot import write_snapshot
from core.trajectories.trajectory_edits import Relabel, SetReview
from tests.core.jobs.test_pretrain import SMALL, follow, new_run, values, write_snapshot_of

CHOSEN = dataclasses.replace(SMALL, held_out="clip1", tracks="review:accepted")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Four clips of 30 points and two objects; of each, five points and one object are accepted."""
    folder = write_snapshot_of(tmp_path_factory.mktemp("drawn")).parent / "project"
    with Project.open(folder) as project, project.writing() as connection:
        for clip in store.clips(connection):
            ids = [*store.points(connection, clip.id).ids[:5].tolist()]
            ids.append(store.objects(connection, clip.id)[0].id)
            journal.perform(connection, SetReview(clip.id, tuple(ids), Review.ACCEPTED))
    return folder


@pytest.fixture(scope="module")
def snapshot(project: Path, tmp_path_factory) -> Path:
    return snapshot_of(project, tmp_path_factory.mktemp("snapshot"))


def snapshot_of(project: Path, folder: Path) -> Path:
    with Project.open(project) as opened, opened.reading() as connection:
        write_snapshot(connection, store.clips(connection), folder, opened.path)
    return folder


def accepted(project: Path) -> dict[str, set[int]]:
    """Name of each clip → what was accepted in it, as a loop over the trajectories finds it."""
    found = {}
    with Project.open(project) as opened, opened.reading() as connection:
        for clip in store.clips(connection):
            points = store.points(connection, clip.id)
            ids = {int(id) for id, review in zip(points.ids, points.review, strict=True) if review == 1}
            ids |= {one.id for one in store.objects(connection, clip.id) if one.review == 1}
            found[clip.name] = ids
    return found


def test_only_what_passes_the_filter_trains_and_all_that_is_held_out_measures(tmp_path, project, snapshot):
    folder = new_run(tmp_path / "run", snapshot, CHOSEN)
    follow(folder)
    assert folder.events()[0][0].text == (
        "Training the tiny network on 3 object and 15 point trajectories of 3 clips (clip0, clip2, clip3) "
        "after the filter review:accepted; held out: 2 object and 30 point trajectories of 1 clip (clip1)."
    )
    drawn = set()
    source = PairSource.of_run(folder.path)
    for batch, _ in zip(source.batches(), range(60), strict=False):
        drawn |= set(batch.trajectory.ravel().tolist())
    by_clip = accepted(project)
    assert drawn == by_clip["clip0"] | by_clip["clip2"] | by_clip["clip3"]
    found = run_material(folder.snapshot, as_dict(CHOSEN))
    assert found.training.by_kind == {
        Kind.OBJECT: {"clip0": 1, "clip2": 1, "clip3": 1},
        Kind.POINT: {"clip0": 5, "clip2": 5, "clip3": 5},
    }
    everything = run_material(folder.snapshot, as_dict(dataclasses.replace(CHOSEN, tracks="")))
    assert found.held_out == everything.held_out
    assert found.measured == everything.measured, "their curves may lie over each other"


def test_a_run_with_a_filter_goes_on_bit_for_bit(tmp_path, snapshot):
    whole, parts = (new_run(tmp_path / name, snapshot, CHOSEN) for name in ("whole", "parts"))
    follow(whole)
    follow(parts, stop_after=9)
    follow(parts)
    for name in ("loss", "held_out_accuracy"):
        assert values(parts, name) == values(whole, name)
    one, other = (load_file(folder.path / IN_RUN) for folder in (whole, parts))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_filter_that_leaves_nothing_is_one_sentence(tmp_path, snapshot):
    folder = new_run(tmp_path / "run", snapshot, dataclasses.replace(CHOSEN, tracks="length>99"))
    with pytest.raises(StudioError, match=r"^The filter length>99 leaves no tracks to train on; [^.]*\.$"):
        follow(folder)


def test_a_kind_that_the_filter_leaves_nothing_of_is_a_warning(tmp_path, snapshot):
    config = dataclasses.replace(CHOSEN, tracks="kind:point", steps=1)
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder)
    _, warned = (event for event in folder.events()[0] if isinstance(event, Log))
    assert warned.text.startswith("No object trajectories of clips that train pass the filter")


def test_edits_of_what_the_filter_leaves_out_change_no_pair(tmp_path, project, snapshot):
    folder = new_run(tmp_path / "run", snapshot, CHOSEN)
    with Project.open(project) as opened:
        with opened.reading() as connection:
            clip = store.clips(connection)[0]
            points = store.points(connection, clip.id)
        open_id, accepted_id = int(points.ids[9]), int(points.ids[0])
        for edit in (
            Relabel(clip.id, (accepted_id,), "leg"),
            SetReview(clip.id, (open_id,), Review.REJECTED),
        ):
            with opened.writing() as connection:
                journal.perform(connection, edit)
        assert "positive" not in edits_since(folder, opened)
        with opened.writing() as connection:
            journal.perform(connection, SetReview(clip.id, (accepted_id,), Review.OPEN))
        assert "positives gone" in edits_since(folder, opened)
        with opened.writing() as connection:
            for _ in range(3):
                journal.undo(connection)


def test_the_command_takes_a_name_and_keeps_the_line(tmp_path, project, capsys):
    write_filters(project, {"Good ones": "review:accepted kind:point"})
    words = [
        "pretrain",
        "--project",
        project,
        "--network",
        "tiny",
        "--device",
        "cpu",
        "--steps",
        2,
        "--batch",
        4,
    ]
    words += ["--minimum-length", 5, "--held-out-count", 8, "--out", tmp_path / "run", "--tracks"]
    assert main.main([str(word) for word in (*words, "good ones")]) == 0
    folder = RunFolder(tmp_path / "run")
    assert folder.settings(PretrainConfig).tracks == "kind:point review:accepted"
    noted = json.loads((folder.path / "provenance.json").read_text())
    assert "--tracks 'kind:point review:accepted'" in noted["command"]
    write_filters(project, {})  # the run can be made again all the same
    assert (
        settings.read_toml(folder.path / "config.toml")["settings"]["tracks"] == "kind:point review:accepted"
    )
    assert main.main([str(word) for word in (*words[:-2], tmp_path / "other", "--tracks", "worst>99")]) == 1
    assert "The filter worst>99 leaves no tracks to train on" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
    assert np.isfinite(values(folder, "loss")).all()
