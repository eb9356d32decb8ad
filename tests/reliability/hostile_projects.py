"""Hostile project folders, opened by commands and by the real window.

python -m tests.reliability.hostile_projects [OPENER ...] [NAME ...]   prints what came of each
"""

import contextlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.reliability.attack import Attack, Row, Skipped, failed
from tests.reliability.hostile_mutations import MUTATIONS, OTHER, REFUSED, VICTIM

MEMORY = 6 << 30
"""Bytes of address space that a process may have."""

PATIENCE = 60.0
"""Seconds after which a process hangs."""

COMMANDS = ("info", "check", "export")
STEPS = 20


def make_base(path: Path, frames: Path) -> Path:
    """A small project with two runs that are done, each with a curve."""
    from core.events import Metric
    from core.jobs import JOBS
    from core.pretraining.config import PretrainConfig
    from core.project.project import Project
    from core.runs import launch
    from core.runs.run_folder import RunFolder, State, Status
    from tests.studio.small_project import make_project

    make_project(path, frames)
    with Project.open(path) as project:
        for name in (VICTIM, OTHER):
            folder: RunFolder = launch.prepare_at(
                project.runs / name, JOBS["pretrain"], PretrainConfig(steps=STEPS), project
            )
            for step in range(1, STEPS + 1):
                folder.append(Metric("loss", step, 1 / step))
            folder.write_status(Status(State.DONE, STEPS, STEPS, updated=time.time()))
    return path


def made_hostile(base: Path, folder: Path, name: str, seed: int) -> Path:
    """A copy of the small project with one mutation."""
    project = folder / "project"
    shutil.copytree(base, project, symlinks=True)
    MUTATIONS[name](project, random.Random(f"{seed} {name}"))
    return project


def in_a_process(work: Callable[[], int], log: Path) -> tuple[int | None, str]:
    """Do some work in a fork with bounds on memory and time: its exit code, None if it hung; what it said."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            with open(log, "wb") as file:
                os.dup2(file.fileno(), 1), os.dup2(file.fileno(), 2)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
    end = time.monotonic() + PATIENCE
    code: int | None = None
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            break
        time.sleep(0.02)
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return code, log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def by_command(command: str, project: Path, folder: Path) -> list[str]:
    """What is wrong after a command on a project."""
    from core.cli import main

    words = [command, "--project", str(project)]
    if command == "export":
        words += ["--format", "csv", "--out", str(folder / "out")]
    code, said = in_a_process(lambda: main(words), folder / f"{command}.log")
    if code is None:
        return ["hung"]
    if "Traceback" in said or code not in (0, 1):
        return [f"ended with {code}: {_last_line(said)}"]
    return [] if code == 0 or said.strip() else ["refused without a word"]


def in_the_window(project: Path, folder: Path, must_open: bool) -> list[str]:
    """What is wrong after the real window has opened a project, gone through its workspaces, and closed."""
    code, said = in_a_process(lambda: _visit(project, folder, must_open), folder / "window.log")
    if code is None:
        return ["hung"]
    wrong = [line.removeprefix("WRONG ") for line in said.splitlines() if line.startswith("WRONG ")]
    if "Traceback" in said and not wrong:
        wrong.append(_last_line(said))
    return wrong or ([] if code == 0 else [f"ended with {code}: {_last_line(said)}"])


def _visit(project: Path, folder: Path, must_open: bool) -> int:
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from core.runs.run_folder import State
    from core.trajectories.trajectory_edits import Relabel
    from studio.app import Studio
    from studio.window.main_window import WORKSPACES
    from studio.window.settings import WindowSettings

    app = QApplication([])
    studio = Studio(app, WindowSettings(folder / "settings.ini"), folder / "log")
    studio.crashes.install()
    studio.window.show()
    opened = studio.open_project(project)
    QTest.qWait(100)
    session = studio.session
    if must_open and not opened:
        print("WRONG not opened:", *studio.window.toasts.texts)
    if session is not None:
        for workspace in WORKSPACES:
            studio.window.commands[workspace].trigger()
            QTest.qWait(50)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            others = [run for run in session.runs.all if run.name == OTHER]
            if others and len(others[0].curve("loss")) == STEPS:
                break
            QTest.qWait(50)
        else:
            print("WRONG the other run is not shown")
        if must_open and others and others[0].state is not State.DONE:
            print(f"WRONG the other run is {others[0].state}")
        if must_open:
            document = session.document
            clip = document.clips()[0].clip
            track = next(iter(document.objects(clip.id)))
            document.perform(Relabel(clip.id, (track,), "edited"))
            if document.objects(clip.id)[track].label != "edited":
                print("WRONG an edit is not saved:", *studio.window.toasts.texts)
    text = studio.crashes.dialog.details.toPlainText()
    if text:
        print("WRONG crash dialog:", text.strip().splitlines()[-1])
        print(text)
    studio.window.close()
    QTest.qWait(50)
    return 0


def _last_line(said: str) -> str:
    return (said.strip().splitlines() or ["nothing was said"])[-1][:300]


def attack_each(
    names: Sequence[str],
    seed: int,
    tell: Callable[[str, str, list[str]], None],
    openers: Sequence[str] = (*COMMANDS, "window"),
) -> dict[str, list[str]]:
    """What is wrong, by mutation; `tell` is called with the mutation, what opened it, and what is wrong."""
    if not hasattr(os, "fork"):
        raise Skipped("only Unix forks processes")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["OMP_NUM_THREADS"] = "1"
    import studio.app

    studio.app.load_session()
    wrong: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="hostile-") as root:
        os.environ["ASSOCIATIONNET_AGREED"] = str(Path(root, "agreed"))
        base = make_base(Path(root, "base"), Path(root, "frames"))
        for name in names:
            found = []
            for opener in openers:
                folder = Path(tempfile.mkdtemp(dir=root))
                project = made_hostile(base, folder, name, seed)
                if opener == "window":
                    one = in_the_window(project, folder, name not in REFUSED)
                else:
                    one = by_command(opener, project, folder)
                tell(name, opener, one)
                found += [f"{opener}: {sentence}" for sentence in one]
                shutil.rmtree(folder, ignore_errors=True)
            if found:
                wrong[name] = found
    return wrong


def run(seconds: float, seed: int) -> Row:
    """All of them once."""
    wrong = attack_each(list(MUTATIONS), seed, lambda name, opener, found: None)
    sentences = [failed(seed, f"{name}: {sentence}") for name, found in wrong.items() for sentence in found]
    opened = len(COMMANDS) + 1
    return Row(
        len(MUTATIONS) * opened, tuple(sentences), f"{len(MUTATIONS)} projects, each opened {opened} ways"
    )


ATTACKS = (Attack("hostile projects", run, share=2.0),)


def main(names: Sequence[str]) -> int:
    def tell(name: str, opener: str, found: list[str]) -> None:
        print(f"{name:<36} {opener:<7} {'; '.join(found)[:160] or 'ok'}", flush=True)

    openers = [name for name in (*COMMANDS, "window") if name in names] or (*COMMANDS, "window")
    names = [name for name in names if name not in openers]
    wrong = attack_each(names or list(MUTATIONS), 1, tell, openers)
    print(f"{len(names or MUTATIONS)} hostile projects, {len(wrong)} of them with something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
