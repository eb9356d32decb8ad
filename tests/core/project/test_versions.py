"""Named versions: kept beside the database, compared and gone back to by the command, never in the way."""

import json
import shutil

import numpy as np
import pytest

from core import cli
from core.datasets.clip import Clip
from core.errors import StudioError
from core.project import versions
from core.project.project import Project
from core.project.versions import read_versions
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.observation_edits import AddObject


def edit(path, *labels):
    with Project.open(path) as project:
        for label in labels:
            with project.writing() as connection:
                journal.perform(connection, AddObject(1, label, 0, np.array([0, 0, 1, 1])))


def labels(path):
    with Project.open(path) as project, project.reading() as connection:
        return [one.label for one in store.objects(connection, 1)]


@pytest.fixture
def path(tmp_path):
    clip = Clip(name="a", dataset="frames", width=8, height=6, root=tmp_path, files=("0.png", "1.png"))
    with Project.create(tmp_path / "p") as made, made.writing() as connection:
        journal.perform(connection, AddClips([(clip, [])]))
    edit(tmp_path / "p", "one")
    return tmp_path / "p"


def run(capsys, *arguments):
    code = cli.main(["versions", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_the_command_saves_lists_compares_and_goes_back(path, capsys):
    at = ("--project", path)
    assert run(capsys, *at) == (0, "No version was saved yet; name one with --save.\n")
    assert run(capsys, *at, "--save", "  before   lunch ", "--note", "all of a") == (
        0,
        "Saved version “before lunch”.\n",
    )
    edit(path, "two", "three")
    assert "before lunch  (" in run(capsys, *at)[1]
    assert "2 edits since)  all of a" in run(capsys, *at)[1]
    assert run(capsys, *at, "--compare", "before lunch") == (0, "a: 2 added\n")
    code, told = run(capsys, *at, "--back", "before lunch")
    kept = "Before going back to before lunch"
    assert (code, told) == (
        0,
        f"Gone back to “before lunch” over 2 edits; what was there is the version “{kept}”.\n",
    )
    assert labels(path) == ["one"]
    assert run(capsys, *at, "--back", "before lunch")[1] == "Nothing differs from “before lunch”.\n"
    edit(path, "instead")
    assert run(capsys, *at, "--back", kept)[0] == 0
    assert labels(path) == ["one", "two", "three"]
    assert [one.name for one in read_versions(path)][-1] == f"Before going back to {kept}"
    assert run(capsys, *at, "--back", "unknown")[0] == 1


@pytest.mark.parametrize(
    ("name", "why"), [("", "needs a name"), ("x" * 101, "needs a name"), ("a", "already")]
)
def test_a_name_that_cannot_be_is_one_sentence(path, name, why):
    with Project.open(path) as project, project.reading() as connection:
        versions.save_version(path, connection, "a")
        with pytest.raises(StudioError, match=why):
            versions.save_version(path, connection, name)
    assert [one.name for one in read_versions(path)] == ["a"]


def test_one_of_a_history_that_a_restored_backup_does_not_have_cannot_be_gone_back_to(path, capsys):
    database = path / "annotations.sqlite"
    shutil.copy(database, path / "earlier")
    edit(path, "lost")
    assert run(capsys, "--project", path, "--save", "of the lost one")[0] == 0
    shutil.copy(path / "earlier", database)
    edit(path, "another")
    code, told = run(capsys, "--project", path, "--back", "of the lost one")
    assert code == 1
    assert "of a history that p no longer has" in told
    assert labels(path) == ["one", "another"]


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "{}", "null", '{"versions": [1]}', "\ud800", "bytes", "revision", "surrogate"],
)
def test_a_damaged_file_is_one_sentence_and_is_set_aside(path, text):
    good = {"name": "a", "revision": 1, "step": "x", "made": "2026-01-01T00:00:00+00:00", "note": ""}
    if text == "revision":
        text = json.dumps({"versions": [good | {"revision": True}]})
    elif text == "surrogate":
        text = json.dumps({"versions": [good | {"name": "\ud800"}]})
    data = b"\xff\xfe\x00" if text == "bytes" else text.encode("utf-8", "surrogatepass")
    (path / versions.FILE).write_bytes(data)
    with pytest.raises(StudioError, match=r"is damaged: the names of versions are lost, no edit is"):
        read_versions(path)
    assert (path / "versions.damaged.json").read_bytes() == data
    assert read_versions(path) == []
