"""The job that fills Table 1: real workers on very small data, killed, broken and grown."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import main
from core.events import Log
from core.jobs import JOBS
from core.matrix.config import MatrixConfig
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from tests.core.jobs.test_pretrain import write_snapshot_of
from tests.small_data import write_voc

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 240.0
CELL = "voc2007-RandomNet-seed0"


@pytest.fixture(scope="module")
def voc(tmp_path_factory) -> Path:
    return write_voc(tmp_path_factory.mktemp("data") / "VOCdevkit")


@pytest.fixture(scope="module")
def caltech(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "101_ObjectCategories"
    for number, name in enumerate(("ant", "crab")):
        (folder / name).mkdir(parents=True)
        for image in range(6):
            pixels = np.random.default_rng([number, image]).integers(0, 255, (64, 64, 3), np.uint8)
            cv2.imwrite(str(folder / name / f"image_{image:04d}.jpg"), pixels)
    return folder


@pytest.fixture(scope="module")
def filled(voc, tmp_path_factory) -> Path:
    """A matrix of one cell, filled without a disturbance; not to be changed."""
    out = tmp_path_factory.mktemp("matrix") / "filled"
    assert table1(*asked(voc, out)) == 0
    return out


@pytest.fixture
def matrix(filled, tmp_path) -> Path:
    """A copy of it, under another path."""
    return Path(shutil.copytree(filled, tmp_path / "moved"))


def asked(voc: Path, out: Path, *more: object) -> list[object]:
    networks = () if "--networks" in more else ("--networks", "RandomNet")
    given = ("--settings", "voc2007", "--schedule", "smoke", "--device", "cpu")
    return ["run", "--voc", voc, "--out", out, *networks, *given, *more]


def table1(*words: object) -> int:
    return main.main(["table1", *map(str, words)])


def aps(out: Path, cell: str = CELL) -> dict:
    return json.loads((out / "runs" / cell / "results" / "ap.json").read_text())


def started(out: Path) -> dict[str, int]:
    """How often each run was begun."""
    found = {}
    for path in (out / "runs").iterdir():
        machines = path / "machines.json"
        found[path.name] = len(json.loads(machines.read_text())) if machines.is_file() else 0
    return found


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def begin(*words: object) -> "subprocess.Popen[bytes]":
    """`table1 run` in a process of its own, which can be killed."""
    command = [sys.executable, "main.py", "table1", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def said(out: Path) -> list[str]:
    """What drivers said so far."""
    return [event.text for event in RunFolder(out / "run").events()[0] if isinstance(event, Log)]


def steps(out: Path, run: str) -> int:
    return RunFolder(out / "runs" / run).status().step


def test_a_filled_matrix_is_shown_and_left_alone_when_it_is_run_again(voc, matrix, capsys):
    before = started(matrix)
    assert before == {CELL: 1, "boxes-voc2007-trainval": 1, "boxes-voc2007-test": 1}
    checkpoints = [path.name for path in (matrix / "runs" / CELL / "checkpoints").iterdir()]
    assert [name[:13] for name in checkpoints] == ["step-00000030"]  # the newest alone
    assert table1(*asked(voc, matrix)) == 0
    printed = capsys.readouterr().out
    assert "Nothing is left to do." in printed
    assert re.search(rf"^RandomNet +33\.4 +{100 * aps(matrix)['map']:.1f} +1$", printed, re.MULTILINE)
    assert started(matrix) == before
    assert table1("show", "--out", matrix, "--format", "json") == 0
    row = json.loads(capsys.readouterr().out)["parts"][0]["rows"][0]
    assert row["measured"]["map"] == {"mean": pytest.approx(aps(matrix)["map"], abs=1e-6), "half": None}
    assert row["paper"]["map"] == pytest.approx(0.334)


def test_another_setting_is_refused_by_its_name(voc, matrix, tmp_path, capsys):
    assert table1("run", "--out", matrix, "--voc", voc, "--schedule", "small") == 1
    assert "schedule 'smoke', not 'small'" in capsys.readouterr().err
    assert table1("run", "--out", matrix, "--voc", tmp_path) == 1
    assert f"not '{tmp_path}'" in capsys.readouterr().err
    (matrix / "runs" / CELL / "config.toml").write_text(
        (matrix / "runs" / CELL / "config.toml")
        .read_text()
        .replace("weight_decay = 0.0005", "weight_decay = 0.1")
    )
    assert table1("run", "--out", matrix, "--voc", voc) == 1
    assert "weight_decay" in capsys.readouterr().err


def test_what_was_half_deleted_is_done_again(voc, matrix):
    wanted = aps(matrix)
    cell = matrix / "runs" / CELL
    (cell / "config.toml").unlink()
    shutil.rmtree(cell / "checkpoints")
    shutil.rmtree(matrix / "runs" / "boxes-voc2007-test")
    assert table1("run", "--out", matrix, "--voc", voc) == 0
    assert aps(matrix) == wanted
    assert started(matrix)["boxes-voc2007-trainval"] == 1


def test_a_run_that_fails_leaves_the_others_and_is_tried_again(voc, matrix, caltech, capsys):
    """A matrix that grows by a network whose images are broken; then they are mended."""
    broken = matrix.parent / "101_ObjectCategories"
    shutil.copytree(caltech, broken)
    for path in broken.rglob("*.jpg"):
        path.write_bytes(b"no picture")
    more = ("--networks", "Caltech101Net", "--caltech101", broken)
    assert table1(*asked(voc, matrix, *more)) == 1
    captured = capsys.readouterr()
    assert "1 of 2 cells are not filled (pretrain-Caltech101Net-seed0:" in captured.err
    assert table1("show", "--out", matrix) == 0
    assert "Caltech101Net: Seed 0 failed: pretrain-Caltech101Net-seed0 failed" in capsys.readouterr().out
    shutil.copytree(caltech, broken, dirs_exist_ok=True)
    assert table1(*asked(voc, matrix, *more)) == 0
    assert started(matrix)[CELL] == 1
    assert started(matrix)["pretrain-Caltech101Net-seed0"] == 2
    command = json.loads((matrix / "run" / "provenance.json").read_text())["command"].split()
    assert command[2:6] == ["table1", "run", "--out", str(matrix)]
    assert command[command.index("--networks") + 1 :][:2] == ["RandomNet", "Caltech101Net"]
    assert aps(matrix, "voc2007-Caltech101Net-seed0")["start"].endswith("pretrain-Caltech101Net-seed0")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_driver_and_worker_are_killed_and_the_table_is_the_same(voc, filled, tmp_path):
    """The driver first: its worker lives on, and another driver waits for it; then that worker too."""
    out = tmp_path / "killed"
    cell = RunFolder(out / "runs" / CELL)
    driver = begin(*asked(voc, out, "--workers", "2"))
    wait_until(lambda: steps(out, CELL) > 6)
    worker = cell.status().pid
    os.kill(worker, signal.SIGSTOP)  # so that it is not done before the other driver is there
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    driver = begin("run", "--out", out)
    wait_until(lambda: f"{CELL} still runs" in " ".join(said(out)) or driver.poll() is not None)
    os.kill(worker, signal.SIGKILL)
    output = driver.communicate(timeout=PATIENCE)[0].decode()
    assert driver.returncode == 0, output
    assert f"{CELL} still runs; its end is waited for." in output
    assert f"The worker of {CELL} was killed; it goes on from what it saved." in output
    assert aps(out) == aps(filled)
    assert started(out) == {CELL: 2, "boxes-voc2007-trainval": 1, "boxes-voc2007-test": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_lets_the_runs_save_and_says_how_to_go_on(voc, filled, tmp_path):
    out = tmp_path / "stopped"
    driver = begin(*asked(voc, out))
    wait_until(lambda: (out / "runs" / CELL).is_dir() and steps(out, CELL) > 0)
    driver.send_signal(signal.SIGINT)
    said = driver.communicate(timeout=PATIENCE)[0].decode()
    assert driver.returncode == 130
    assert f"table1 run --out {out}" in said
    assert RunFolder(out / "runs" / CELL).status().state is State.STOPPED
    assert table1("run", "--out", out, "--voc", voc) == 0
    assert aps(out) == aps(filled)


def test_what_cannot_be_filled_is_refused_before_anything_is_made(voc, tmp_path, capsys):
    out = tmp_path / "none"
    assert table1("run", "--voc", voc, "--out", out, "--networks", "RandomNet") == 1
    assert "voc2012" in capsys.readouterr().err
    assert table1(*asked(voc, out, "--networks", "AssociationNet-obj")) == 1
    assert "name it with --project" in capsys.readouterr().err
    assert not out.exists()
    assert table1("show", "--out", out) == 1
    assert "holds no matrix" in capsys.readouterr().err


def test_a_matrix_that_gets_a_project_later_keeps_to_its_trajectories(voc, matrix, tmp_path, capsys):
    """It takes them once; another project, or a snapshot that is gone, is refused and nothing is mixed."""
    write_snapshot_of(tmp_path)
    (tmp_path / "other").mkdir()
    write_snapshot_of(tmp_path / "other")
    driver, project = RunFolder(matrix / "run"), tmp_path / "project"
    more = ("run", "--out", matrix, "--networks", "SlowFeat-obj")
    assert table1(*more) == 1  # without a project
    assert "name it with --project" in capsys.readouterr().err
    with Project.open(project) as opened:
        launch.add_snapshot(driver, JOBS["table1"], driver.settings(MatrixConfig), opened)
    assert table1(*more, "--project", tmp_path / "other" / "project") == 1
    assert f"learns from the project {project}" in capsys.readouterr().err
    shutil.rmtree(driver.snapshot)
    assert table1(*more, "--project", project) == 1
    assert "has lost its snapshot" in capsys.readouterr().err
    assert not (matrix / "runs" / "pretrain-SlowFeat-obj-seed0").exists()
