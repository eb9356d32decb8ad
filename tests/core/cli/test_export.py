"""`export`: what is chosen, what is said beforehand, and where it is written."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import main
from core.overlay.colours import TRACK_COLOURS
from core.project.labels import Label, LabelList, as_bytes, write_labels
from core.project.project import Project
from core.project.saved_filters import write_filters
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.exchange import WRITTEN
from core.trajectories.trajectory_edits import SetReview
from tests.bad_inputs import is_clear
from tests.studio.small_project import draw_clip, draw_object, make_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Clips `birds` and `cars` with objects and points; in `birds` a point is accepted, one rejected."""
    folder = tmp_path_factory.mktemp("project")
    path = make_project(folder / "small", folder / "frames")
    with Project.open(path) as opened, opened.writing() as connection:
        birds = store.clip(connection, "birds")
        first, second, *_ = store.points(connection, birds.id).ids.tolist()
        journal.perform(connection, SetReview(birds.id, (first,), 1))
        journal.perform(connection, SetReview(birds.id, (second,), 2))
    return path


@pytest.fixture
def export(project, tmp_path, capsys):
    """Exports as CSV; the exit code, the JSON and what was said."""

    def export(*words, format="csv", out="out", of=project):
        capsys.readouterr()
        where = ("--project", of, "--out", tmp_path / out, "--json", tmp_path / "out.json")
        code = main.main(["export", "--format", format, *map(str, (*where, *words))])
        values = json.loads((tmp_path / "out.json").read_text()) if code == 0 else {}
        return code, values, capsys.readouterr().err

    return export


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_but_what_was_rejected_is_written(export, tmp_path):
    _, values, _ = export()
    assert values["counts"]["clips"] == 2
    assert values["counts"]["object_trajectories"] == 3
    assert values["counts"]["point_trajectories"] == 39
    written = rows(tmp_path / "out" / "birds.csv") + rows(tmp_path / "out" / "cars.csv")
    assert values["counts"]["observations"] == len(written)
    _, values, _ = export("--rejected")
    assert values["counts"]["point_trajectories"] == 40


def test_a_choice_of_tracks_frames_labels_and_reviews(export, project, tmp_path):
    export("--clip", "birds", "--labels", "swan", "--frames", "0-5")
    with Project.open(project) as opened, opened.reading() as connection:
        objects = store.objects(connection, store.clip(connection, "birds").id)
    (swan,) = (one.id for one in objects if one.label == "swan")
    assert [row["frame"] for row in rows(tmp_path / "out" / "birds.csv")] == ["0", "5"]
    _, values, _ = export("--tracks", swan, out="one")
    assert [row["frame"] for row in rows(tmp_path / "one" / "birds.csv")] == ["0", "5", "11"]
    assert values["counts"] == {
        "clips": 1,
        "object_trajectories": 1,
        "point_trajectories": 0,
        "observations": 3,
    }
    assert values["warnings"][0] == "Nothing of this choice is in cars; no file is written for it."
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["birds.csv"]
    _, values, _ = export("--reviews", "accepted")
    assert values["counts"]["point_trajectories"] == 1
    _, values, _ = export("--reviews", "accepted", "--rejected")
    assert values["counts"]["point_trajectories"] == 2
    _, values, _ = export("--kinds", "objects")
    assert (values["counts"]["object_trajectories"], values["counts"]["point_trajectories"]) == (3, 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--tracks", "1-2,9999"), "There is no track 9999 in these 2 clips; choose others."),
        (("--tracks", "x"), "'x' is no list of numbers; write them such as 3,7-9."),
        (("--labels", "swam,goose"), "There is no label swam in these 2 clips: there are "),
        (("--labels", "swan", "--clip", "cars"), "There is no label swan in cars: there are "),
        (("--reviews", "done"), "There is no review 'done'; choose open, accepted, rejected, suggested."),
        (
            ("--frames", "500-"),
            "This choice leaves nothing to write; choose other tracks, frames or reviews.",
        ),
        (("--clip", "cats"), "There is no clip 'cats' in this project; it holds birds, cars."),
    ],
)
def test_what_is_not_there_is_one_sentence_and_nothing_is_written(export, tmp_path, words, says):
    code, _, said = export(*words)
    assert code == 1
    assert says in said
    assert is_clear(said)
    assert not (tmp_path / "out").exists()


def test_what_is_lost_of_all_clips_is_said_before_the_first_file(export, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, said = export(format="mot", out="file")
    assert code == 1
    lines = said.splitlines()
    assert any(line.startswith("Warning: birds: ") for line in lines)
    assert any(line.startswith("Warning: cars: ") for line in lines)
    assert lines[-1].startswith("Cannot write")


def test_clips_of_one_name_do_not_take_each_others_file(export, tmp_path):
    folder = tmp_path / "p"
    with Project.create(folder) as opened, opened.writing() as connection:
        named = []
        for number, name in enumerate(("a/b", "a_b", "CON", "A_B")):
            clip = draw_clip(tmp_path / "frames", f"clip{number}")
            named.append((replace(clip, name=name), [draw_object(name)]))
        journal.perform(connection, AddClips(named))
    _, values, said = export(of=folder)
    labels = {path.name: rows(path)[0]["label"] for path in (tmp_path / "out").iterdir()}
    assert labels == {"A_B.csv": "A_B", "a_b-2.csv": "a_b", "a_b-3.csv": "a/b", "_CON.csv": "CON"}
    assert len(values["files"]) == 4
    assert "Warning: The file of a/b is called a_b-3, since another clip's has its name." in said
    export("--clip", "a/b", of=folder, out="alone")
    assert [path.name for path in (tmp_path / "alone").iterdir()] == ["a_b-3.csv"]


def test_the_frames_of_a_clip_are_not_replaced(tmp_path, capsys):
    """Masks would lie where the frames are: `frames/birds/00000.png`."""
    folder = tmp_path / "frames"
    clip = draw_clip(folder, "birds")
    for name in clip.files:
        (folder / name).rename((folder / name).with_stem("00" + (folder / name).stem))
    moved = tuple(name.replace("birds/", "birds/00") for name in clip.files)
    with Project.create(tmp_path / "p") as opened, opened.writing() as connection:
        journal.perform(connection, AddClips([(replace(clip, files=moved), [draw_object("swan")])]))
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    words = ["export", "--project", tmp_path / "p", "--format", "davis", "--out", folder]
    assert main.main([str(word) for word in words]) == 1
    assert "holds frames of birds; choose another place." in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before


def test_every_format_takes_a_choice_that_leaves_little(export, tmp_path):
    for format in WRITTEN:
        code, values, _ = export("--labels", "swan,van", "--frames", "5", format=format, out=format)
        assert code == 0
        assert len(values["files"]) == 2


@pytest.mark.parametrize("format", ["overlay", "overlay-pictures"])
def test_an_overlay_shows_what_is_chosen(export, tmp_path, format):
    """Frame 5 is (50, 0, 0); both objects of `birds` lie on the same pixels there."""
    words = ("--clip", "birds", "--labels", "goose", "--frames", "5-6", "--no-boxes", "--no-names")
    code, values, _ = export(*words, "--opacity", 50, format=format)
    assert code == 0
    assert values["counts"] == {
        "clips": 1,
        "object_trajectories": 1,
        "point_trajectories": 0,
        "observations": 1,
    }
    (path,) = map(Path, values["files"])
    if format == "overlay":
        assert path == tmp_path / "out" / "birds-overlay.mp4"
        with av.open(str(path)) as video:
            pictures = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    else:
        assert path == tmp_path / "out" / "birds-overlay"
        assert sorted(one.name for one in path.iterdir()) == ["00005.png", "00006.png"]
        pictures = [cv2.imread(str(one))[..., ::-1] for one in sorted(path.iterdir())]
    assert len(pictures) == 2
    goose = 0.5 * TRACK_COLOURS[2] + 0.5 * np.array((50, 0, 0))
    assert abs(pictures[0][11:15, 18:22].reshape(-1, 3).mean(axis=0) - goose).max() < 6
    assert abs(pictures[1][11:15, 18:22].reshape(-1, 3).mean(axis=0) - (60, 0, 0)).max() < 6


def test_trails_reach_into_frames_that_are_not_drawn(export, project):
    """The fifth point goes from (5, 12) in frame 0 a pixel a frame to (11, 12) in frame 6."""
    with Project.open(project) as opened, opened.reading() as connection:
        fifth = store.points(connection, store.clip(connection, "birds").id).ids[4]
    words = ("--clip", "birds", "--tracks", fifth, "--frames", "6", "--no-stabilise", "--trail")
    seen = {}
    for trail in (0, 5):
        _, values, _ = export(*words, trail, format="overlay-pictures", out=f"trail{trail}")
        seen[trail] = cv2.imread(str(Path(values["files"][0]) / "00006.png"))[..., ::-1]
    assert (seen[0][:, 7] == (60, 0, 0)).all()
    assert (seen[5][11:13, 7] == TRACK_COLOURS[fifth % 10]).all(axis=1).any()


def test_what_overlays_show_is_no_option_of_other_formats(export):
    code, _, said = export("--trail", 5)
    assert code == 1
    assert said == "--trail belongs to overlays; leave it out, or choose --format overlay.\n"
    code, _, said = export("--opacity", 101, format="overlay")
    assert code == 1
    assert said == "opacity must be at most 100, not 101.\n"


def test_colours_by_label_are_those_of_the_projects_list(export, project):
    """A list that is damaged is said, and the labels have the colours that they get at first."""
    words = ("--clip", "birds", "--labels", "goose", "--frames", "5", "--no-boxes", "--no-names")
    words += ("--colour-by", "label", "--opacity", 100)
    write_labels(project, as_bytes(LabelList((Label("goose", "#ff00ff"),))))
    for out, wanted in (("own", [255, 0, 255]), ("first", TRACK_COLOURS[0].tolist())):
        code, values, _ = export(*words, format="overlay-pictures", out=out)
        assert code == 0
        (path,) = Path(values["files"][0]).iterdir()
        assert cv2.imread(str(path))[12, 20, ::-1].tolist() == wanted
        (project / "labels.json").write_text("{")
    (project / "labels.json").unlink()
    assert "labels.json is damaged" in values["warnings"][0]


def test_a_filter_chooses_by_its_line_or_by_its_name(export, project, tmp_path):
    def counts(*words):
        _, values, _ = export(*words, out=f"out{len(list(tmp_path.iterdir()))}")
        return values["counts"]["object_trajectories"], values["counts"]["point_trajectories"]

    with Project.open(project) as opened, opened.reading() as connection:
        points = [store.points(connection, clip.id) for clip in store.clips(connection)]
    bad = sum(
        bool(error[1:].max() > 1.25) and review != 2
        for clip in points
        for error, review in zip(np.split(clip.error, clip.offsets[1:-1]), clip.review, strict=True)
    )
    assert 0 < bad < 39
    assert counts("--filter", "worst>1.25") == (0, bad)
    write_filters(project, {"bad points": "worst>1.25"})
    assert counts("--filter", "Bad points") == (0, bad)
    assert counts("--filter", "rejected") == (0, 1)
    assert counts("--filter", "accepted only", "--clip", "birds") == (0, 1)
    assert counts("--filter", "swan") == (1, 0)
    code, _, said = export("--filter", "wurst>1")
    assert (code, is_clear(said)) == (1, True)
    assert "there is no word wurst; write worst." in said
    code, _, said = export("--filter", "rejected", "--reviews", "accepted")
    assert "leaves nothing to write" in said
