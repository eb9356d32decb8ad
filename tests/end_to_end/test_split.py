"""Which clips train: chosen on the command line, in a project, and by a run."""

import json
from dataclasses import replace

import numpy as np
import pytest

import main
from core.datasets.clip import Use
from core.jobs import JOBS
from core.jobs import run as run_job
from core.pairs.counting import count, material_words
from core.pairs.sampling import FrameGap
from core.pairs.split import split_clips
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddTrajectories
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.extents import read_extents
from core.trajectories.trajectory_edits import DeleteTrajectories
from tests.core.trajectories.small_database import fill, make_object, make_points
from tests.studio.drawn_project import add_drawn_clips

SHORT = PretrainConfig(network="tiny", device="cpu", steps=1, batch=4, minimum_length=5, held_out_count=4)


@pytest.fixture
def project(tmp_path):
    """Two clips, `a` and `b`, without frames on the disk."""
    with Project.create(tmp_path / "project") as project, project.writing() as connection:
        fill(connection)
    return project.path


def run(*words):
    return main.main([str(word) for word in words])


def result(tmp_path, *words):
    assert run(*words, "--json", tmp_path / "result.json") == 0
    return json.loads((tmp_path / "result.json").read_text())


def test_the_use_of_clips_is_chosen_and_shown(project, tmp_path, capsys):
    def uses() -> list[str]:
        return [clip["use"] for clip in result(tmp_path, "info", "--project", project)["clips"]]

    assert result(tmp_path, "split", "--project", project) == {
        "clips": [{"name": "a", "use": "train"}, {"name": "b", "use": "train"}],
        "edit": "",
    }
    assert result(tmp_path, "split", "--project", project, "--left-out", "b")["edit"] == "Leave out b"
    assert uses() == ["train", "left out"]
    capsys.readouterr()
    assert run("split", "--project", project, "--train", "b", "--held-out", "a") == 0
    assert capsys.readouterr().out.splitlines() == [
        "a  held out",
        "b  train",
        "Choose the use of 2 clips: 1 train, 1 held out, 0 left out.",
    ]
    with Project.open(project) as opened, opened.writing() as connection:
        journal.undo(connection)
    assert uses() == ["train", "left out"]
    assert result(tmp_path, "split", "--project", project, "--train", "b", "--share", "0.5")["edit"]
    assert uses() == ["train", "train"]  # the share was drawn of one clip, which stays
    drawn = set()
    for seed in range(8):
        words = ("split", "--project", project, "--share", "0.5", "--split-seed", seed)
        drawn.add(tuple(clip["use"] for clip in result(tmp_path, *words)["clips"]))
    assert drawn == {("train", "held out"), ("held out", "train")}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--held-out", "cat"), "There is no clip 'cat' in this project; it holds a, b."),
        (("--held-out", "a", "--held-out", "b"), "Every clip is held out; leave at least one"),
        (("--left-out", "a", "--left-out", "b"), "Every clip is left out; choose Train on"),
        (("--left-out", "a", "--train", "a"), "named for two uses"),
        (("--share", "1e-3"), "--share must be a number from 0 to 0.9"),
        (("--share", "1"), "held_out must be a share from 0 to 0.9"),
    ],
)
def test_a_use_that_cannot_be_is_refused_and_changes_nothing(project, capsys, words, sentence):
    assert run("split", "--project", project, *words) == 1
    assert sentence in capsys.readouterr().err
    with Project.open(project) as opened, opened.reading() as connection:
        assert {clip.use for clip in store.clips(connection)} == {Use.TRAIN}


def test_an_unknown_clip_to_hold_out_is_refused_before_a_run_is_made(project, tmp_path, capsys):
    words = ("pretrain", "--project", project, "--out", tmp_path / "run", "--held-out", "cat")
    assert run(*words) == 1
    assert "There is no clip 'cat' to hold out; the project holds a, b." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_no_new_trajectory_edit_or_seed_moves_what_a_run_trains_on(tmp_path):
    """What the project counts beforehand is what the run says it trains on; the frames are drawn."""

    def counted(**change) -> str:
        config = replace(SHORT, **change)
        with project.reading() as connection:
            extents = read_extents(connection)
        split = split_clips(extents.uses, config.held_out, config.split_seed)
        gap = FrameGap(config.gap_shortest, config.gap_longest)
        counts = count(extents, config.regime, gap, config.minimum_length)
        parts = [counts.of_clips(names) for names in (split.training, split.held_out)]
        folder = launch.prepare(project, JOBS["pretrain"], config)
        said = next(run_job(folder)).text
        assert said == f"Training the tiny network on {material_words(*parts, split, names=True)}."
        return ", ".join(split.held_out)

    with Project.create(tmp_path / "project") as project:
        add_drawn_clips(project, tmp_path / "frames", count=5)
        first = counted(held_out="0.4")
        assert counted(held_out="0.4", seed=7) == first
        assert len({counted(held_out="0.4", split_seed=seed) for seed in range(5)}) > 1
        with project.reading() as connection:
            clips = store.clips(connection)
        one = make_object(range(12), masks=False)
        large = replace(one, boxes=one.boxes + np.array([0, 0, 30, 30], np.float32))
        for clip in clips:
            for edit in (
                AddTrajectories(clip.id, make_points((0, 12), (0, 3)), [large], "more"),
                DeleteTrajectories(clip.id, (int(clip.id),)),
            ):
                with project.writing() as connection:
                    journal.perform(connection, edit)
                assert counted(held_out="0.4") == first
        assert counted() == ""
        with project.writing() as connection:
            pinned = (replace(clips[1], use=Use.HELD_OUT), replace(clips[3], use=Use.LEFT_OUT))
            journal.perform(connection, ChooseUse(pinned))
        assert counted() == counted(seed=9, split_seed=9) == "drawn1"
        assert counted(held_out="drawn0", regime="obj") == "drawn0"
