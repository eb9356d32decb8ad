"""Being asked to end: each command by each signal, and by a terminal that is closed; nothing stays behind."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import main
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from tests.reliability.attack import Attack, Row, Skipped, failed, seeds
from tests.small_data import write_davis, write_voc

ROOT = Path(main.__file__).parent

PATIENCE = 90.0
"""Seconds after which a command counts as one that does not stop."""

TERMINAL = "a closed terminal"

WAYS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGTERM twice", TERMINAL)

TRAINED = ("--network", "tiny", "--steps", "100000", "--report-every", "1")


@dataclass(frozen=True)
class Command:
    """A command that would take long, and how to see that it has begun, in its folder."""

    words: Callable[[Path, Path], tuple[object, ...]]
    begun: Callable[[Path], bool]


def _steps(folder: Path) -> bool:
    return any(RunFolder(path.parent).status().step for path in folder.glob("**/status.json"))


def _steps_of_new(runs: Path) -> bool:
    """The project has one run before."""
    return len(found := sorted(runs.iterdir())) > 1 and _steps(found[-1])


def _trains(run: Path) -> bool:
    events = run / "events.jsonl"
    return events.is_file() and b'"Metric"' in events.read_bytes()


COMMANDS: Mapping[str, Command] = {
    "pretrain": Command(
        lambda data, own: (
            *("--project", own / "project", "--regime", "objtr", "--batch", "4", "--held-out-count", "8"),
            *("--minimum-length", "5", *TRAINED, "--out", own / "run"),
        ),
        lambda own: _trains(own / "run"),
    ),
    "finetune": Command(
        lambda data, own: (
            *("--voc", data / "VOCdevkit", "--set", "trainval", "--init", "random"),
            *(*TRAINED, "--out", own / "run"),
        ),
        lambda own: _trains(own / "run"),
    ),
    "voc": Command(
        lambda data, own: (
            *("--voc", data / "VOCdevkit", "--set", "trainval", "--test-set", "test", "--mode", "fast"),
            *("--cache", own / "cache", *TRAINED, "--out", own / "run"),
        ),
        lambda own: _trains(own / "run"),
    ),
    "track": Command(
        lambda data, own: ("--project", own / "project", "--spacing", "4", "--preset", "best"),
        lambda own: _steps_of_new(own / "project" / "runs"),
    ),
    "densify": Command(
        lambda data, own: ("--project", own / "project", "--one-way-frames", "12", "--workers", "2"),
        lambda own: _steps_of_new(own / "project" / "runs"),
    ),
    "suggest": Command(
        lambda data, own: ("--project", own / "project", "--neighbours", "100", "--far", "100"),
        lambda own: _steps_of_new(own / "project" / "runs"),
    ),
    "proposals": Command(
        lambda data, own: (
            *("--voc", data / "VOCdevkit", "--set", "test", "--mode", "quality"),
            *("--cache", own / "cache", "--out", own / "boxes.npz"),
        ),
        lambda own: any(own.glob("cache/**/*.npy")),
    ),
    "probe": Command(
        lambda data, own: (
            *("--voc", data / "VOCdevkit", "--init", "random", "--network", "tiny"),
            *("--splits", "1000", "--per-class", "2"),
        ),
        lambda own: _steps(own / "tmp"),
    ),
    "demo": Command(
        lambda data, own: ("--out", own / "demo", "--clips", "20", "--seeds", "1"),
        lambda own: _steps(own / "demo"),
    ),
    "export": Command(
        lambda data, own: ("--project", own / "project", "--format", "overlay", "--out", own / "out"),
        lambda own: any(own.glob("out/*")),
    ),
    "table1": Command(
        lambda data, own: (
            *("run", "--voc", data / "VOCdevkit", "--out", own / "table", "--networks", "RandomNet"),
            *("--settings", "voc2007", "--schedule", "small", "--workers", "2", "--device", "cpu"),
        ),
        lambda own: _steps(own / "table" / "runs"),
    ),
}


def run(seconds: float, seed: int) -> Row:
    """Stop commands, each round another one or in another way."""
    if not sys.platform.startswith("linux"):
        raise Skipped("what is left behind is looked for in /proc")
    pairs = [(name, way) for way in WAYS for name in COMMANDS]
    random.Random(0).shuffle(pairs)
    failures, rounds, late = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="signals-") as place:
        data = _data(Path(place) / "data")
        for each in seeds(seconds, seed):
            name, way = pairs[each % len(pairs)]
            own = Path(place) / f"{each}"
            shutil.copytree(data / "project", own / "project")
            found, was_late = _stopped(name, way, data, own, random.Random(each))
            failures += [failed(each, f"{name}, {way}: {what}") for what in found]
            rounds, late = rounds + 1, late + was_late
            shutil.rmtree(own, ignore_errors=True)
    return Row(rounds, tuple(failures), f"{rounds - late} stopped, {late} were done before")


def _data(folder: Path) -> Path:
    """A tracked project and a small VOC."""
    write_voc(folder / "VOCdevkit", train=6, test=40)
    source = write_davis(folder / "DAVIS", tuple("abcdefgh"))
    for words in (("import", source), ("track", "--spacing", "6", "--min-length", "5")):
        assert main.main([*map(str, words), "--project", str(folder / "project")]) == 0
    return folder


def _stopped(name: str, way: str, data: Path, own: Path, chance: random.Random) -> tuple[list[str], bool]:
    """What is wrong after a command was stopped, and whether it was done before."""
    temporary = own / "tmp"
    temporary.mkdir()
    command = COMMANDS[name]
    words = [sys.executable, "main.py", name, *map(str, command.words(data, own))]
    process, close, told = _begun(words, own, temporary, way == TERMINAL)
    try:
        end = time.monotonic() + PATIENCE
        while process.poll() is None and not command.begun(own):
            if time.monotonic() > end:
                return ["it did not begin"], False
            time.sleep(0.02)
        time.sleep(chance.random())
        if way == TERMINAL:
            close()
        else:
            for number in range(2 if "twice" in way else 1):
                time.sleep(0.02 * number)
                process.send_signal(getattr(signal, way.split()[0]))
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return ["it does not stop"], False
        time.sleep(0.3)
        return list(_wrong(name, way, code, told(), own, temporary)), code == 0
    finally:
        for pid in (*_left(temporary), process.pid):
            _kill(pid)
        process.wait()


def _wrong(name: str, way: str, code: int, told: str, own: Path, temporary: Path) -> Iterator[str]:
    if code not in (0, 130):
        yield f"exit code {code}: {told[-300:]}"
    if code == 130 and way != TERMINAL and len(told.strip().splitlines()) != 1:
        yield f"it did not say one sentence: {told[-300:]}"
    if left := _left(temporary):
        yield f"{len(left)} processes live on"
    if files := [path.name for path in temporary.rglob("*") if path.is_file()]:
        yield f"files stay in the temporary folder: {files[:5]}"
    if partial := [path.name for path in own.rglob("*") if path.name.endswith((".partial", ".old"))]:
        yield f"parts of files stay: {partial[:5]}"
    if code == 130 and name in ("pretrain", "finetune", "voc"):
        run = RunFolder(own / "run")
        if run.status().state is not State.STOPPED or not any(run.checkpoints.glob("step-*")):
            yield f"the training is {run.status().state}, with no checkpoint or without its end"
    Project.open(own / "project").close()


def _begun(
    words: list[str], own: Path, temporary: Path, in_a_terminal: bool
) -> tuple["subprocess.Popen[bytes]", Callable[[], None], Callable[[], str]]:
    """A command; what closes its terminal, if it has one; what it said on standard error."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(temporary)}
    said = own / "said.txt"
    with open(own / "out.txt", "wb") as out, open(said, "wb") as error:
        if not in_a_terminal:
            process = subprocess.Popen(
                words, cwd=ROOT, env=environment, stdout=out, stderr=error, start_new_session=True
            )
            return process, lambda: None, lambda: said.read_text(errors="replace")
    ours, its = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_A_TERMINAL, *words], cwd=ROOT, env=environment, stdin=its, stdout=its,
        stderr=its, start_new_session=True,
    )  # fmt: skip
    os.close(its)
    return process, lambda: os.close(ours), lambda: ""


_IN_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _left(temporary: Path) -> list[int]:
    """Processes that have that temporary folder, and live."""
    mark, found = f"TMPDIR={temporary}\0".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes() + b"\0":
                found.append(int(process.name))
        except OSError:  # it ended meanwhile, or is of another user
            continue
    return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


ATTACKS = (Attack("signals", run, share=2.0),)
