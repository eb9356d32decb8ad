"""Bad input of each kind on the command line: one clear sentence, exit code 1, the project as it was."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import main
from core.cli import opening
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from tests import bad_inputs
from tests.bad_disks import full_disk, read_only
from tests.bad_inputs import contents, cut_short, is_clear
from tests.small_data import write_davis, write_voc

ROOT = Path(main.__file__).parent

QUICK = ("--network", "tiny", "--device", "cpu")


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A project with two clips, closed and opened again, so that a backup is there; not to be changed."""
    folder = tmp_path_factory.mktemp("imported")
    assert run("import", write_davis(folder / "DAVIS"), "--project", folder / "project") == 0
    return folder / "project"


@pytest.fixture
def project(tmp_path, imported):
    return Path(shutil.copytree(imported, tmp_path / "project"))


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory, imported):
    """A pretraining run of two steps; not to be changed."""
    out = tmp_path_factory.mktemp("runs") / "pretrained"
    assert run("pretrain", "--project", imported, *PRETRAIN, "--out", out) == 0
    return out


@pytest.fixture(scope="module")
def good_voc(tmp_path_factory):
    return write_voc(tmp_path_factory.mktemp("voc") / "VOCdevkit", train=2, test=1)


@pytest.fixture
def voc(tmp_path, good_voc):
    return Path(shutil.copytree(good_voc, tmp_path / "VOCdevkit"))


PRETRAIN = ("--regime", "obj", *QUICK, "--steps", "2", "--batch", "4", "--seed", "0")

FINETUNE = ("--year", "2007", *QUICK, "--steps", "20", "--short-side", "90", "--report-every", "1")


def run(*words):
    return main.main([str(word) for word in words])


def refused(capsys, *words):
    """The sentence on standard error with which a command is refused."""
    capsys.readouterr()
    assert run(*words) == 1
    sentence = capsys.readouterr().err.rstrip("\n")
    assert is_clear(sentence), sentence
    return sentence


def refused_in_its_own_process(*words):
    command = [sys.executable, "main.py", *map(str, words)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended
    assert is_clear(ended.stderr), ended.stderr
    return ended.stderr


# --- importing --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", bad_inputs.SOURCES)
def test_a_bad_source_is_refused_and_the_project_stays(tmp_path, project, capsys, kind):
    make, said = bad_inputs.SOURCES[kind]
    source, before = make(tmp_path), contents(project)
    assert re.search(said, refused(capsys, "import", source, "--project", project))
    assert contents(project) == before


@pytest.mark.parametrize("kind", ["an empty folder", "a truncated label picture"])
def test_a_bad_source_makes_no_project(tmp_path, capsys, kind):
    make, said = bad_inputs.SOURCES[kind]
    assert re.search(said, refused(capsys, "import", make(tmp_path), "--project", tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_one_bad_source_of_two_leaves_the_good_one_out(tmp_path, imported, project, capsys):
    (tmp_path / "empty").mkdir()
    before = contents(project)
    refused(capsys, "import", imported.parent / "DAVIS", tmp_path / "empty", "--project", project)
    assert contents(project) == before


def test_the_program_says_it_as_the_function_does(tmp_path, project):
    make, said = bad_inputs.SOURCES["a broken .mat"]
    before = contents(project)
    assert re.search(said, refused_in_its_own_process("import", make(tmp_path), "--project", project))
    assert contents(project) == before


# --- the project ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", bad_inputs.DATABASES)
def test_a_bad_database_is_refused_and_left_as_it_is(project, capsys, kind):
    spoil, said = bad_inputs.DATABASES[kind]
    spoil(project)
    before = {path: path.is_file() and path.read_bytes() for path in project.rglob("*")}
    for command in ("info", "track"):
        assert re.search(said, refused(capsys, command, "--project", project))
    assert {path: path.is_file() and path.read_bytes() for path in project.rglob("*")} == before


@pytest.mark.parametrize("words", [("info",), ("import", "DAVIS"), ("densify",)])
def test_a_project_on_a_read_only_disk_is_refused(imported, project, capsys, words):
    before = contents(project)
    command = [imported.parent / word if word.isupper() else word for word in words]
    with read_only(project):
        sentence = refused(capsys, *command, "--project", project)
    assert "copy it to a writable disk" in sentence
    assert contents(project) == before


def test_a_read_only_database_in_a_folder_that_can_be_written_is_refused(project, capsys):
    before = contents(project)
    with read_only(project):
        for path in (project, project / "lock"):
            path.chmod(0o755)
        sentence = refused(capsys, "info", "--project", project)
    assert "readonly database" in sentence
    assert "copy the project to a writable disk" in sentence
    assert contents(project) == before


def test_a_project_cannot_be_made_on_a_read_only_disk(tmp_path, imported, capsys):
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"):
        words = ("import", imported.parent / "DAVIS", "--project", tmp_path / "disk" / "new")
        assert "choose another folder" in refused(capsys, *words)
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_project_that_is_open_elsewhere_is_refused(imported, project, capsys, monkeypatch):
    monkeypatch.setattr(opening, "PATIENCE", 0.0)
    with Project.open(project):
        sentence = refused(capsys, "import", imported.parent / "DAVIS", "--project", project)
    assert "is open in another window or command; close it there" in sentence
    before = contents(project)
    assert run("info", "--project", project) == 0
    assert contents(project) == before


def test_an_edit_that_the_disk_does_not_take_is_not_there(imported, project, capsys):
    before = contents(project)
    with full_disk(40_000):  # the write-ahead log needs more than that, the shared memory beside it less
        sentence = refused(capsys, "import", imported.parent / "DAVIS", "--project", project)
    assert "The edit was not saved" in sentence
    assert "free disk space" in sentence
    assert contents(project) == before
    assert run("import", imported.parent / "DAVIS", "--project", project) == 0


def test_no_half_project_is_left_where_the_disk_is_full(tmp_path, imported, capsys):
    with full_disk(20_000):
        words = ("import", imported.parent / "DAVIS", "--project", tmp_path / "new")
        assert "free disk space" in refused(capsys, *words)
    assert not (tmp_path / "new").exists()


def test_a_backup_that_the_disk_does_not_take_leaves_nothing(project):
    for path in (project / "backups").iterdir():
        path.unlink()
    before = contents(project)
    with full_disk(40_000):
        Project.open(project).close()
    told = project / "backups" / "failed.txt"
    assert told.read_text(encoding="utf-8").startswith("No backup could be made")
    told.unlink()
    assert contents(project) == before


@pytest.mark.parametrize(
    "command", [("track",), ("densify",), ("export", "--format", "brox", "--out", "out")]
)
def test_an_unknown_clip_is_named_with_those_there_are(tmp_path, project, capsys, command):
    before = contents(project)
    words = [tmp_path / word if word == "out" else word for word in command]
    sentence = refused(capsys, *words, "--project", project, "--clip", "cow")
    assert "no clip 'cow' in this project; it holds ape, bear" in sentence
    assert contents(project) == before
    assert not (tmp_path / "out").exists()
    assert list((project / "runs").iterdir()) == []


@pytest.mark.parametrize("command", ["track", "densify"])
def test_a_frame_that_went_missing_fails_the_run_and_changes_nothing(tmp_path, capsys, command):
    davis = write_davis(tmp_path / "DAVIS", ("ape",))
    assert run("import", davis, "--project", tmp_path / "p") == 0
    (davis / "JPEGImages" / "480p" / "ape" / "00003.jpg").unlink()
    before = contents(tmp_path / "p")
    sentence = refused(capsys, command, "--project", tmp_path / "p")
    assert re.search(r"no file .*00003\.jpg; put it back", sentence)
    assert contents(tmp_path / "p") == before
    (failed,) = (tmp_path / "p" / "runs").iterdir()
    status = RunFolder.open(failed).status()
    assert (status.state, status.error) == (State.FAILED, sentence)


# --- runs -------------------------------------------------------------------------------------


def resumed(capsys, project, run_folder):
    words = ("pretrain", "--project", project, *PRETRAIN, "--out", run_folder, "--resume")
    return refused(capsys, *words)


@pytest.mark.parametrize("damaged", ["cut", "gone", "text"])
def test_a_run_whose_snapshot_is_damaged_is_not_resumed(tmp_path, imported, pretrained, capsys, damaged):
    copy = Path(shutil.copytree(pretrained, tmp_path / "run"))
    if damaged == "cut":
        cut_short(next((copy / "snapshot").glob("*.npz")))
    elif damaged == "gone":
        (copy / "snapshot" / "snapshot.json").unlink()
    else:
        (copy / "snapshot" / "snapshot.json").write_text("{")
    sentence = resumed(capsys, imported, copy)
    assert re.search(r"The snapshot in .* is missing or damaged; start a new run", sentence)
    assert RunFolder.open(copy).status().error == sentence


def test_a_run_whose_checkpoints_are_damaged_is_not_resumed(tmp_path, imported, pretrained, capsys):
    copy = Path(shutil.copytree(pretrained, tmp_path / "run"))
    for path in (copy / "checkpoints").iterdir():
        cut_short(path)
    assert "Every checkpoint" in resumed(capsys, imported, copy)


def test_a_folder_that_is_no_run_is_told(tmp_path, imported, good_voc, pretrained, capsys):
    copy = Path(shutil.copytree(pretrained, tmp_path / "run"))
    (copy / "config.toml").unlink()
    assert "is not a run folder (it has no config.toml); choose one" in resumed(capsys, imported, copy)
    assert "holds files" in refused(capsys, "pretrain", "--project", imported, *PRETRAIN, "--out", copy)
    assert "config.toml; check" in refused(capsys, "table1", "--runs", copy)
    words = ("detect", "--run", copy, "--voc", good_voc, "--set", "test", "--out", tmp_path / "out")
    assert "holds no trained detector; let a fine-tuning run finish" in refused(capsys, *words)
    (copy / "config.toml").write_text("job = [")
    assert "is not a valid TOML file" in resumed(capsys, imported, copy)


def test_a_damaged_run_in_a_project_does_not_keep_it_closed(tmp_path, project, capsys):
    for name, text in (("a-track-1", "job = ["), ("b-track-2", None)):
        (project / "runs" / name).mkdir()
        if text:
            (project / "runs" / name / "config.toml").write_text(text)
    assert run("info", "--project", project) == 0
    assert "a-track-1  damaged" in capsys.readouterr().out
    assert run("check", "--project", project) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert is_clear(first)
    assert is_clear(second)
    assert "a-track-1/config.toml is not a valid TOML file" in first
    assert "b-track-2 is no run (it has no config.toml); move it" in second


@pytest.mark.parametrize("kind", bad_inputs.WEIGHTS)
def test_bad_weights_are_refused(tmp_path, good_voc, capsys, kind):
    make, said = bad_inputs.WEIGHTS[kind]
    out = tmp_path / "run"
    words = ("finetune", "--voc", good_voc, "--set", "trainval", "--year", "2007", "--init", make(tmp_path))
    sentence = refused(capsys, *words, "--steps", "2", "--out", out)
    assert re.search(said, sentence)
    assert RunFolder.open(out).status().error == sentence


def test_weights_of_another_network_are_refused(tmp_path, good_voc, pretrained, capsys):
    words = ("finetune", "--voc", good_voc, "--set", "trainval", "--init", pretrained, "--network", "small")
    sentence = refused(capsys, *words, "--steps", "2", "--out", tmp_path / "run")
    assert "holds a tiny network, not small; choose network tiny" in sentence


def test_a_loss_that_is_no_number_ends_a_pretraining(tmp_path, imported, project, capsys):
    before, out = contents(project), tmp_path / "run"
    settings = ("--regime", "obj", *QUICK, "--batch", "4", "--steps", "20", "--learning-rate", "1e9")
    sentence = refused(capsys, "pretrain", "--project", project, *settings, "--out", out)
    assert re.search(r"no longer a number at step \d+; start again with a lower learning rate", sentence)
    status = RunFolder.open(out).status()
    assert (status.state, status.error) == (State.FAILED, sentence)
    assert contents(project) == before
    assert not (out / "results" / "trunk.safetensors").exists()


def test_a_loss_that_is_no_number_ends_a_fine_tuning(tmp_path, good_voc, capsys):
    words = ("finetune", "--voc", good_voc, "--set", "trainval", *FINETUNE, "--learning-rate", "1e9")
    sentence = refused(capsys, *words, "--out", tmp_path / "run")
    assert re.search(r"no longer a number at step \d+; start again with a lower learning rate", sentence)


def test_a_checkpoint_that_the_disk_does_not_take_fails_the_run(tmp_path, imported, capsys):
    with full_disk(200_000):
        words = ("pretrain", "--project", imported, *PRETRAIN, "--out", tmp_path / "run")
        sentence = refused(capsys, *words)
    assert "free some space and resume" in sentence
    assert RunFolder.open(tmp_path / "run").status().error == sentence
    assert list((tmp_path / "run" / "checkpoints").iterdir()) == []
    assert run("pretrain", "--project", imported, *PRETRAIN, "--out", tmp_path / "run", "--resume") == 0


# --- VOC --------------------------------------------------------------------------------------


def _doctype(voc):
    path = voc / "VOC2007" / "Annotations" / "000001.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]>\n' + path.read_text())


VOC = {
    "a DOCTYPE": (_doctype, r"000001\.xml, line 1, declares a document type .*; take that out"),
    "a cut annotation": (
        lambda voc: cut_short(voc / "VOC2007" / "Annotations" / "000001.xml"),
        r"000001\.xml is not whole XML .*; restore it",
    ),
    "an absent picture": (
        lambda voc: (voc / "VOC2007" / "JPEGImages" / "000001.jpg").unlink(),
        r"The image .*000001\.jpg is missing; put it back",
    ),
    "a cut picture": (
        lambda voc: cut_short(voc / "VOC2007" / "JPEGImages" / "000001.jpg"),
        r"000001\.jpg is cut short .*; copy it again",
    ),
    "no such set": (
        lambda voc: (voc / "VOC2007" / "ImageSets" / "Main" / "trainval.txt").unlink(),
        "VOC2007 has no image set 'trainval'; it has test",
    ),
    "an empty set": (
        lambda voc: (voc / "VOC2007" / "ImageSets" / "Main" / "trainval.txt").write_text("\n"),
        r"trainval\.txt lists no images; restore it",
    ),
    "no such year": (
        lambda voc: (voc / "VOC2007").rename(voc / "VOC2012"),
        "holds no VOC2007; choose the VOCdevkit folder",
    ),
}


@pytest.mark.parametrize("kind", VOC)
def test_a_bad_voc_folder_is_refused(tmp_path, voc, capsys, kind):
    spoil, said = VOC[kind]
    spoil(voc)
    words = ("--voc", voc, "--set", "trainval", "--year", "2007")
    assert re.search(said, refused(capsys, "proposals", *words, "--out", tmp_path / "boxes.npz"))
    assert not (tmp_path / "boxes.npz").exists()
    sentence = refused(capsys, "finetune", *words, *QUICK, "--steps", "2", "--out", tmp_path / "run")
    assert re.search(said, sentence)
    assert RunFolder.open(tmp_path / "run").status().error == sentence


def test_an_image_without_annotation_is_left_out_of_training_and_said(tmp_path, voc, capsys):
    annotations = voc / "VOC2007" / "Annotations"
    (annotations / "000001.xml").unlink()
    other = annotations / "000002.xml"
    other.write_text(other.read_text().replace("<name>car", "<name>unicorn"))
    words = ("finetune", "--voc", voc, "--set", "trainval", *QUICK, "--steps", "1")
    assert run(*words, "--out", tmp_path / "run") == 0
    said = capsys.readouterr().out
    assert "Warning: Left out of trainval: 1 of 2 images, without annotation (000001)." in said
    assert "Warning: Left out of trainval: 1 object of unicorn (1), which are not among the classes." in said


def test_detections_that_are_not_there_are_refused(tmp_path, good_voc, capsys):
    (tmp_path / "empty").mkdir()
    words = ("evaluate", "--voc", good_voc, "--set", "test", "--detections", tmp_path / "empty")
    assert "detect in test first" in refused(capsys, *words)


def test_a_result_that_cannot_be_written_is_told(imported, tmp_path, capsys):
    words = ("info", "--project", imported, "--json", tmp_path / "absent" / "out.json")
    assert "choose another file" in refused(capsys, *words)
    assert not os.listdir(tmp_path)
