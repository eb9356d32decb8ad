"""A whole small matrix whose driver and workers are killed at random, against one that nobody disturbed."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from core.datasets.sample import write_sample
from core.runs.run_folder import RunFolder, State
from tests.core.jobs.test_pretrain import write_snapshot_of

ROOT = Path(__file__).resolve().parents[2]
KILLS = 8
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(5400),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> list[str]:
    """A matrix of six cells from three pretrainings, on pictures of both years."""
    folder = tmp_path_factory.mktemp("data")
    sample = write_sample(folder / "sample", 0)
    write_snapshot_of(folder)
    for listed in sample.voc.glob("*/ImageSets/Main/*.txt"):
        listed.write_text("".join(listed.read_text().splitlines(keepends=True)[:12]))
    networks = ("RandomNet", "Caltech101Net", "SlowFeat-obj", "AssociationNet-objtr")
    return [
        *("--voc", str(sample.voc), "--caltech101", str(sample.caltech101)),
        *("--project", str(folder / "project"), "--networks", *networks),
        *("--settings", "voc2007", "voc2012", "--schedule", "smoke", "--device", "cpu", "--workers", "2"),
    ]


def begin(out: Path, asked: list[str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "main.py", "table1", "run", "--out", str(out), *asked]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def results(out: Path) -> dict[str, dict]:
    return {path.parts[-3]: json.loads(path.read_text()) for path in out.glob("runs/*/results/ap.json")}


@pytest.mark.parametrize("seed", [0, 1])
def test_a_matrix_that_is_killed_at_random_becomes_the_same_table(asked, tmp_path, seed):
    plain, killed = tmp_path / "plain", tmp_path / "killed"
    driver = begin(plain, asked)
    assert driver.communicate()[1] == b""
    chance = random.Random(seed)
    left = KILLS
    driver = begin(killed, asked)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(chance.uniform(3, 8))
        if driver.poll() is not None:
            driver.communicate()
            if driver.returncode == 0:
                break
            driver = begin(killed, asked)  # a run was killed twice, so it failed and is tried again
        elif left:
            left -= 1
            running = [
                status.pid
                for path in killed.glob("runs/*")
                if (status := RunFolder(path).status()).state is State.RUNNING
            ]
            if running and chance.random() < 0.7:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(running), signal.SIGKILL)
            if chance.random() < 0.5:
                driver.kill()
                driver.communicate()
                time.sleep(chance.uniform(0, 3))
                driver = begin(killed, asked)
    assert left < KILLS - 2, "it was not killed often enough"
    assert results(killed).keys() == results(plain).keys()
    assert len(results(plain)) == 6
    for cell, result in results(plain).items():
        assert results(killed)[cell]["ap"] == result["ap"], cell
    for trunk in plain.glob("runs/pretrain-*/results/trunk.safetensors"):
        other = load_file(killed / trunk.relative_to(plain))
        assert all((other[name] == values).all() for name, values in load_file(trunk).items()), trunk
    shutil.rmtree(plain)
