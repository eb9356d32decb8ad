import dataclasses
import errno
import json
import os
from dataclasses import replace

import numpy as np
import pytest

from core.datasets.clip import Use
from core.errors import StudioError
from core.trajectories import journal, store
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.model import Kind, Review
from core.trajectories.snapshot import read_snapshot, write_snapshot
from core.trajectories.snapshot_parts import snapshot_ids, snapshot_rows
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview

OTHERS = (Use.HELD_OUT, Use.LEFT_OUT)


def test_a_snapshot_holds_the_clips_and_the_chosen_annotators_trajectories(connection, tmp_path):
    clip = store.clip(connection, "a")
    journal.perform(
        connection,
        Relabel(clip.id, (int(store.points(connection, clip.id).ids[1]),), "wheel"),
    )
    write_snapshot(connection, store.clips(connection), tmp_path, tmp_path / "project")
    snapshot = read_snapshot(tmp_path)
    assert snapshot.revision == journal.revision(connection) == 3
    assert snapshot.project == str(tmp_path / "project")
    assert [one.clip for one in snapshot.clips] == store.clips(connection)
    for part in snapshot.clips:
        same(part.points, store.points(connection, part.clip.id))
        expected = store.objects(connection, part.clip.id, part.clip.annotator)
        assert len(part.objects) == len(expected)
        for got, put in zip(part.objects, expected, strict=True):
            same(got, put)


def same(got, put):
    for field in dataclasses.fields(put):
        a, b = getattr(got, field.name), getattr(put, field.name)
        if isinstance(b, np.ndarray):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype, field.name
        else:
            assert a == b, field.name


def test_a_snapshot_holds_no_more_kinds_than_asked_for(connection, tmp_path):
    clip = store.clip(connection, "a")
    counts = []
    for kinds in ((), (Kind.OBJECT,), (Kind.POINT,), tuple(Kind)):
        write_snapshot(connection, [clip], tmp_path, tmp_path, kinds)
        (part,) = read_snapshot(tmp_path).clips
        counts.append((len(part.objects), len(part.points)))
    assert counts == [(0, 0), (2, 0), (0, 4), (2, 4)]


def test_a_snapshot_of_an_empty_clip_reads_back(connection, tmp_path):
    clip = store.clip(connection, "b")
    (only,) = store.objects(connection, clip.id)
    journal.perform(connection, DeleteTrajectories(clip.id, (only.id,)))
    write_snapshot(connection, [clip], tmp_path, tmp_path)
    (part,) = read_snapshot(tmp_path).clips
    assert len(part.points) == len(part.objects) == 0


def test_a_snapshot_says_what_clips_are_for_and_an_older_one_that_they_train(connection, tmp_path):
    clips = [replace(clip, use=use) for clip, use in zip(store.clips(connection), OTHERS, strict=True)]
    journal.perform(connection, ChooseUse(tuple(clips)))
    write_snapshot(connection, store.clips(connection), tmp_path, tmp_path)
    assert [one.clip.use for one in read_snapshot(tmp_path).clips] == list(OTHERS)
    head = json.loads((tmp_path / "snapshot.json").read_text())
    assert [entry.pop("use") for entry in head["clips"]] == ["held out", "left out"]
    (tmp_path / "snapshot.json").write_text(json.dumps(head))
    assert [one.clip.use for one in read_snapshot(tmp_path).clips] == [Use.TRAIN, Use.TRAIN]


def test_a_snapshot_says_which_frames_clips_have_and_an_older_one_that_they_have_all(connection, tmp_path):
    clips = [replace(clip, start=2, step=3, upright=True) for clip in store.clips(connection)]
    write_snapshot(connection, clips, tmp_path, tmp_path)
    assert [one.clip for one in read_snapshot(tmp_path).clips] == clips
    head = json.loads((tmp_path / "snapshot.json").read_text())
    for entry in head["clips"]:
        assert (entry.pop("start"), entry.pop("step"), entry.pop("upright")) == (2, 3, True)
    (tmp_path / "snapshot.json").write_text(json.dumps(head))
    read = [one.clip for one in read_snapshot(tmp_path).clips]
    assert {(clip.start, clip.step, clip.upright) for clip in read} == {(0, 1, False)}


def test_the_ids_by_clip_are_those_of_the_whole_snapshot(connection, tmp_path):
    write_snapshot(connection, store.clips(connection), tmp_path, tmp_path)
    expected = {
        part.clip.name: [*(one.id for one in part.objects), *part.points.ids.tolist()]
        for part in read_snapshot(tmp_path).clips
    }
    found = snapshot_ids(tmp_path)
    assert {of.name: of.ids.tolist() for of in found} == expected
    assert {store.clip(connection, of.name).id for of in found} == {of.clip_id for of in found}


@pytest.mark.parametrize("size", [0, 1, 100, 1000])
def test_a_damaged_or_missing_snapshot_is_one_sentence(connection, tmp_path, size):
    for read in (read_snapshot, snapshot_ids):
        with pytest.raises(StudioError, match="missing or damaged; start a new run"):
            read(tmp_path)
    clip = store.clip(connection, "a")
    write_snapshot(connection, [clip], tmp_path, tmp_path)
    arrays = tmp_path / f"{clip.id}.npz"
    arrays.write_bytes(arrays.read_bytes()[:size])
    for read in (read_snapshot, snapshot_ids):
        with pytest.raises(StudioError, match="missing or damaged; start a new run"):
            read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"revision": 1, "project": "", "clips": [[]]})])
def test_a_damaged_list_of_clips_is_one_sentence(tmp_path, text):
    (tmp_path / "snapshot.json").write_text(text)
    with pytest.raises(StudioError, match="missing or damaged"):
        read_snapshot(tmp_path)


@pytest.mark.parametrize("last", ["1.npz", "snapshot.json"])
def test_a_snapshot_that_cannot_be_written_leaves_whole_files(connection, tmp_path, monkeypatch, last):
    clip = store.clip(connection, "a")
    assert clip.id == 1
    write_snapshot(connection, [clip], tmp_path, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    ids = tuple(store.points(connection, clip.id).ids.tolist())
    journal.perform(connection, SetReview(clip.id, ids, Review.ACCEPTED))
    place = os.replace

    def fill_the_disk(source, target) -> None:
        if target.name == last:
            raise OSError(errno.ENOSPC, "No space left on device")
        place(source, target)

    monkeypatch.setattr("os.replace", fill_the_disk)
    with pytest.raises(OSError):
        write_snapshot(connection, [clip], tmp_path, tmp_path / "other")
    assert (tmp_path / last).read_bytes() == before[last]
    assert {path.name for path in tmp_path.iterdir()} == set(before)


@pytest.mark.parametrize("kind", ["point", "object"])
def test_labels_that_are_not_one_a_track_are_one_sentence(connection, tmp_path, kind):
    write_snapshot(connection, store.clips(connection), tmp_path, tmp_path / "project")
    head = json.loads((tmp_path / "snapshot.json").read_text())
    head["clips"][0][f"{kind}_labels"] = ["wheel"]
    (tmp_path / "snapshot.json").write_text(json.dumps(head))
    with pytest.raises(StudioError, match="is damaged"):
        list(snapshot_rows(tmp_path))
