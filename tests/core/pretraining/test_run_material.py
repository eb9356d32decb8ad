"""Two runs are measured alike exactly where the held-out pairs that they draw are the same."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.config import as_dict
from core.datasets.clip import Use
from core.pairs.sampling import FrameGap, PairSampler
from core.pairs.split import split_clips
from core.pairs.training_set import build_training_set
from core.pretraining.config import PretrainConfig
from core.pretraining.run_material import RunMaterial, run_material
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddTrajectories, ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.extents import read_extents
from core.trajectories.model import Kind, Review
from core.trajectories.snapshot import read_snapshot, write_snapshot
from core.trajectories.snapshot_parts import snapshot_extents
from core.trajectories.suggestion_edits import AddSuggestions
from core.trajectories.trajectory_edits import SetReview
from tests.core.pairs.conftest import make_object, make_points
from tests.studio.drawn_project import add_drawn_clips
from tests.studio.small_project import draw_points

CONFIG = PretrainConfig(regime="tr", minimum_length=2, held_out="0.4")


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "project") as project:
        add_drawn_clips(project, tmp_path / "frames", count=5)
        yield project


class Runs:
    """Snapshots of a project as it is when each is taken."""

    def __init__(self, project: Project, folder: Path) -> None:
        self._project, self._folder, self._count = project, folder, 0

    def edit(self, edit: Any) -> None:
        with self._project.writing() as connection:
            journal.perform(connection, edit)

    def snapshot(self) -> Path:
        self._count += 1
        folder = self._folder / f"snapshot{self._count}"
        folder.mkdir()
        with self._project.reading() as connection:
            write_snapshot(connection, store.clips(connection), folder, self._project.path)
        return folder


@pytest.fixture
def runs(project: Project, tmp_path: Path) -> Runs:
    return Runs(project, tmp_path)


def material(snapshot: Path, config: PretrainConfig) -> RunMaterial:
    found = run_material(snapshot, as_dict(config))
    assert found is not None
    return found


def drawn(snapshot: Path, config: PretrainConfig) -> dict[str, np.ndarray]:
    """The held-out pairs that a run would draw: where each patch lies, and which are of one trajectory."""
    content = read_snapshot(snapshot)
    uses = {one.clip.name: one.clip.use for one in content.clips}
    split = split_clips(uses, config.held_out, config.split_seed)
    whole = build_training_set(
        content, patch_size=config.patch_size, minimum_length=config.minimum_length
    ).of_clips(split.held_out)
    sampler = PairSampler(whole, config.regime, FrameGap(config.gap_shortest, config.gap_longest))
    generator, batches = np.random.default_rng([config.seed, 1]), []
    for start in range(0, config.held_out_count, config.batch):
        size = min(config.batch, config.held_out_count - start)
        batches.append(vars(sampler.draw(size, generator)))
    arrays = [name for name, value in batches[0].items() if isinstance(value, np.ndarray)]
    return {name: np.concatenate([one[name] for one in batches]) for name in arrays}


def alike(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in one)


CHANGES = {
    "steps": ({"steps": 7}, ""),
    "network": ({"network": "tiny", "learning_rate": 0.5}, ""),
    "method": ({"method": "contrastive"}, ""),
    "split": ({"split_seed": 1}, "other clips are held out"),
    "seed": ({"seed": 3}, "seed 3 draws others than seed 0"),
    "batch": ({"batch": 100}, "batches of 100 draw others than batches of 64"),
    "count": ({"held_out_count": 100}, "100 are measured, not 512"),
    "gap": ({"gap_shortest": 2}, "other frame gaps"),
    "patch": ({"patch_size": 60}, "other frame gaps, track lengths or patch sizes are measured"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_the_pairs_is_named_and_nothing_else(runs: Runs, name: str) -> None:
    changes, words = CHANGES[name]
    snapshot, other = runs.snapshot(), replace(CONFIG, **changes)
    reason = material(snapshot, CONFIG).measured.unlike(material(snapshot, other).measured)
    assert reason.startswith(words)
    assert bool(reason) == bool(words)
    assert alike(drawn(snapshot, CONFIG), drawn(snapshot, other)) == (not words)


def test_methods_that_draw_otherwise_are_not_compared(runs: Runs) -> None:
    snapshot = runs.snapshot()
    slow = material(snapshot, replace(CONFIG, method="slowfeat"))
    reason = material(snapshot, CONFIG).measured.unlike(slow.measured)
    assert reason == "slowfeat are drawn otherwise than pairs"


def test_edits_count_where_they_change_the_held_out_pairs(project: Project, runs: Runs) -> None:
    before = runs.snapshot()
    first = material(before, CONFIG)
    with project.reading() as connection:
        clips = {clip.name: clip for clip in store.clips(connection)}
        trains, measures = (clips[names[0]] for names in (first.split.training, first.split.held_out))
        ids = {clip.id: store.points(connection, clip.id).ids.tolist() for clip in (trains, measures)}
    harmless = [
        SetReview(trains.id, tuple(ids[trains.id][:3]), Review.REJECTED),
        SetReview(measures.id, tuple(ids[measures.id][:3]), Review.ACCEPTED),
        ReplacePoints({trains.id: draw_points(4)}),
    ]
    for edit in harmless:
        runs.edit(edit)
        now = runs.snapshot()
        assert first.measured.unlike(material(now, CONFIG).measured) == ""
        assert alike(drawn(before, CONFIG), drawn(now, CONFIG))
    runs.edit(SetReview(measures.id, tuple(ids[measures.id][:3]), Review.REJECTED))
    now = runs.snapshot()
    reason = "the tracks of the held-out clips were edited in between"
    assert first.measured.unlike(material(now, CONFIG).measured) == reason
    assert not alike(drawn(before, CONFIG), drawn(now, CONFIG))


def test_a_new_clip_moves_what_a_share_holds_out(project: Project, runs: Runs) -> None:
    """The case a share made possible: tracks appear in a clip, and another clip is held out."""
    pinned = replace(CONFIG, held_out="")
    with project.reading() as connection:
        clips = store.clips(connection)
    runs.edit(ChooseUse((replace(clips[0], use=Use.HELD_OUT),)))
    first = material(runs.snapshot(), pinned)
    runs.edit(ChooseUse((replace(clips[1], use=Use.HELD_OUT),)))
    reason = first.measured.unlike(material(runs.snapshot(), pinned).measured)
    assert reason == f"other clips are held out ({clips[0].name}, {clips[1].name}, not {clips[0].name})"


def test_the_counts_are_those_of_the_project(project: Project, runs: Runs) -> None:
    with project.reading() as connection:
        expected = read_extents(connection)
    found = snapshot_extents(runs.snapshot())
    assert (found.names, found.uses) == (expected.names, expected.uses)
    for name in ("objects", "points"):
        rows, others = getattr(found, name), getattr(expected, name)
        assert sorted(map(tuple, rows.tolist())) == sorted(map(tuple, others.tolist()))
    counts = material(runs.snapshot(), CONFIG)
    assert sum(counts.training.by_kind[Kind.POINT].values()) == 60
    assert sum(counts.held_out.by_kind[Kind.POINT].values()) == 40


def test_suggested_objects_are_counted_where_they_train_and_where_they_wait(
    project: Project, runs: Runs
) -> None:
    with project.reading() as connection:
        clip = store.clips(connection)[0]
    boxes = np.tile(np.float32([2, 2, 42, 42]), (2, 1))
    sure, unsure = (make_object(1, np.arange(2), boxes, one) for one in (Review.OPEN, Review.SUGGESTED))
    runs.edit(AddTrajectories(clip.id, make_points(1, [], []), (sure,), "a file"))
    runs.edit(AddSuggestions({clip.id: [replace(unsure, boxes=boxes + 20)]}))
    snapshot, config = runs.snapshot(), replace(CONFIG, regime="obj", held_out="")
    without, along = (material(snapshot, replace(config, suggestions=asked)) for asked in (False, True))
    assert (without.waiting, without.suggested) == (1, 0)
    assert (along.waiting, along.suggested) == (0, 1)
    assert along.training.total(Kind.OBJECT) == without.training.total(Kind.OBJECT) + 1


def test_what_an_older_version_left_is_not_recorded(runs: Runs) -> None:
    snapshot = runs.snapshot()
    written = as_dict(CONFIG)
    del written["split_seed"]
    assert run_material(snapshot, written) is None
    head = json.loads((snapshot / "snapshot.json").read_text())
    for clip in head["clips"]:
        del clip["use"]
    (snapshot / "snapshot.json").write_text(json.dumps(head))
    assert run_material(snapshot, {"regime": "tr", "method": "association"}).measured is None


def test_images_are_compared_by_folder_and_share(tmp_path: Path) -> None:
    one = replace(CONFIG, method="caltech101", images=tmp_path, held_out="0.2")
    other = replace(one, held_out="0.3")
    assert material(tmp_path, one).measured.unlike(material(tmp_path, one).measured) == ""
    assert "other clips" in material(tmp_path, one).measured.unlike(material(tmp_path, other).measured)
