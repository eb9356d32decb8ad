import dataclasses
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core import config as settings
from core import jobs
from core.array_file import read_arrays
from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.errors import StudioError
from core.events import Filters, Log, Metric, Progress, to_json
from core.geometry import mask_box
from core.jobs import pretrain
from core.networks.weights import IN_RUN, load_trunk
from core.pretraining.config import PretrainConfig
from core.pretraining.record.watch import VITALS
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.snapshot import write_snapshot

SMALL = PretrainConfig(
    network="tiny",
    device="cpu",
    steps=20,
    batch=8,
    minimum_length=5,
    held_out="0.25",
    held_out_count=24,
    report_every=3,
    held_out_every=10,
    filters_every=10,
    checkpoint_every=7,
)
WITH_DROPOUT = dataclasses.replace(SMALL, dropout=0.5)  # so that torch's random numbers must be resumed too


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Path:
    return write_snapshot_of(tmp_path_factory.mktemp("drawn"))


def write_snapshot_of(folder: Path, clips: int = 4, seldom: tuple[int, ...] = ()) -> Path:
    """The snapshot of a project with drawn clips, their objects and points followed exactly.

    Objects of `seldom` clips are known in their first and last frame only.
    """
    imported, paths = [], []
    for number in range(clips):
        drawn = render_clip(number, frames=12, width=200, height=150, objects=2)
        root = folder / f"clip{number}"
        root.mkdir()
        for frame, pixels in enumerate(drawn.frames):
            assert cv2.imwrite(str(root / f"{frame:02d}.png"), pixels[:, :, ::-1])
        clip = Clip(
            name=root.name,
            dataset="frames",
            width=200,
            height=150,
            root=folder,
            files=tuple(f"{root.name}/{frame:02d}.png" for frame in range(12)),
        )
        labels = drawn.labels.copy()
        labels[1:-1] *= number not in seldom
        imported.append((clip, [one for label in (1, 2) if (one := object_of(labels == label)) is not None]))
        seeds = np.random.default_rng(number).uniform((20, 20), (180, 130), (30, 2))
        paths.append(np.stack([drawn.position(0, seeds, frame) for frame in range(12)], axis=1))
    with Project.create(folder / "project") as project:
        with project.writing() as connection:
            journal.perform(connection, AddClips(imported))
        with project.writing() as connection:
            ids = [clip.id for clip in store.clips(connection)]
            points = {
                id: PointTrajectories.pack([0] * 30, list(path)) for id, path in zip(ids, paths, strict=True)
            }
            journal.perform(connection, ReplacePoints(points))
        (folder / "snapshot").mkdir()
        with project.reading() as connection:
            write_snapshot(connection, store.clips(connection), folder / "snapshot", project.path)
    return folder / "snapshot"


def object_of(masks: np.ndarray) -> ObjectTrajectory | None:
    boxes = {frame: box for frame, mask in enumerate(masks) if (box := mask_box(mask)) is not None}
    if not boxes:
        return None
    return ObjectTrajectory(
        frames=np.array(list(boxes), np.int32),
        boxes=np.array(list(boxes.values()), np.float32),
        origin=np.full(len(boxes), Origin.ANNOTATED, np.uint8),
        confidence=np.ones(len(boxes), np.float32),
        masks=(None,) * len(boxes),
    )


def new_run(path: Path, snapshot: Path, config: PretrainConfig) -> RunFolder:
    folder = RunFolder.create(path, "pretrain", config)
    shutil.copytree(snapshot, folder.snapshot, dirs_exist_ok=True)
    return folder


def follow(folder: RunFolder, stop_after: int | None = None) -> None:
    """As the worker does: append every event; close the job after so many."""
    job = jobs.run(folder)
    for number, event in enumerate(job, start=1):
        folder.append(event)
        if number == stop_after:
            job.close()


def lines(folder: RunFolder) -> list[str]:
    """All events but what the machine decides, such as the time that a step took."""
    events = folder.events()[0]
    return [to_json(event, 0) for event in events if getattr(event, "name", "") not in VITALS]


def values(folder: RunFolder, name: str) -> list[float]:
    return [event.value for event in folder.events()[0] if isinstance(event, Metric) and event.name == name]


@pytest.fixture(scope="module")
def straight(tmp_path_factory, snapshot) -> RunFolder:
    folder = new_run(tmp_path_factory.mktemp("runs") / "straight", snapshot, WITH_DROPOUT)
    follow(folder)
    return folder


def test_a_run_reports_and_leaves_its_trunk(straight):
    events = straight.events()[0]
    assert isinstance(events[0], Log)
    assert "object and" in events[0].text
    assert "held out" in events[0].text
    progress = [event.step for event in events if isinstance(event, Progress)]
    assert progress == list(range(1, 21))
    assert [e.step for e in events if isinstance(e, Metric) and e.name == "loss"] == [3, 6, 9, 12, 15, 18, 20]
    assert [e.step for e in events if isinstance(e, Metric) and e.name == "held_out_accuracy"] == [10, 20]
    filters = [event for event in events if isinstance(event, Filters)]
    assert [event.step for event in filters] == [0, 10, 20]
    with np.load(straight.path / filters[-1].path, allow_pickle=False) as arrays:
        last = arrays["filters"]
    trunk = load_trunk(str(straight.path), None, torch.Generator())
    np.testing.assert_array_equal(last, trunk.conv1.weight.detach().numpy())
    assert last.shape == (24, 3, 7, 7)
    with np.load(straight.path / filters[0].path, allow_pickle=False) as arrays:
        assert not np.array_equal(arrays["filters"], last)  # it learnt


def test_the_rate_rises_for_a_tenth_of_the_steps_and_falls_along_half_a_cosine(straight):
    # of 20 steps the first two rise to .01; a report is of the step before it is counted
    expected = [0.005 * (1 + np.cos(np.pi * (done - 1 - 2) / 18)) for done in (3, 6, 9, 12, 15, 18, 20)]
    np.testing.assert_allclose(values(straight, "learning_rate"), expected)


@pytest.mark.parametrize("stop_after", [2, 14, 15, 16, 17, 18, 40, 46])
def test_stopped_anywhere_and_resumed_it_is_as_if_never_stopped(tmp_path, snapshot, straight, stop_after):
    folder = new_run(tmp_path / "run", snapshot, WITH_DROPOUT)
    follow(folder, stop_after)
    assert (folder.path / IN_RUN).is_file()  # a stopped run leaves its trunk too
    torch.manual_seed(99)
    follow(folder)
    compare(folder, straight)
    follow(folder)  # once more, though it is done
    assert lines(folder) == lines(straight)


def test_a_run_goes_on_with_the_network_it_began_with_wherever_it_is_resumed(tmp_path, snapshot):
    config = dataclasses.replace(SMALL, network="small", steps=3)  # as `auto` may have chosen on a GPU
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder, stop_after=4)
    for event in pretrain.run(folder, dataclasses.replace(config, network="auto")):
        folder.append(event)
    assert load_trunk(str(folder.path), "small", torch.Generator()).network.name == "small"
    assert [event.step for event in folder.events()[0] if isinstance(event, Progress)] == [1, 2, 3]


def test_killed_and_resumed_from_the_last_checkpoint_it_is_as_if_never_killed(tmp_path, snapshot, straight):
    folder = new_run(tmp_path / "run", snapshot, WITH_DROPOUT)
    job = jobs.run(folder)
    kept = None
    for event in job:
        folder.append(event)
        if kept is None and isinstance(event, Progress) and event.step == 10:
            kept = tmp_path / "killed"
            shutil.copytree(folder.path, kept)  # what lies on the disk when a process is killed
    with open(kept / "events.jsonl", "ab") as file:
        file.write(b'{"event": "Metr')
    killed = RunFolder.open(kept)
    follow(killed)
    compare(killed, straight)


def compare(folder: RunFolder, straight: RunFolder) -> None:
    assert lines(folder) == lines(straight)
    ours, theirs = load_file(folder.path / IN_RUN), load_file(straight.path / IN_RUN)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name])
    written = {path.relative_to(straight.path) for path in straight.path.glob("results/**/*.npz")}
    assert {path.relative_to(folder.path) for path in folder.path.glob("results/**/*.npz")} == written
    assert {path.parent.name for path in written} == {
        *("results", "filters", "pairs", "neighbours", "scores", "excitations")
    }
    for path in written:
        one, other = read_arrays(folder.path / path), read_arrays(straight.path / path)
        for name, array in other.items():
            np.testing.assert_array_equal(one[name], array, f"{path}: {name}")


@pytest.mark.parametrize(
    ("change", "accuracy"),
    [
        ({}, 0.6),
        ({"head": "abs"}, 0.75),
        ({"init": "calibrated", "learning_rate": 0.003, "head": "abs"}, 0.6),
        ({"method": "slowfeat"}, 0.95),
        ({"method": "nce", "colour_jitter": 0.2, "place_jitter": 0.1, "learning_rate": 0.03}, 0.3),
    ],
)
def test_the_loss_falls_with_every_method(tmp_path, snapshot, change, accuracy):
    config = dataclasses.replace(
        SMALL, steps=80, batch=16, report_every=10, held_out="0", checkpoint_every=80, **change
    )
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder)
    assert np.mean(values(folder, "loss")[-3:]) < 0.97 * values(folder, "loss")[0]
    assert np.mean(values(folder, "accuracy")[-3:]) > accuracy
    assert values(folder, "held_out_accuracy") == []


def test_contrastive_pretraining_draws_pairs_together_and_apart(tmp_path, snapshot):
    """Measured at the end: a loss of 0.88 and 0.73 classified correctly; with seed 1 it was 0.82 and 0.81.

    A network that takes every patch to one place has a loss of half the margin, and is correct half the time.
    """
    config = dataclasses.replace(
        SMALL,
        method="contrastive",
        regime="obj",
        margin=3.0,
        learning_rate=0.003,
        steps=80,
        batch=16,
        report_every=10,
        held_out="0",
        checkpoint_every=80,
    )
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder)
    assert values(folder, "loss")[-1] < 0.7 * 3.0 / 2
    assert values(folder, "accuracy")[-1] > 0.65


def test_pairs_of_clips_never_trained_on_are_told_apart(tmp_path):
    """Measured: 0.81 at the end; with seeds 0, 1 and 3 it was 0.67, 0.78 and 0.75. Chance is 0.5."""
    snapshot = write_snapshot_of(tmp_path, clips=8)
    config = dataclasses.replace(
        SMALL,
        seed=2,
        head="abs",
        steps=75,
        batch=16,
        held_out_count=256,
        held_out_every=25,
        checkpoint_every=75,
    )
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder)
    assert len(values(folder, "held_out_accuracy")) == 3
    assert values(folder, "held_out_accuracy")[-1] > 0.6


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_checkpoint(tmp_path, snapshot):
    config = dataclasses.replace(SMALL, learning_rate=1e9, clip_gradient=1e6, warm_up=0.0, checkpoint_every=1)
    folder = new_run(tmp_path / "run", snapshot, config)
    with pytest.raises(StudioError, match="start again with a lower learning rate"):
        follow(folder)
    assert not (folder.path / IN_RUN).exists()
    for path in folder.checkpoints.iterdir():
        for tensor in load_file(path).values():
            assert tensor.dtype == torch.uint8 or torch.isfinite(tensor).all()


def test_a_clip_held_out_that_gives_no_pair_is_a_warning(tmp_path):
    snapshot = write_snapshot_of(tmp_path, seldom=(2,))
    config = dataclasses.replace(
        SMALL, regime="obj", gap_shortest=1, gap_longest=2, steps=2, held_out="clip2"
    )
    folder = new_run(tmp_path / "run", snapshot, config)
    follow(folder)
    said, warned = (event for event in folder.events()[0] if isinstance(event, Log))
    assert said.text.endswith(
        "of 3 clips (clip0, clip1, clip3); held out: no trajectories of 1 clip (clip2)."
    )
    assert "no pair with these gaps" in warned.text
    assert warned.level == "warning"
    assert values(folder, "loss")
    assert not values(folder, "held_out_accuracy")


def draw_caltech101(folder: Path) -> Path:
    """Three categories of 8 images, each of one colour."""
    generator = np.random.default_rng(0)
    for name, colour in (("ant", (200, 40, 40)), ("bonsai", (40, 200, 40)), ("camera", (40, 40, 200))):
        (folder / "101" / name).mkdir(parents=True)
        for number in range(8):
            pixels = np.clip(generator.normal(colour, 30, (50, 70, 3)), 0, 255).astype(np.uint8)
            assert cv2.imwrite(str(folder / "101" / name / f"image_{number:04d}.jpg"), pixels)
    return folder / "101"


def test_caltech101_is_learnt_from_labels(tmp_path):
    images = draw_caltech101(tmp_path)
    config = dataclasses.replace(SMALL, method="caltech101", images=images, steps=30, batch=12)
    folder = RunFolder.create(tmp_path / "run", "pretrain", config)
    follow(folder)
    assert values(folder, "loss")[-1] < 0.5 * values(folder, "loss")[0]
    assert values(folder, "held_out_accuracy")[-1] > 0.9
    assert {path.parent.name for path in folder.path.glob("results/**/*.npz")} == {"filters", "scores"}
    assert len(values(folder, "gradient_norm")) == len(values(folder, "step_seconds")) == 10


def test_a_project_without_trajectories_says_what_to_do(tmp_path):
    folder = RunFolder.create(tmp_path / "run", "pretrain", SMALL)
    (folder.snapshot / "snapshot.json").write_text('{"revision": 0, "project": "", "clips": []}')
    with pytest.raises(StudioError, match="track points or densify objects first"):
        follow(folder)


def test_settings_survive_the_run_folder(tmp_path):
    folder = RunFolder.create(tmp_path / "run", "pretrain", SMALL)
    assert folder.settings(PretrainConfig) == SMALL
    assert settings.from_dict(PretrainConfig, {}) == PretrainConfig()
