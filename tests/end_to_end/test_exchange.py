"""Trajectories out of one project and into another, by the command line."""

import json

import numpy as np
import pytest

import main
from core.project.project import Project
from core.trajectories import store
from tests.bad_inputs import contents, is_clear
from tests.core.trajectories.exchange.every_format import EVERY_FORMAT
from tests.small_data import write_davis


def run(*words):
    return main.main([str(word) for word in words])


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """A project with objects and points in its one clip, `ape`; not to be changed."""
    folder = tmp_path_factory.mktemp("projects")
    davis = write_davis(folder / "DAVIS", ("ape",))
    assert run("import", davis, "--project", folder / "full") == 0
    assert run("track", "--project", folder / "full", "--spacing", "8", "--min-length", "5") == 0
    return folder / "full"


@pytest.fixture
def bare(tracked, tmp_path):
    """A project with the same frames and no trajectories."""
    frames = tracked.parent / "DAVIS" / "JPEGImages" / "480p" / "ape"
    assert run("import", frames, "--project", tmp_path / "bare", "--format", "frames") == 0
    return tmp_path / "bare"


def trajectories(project):
    with Project.open(project) as opened, opened.reading() as connection:
        clip = store.clip(connection, "ape")
        return store.points(connection, clip.id), store.objects(connection, clip.id)


@pytest.mark.parametrize("format", EVERY_FORMAT)
def test_what_one_project_exports_another_imports(tracked, bare, tmp_path, capsys, format):
    assert run("export", "--project", tracked, "--format", format, "--out", tmp_path / "out") == 0
    captured = capsys.readouterr()
    (file,) = captured.out.split()
    assert all(line.startswith("Warning: ape: ") for line in captured.err.splitlines())
    words = ("import-tracks", file, "--project", bare, "--clip", "ape", "--json", tmp_path / "out.json")
    assert run(*words) == 0
    points, objects = trajectories(tracked)
    again, seen = trajectories(bare)
    values = json.loads((tmp_path / "out.json").read_text())
    assert values["format"] == format.removesuffix("-results")
    assert (values["point_trajectories"], values["object_trajectories"]) == (len(again), len(seen))
    assert values["observations"] == len(again.xy) + sum(len(one.frames) for one in seen)
    assert len(again) in (0, len(points))
    assert len(seen) in (0, len(objects))
    assert len(again) or len(seen)
    if len(again):
        np.testing.assert_allclose(again.xy, points.xy, atol=1e-5)
    for mine, one in zip(seen, objects, strict=False):
        np.testing.assert_array_equal(mine.frames, one.frames)
        np.testing.assert_allclose(mine.boxes, one.boxes, atol=1e-4)
    assert run("check", "--project", bare) == 0


@pytest.mark.parametrize(
    ("export", "columns"),
    [
        (("--preset", "trackpy"), ()),
        (("--preset", "napari"), ("--preset", "napari")),
        (("--columns", "frame=t,id=n,x=X,y=Y"), ("--columns", "frame=t,id=2,x=x,y=Y")),
    ],
)
def test_tables_go_out_and_come_in_by_the_columns_of_others(tracked, bare, tmp_path, capsys, export, columns):
    out = tmp_path / "out"
    assert run("export", "--project", tracked, "--format", "csv", "--out", out, *export) == 0
    told = capsys.readouterr().err
    assert "object trajectories are left out." in told
    words = ("import-tracks", out / "ape.csv", "--project", bare, "--clip", "ape")
    assert run(*words, *columns) == 0
    said = capsys.readouterr().out
    assert ("Read as a table of trackpy" in said) == (not columns)
    (points, _), (again, seen) = trajectories(tracked), trajectories(bare)
    assert seen == []
    np.testing.assert_allclose(again.xy, points.xy, atol=1e-5)
    np.testing.assert_array_equal(again.first, points.first)


def test_columns_that_are_not_there_are_one_sentence(bare, tmp_path, capsys):
    (tmp_path / "own.csv").write_text("t;nr;x;y\n0;1;2,5;3\n")
    words = ("import-tracks", tmp_path / "own.csv", "--project", bare, "--clip", "ape")
    before = contents(bare)
    for more, says in (
        ((), "has no column 'trajectory' but t, nr, x, y; say which is which, such as --columns"),
        (("--columns", "frame=t,id=number,x=x,y=y"), "has no column 'number'; it has t, nr, x, y."),
        (("--format", "mot", "--columns", "frame=t,id=nr,x=x,y=y"), "and mot has its own"),
    ):
        assert run(*words, *more) == 1
        assert says in capsys.readouterr().err
    assert contents(bare) == before
    assert run(*words, "--columns", "frame=t,id=nr,x=x,y=y") == 0
    assert trajectories(bare)[0].xy.tolist() == [[2.5, 3]]


def test_the_folder_one_stands_in_has_a_name_too(tracked, bare, tmp_path, capsys, monkeypatch):
    assert run("export", "--project", tracked, "--format", "davis", "--out", tmp_path / "masks") == 0
    monkeypatch.chdir(tmp_path / "masks" / "ape")
    capsys.readouterr()
    assert run("import-tracks", ".", "--project", bare, "--clip", "ape") == 0
    assert "from ape (davis)." in capsys.readouterr().out


def test_losses_are_told_before_anything_is_written(tracked, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run("export", "--project", tracked, "--format", "mot", "--out", tmp_path / "file") == 1
    told = capsys.readouterr().err.splitlines()
    assert any(line.endswith("point trajectories are left out.") for line in told[:-1])
    assert told[-1].startswith("Cannot write")


def test_what_cannot_be_imported_changes_nothing(bare, tmp_path, capsys):
    (tmp_path / "gt.txt").write_text("1,1,2,2,5,5,1,-1,-1\n9999,1,2,2,5,5,1,-1,-1\n")
    (tmp_path / "empty.txt").write_text("")
    before = contents(bare)
    for words, says in (
        (("gt.txt", "ape"), "in frame 9999"),
        (("gt.txt", "cow"), "There is no clip 'cow'"),
        (("none.txt", "ape"), "There is no file"),
        (("empty.txt", "ape"), "holds no tracks"),
    ):
        source, clip = words
        capsys.readouterr()
        assert run("import-tracks", tmp_path / source, "--project", bare, "--clip", clip) == 1
        sentence = capsys.readouterr().err
        assert says in sentence
        assert is_clear(sentence)
        assert contents(bare) == before
