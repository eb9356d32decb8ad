"""Counts that are kept between sessions are those that counting gives, or are counted again."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.project import counts
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import Origin, PointTrajectories, Review
from core.trajectories.observation_edits import AddObject, MovePoint
from core.trajectories.tallies import tallies
from core.trajectories.trajectory_edits import SetReview


def perform(project, edit):
    with project.writing() as connection:
        journal.perform(connection, edit)


def as_counted(project):
    with project.reading() as connection:
        summaries = store.summaries(connection)
        return summaries, {
            one.clip.id: by_origin(connection, one.clip.id) for one in summaries if one.objects or one.points
        }


def by_origin(connection, clip_id):
    """The plain way: every observation of every track."""
    points = store.points(connection, clip_id).origin.tolist()
    objects = [origin for one in store.objects(connection, clip_id) for origin in one.origin.tolist()]
    return dict(Counter(Origin(origin).name.lower() for origin in points + objects))


def as_kept(project):
    with project.reading() as connection:
        summaries, origins = counts.whole(project, connection)
        assert counts.summaries(project, connection) == summaries
        return summaries, origins


def keep(project, with_origins=True):
    summaries, origins = as_kept(project)
    with project.reading() as connection:
        counts.keep(project, connection, summaries, origins if with_origins else None)


@pytest.fixture
def project(tmp_path):
    files = tuple(f"{k}.png" for k in range(4))
    clips = [
        (Clip(name=name, dataset="frames", width=8, height=6, root=Path("/d"), files=files), [])
        for name in "abc"
    ]
    with Project.create(tmp_path / "p") as made:
        perform(made, AddClips(clips))
        paths = [np.full((k + 1, 2), 1.5, np.float32) for k in range(4)]
        perform(made, ReplacePoints({k: PointTrajectories.pack([0] * 4, paths) for k in (1, 2)}))
        yield made


def test_they_are_what_counting_gives_after_any_edit_since(project):
    assert as_kept(project) == as_counted(project)
    keep(project)
    with project.reading() as connection:
        track = int(store.points(connection, 2).ids[0])
    for edit in (
        AddObject(3, "x", 1, np.array([0, 0, 1, 1])),
        MovePoint(2, track, 0, 3.0, 3.0),
        SetReview(2, (track,), Review.ACCEPTED),
    ):
        perform(project, edit)
        assert as_kept(project) == as_counted(project)
    keep(project, with_origins=False)
    assert as_kept(project) == as_counted(project)
    with project.writing() as connection:
        journal.undo(connection)
    assert as_kept(project) == as_counted(project)
    perform(
        project,
        AddClips(
            [(Clip(name="d", dataset="frames", width=8, height=6, root=Path("/d"), files=("0.png",)), [])]
        ),
    )
    assert as_kept(project) == as_counted(project)
    assert len(as_kept(project)[0]) == 4


def test_only_what_changed_is_counted_again(project):
    keep(project)
    file = project.cache / "counts.json"
    values = json.loads(file.read_text())
    for one in values["clips"].values():
        one["points"] = 77
    file.write_text(json.dumps(values))
    perform(project, AddObject(3, "x", 1, np.array([0, 0, 1, 1])))
    assert [one.points for one in as_kept(project)[0]] == [77, 77, 0]


def test_those_of_a_history_that_is_gone_do_not_count(project):
    project.engine.dispose()
    shutil.copy(project.database.path, project.path / "earlier")
    perform(project, AddObject(3, "x", 1, np.array([0, 0, 1, 1])))
    keep(project)
    project.engine.dispose()
    shutil.copy(project.path / "earlier", project.database.path)
    perform(project, AddObject(2, "y", 1, np.array([0, 0, 1, 1])))
    assert as_kept(project) == as_counted(project)


@pytest.mark.parametrize(
    "text",
    ["", "[" * 5000, "{}", "[]", "null", '{"revision": "x", "created": 1, "clips": {}}', "GARBLED", "ORIGIN"],
)
def test_a_damaged_file_is_passed_over(project, text):
    keep(project)
    file = project.cache / "counts.json"
    if text in ("GARBLED", "ORIGIN"):
        values = json.loads(file.read_text())
        if text == "GARBLED":
            values["clips"]["1"]["points"] = -1
        else:
            values["clips"]["1"]["origins"] = {"linked": 1e999}
        text = json.dumps(values)
    file.write_text(text)
    assert as_kept(project) == as_counted(project)
    keep(project)
    assert as_kept(project) == as_counted(project)


def test_one_pass_counts_all_clips_or_some(project):
    with project.reading() as connection:
        clips = store.clips(connection)
        found = tallies(connection, [clip.id for clip in clips])
        some = tallies(connection, [clips[0].id])
    summaries, origins = as_counted(project)
    assert found == (summaries, origins)
    assert some == (summaries[:1], {id: one for id, one in origins.items() if id == clips[0].id})
    with project.reading() as connection:
        counts.keep(project, connection, *found)
        assert counts.whole(project, connection) == found
