"""Signals and the command line: what was done is kept, and one true sentence says how to go on."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import main
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.trajectories import store
from tests.small_data import write_davis, write_voc

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")

ROOT = Path(main.__file__).parent
CLIPS = tuple("abcdefgh")
TRAINING = ("--regime", "objtr", "--network", "tiny", "--batch", "4", "--held-out-count", "8")
TRAINING += ("--minimum-length", "5", "--steps", "100000", "--report-every", "1")


@pytest.fixture
def project(tmp_path):
    data = write_davis(tmp_path / "DAVIS", CLIPS)
    assert run("import", data, "--project", tmp_path / "project") == 0
    return tmp_path / "project"


def run(*words):
    return main.main([str(word) for word in words])


@contextlib.contextmanager
def started(*words: object, temporary: Path | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A command in a process of its own, which does not outlive the block."""
    command = [sys.executable, "main.py", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if temporary:
        environment["TMPDIR"] = str(temporary)
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def sentence_after(number, process, ready):
    """What a command says when it gets a signal once something holds; it must end with 130."""
    while process.poll() is None and not ready():
        time.sleep(0.02)
    process.send_signal(number)
    error = process.stderr.read()
    assert process.wait() == 130, error
    (sentence,) = error.strip().splitlines()
    return sentence


def test_pretraining_is_saved_and_goes_on(project, tmp_path):
    run("track", "--project", project, "--spacing", "6", "--min-length", "5")
    command = ("pretrain", "--project", project, *TRAINING, "--out", tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    with started(*command) as process:
        sentence = sentence_after(signal.SIGINT, process, lambda: folder.status().step >= 2)
    assert sentence.startswith("Stopped at ")
    assert sentence.endswith(" of 100000; it is saved, so go on with the same command and --resume.")
    status = folder.status()
    assert status.state is State.STOPPED
    assert any(folder.checkpoints.iterdir())
    with started(*command, "--resume") as process:
        sentence_after(signal.SIGTERM, process, lambda: folder.status().step >= status.step + 2)
    assert folder.status().step >= status.step + 2


@pytest.mark.parametrize(
    ("job", "slow"), [("track", ("--spacing", "4")), ("densify", ("--one-way-frames", "12"))]
)
def test_finished_clips_are_kept_and_the_run_goes_on_by_name(project, capsys, job, slow):
    command = (job, "--project", project, *slow)
    runs = project / "runs"

    def first_clip_is_done():
        return any(runs.glob("*/results/*.npz"))

    with started(*command) as process:
        sentence = sentence_after(signal.SIGINT, process, first_clip_is_done)
    (name,) = (path.name for path in runs.iterdir())
    kept = f"; finished clips are kept; to go on, add --resume {name} to the command."
    assert sentence.endswith(kept)
    done = {path: path.stat().st_mtime_ns for path in runs.glob("*/results/*.npz")}
    assert 1 <= len(done) < len(CLIPS)

    other = "densify" if job == "track" else "track"
    for words, said in [
        ((other, "--project", project), f"is a {job} run; resume it with the command {job}"),
        ((*command, "--clip", "b"), "The run was started on a, b, c, d, e, f, g, h; resume it unchanged"),
        (
            (job, "--project", project, slow[0], "16"),
            f"The run was started with {slow[0][2:].replace('-', '_')} {slow[1]}, not 16",
        ),
        ((job, "--project", project), ""),
        ((job, "--project", project), "are in the project already; start a new run"),
    ]:
        capsys.readouterr()
        assert run(*words, "--resume", name) == (1 if said else 0)
        assert said in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in done} == done
    with Project.open(project) as opened, opened.reading() as connection:
        assert store.adopted_runs(connection) == {name}
        for one in store.summaries(connection):
            assert one.points > 100 or job == "densify"
    assert "is not a run folder" in _said(capsys, job, "--project", project, "--resume", "none")


def _said(capsys, *words):
    capsys.readouterr()
    assert run(*words) == 1
    return capsys.readouterr().err


def test_proposed_boxes_are_kept_and_a_measurement_starts_again(tmp_path):
    voc, cache = write_voc(tmp_path / "VOCdevkit", train=6, test=40), tmp_path / "cache"
    words = ("proposals", "--voc", voc, "--set", "test", "--mode", "quality", "--cache", cache)
    with started(*words, "--out", tmp_path / "boxes.npz") as process:
        sentence = sentence_after(signal.SIGINT, process, lambda: any(cache.glob("**/*.npy")))
    assert sentence.endswith("; the boxes proposed so far were kept; start the command again.")
    assert not (tmp_path / "boxes.npz").exists()
    words = ("probe", "--init", "random", "--network", "tiny", "--voc", voc, "--splits", "1000")

    def has_begun():
        return any(RunFolder(path).status().step for path in tmp_path.glob("associationnet-*/probe"))

    with started(*words, "--per-class", "2", temporary=tmp_path) as process:
        sentence = sentence_after(signal.SIGHUP, process, has_begun)
    assert sentence.endswith("; nothing was kept; start the command again.")
    assert not any(tmp_path.glob("associationnet-*"))
