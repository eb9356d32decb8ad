"""`import` of every n-th frame, as a person types it."""

import json

import pytest

import main
from core.project.project import Project
from core.trajectories import store
from tests.core.datasets.conftest import write_jpg
from tests.core.datasets.test_video import STEADY, write_video


def run(*words) -> int:
    return main.main([str(word) for word in words])


def test_every_nth_frame_of_a_span_is_imported_and_told(tmp_path, capsys):
    write_video(tmp_path / "film.mp4", "libx264", STEADY)
    options = ("--every", 10, "--from", "0:01", "--to", 80, "--json", tmp_path / "out.json")
    assert run("import", tmp_path / "film.mp4", "--project", tmp_path / "p", *options) == 0
    assert "film: video, 6 frames (from 30 by 10), 0 annotated, 0 objects" in capsys.readouterr().out
    (row,) = json.loads((tmp_path / "out.json").read_text())["clips"]
    assert (row["frames"], row["start"], row["step"]) == (6, 30, 10)
    with Project.open(tmp_path / "p") as project, project.reading() as connection:
        (clip,) = store.clips(connection)
    assert (clip.frames, clip.start, clip.step) == (6, 30, 10)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--every", 0), "Every 0-th frame is no choice"),
        (("--from", "soon"), "'soon' is no frame and no time"),
        (("--to", "1s"), "walk has no times"),
        (("--from", 7), "walk has 2 frames, from 0 on"),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence_and_nothing_is_made(tmp_path, capsys, options, says):
    for number in range(2):
        write_jpg(tmp_path / "walk" / f"{number}.jpg", 9)
    assert run("import", tmp_path / "walk", "--project", tmp_path / "p", *options) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_an_import_is_given_again_where_a_failing_disk_left_a_project_unmade(tmp_path):
    write_jpg(tmp_path / "walk" / "000.jpg", 9)
    (tmp_path / "p" / "cache").mkdir(parents=True)
    (tmp_path / "p" / "project.toml.ab9c9013.partial").touch()
    assert run("import", tmp_path / "walk", "--project", tmp_path / "p") == 0
