"""The sentence about a run follows the journal: edits made, done for several tracks, and taken back."""

import itertools

import numpy as np
import pytest

from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs import launch
from core.runs.edits_since import NONE, edits_between, edits_since
from core.runs.run_folder import RunFolder
from core.tracking.config import TrackConfig
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.clip_edits import ChooseAnnotator
from core.trajectories.model import ObjectTrajectory, Origin, Review
from core.trajectories.trajectory_edits import Merge, Relabel, SetReview, Split
from tests.core.trajectories.small_database import make_clip

FRAMES = 12


def an_object(row: int) -> ObjectTrajectory:
    frames = np.arange(FRAMES, dtype=np.int32)
    boxes = np.stack([frames, frames * 0 + row, frames + 9, frames * 0 + row + 9], 1).astype(np.float32)
    origin = np.full(FRAMES, Origin.ANNOTATED, np.uint8)
    return ObjectTrajectory(frames, boxes, origin, np.ones(FRAMES, np.float32), (None,) * FRAMES)


@pytest.fixture
def project(tmp_path):
    """Two clips of three objects each, ids 1–3 and 4–6, seen in all twelve frames."""
    with Project.create(tmp_path / "project") as made:
        with made.writing() as connection:
            objects = [an_object(row) for row in range(3)]
            journal.perform(connection, AddClips([(make_clip("a"), objects), (make_clip("b"), objects)]))
        yield made


@pytest.fixture
def run(project) -> RunFolder:
    return launch.prepare(project, JOBS["pretrain"], PretrainConfig(held_out="b"))


def perform(project, *edits):
    with project.writing() as connection:
        for edit in edits:
            journal.perform(connection, edit)


PAIRS = sum(b - a >= 5 for a, b in itertools.combinations(range(FRAMES), 2))
ACROSS = sum(b - a >= 5 for a, b in itertools.combinations(range(FRAMES), 2) if a < 6 <= b)


def test_without_edits_it_says_so(project, run):
    assert edits_since(run, project) == NONE


def test_edits_are_counted_by_what_they_are_and_pairs_that_are_gone(project, run):
    (a, _) = clips(project)
    perform(project, Relabel(a, (1,), "car"))
    assert edits_since(run, project) == "1 edit since"
    perform(project, Split(a, 1, 6), SetReview(a, (2, 3), Review.REJECTED))
    # two rejected; one split into halves, whose pairs are three frames apart or more
    halves = 2 * sum(b - a >= 3 for a, b in itertools.combinations(range(6), 2))
    kept = PAIRS - ACROSS
    gone, new = 2 * PAIRS + ACROSS, halves - kept
    assert edits_since(run, project) == (
        f"3 edits since: 2 rejections, 1 split, {gone} positives gone, {new} new"
    )


def clips(project) -> list[int]:
    with project.reading() as connection:
        return [one.id for one in store.clips(connection)]


def test_what_is_undone_is_not_counted_and_an_earlier_edit_that_is_undone_is_named(project):
    a, _ = clips(project)
    perform(project, SetReview(a, (3,), Review.REJECTED))
    run = launch.prepare(project, JOBS["pretrain"], PretrainConfig(held_out="b"))
    perform(project, Split(a, 1, 6))
    with project.writing() as connection:
        journal.undo(connection)
    assert edits_since(run, project) == NONE
    with project.writing() as connection:
        journal.undo(connection)
    assert edits_since(run, project) == f"1 edit taken back since: {PAIRS} new"
    with project.writing() as connection:
        journal.redo(connection)
    assert edits_since(run, project) == NONE


def test_what_was_undone_before_the_run_and_is_done_again_counts(project):
    a, _ = clips(project)
    perform(project, SetReview(a, (3,), Review.REJECTED))
    with project.writing() as connection:
        journal.undo(connection)
    run = launch.prepare(project, JOBS["pretrain"], PretrainConfig(held_out="b"))
    with project.writing() as connection:
        journal.redo(connection)
    assert edits_since(run, project) == f"1 edit since: 1 rejection, {PAIRS} positives gone"


def test_clips_that_do_not_train_lose_no_pairs(project, run):
    _, b = clips(project)
    perform(project, SetReview(b, (4, 5), Review.REJECTED))
    assert edits_since(run, project) == "1 edit since: 2 rejections"


def test_another_annotator_takes_all_pairs_of_a_clip(project, run):
    a, _ = clips(project)
    perform(project, ChooseAnnotator(a, 1))
    assert edits_since(run, project) == f"1 edit since: {3 * PAIRS} positives gone"


def test_a_merge_counts_once_and_other_jobs_count_no_pairs(project):
    a, _ = clips(project)
    folder = launch.prepare(project, JOBS["track"], TrackConfig())
    perform(project, Merge(a, (1, 2), overlapping=True))
    assert edits_since(folder, project) == "1 edit since: 1 merge"


def test_an_import_taken_back_costs_its_pairs(project):
    perform(project, AddClips([(make_clip("c"), [an_object(0)])]))
    run = launch.prepare(project, JOBS["pretrain"], PretrainConfig(held_out="b"))
    with project.writing() as connection:
        journal.undo(connection)
    assert edits_since(run, project) == f"1 edit taken back since: {PAIRS} positives gone"


def test_settings_of_another_version_cost_the_count_of_pairs_alone(project, run):
    a, _ = clips(project)
    perform(project, SetReview(a, (1,), Review.REJECTED))
    config = run.path / "config.toml"
    config.write_text(config.read_text() + "unheard_of = 3\n")
    assert edits_since(run, project) == "1 edit since: 1 rejection"


def test_a_run_without_a_snapshot_has_nothing_to_say(project, tmp_path):
    folder = RunFolder.create(tmp_path / "run", "pretrain", PretrainConfig())
    assert edits_since(folder, project) == ""


def revision(project) -> int:
    with project.reading() as connection:
        return journal.revision(connection)


def test_edits_between_two_revisions_are_those_of_that_time_alone(project):
    a, _ = clips(project)
    marks = [revision(project)]
    perform(project, SetReview(a, (3,), Review.REJECTED))
    marks.append(revision(project))
    perform(project, Split(a, 1, 6), Relabel(a, (2,), "car"))
    marks.append(revision(project))
    with project.writing() as connection:
        journal.turn(connection, -3)  # all three are taken back, after the last mark but one
    marks.append(revision(project))
    assert edits_between(project, marks[0], marks[1]) == "1 edit: 1 rejection"
    assert edits_between(project, marks[1], marks[2]) == "2 edits: 1 split"
    assert edits_between(project, marks[0], marks[2]) == "3 edits: 1 rejection, 1 split"
    assert edits_between(project, marks[2], marks[3]) == "3 edits taken back"
    assert edits_between(project, marks[0], marks[3]) == "no edits"
    assert edits_between(project, marks[1], marks[3]) == "1 edit taken back"
