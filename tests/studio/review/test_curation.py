"""A scripted researcher mends one error of every kind through the queue, by keys; the database is read."""

from pathlib import Path

import pytest

from benchmarks.curated_sample import Size, plant
from benchmarks.curation_truth import errors_left
from benchmarks.reviewer import Reviewer
from core.project.project import Project

SMALL = Size(frames=24, keyframes=(0, 6, 12, 18, 23), width=160, height=120, points=0)
KINDS = {
    "swap",
    "drifted object",
    "wrong fill",
    "wrong keyframe",
    "false track",
    "late object",
    "missing object",
    "drifted point",
    "broken point",
}


@pytest.mark.slow
def test_nothing_that_was_planted_is_left_by_the_queue(projects_folder, qapp, tmp_path: Path):
    planted = plant(tmp_path, 0, SMALL)
    with Project.open(planted.project) as project:
        assert {error.kind for error in errors_left(planted, project)} == KINDS
    researcher = Reviewer(tmp_path, planted.project, planted.truths)
    try:
        researcher.mend()
        assert not errors_left(planted, researcher.session.document.project)
    finally:
        researcher.leave()
    others = ("next_keyframe", "untracked")  # what they would name is mended before, where it was seen
    mending = {name: taken for name, taken in researcher.by_recipe.items() if name not in others}
    assert all(taken["edits"] for taken in mending.values()), researcher.by_recipe
