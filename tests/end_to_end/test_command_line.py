"""Every command, on small data, as a person or a cluster would call it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import main
from core.cli import COMMANDS
from core.datasets.image import read_values
from core.datasets.voc import CLASSES
from core.evaluation import origin
from core.events import ClassAP
from core.geometry import decode_mask
from core.project.project import Project
from core.runs.measured_run import MeasuredRun
from core.runs.run_folder import RunFolder
from core.trajectories import journal, store
from tests.small_data import FRAMES, KEYFRAMES, write_davis, write_voc

ROOT = Path(main.__file__).parent


@pytest.fixture(scope="module")
def davis(tmp_path_factory):
    return write_davis(tmp_path_factory.mktemp("data") / "DAVIS")


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    return write_voc(tmp_path_factory.mktemp("data") / "VOCdevkit")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, davis):
    """A project that was imported into, tracked and densified; not to be changed."""
    folder = tmp_path_factory.mktemp("projects") / "finished"
    for command in (
        ("import", davis, "--project", folder),
        ("track", "--project", folder, "--spacing", "6", "--min-length", "5"),
        ("densify", "--project", folder),
    ):
        assert run(*command) == 0
    return folder


@pytest.fixture
def project(tmp_path, finished):
    """A copy of it."""
    return Path(shutil.copytree(finished, tmp_path / "project"))


def run(*words):
    return main.main([str(word) for word in words])


def result(tmp_path, *words):
    """What a command gives as JSON."""
    assert run(*words, "--json", tmp_path / "out.json") == 0
    return json.loads((tmp_path / "out.json").read_text())


def refused(capsys, *words):
    """The one sentence on standard error with which a command is refused."""
    capsys.readouterr()
    assert run(*words) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


# --- usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        run(command, "--help")
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [("fly",), ("import",), ("track", "--project", "x", "--preset", "odd"), ("info", "--odd"), ("--odd",)],
)
def test_usage_is_exit_code_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        run(*words)
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        run("--version")
    assert end.value.code == 0
    assert "AssociationNet Studio 0." in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="there is always a display")
@pytest.mark.parametrize("words", [[], ["--sample"], ["."]])
def test_without_a_display_the_window_is_one_sentence(words):
    absent = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in absent}
    command = [sys.executable, "main.py", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "There is no display for the window; use a command, see --help.\n"


def test_commands_load_no_more_than_they_need_nor_call_git(finished):
    code = (
        "import sys, main; code = main.main(sys.argv[1:]);"
        "from core.version import code_version;"
        "loaded = [m for m in ('torch', 'PySide6', 'pyqtgraph', 'alembic') if m in sys.modules];"
        "loaded += ['git'] * code_version.cache_info().currsize;"
        "sys.exit(code or loaded or 0)"
    )
    for command in (["info"], ["check"], ["export", "--format", "csv", "--out", str(finished / "exports")]):
        words = [sys.executable, "-c", code, *command, "--project", str(finished)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_help_loads_no_database():
    code = "import sys, core.cli; sys.exit([m for m in ('sqlalchemy', 'torch') if m in sys.modules] or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- clips ------------------------------------------------------------------------------------


def test_info_tells_what_was_imported_tracked_and_densified(finished, tmp_path, capsys):
    values = result(tmp_path, "info", "--project", finished)
    assert [clip["name"] for clip in values["clips"]] == ["ape", "bear"]
    for clip in values["clips"]:
        assert clip["dataset"] == "davis"
        assert (clip["frames"], clip["width"], clip["height"]) == (FRAMES, 128, 96)
        assert clip["annotated"] == len(KEYFRAMES)
        assert clip["use"] == "train"
        assert clip["object_trajectories"] == 2
        assert clip["point_trajectories"] > 20
        assert clip["observations"]["propagated"] > 10
        assert clip["observations"]["linked"] > 20 * 5
    assert [run["job"] for run in values["runs"]] == ["track", "densify"]
    assert "bear" in capsys.readouterr().out


def test_what_was_tracked_is_one_step_of_undo(project):
    with Project.open(project) as opened, opened.writing() as connection:
        assert journal.undoable(connection).text == "Densify 4 objects"
        journal.undo(connection)
        assert journal.undoable(connection).text.startswith("Track ")
        journal.undo(connection)
        assert [one.points for one in store.summaries(connection)] == [0, 0]


def test_one_clip_can_be_tracked_alone(project, tmp_path):
    values = result(
        tmp_path, "track", "--project", project, "--clip", "bear", "--spacing", 12, "--min-length", 5
    )
    assert [clip["name"] for clip in values["clips"]] == ["bear"]
    counts = [c["point_trajectories"] for c in result(tmp_path, "info", "--project", project)["clips"]]
    assert counts[1] < counts[0] / 2


def test_a_span_of_frames_can_be_densified_alone(project):
    with Project.open(project) as opened, opened.writing() as connection:
        journal.undo(connection)
    assert run("densify", "--project", project, "--span", 2, 4, "--one-way-frames", 0) == 0
    with Project.open(project) as opened, opened.reading() as connection:
        for clip in store.clips(connection):
            for one in store.objects(connection, clip.id):
                assert one.frames.tolist() == [0, 2, 3, 4, 6, 13]


def test_output_of_eight_bits_shows_what_it_can(tmp_path, davis):
    command = [sys.executable, "main.py"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shutil.copytree(davis / "JPEGImages" / "480p" / "ape", tmp_path / "żubr")

    def printed(*words):
        words = [*command, *map(str, words)]
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert "?ubr: frames, 14 frames" in printed("import", tmp_path / "żubr", "--project", tmp_path / "p")
    assert "128?96" in printed("info", "--project", tmp_path / "p")
    values = json.loads(printed("info", "--project", tmp_path / "p", "--json", "-"))
    assert [clip["name"] for clip in values["clips"]] == ["żubr"]


def test_importing_again_gives_the_clips_other_names(project, davis, tmp_path):
    values = result(tmp_path, "import", davis, davis, "--project", project)
    assert [clip["name"] for clip in values["clips"]] == ["ape-2", "bear-2", "ape-3", "bear-3"]
    assert values["clips"][0]["object_trajectories"] == 2


def test_a_source_without_clips_leaves_everything_as_it_was(tmp_path, project, davis, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "is empty" in refused(capsys, "import", empty, "--project", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    refused(capsys, "import", davis, empty, "--project", project)
    with Project.open(project) as opened, opened.reading() as connection:
        assert len(journal.history(connection)) == 3


def test_a_project_that_is_absent_in_use_or_something_else_is_one_sentence(
    tmp_path, project, davis, capsys, monkeypatch
):
    monkeypatch.setattr("core.cli.opening.PATIENCE", 0)
    assert "is not a project" in refused(capsys, "info", "--project", tmp_path / "none")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    assert "is not a project" in refused(capsys, "import", davis, "--project", tmp_path / "other")
    with Project.open(project):
        assert "open in another window" in refused(capsys, "info", "--project", project)
    assert "There is no clip 'cat'" in refused(capsys, "track", "--project", project, "--clip", "cat")
    assert "spacing must be at least" in refused(capsys, "track", "--project", project, "--spacing", "0")


def test_exported_points_are_those_of_the_project(finished, tmp_path):
    values = result(
        tmp_path, "export", "--project", finished, "--format", "tapvid", "--out", tmp_path / "out"
    )
    assert [Path(file).name for file in values["files"]] == ["ape.npz", "bear.npz"]
    with Project.open(finished) as opened, opened.reading() as connection:
        points = store.points(connection, store.clip(connection, "bear").id)
    with np.load(tmp_path / "out" / "bear.npz", allow_pickle=False) as arrays:
        assert arrays["tracks"].shape == (len(points), FRAMES, 2)
        np.testing.assert_array_equal(arrays["ids"], points.ids)
        np.testing.assert_array_equal(arrays["tracks"][arrays["visible"]], points.xy)
        assert arrays["visible"].sum() == len(points.xy)


def test_exported_masks_are_those_of_the_project(finished, tmp_path):
    result(tmp_path, "export", "--project", finished, "--format", "davis", "--out", tmp_path, "--clip", "ape")
    with Project.open(finished) as opened, opened.reading() as connection:
        objects = store.objects(connection, store.clip(connection, "ape").id)
    picture = read_values(tmp_path / "ape" / "00006.png")
    for number, one in enumerate(objects, start=1):
        mask = decode_mask(one.masks[one.place(6)], 96, 128)
        np.testing.assert_array_equal(picture == number, mask)


@pytest.mark.parametrize("format", ["brox", "mot", "coco", "csv"])
def test_every_format_is_written(finished, tmp_path, format):
    values = result(tmp_path, "export", "--project", finished, "--format", format, "--out", tmp_path / "out")
    assert all(Path(file).stat().st_size > 500 for file in values["files"])


def test_check_names_what_is_missing_or_damaged(tmp_path, capsys):
    data = write_davis(tmp_path / "DAVIS", ("ape",))
    assert run("import", data, "--project", tmp_path / "p") == 0
    assert run("check", "--project", tmp_path / "p") == 0
    assert "is whole" in capsys.readouterr().out
    frame = data / "JPEGImages" / "480p" / "ape" / "00004.jpg"
    frame.unlink()
    (tmp_path / "p" / "runs" / "odd").mkdir()
    assert run("check", "--project", tmp_path / "p", "--json", tmp_path / "out.json") == 1
    problems = capsys.readouterr().err.strip().splitlines()
    assert len(problems) == 2
    assert "is no run" in problems[0]
    assert "00004.jpg" in problems[1]
    assert json.loads((tmp_path / "out.json").read_text())["problems"] == problems


# --- learning ---------------------------------------------------------------------------------


SHORT = (
    "--regime",
    "objtr",
    "--network",
    "tiny",
    "--batch",
    "4",
    "--held-out-count",
    "8",
    "--minimum-length",
    "5",
)


def test_pretraining_leaves_weights_and_is_resumed_as_it_was_started(project, tmp_path, capsys):
    command = ("pretrain", "--project", project, *SHORT, "--steps", "3", "--out", tmp_path / "run")
    values = result(tmp_path, *command)
    assert values["metrics"].keys() >= {"loss", "accuracy"}
    assert (tmp_path / "run" / "results" / "trunk.safetensors").is_file()
    assert "already holds files" in refused(capsys, *command)
    assert run(*command, "--resume") == 0
    changed = refused(capsys, *command, "--resume", "--batch", "8")
    assert "started with batch 4, not 8" in changed
    other = ("finetune", "--voc", "x", "--out", tmp_path / "run", "--resume")
    assert "is a pretrain run" in refused(capsys, *other)


def test_pretraining_needs_something_to_train_on(tmp_path, capsys):
    assert "name their --project" in refused(capsys, "pretrain", "--out", tmp_path / "run")
    assert "needs its images" in refused(
        capsys, "pretrain", "--method", "caltech101", "--out", tmp_path / "run"
    )
    assert not (tmp_path / "run").exists()


def test_from_proposals_to_a_row_beside_the_papers(voc, tmp_path, capsys):
    for name in ("trainval", "test"):
        words = ("--voc", voc, "--set", name, "--mode", "fast", "--out", tmp_path / f"{name}.npz")
        assert run("proposals", *words) == 0
    words = ("--init", "random", "--network", "tiny", "--steps", "2", "--rois-per-image", "8")
    start = ("finetune", "--voc", voc, *words, "--short-side", "90", "--long-side", "120")
    assert run(*start, "--proposals", tmp_path / "trainval.npz", "--out", tmp_path / "run") == 0
    detect = ("detect", "--run", tmp_path / "run", "--voc", voc, "--proposals", tmp_path / "test.npz")
    values = result(tmp_path, *detect, "--out", tmp_path / "found")
    assert {Path(file).name for file in values["files"]} == {f"comp4_det_test_{name}.txt" for name in CLASSES}
    capsys.readouterr()
    explained = ("--report", tmp_path / "pages" / "why.html", "--errors", tmp_path / "why.csv")
    assert run("evaluate", "--voc", voc, "--detections", tmp_path / "found", *explained, "--json", "-") == 0
    printed = json.loads(capsys.readouterr().out)  # nothing else goes to standard output
    assert printed.keys() == {"metric", "overlap", "year", "set", "ap", "map", "objects", *origin.FACTS}
    assert (printed["metric"], printed["year"], printed["set"]) == ("voc07_11point", 2007, "test")
    assert printed["ap"].keys() == printed["objects"].keys() == set(CLASSES)
    assert 0 <= printed["map"] <= 1
    assert printed["ap"]["dog"] is None
    assert printed["objects"]["car"] > 0
    assert f"mAP {100 * printed['map']:.1f} %" in (tmp_path / "pages" / "why.html").read_text(
        encoding="utf-8"
    )
    assert (tmp_path / "why.csv").read_text(encoding="utf-8").startswith("class,rank,image,score")
    assert MeasuredRun.open(tmp_path / "run").diagnosis().mean_ap == pytest.approx(printed["map"])
    rows = result(tmp_path, "table1", "--runs", tmp_path / "run", "--format", "markdown")["rows"]
    assert len(rows) == 17
    assert rows[-1]["map"] == pytest.approx(printed["map"], abs=1e-5)
    assert "RandomNet (run)" in capsys.readouterr().out

    assert "Cannot write" in refused(
        capsys, *("evaluate", "--voc", voc, "--detections"), tmp_path / "found", "--report", tmp_path
    )
    # Measured again it is there once; measured on what it was trained on, it is not kept at all.
    evaluate = ("evaluate", "--voc", voc, "--detections", tmp_path / "found")
    assert result(tmp_path, *evaluate) == printed
    classes = [e.name for e in RunFolder(tmp_path / "run").events()[0] if isinstance(e, ClassAP)]
    assert classes == list(CLASSES)
    again = ("detect", "--run", tmp_path / "run", "--voc", voc, "--proposals", tmp_path / "trainval.npz")
    assert run(*again, "--set", "trainval", "--out", tmp_path / "found") == 0
    capsys.readouterr()
    assert result(tmp_path, *evaluate, "--set", "trainval")["set"] == "trainval"
    assert "Warning: run was trained on trainval" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "results" / "ap.json").read_text()) == printed
    with RunFolder(tmp_path / "run").held_lock():
        assert "is running; evaluate again" in refused(capsys, *evaluate)
    shutil.rmtree(tmp_path / "run" / "results")
    assert "cannot be kept" in refused(capsys, *evaluate)


def test_a_probe_names_its_accuracy_and_chance(voc, tmp_path):
    words = ("--init", "random", "--network", "tiny", "--voc", voc, "--per-class", "2", "--splits", "1")
    values = result(tmp_path, "probe", *words)
    assert 0 <= values["accuracy"] <= 1
    assert values["chance"] == 0.5


def test_what_is_missing_for_detection_is_one_sentence(voc, tmp_path, capsys):
    none = tmp_path / "none"
    assert "none" in refused(capsys, "detect", "--run", none, "--voc", voc, "--out", none)
    assert "none" in refused(capsys, "finetune", "--voc", none, "--out", tmp_path / "run")
    assert "detect in test first" in refused(capsys, "evaluate", "--voc", voc, "--detections", tmp_path)
    assert "There is no file" in refused(capsys, "table1", "--runs", none)
    assert "not empty" in refused(capsys, "demo", "--out", voc)
